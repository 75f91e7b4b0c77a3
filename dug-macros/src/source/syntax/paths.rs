//! Paths that begin at a module, not with a name: `crate::`, `super::`.

use crate::source::text::lexer::Lexed;
use crate::source::text::names::{Name, Names};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum From {
    Crate,
    /// So many modules above that in which it stands.
    Super(usize),
    /// It stands in what a macro writes, which may be in any module.
    Anywhere,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Root {
    pub(crate) from: From,
    /// What follows, where that is not the last of the path.
    pub(crate) next: Option<Name>,
}

impl Root {
    /// The path that begins at this word.
    pub(crate) fn at(
        lexed: &Lexed,
        place: usize,
        of_macro: bool,
        names: &mut Names,
    ) -> Option<Self> {
        if !lexed.is_path(place + 1) {
            return None;
        }
        let mut last = place;
        let from = match lexed.name(place)? {
            b"crate" => From::Crate,
            b"super" => {
                if place >= 3 && lexed.is_path(place - 2) && lexed.is_word(place - 3, b"super") {
                    return None;
                }
                while lexed.is_path(last + 1) && lexed.is_word(last + 3, b"super") {
                    last += 3;
                }
                From::Super((last - place) / 3 + 1)
            }
            _ => return None,
        };
        let from = match from {
            From::Super(_) if of_macro => From::Anywhere,
            from => from,
        };
        let next = lexed.name(last + 3).filter(|_| lexed.is_path(last + 4));
        let next = next.map(|name| names.add(name));
        Some(Root { from, next })
    }

    /// The path of an import.
    pub(crate) fn of(path: &[Name], names: &Names) -> Option<Self> {
        let is = |name: &Name, word: &[u8]| names.text(*name) == word;
        let first = path.first()?;
        let (from, after) = match names.text(*first) {
            b"crate" => (From::Crate, 1),
            // `extern crate self as name`
            b"self" if path.len() == 1 => (From::Crate, 1),
            b"self" | b"super" => {
                let begin = usize::from(is(first, b"self"));
                let rest = path[begin..].iter();
                let count = rest.take_while(|name| is(name, b"super")).count();
                (From::Super(count), begin + count)
            }
            _ => return None,
        };
        let next = path.get(after).copied();
        Some(Root {
            from,
            next: next.filter(|_| path.len() > after + 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_at_modules() {
        let mut names = Names::default();
        let lexed = Lexed::read(b"crate::a::b super::super::c super::d::e f::g".to_vec());
        let all = (0..lexed.len()).filter_map(|at| Root::at(&lexed, at, false, &mut names));
        let all: Vec<(From, Option<Name>)> = all.map(|root| (root.from, root.next)).collect();
        let [a, d] = [b"a", b"d"].map(|name| names.get(name));
        let expected = [
            (From::Crate, a),
            (From::Super(2), None),
            (From::Super(1), d),
        ];
        assert_eq!(all, expected);
        let mut of = |path: &str| {
            let path: Vec<Name> = path
                .split("::")
                .map(|name| names.add(name.as_bytes()))
                .collect();
            Root::of(&path, &names).map(|root| root.from)
        };
        assert_eq!(of("super::super::x"), Some(From::Super(2)));
        assert_eq!(of("self::super::x"), Some(From::Super(1)));
        assert_eq!(of("self::x"), Some(From::Super(0)));
        assert_eq!(of("self"), Some(From::Crate));
        assert_eq!(of("x::y"), None);
    }
}
