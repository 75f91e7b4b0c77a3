//! Into which modules something of another crate may come without its name: beside a value that
//! is declared there, it may be a type or a trait of the same name.

use super::rules::Reach;
use crate::source::krate::index::Entry;
use crate::source::syntax::items::Kind;
use crate::source::text::names::Name;

impl Reach<'_> {
    /// Finds the modules with globs, or calls of macros, that lead out of the crate.
    pub(super) fn find_open(&mut self) {
        let mut open = self.leads.makes_any.clone();
        let mut inward = Vec::new();
        for (at, nth) in self.globs.all() {
            let entry = &self.index.items[nth];
            let found = entry.item.import.as_ref();
            match found.map(|import| self.imported(entry, import)) {
                // All of an enum.
                Some(found) if !found.is_foreign && (found.is_own || found.all.is_empty()) => {
                    inward.extend(found.modules.into_iter().map(|to| (at, to)));
                }
                _ => {
                    open.insert(at);
                }
            }
        }
        loop {
            let before = open.len();
            for (at, to) in &inward {
                open.extend(Some(*at).filter(|_| open.contains(to)));
            }
            if open.len() == before {
                break;
            }
        }
        self.leads.open = open;
    }

    /// Whether a path that leads to an item of a module, and goes on with `rest`, certainly means
    /// that, and nothing else of its name.
    pub(super) fn is_certain(&self, entry: &Entry, at: usize, rest: &[Name]) -> bool {
        let is_type = matches!(entry.item.kind, Kind::Type | Kind::Alias | Kind::Trait);
        let is_marked = entry.mentions.is_marked || self.index.modules[at].mentions.is_marked;
        is_type || (rest.is_empty() && !is_marked && !self.leads.open.contains(&at))
    }
}
