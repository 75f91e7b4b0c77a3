//! Attributes, and which of them are known.

use super::known;
use super::lexer::{Lexed, Span};
use super::origins::Origins;

/// Attributes that no result can depend on.
pub(super) const WITHOUT_EFFECT: &[&str] = &[
    "allow",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "forbid",
    "inline",
    "must_use",
    "warn",
];

/// The name of an attribute that is one word: one of the compiler, which refuses others of its name.
pub(super) fn word<'a>(lexed: &'a Lexed, inside: &Span) -> Option<&'a [u8]> {
    let name = lexed.name(inside.start);
    name.filter(|_| !lexed.is_path(inside.start + 1))
}

/// Whether no result can depend on an attribute.
pub(super) fn is_without_effect(lexed: &Lexed, inside: &Span, origins: &Origins) -> bool {
    match word(lexed, inside) {
        Some(name) => WITHOUT_EFFECT.iter().any(|known| known.as_bytes() == name),
        None => origins.is_of_tool(lexed, inside.start),
    }
}

/// Whether an attribute, with what `cfg_attr` and `derive` hold, declares no other names.
pub(super) fn is_known_attribute(lexed: &Lexed, inside: Span, origins: &Origins) -> bool {
    let last = last_of_path(lexed, inside.start);
    let Some(name) = lexed.name(last) else {
        return false;
    };
    let open = last + 1;
    match name {
        // Another may be called so.
        b"derive" if origins.comes_from(lexed, last, &[known::STD]) => {
            let mut all = lexed.inside(open);
            // A name of a path that another one follows says nothing.
            all.all(|place| match lexed.name(place) {
                Some(name) => {
                    let of = known::of_derive(name);
                    lexed.is_path(place + 1) || origins.comes_from(lexed, place, &of)
                }
                None => true,
            })
        }
        b"cfg_attr" if last == inside.start => {
            let mut place = first_argument(lexed, open);
            let end = lexed.close(open);
            while place < end {
                let start = place + 1;
                place = next_comma(lexed, start, end);
                if start < place && !is_known_attribute(lexed, start..place, origins) {
                    return false;
                }
            }
            true
        }
        b"derive" | b"cfg_attr" => false,
        _ if last == inside.start && known::is_reserved(name) => true,
        _ if origins.is_of_tool(lexed, inside.start) => true,
        name => origins.comes_from(lexed, last, &known::of_attribute(name)),
    }
}

/// Whether a macro may look at what one of these attributes stands on, token by token: an attribute
/// or derive of which nothing is known, or one that shows doc comments.
pub(super) fn are_seen(lexed: &Lexed, mut span: Span, origins: &Origins) -> bool {
    span.any(|place| {
        let open = place + 1 + usize::from(lexed.sign(place + 1) == b'!');
        if lexed.sign(place) != b'#' || lexed.sign(open) != b'[' {
            return false;
        }
        let inside = lexed.inside(open);
        let mut words = inside.clone().filter_map(|place| lexed.name(place));
        words.any(known::sees_docs) || !is_known_attribute(lexed, inside, origins)
    })
}

/// The comma after the first argument in the parentheses that open here.
pub(super) fn first_argument(lexed: &Lexed, open: usize) -> usize {
    match lexed.is_open(open) {
        true => next_comma(lexed, open + 1, lexed.close(open)),
        false => open,
    }
}

pub(super) fn next_comma(lexed: &Lexed, mut place: usize, end: usize) -> usize {
    while place < end && lexed.sign(place) != b',' {
        place = match lexed.is_open(place) {
            true => lexed.after(place),
            false => place + 1,
        };
    }
    place.min(end)
}

/// Where the path begins that ends in this word.
pub(super) fn first_of_path(lexed: &Lexed, last: usize) -> usize {
    let mut first = last;
    while first >= 3 && lexed.is_path(first - 2) && lexed.name(first - 3).is_some() {
        first -= 3;
    }
    first
}

/// The last name of the path that begins here.
pub(super) fn last_of_path(lexed: &Lexed, first: usize) -> usize {
    let mut last = first;
    while lexed.is_path(last + 1) {
        last += 3;
    }
    last
}

/// The attributes in a span, by what stands in their brackets.
pub(super) fn attributes(lexed: &Lexed, span: &Span) -> Vec<Span> {
    let mut found = Vec::new();
    let mut place = span.start;
    while place < span.end {
        if lexed.sign(place) == b'[' {
            found.push(lexed.inside(place));
            place = lexed.after(place);
        } else {
            place += 1;
        }
    }
    found
}

/// Whether one of the attributes has a path that ends in one of these names.
pub(super) fn has_attribute(lexed: &Lexed, span: &Span, wanted: impl Fn(&[u8]) -> bool) -> bool {
    attributes(lexed, span).into_iter().any(|inside| {
        let last = last_of_path(lexed, inside.start);
        lexed.name(last).is_some_and(&wanted)
    })
}
