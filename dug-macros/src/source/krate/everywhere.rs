//! Names that are everywhere, such as `u8` and `Result`, where the call of a macro declares them:
//! nearly each call is given some, as types.

use super::index::{Entry, Index};
use super::macros::Macros;
use crate::source::macros::prelude::is_of_prelude;
use crate::source::syntax::items::is_named;
use crate::source::text::lexer::Lexed;
use crate::source::text::names::Name;
use std::collections::HashSet;

impl Macros {
    /// Those that a call in this item may declare, of this macro if it is given its name.
    pub(crate) fn everywhere(
        &self,
        entry: &Entry,
        called: Option<Name>,
        given: &[Name],
        index: &Index,
    ) -> Vec<Name> {
        let mut found = Vec::new();
        let lexed = index.files[entry.file].lexed;
        let has = |name: &Name| is_of_prelude(index.names.text(*name));
        let seen = called.map_or(Vec::new(), |called| self.called(called, given, index));
        let mut slots = Vec::new();
        for declares in std::iter::once(entry).chain(self.entries(&seen, index)) {
            let lexed = index.files[declares.file].lexed;
            let named = declares.item.span.clone();
            let named = named.filter(|place| is_named(lexed, *place));
            found.extend(named.filter_map(|place| index.names.get(lexed.name(place)?)));
            slots.extend(Slot::all(lexed, declares));
        }
        // What is handed on may stand anywhere in what is given before.
        let calls_itself = |entry: &Entry| {
            let mut names = entry.mentions.names.iter();
            names.any(|name| Some(*name) == entry.item.name)
        };
        let is_handed_on = seen.len() > 1 || self.entries(&seen, index).any(calls_itself);
        let fits = |place: &usize| {
            let mut slots = slots.iter();
            slots.any(|slot| is_handed_on || slot.fits(lexed, *place))
        };
        if !slots.is_empty() {
            let fitting = entry.item.span.clone().filter(fits);
            found.extend(fitting.filter_map(|place| index.names.get(lexed.name(place)?)));
        }
        found.retain(has);
        found
    }
}

/// Where a macro is given the name of an item that it declares: what stands before and behind it,
/// where that is always the same.
struct Slot<'a> {
    before: Option<&'a [u8]>,
    after: Option<&'a [u8]>,
}

impl<'a> Slot<'a> {
    /// Those of the macro that is declared here.
    fn all(lexed: &'a Lexed, declares: &Entry) -> Vec<Self> {
        let mark = |place: &usize| lexed.sign(*place) == b'$';
        let marks = || declares.item.span.clone().filter(mark);
        let named = marks().filter(|place| is_named(lexed, *place));
        let named: HashSet<&[u8]> = named.filter_map(|place| lexed.name(place + 1)).collect();
        let is_one = |place: &usize| {
            let name = lexed.name(place + 1);
            let is_given = lexed.sign(place + 2) == b':' && lexed.is_kind(place + 3);
            is_given && name.is_some_and(|name| named.contains(name))
        };
        marks()
            .filter(is_one)
            .map(|place| Slot {
                before: before(lexed, place - 1),
                after: after(lexed, place + 4),
            })
            .collect()
    }

    fn fits(&self, lexed: &Lexed, place: usize) -> bool {
        let is_there = |wanted: Option<&[u8]>, at: usize| {
            wanted.is_none_or(|wanted| wanted == plain(lexed, at))
        };
        place > 0 && is_there(self.before, place - 1) && is_there(self.after, place + 1)
    }
}

/// What a call has at this place of a pattern; all brackets may stand around what a macro is given.
fn plain(lexed: &Lexed, place: usize) -> &[u8] {
    match lexed.is_open(place) {
        true => b"(",
        false => lexed.text(place),
    }
}

fn before(lexed: &Lexed, place: usize) -> Option<&[u8]> {
    let mark = |back: usize| {
        place
            .checked_sub(back)
            .is_some_and(|at| lexed.sign(at) == b'$')
    };
    let is_any = match lexed.sign(place) {
        b'*' | b'+' | b'?' => true,
        0 => mark(1) || mark(3),
        _ => lexed.is_open(place) && mark(1),
    };
    (!is_any).then(|| plain(lexed, place))
}

fn after(lexed: &Lexed, place: usize) -> Option<&[u8]> {
    let is_any = matches!(
        lexed.sign(place),
        b'$' | b')' | b']' | b'}' | b'*' | b'+' | b'?'
    );
    (!is_any).then(|| plain(lexed, place))
}
