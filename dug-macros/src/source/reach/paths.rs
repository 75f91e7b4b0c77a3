//! The paths of what the crate declares, as they stand in the names of types: what has another one is of
//! a crate of the same name.

use super::rules::Reach;
use crate::source::syntax::items::Kind;
use crate::source::text::names::Name;
use std::collections::BTreeSet;

impl Reach<'_> {
    /// Those of types, traits and functions, but for what stands in bodies, and all that calls of macros may
    /// declare.
    pub(super) fn paths(&self) -> BTreeSet<String> {
        let index = self.index;
        let mut found = BTreeSet::new();
        for entry in index.items.iter().filter(|entry| entry.is_compiled) {
            let is_member = entry.group.is_some() && entry.item.kind != Kind::Trait;
            if is_member || index.around(entry).is_some() {
                continue;
            }
            let names: Vec<Name> = match entry.item.kind {
                Kind::Type | Kind::Trait | Kind::Function => entry.item.name.into_iter().collect(),
                Kind::MacroCall => self
                    .declared_by(entry)
                    .map_or(Vec::new(), |(_, names)| names),
                _ => continue,
            };
            let Some(modules) = index.modules_to(entry.module) else {
                continue;
            };
            for name in names {
                let path = modules.iter().copied().chain([name]);
                let path: Vec<String> = path.map(|name| index.names.print(name)).collect();
                found.insert(path.join("::"));
            }
        }
        found
    }
}
