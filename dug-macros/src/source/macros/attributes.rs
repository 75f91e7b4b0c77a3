//! Which attributes are known, and what the others see.

use super::known;
use super::origins::Origins;
use crate::source::syntax::attributes::{first_argument, last_of_path, next_comma, word};
use crate::source::text::lexer::{Lexed, Span};

/// Attributes that no result can depend on.
pub(crate) const WITHOUT_EFFECT: &[&str] = &[
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

/// Whether no result can depend on an attribute.
pub(crate) fn is_without_effect(lexed: &Lexed, inside: &Span, origins: &Origins) -> bool {
    match word(lexed, inside) {
        Some(name) => WITHOUT_EFFECT.iter().any(|known| known.as_bytes() == name),
        None => origins.is_of_tool(lexed, inside.start),
    }
}

/// Whether an attribute, with what `cfg_attr` and `derive` hold, declares no other names.
pub(crate) fn is_known_attribute(lexed: &Lexed, inside: Span, origins: &Origins) -> bool {
    let mut waiting = vec![inside];
    while let Some(inside) = waiting.pop() {
        if !is_known_alone(lexed, inside, origins, &mut waiting) {
            return false;
        }
    }
    true
}

/// The same without what a `cfg_attr` holds, which has to wait.
fn is_known_alone(lexed: &Lexed, inside: Span, origins: &Origins, waiting: &mut Vec<Span>) -> bool {
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
            waiting.extend(held(lexed, &inside));
            true
        }
        b"derive" | b"cfg_attr" => false,
        _ if last == inside.start && known::is_reserved(name) => true,
        _ if origins.is_of_tool(lexed, inside.start) => true,
        name => origins.comes_from(lexed, last, &known::of_attribute(name)),
    }
}

/// What a `cfg_attr` holds.
pub(crate) fn held(lexed: &Lexed, inside: &Span) -> Vec<Span> {
    let open = inside.start + 1;
    let (mut place, end) = (first_argument(lexed, open), lexed.close(open));
    let mut found = Vec::new();
    while place < end {
        let start = place + 1;
        place = next_comma(lexed, start, end);
        found.extend(Some(start..place).filter(|span| !span.is_empty()));
    }
    found
}

/// Whether a macro may look at what one of these attributes stands on, token by token: an attribute
/// or derive of which nothing is known, or one that shows doc comments.
pub(crate) fn are_seen(lexed: &Lexed, mut span: Span, origins: &Origins) -> bool {
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
