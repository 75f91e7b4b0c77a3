//! Which parameters of items hide what else has their names. One of a type does so for types
//! only: a function, a constructor or a constant of its name is meant where a value stands.

use super::index::{Entry, Source};
use crate::source::syntax::items::{Item, Kind};
use crate::source::syntax::parameters::types;
use crate::source::text::lexer::Lexed;
use crate::source::text::names::Names;
use std::collections::HashSet;

/// The names that may be those of values.
pub(super) struct Hiding<'a> {
    values: HashSet<Vec<u8>>,
    /// What macros and attributes are given, and these are written with: they may declare values by
    /// such names. So do `extern` blocks, and what is included.
    words: HashSet<&'a [u8]>,
}

impl<'a> Hiding<'a> {
    pub(super) fn new(files: &[Source<'a>], items: &[Entry], names: &Names) -> Self {
        let may_be_value = |entry: &&Entry| {
            let lexed = files[entry.file].lexed;
            entry.is_compiled && !is_type_only(lexed, &entry.item)
        };
        let values = items.iter().filter(may_be_value);
        let values = values.filter_map(|entry| entry.item.name);
        let values = values.map(|name| names.text(name).to_vec()).collect();
        let mut words = HashSet::new();
        for file in files {
            add_words(file.lexed, &mut words);
        }
        let is_whole = |entry: &&Entry| matches!(entry.item.kind, Kind::Foreign | Kind::Included);
        for entry in items.iter().filter(is_whole) {
            let lexed = files[entry.file].lexed;
            let span = entry.item.span.clone();
            words.extend(span.filter_map(|place| lexed.name(place)));
        }
        Hiding { values, words }
    }

    /// The parameters that hide their names, of those that are declared at these places.
    pub(super) fn hidden<'b>(
        &self,
        lexed: &'b Lexed,
        places: impl IntoIterator<Item = usize>,
    ) -> Vec<&'b [u8]> {
        let all = places.into_iter().flat_map(|place| types(lexed, place));
        all.filter(|name| !self.values.contains(*name) && !self.words.contains(name))
            .collect()
    }
}

/// Whether an item is a type or a trait, and no value: a struct with fields of no names is its
/// constructor as well.
fn is_type_only(lexed: &Lexed, item: &Item) -> bool {
    match item.kind {
        Kind::Type => {
            let is_struct = lexed.is_word(item.place - 1, b"struct");
            let last = item.span.end - 1;
            !is_struct || lexed.sign(last) == b'}'
        }
        Kind::Alias | Kind::Trait => true,
        _ => false,
    }
}

/// Adds the words in macros, in what these are given, and in attributes.
fn add_words<'a>(lexed: &'a Lexed, found: &mut HashSet<&'a [u8]>) {
    let mut place = 0;
    while place < lexed.len() {
        let open = match lexed.sign(place) {
            b'!' => place + 1 + usize::from(lexed.name(place + 1).is_some()),
            b'#' => place + 1,
            _ if lexed.is_word(place, b"macro") => {
                let open = place + 2;
                let after = lexed.is_open(open).then(|| lexed.after(open));
                after.filter(|at| lexed.sign(*at) == b'{').unwrap_or(open)
            }
            _ => lexed.len(),
        };
        place = match lexed.is_open(open) {
            true => {
                found.extend(lexed.inside(open).filter_map(|place| lexed.name(place)));
                lexed.after(open)
            }
            false => place + 1,
        };
    }
}
