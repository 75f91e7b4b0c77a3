//! Names that macros make from parts: what is declared as one of `foo` and `Bar` may
//! be called `foo_bar`, `FooBar` or `foobar`.

use super::graph::Place;
use crate::source::text::names::{Name, Names, squashed, words};
use std::collections::HashMap;

#[derive(Debug, Default)]
pub(super) struct Pasted {
    /// What may be declared under names that have these parts.
    declared: HashMap<Vec<u8>, Vec<Place>>,
    /// All names that something has: squashed, and in words.
    forms: Vec<(Name, Vec<u8>, Vec<u8>)>,
}

/// Shorter ones end too many words.
const LEAST_END: usize = 3;

impl Pasted {
    pub(super) fn declare(&mut self, part: &[u8], place: Place) {
        let places = self.declared.entry(squashed(part)).or_default();
        if places.last() != Some(&place) {
            places.push(place);
        }
    }

    /// To be called before [`made_from`](Self::made_from).
    pub(super) fn set_names(&mut self, names: &Names, all: impl Iterator<Item = Name>) {
        let form = |name| {
            let text = names.text(name);
            (name, squashed(text), in_words(text))
        };
        self.forms = all.map(form).collect();
    }

    /// What may be declared under this name.
    pub(super) fn declared(&self, name: &[u8]) -> Vec<Place> {
        if self.declared.is_empty() {
            return Vec::new();
        }
        let whole = squashed(name);
        let begins = (1..=whole.len()).map(|end| whole[..end].to_vec());
        let ends =
            (0..whole.len().saturating_sub(LEAST_END - 1)).map(|start| whole[start..].to_vec());
        let words = words(name);
        let inner = (0..words.len()).flat_map(|start| {
            let words = &words;
            (start + 1..=words.len()).map(move |end| words[start..end].concat())
        });
        let parts = begins.chain(ends).chain(inner);
        let mut found: Vec<Place> = parts
            .filter_map(|part| self.declared.get(&part))
            .flatten()
            .copied()
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The names that may be made from this part.
    pub(super) fn made_from(&self, part: &[u8]) -> Vec<Name> {
        let (whole, words) = (squashed(part), in_words(part));
        if whole.is_empty() {
            return Vec::new();
        }
        let is_made = |(_, squashed, in_words): &&(Name, Vec<u8>, Vec<u8>)| {
            squashed.starts_with(&whole)
                || (whole.len() >= LEAST_END && squashed.ends_with(&whole))
                || contains(in_words, &words)
        };
        self.forms
            .iter()
            .filter(is_made)
            .map(|(name, ..)| *name)
            .collect()
    }
}

/// `_foo_bar_`
fn in_words(name: &[u8]) -> Vec<u8> {
    let mut text = vec![b'_'];
    for word in words(name) {
        text.extend(word);
        text.push(b'_');
    }
    text
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_from_parts() {
        let mut names = Names::default();
        let mut pasted = Pasted::default();
        pasted.declare(b"Foo", 1);
        pasted.declare(b"rate", 2);
        let all = [
            "FooBuilder",
            "set_rate",
            "getfoo",
            "ratio",
            "my_foo_x",
            "crate_x",
        ];
        let all = all.map(|name| names.add(name.as_bytes()));
        let found = all.map(|name| pasted.declared(names.text(name)));
        let expected: [&[Place]; 6] = [&[1], &[2], &[1], &[], &[1], &[]];
        assert_eq!(found, expected);
        pasted.set_names(&names, all.into_iter());
        let made = |part: &[u8]| pasted.made_from(part).len();
        assert_eq!(
            [made(b"foo"), made(b"x"), made(b"rat"), made(b"none")],
            [3, 2, 1, 0]
        );
    }
}
