//! Identifiers as small numbers.

use std::collections::HashMap;

pub(crate) type Name = u32;

#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<Vec<u8>, Name>,
    texts: Vec<Vec<u8>>,
}

impl Names {
    pub(crate) fn add(&mut self, text: &[u8]) -> Name {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = Name::try_from(self.texts.len()).unwrap_or(Name::MAX);
        self.texts.push(text.to_vec());
        self.numbers.insert(text.to_vec(), number);
        number
    }

    pub(crate) fn get(&self, text: &[u8]) -> Option<Name> {
        self.numbers.get(text).copied()
    }

    pub(crate) fn text(&self, name: Name) -> &[u8] {
        &self.texts[name as usize]
    }

    pub(crate) fn print(&self, name: Name) -> String {
        String::from_utf8_lossy(self.text(name)).into_owned()
    }

    pub(crate) fn not_ascii(&self) -> impl Iterator<Item = Name> {
        let all = (0..).zip(&self.texts);
        all.filter(|(_, text)| !text.is_ascii())
            .map(|(name, _)| name)
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }
}

/// A name as its words: `FooBuilder` and `foo_builder` are `foo` and `builder`.
pub(crate) fn words(name: &[u8]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = Vec::new();
    let mut before = b'_';
    for (place, &byte) in name.iter().enumerate() {
        let next_is_small = name.get(place + 1).is_some_and(u8::is_ascii_lowercase);
        let begins = byte.is_ascii_uppercase() && (!before.is_ascii_uppercase() || next_is_small);
        if byte != b'_' {
            let lower = byte.to_ascii_lowercase();
            match words.last_mut() {
                Some(word) if before != b'_' && !begins => word.push(lower),
                _ => words.push(vec![lower]),
            }
        }
        before = byte;
    }
    words
}

/// A name without what tells its words apart.
pub(crate) fn squashed(name: &[u8]) -> Vec<u8> {
    let bytes = name.iter().filter(|byte| **byte != b'_');
    bytes.map(u8::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_words() {
        let of = |name: &str| {
            let words = words(name.as_bytes()).into_iter();
            let words = words.map(|word| String::from_utf8(word).unwrap());
            words.collect::<Vec<_>>().join(" ")
        };
        for (name, expected) in [
            ("FooBuilder", "foo builder"),
            ("foo_builder", "foo builder"),
            ("_FOO_2_BAR", "foo 2 bar"),
            ("HTTPServer", "http server"),
            ("x", "x"),
            ("__", ""),
        ] {
            assert_eq!(of(name), expected);
        }
        assert_eq!(squashed(b"_Foo_Bar"), b"foobar");
    }
}
