//! Which functions are tracked: those with the attribute of dug. One that another crate
//! has under the same name may do anything, and one beside it may take it away.

use super::index::{Entry, Module};
use crate::source::macros::attributes::{held, is_known_attribute};
use crate::source::macros::origins::{OF_DUG, Origins};
use crate::source::syntax::attributes::{attributes, last_of_path};
use crate::source::syntax::uses::What as Brings;
use crate::source::text::lexer::{Lexed, Span};
use crate::source::text::names::Names;
use std::collections::HashSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    /// It is called so.
    Perhaps,
    Certain,
}

/// The names under which `#[tracked]` is known.
pub(super) struct Tracked(Vec<Vec<u8>>);

impl Tracked {
    pub(super) fn new(items: &[Entry], names: &Names) -> Self {
        let mut found = vec![b"tracked".to_vec()];
        for import in items.iter().filter_map(|entry| entry.item.import.as_ref()) {
            let last = import.path.last().map(|name| names.text(*name));
            if let (Brings::Renamed(name), Some(b"tracked")) = (import.what, last) {
                found.push(names.text(name).to_vec());
            }
        }
        Tracked(found)
    }

    pub(super) fn marks(&self, lexed: &Lexed, span: &Span, origins: &Origins) -> Mark {
        let mut found = Mark::None;
        let mut all = attributes(lexed, span);
        let (alone, mut nth) = (all.len(), 0);
        while let Some(inside) = all.get(nth).cloned() {
            let is_alone = nth < alone;
            nth += 1;
            let last = last_of_path(lexed, inside.start);
            if last == inside.start && lexed.is_word(last, b"cfg_attr") {
                all.extend(held(lexed, &inside));
            }
            if lexed
                .name(last)
                .is_some_and(|name| self.0.iter().any(|known| known == name))
            {
                // What a `cfg_attr` holds may not be there.
                match is_alone && origins.comes_from(lexed, last, OF_DUG) {
                    true if found == Mark::None => found = Mark::Certain,
                    true => {}
                    false => found = Mark::Perhaps,
                }
            }
        }
        found
    }
}

/// Whether one of these attributes may change what it stands on.
pub(super) fn has_unknown(lexed: &Lexed, span: &Span, origins: &Origins) -> bool {
    attributes(lexed, span).into_iter().any(|inside| {
        let is_dug = origins.comes_from(lexed, last_of_path(lexed, inside.start), OF_DUG);
        !is_dug && !is_known_attribute(lexed, inside, origins)
    })
}

/// Whether an attribute of a module around may change what stands in it.
pub(super) fn is_stripped(module: usize, modules: &[Module]) -> bool {
    let (mut waiting, mut seen) = (vec![module], HashSet::new());
    while let Some(module) = waiting.pop() {
        if modules[module].mentions.is_marked {
            return true;
        }
        if seen.insert(module) {
            waiting.extend(&modules[module].parents);
        }
    }
    false
}
