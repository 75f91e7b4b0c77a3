//! Attributes, their paths and arguments.

use crate::source::text::lexer::{Kind, Lexed, Span};
use crate::source::text::literals::text;

/// The name of an attribute that is one word: one of the compiler, which refuses others of its name.
pub(crate) fn word<'a>(lexed: &'a Lexed, inside: &Span) -> Option<&'a [u8]> {
    let name = lexed.name(inside.start);
    name.filter(|_| !lexed.is_path(inside.start + 1))
}

/// The attributes that stand in the block that opens here, and are of what that belongs to.
pub(crate) fn inner_attributes(lexed: &Lexed, open: usize) -> Span {
    let mut end = open + 1;
    while lexed.sign(end) == b'#' && lexed.sign(end + 1) == b'!' && lexed.sign(end + 2) == b'[' {
        end = lexed.after(end + 2);
    }
    open + 1..end
}

/// The files or folders that attributes of a module name.
pub(crate) fn paths(lexed: &Lexed, attributes: &[Span]) -> Vec<String> {
    let places = attributes.iter().flat_map(Span::clone);
    let places = places.filter(|place| {
        lexed.is_word(*place, b"path") && lexed.kind(place + 2) == Some(Kind::Text)
    });
    places.map(|place| text(lexed, place + 2)).collect()
}

/// The comma after the first argument in the parentheses that open here.
pub(crate) fn first_argument(lexed: &Lexed, open: usize) -> usize {
    match lexed.is_open(open) {
        true => next_comma(lexed, open + 1, lexed.close(open)),
        false => open,
    }
}

pub(crate) fn next_comma(lexed: &Lexed, mut place: usize, end: usize) -> usize {
    while place < end && lexed.sign(place) != b',' {
        place = match lexed.is_open(place) {
            true => lexed.after(place),
            false => place + 1,
        };
    }
    place.min(end)
}

/// Where the path begins that ends in this word.
pub(crate) fn first_of_path(lexed: &Lexed, last: usize) -> usize {
    let mut first = last;
    while first >= 3 && lexed.is_path(first - 2) && lexed.name(first - 3).is_some() {
        first -= 3;
    }
    first
}

/// The last name of the path that begins here.
pub(crate) fn last_of_path(lexed: &Lexed, first: usize) -> usize {
    let mut last = first;
    while lexed.is_path(last + 1) {
        last += 3;
    }
    last
}

/// The attributes in a span, by what stands in their brackets.
pub(crate) fn attributes(lexed: &Lexed, span: &Span) -> Vec<Span> {
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
pub(crate) fn has_attribute(lexed: &Lexed, span: &Span, wanted: impl Fn(&[u8]) -> bool) -> bool {
    attributes(lexed, span).into_iter().any(|inside| {
        let last = last_of_path(lexed, inside.start);
        lexed.name(last).is_some_and(&wanted)
    })
}
