//! Attributes, and which of them are known.

use super::cosmetic::Ignored;
use super::known;
use super::lexer::{Lexed, Span};

/// Whether an attribute, with what `cfg_attr` and `derive` hold, declares no other names.
pub(super) fn is_known_attribute(lexed: &Lexed, inside: Span, ignored: &Ignored) -> bool {
    // The last name of its path.
    let mut last = inside.start;
    while lexed.is_path(last + 1) {
        last += 3;
    }
    let Some(name) = lexed.name(last) else {
        return false;
    };
    let first = lexed.name(inside.start).unwrap_or_default();
    let open = last + 1;
    match name {
        b"derive" => {
            let mut all = lexed.inside(open);
            // Of a path, the first name says whose it is, and the last one which.
            all.all(|place| match lexed.name(place) {
                Some(_) if lexed.is_path(place + 1) => {
                    let is_first = !lexed.is_path(place.saturating_sub(2));
                    !is_first || !ignored.is_strange(lexed.text(place))
                }
                Some(name) if lexed.is_path(place.saturating_sub(2)) => known::is_derive(name),
                Some(name) => known::is_derive(name) && !ignored.is_strange_derive(name),
                None => true,
            })
        }
        b"cfg_attr" => {
            let mut place = first_argument(lexed, open);
            let end = lexed.close(open);
            while place < end {
                let start = place + 1;
                place = next_comma(lexed, start, end);
                if start < place && !is_known_attribute(lexed, start..place, ignored) {
                    return false;
                }
            }
            true
        }
        name => known::is_attribute(name) || known::is_attribute(first),
    }
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
        let mut last = inside.start;
        while lexed.is_path(last + 1) {
            last += 3;
        }
        lexed.name(last).is_some_and(&wanted)
    })
}
