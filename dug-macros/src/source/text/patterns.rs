//! What declarations of macros say of what these are given: `$name:expr`. It names nothing.

use super::lexer::{Kind, Lexed, Span};
use std::collections::HashSet;

/// The names that macros have for what they are given, and the kinds of it, as places in order. A
/// name counts in all of the declaration; behind one, a kind is written in its patterns only.
pub(super) fn of_patterns(lexed: &Lexed) -> Vec<u32> {
    let mut found = Vec::new();
    for place in 0..lexed.len() {
        let Some((all, patterns)) = declaration(lexed, place) else {
            continue;
        };
        let mut names = HashSet::new();
        for place in patterns.into_iter().flatten() {
            if lexed.sign(place) == b'$'
                && lexed.sign(place + 2) == b':'
                && lexed.is_kind(place + 3)
            {
                names.extend(lexed.name(place + 1));
                found.push(place + 3);
            }
        }
        if names.is_empty() {
            continue;
        }
        let mark = |place: &usize| lexed.sign(*place) == b'$';
        let named = all.filter(mark).map(|place| place + 1);
        found.extend(named.filter(|place| {
            let name = lexed.name(*place);
            name.is_some_and(|name| names.contains(name))
        }));
    }
    let found = found
        .into_iter()
        .filter_map(|place| u32::try_from(place).ok());
    let mut found: Vec<u32> = found.collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Of the macro whose declaration begins here: all that is in brackets, and the patterns.
fn declaration(lexed: &Lexed, place: usize) -> Option<(Span, Vec<Span>)> {
    if lexed.kind(place) != Some(Kind::Word) {
        return None;
    }
    let mut name = match lexed.text(place) {
        b"macro_rules" if lexed.sign(place + 1) == b'!' => place + 2,
        b"macro" => place + 1,
        _ => return None,
    };
    name += usize::from(lexed.sign(name) == b'$');
    let open = lexed.name(name).map(|_| name + 1)?;
    if !lexed.is_open(open) {
        return None;
    }
    let after = lexed.after(open);
    // `macro name(..) { .. }`
    if lexed.sign(open) == b'(' && lexed.sign(after) == b'{' {
        return Some((open..lexed.after(after), vec![lexed.inside(open)]));
    }
    let mut patterns = Vec::new();
    let mut at = open + 1;
    while at < lexed.close(open) && lexed.is_open(at) {
        let arrow = lexed.after(at);
        let body = arrow + 2;
        if lexed.sign(arrow) != b'=' || lexed.sign(arrow + 1) != b'>' || !lexed.is_open(body) {
            break;
        }
        patterns.push(lexed.inside(at));
        at = lexed.after(body);
        at += usize::from(matches!(lexed.sign(at), b';' | b','));
    }
    Some((open..after, patterns))
}

pub(super) fn is_kind(word: &[u8]) -> bool {
    matches!(
        word,
        b"block"
            | b"expr"
            | b"expr_2021"
            | b"ident"
            | b"item"
            | b"lifetime"
            | b"literal"
            | b"meta"
            | b"pat"
            | b"pat_param"
            | b"path"
            | b"stmt"
            | b"tt"
            | b"ty"
            | b"vis"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_stand_in_patterns_only() {
        for (source, places) in [
            (
                "macro_rules! m { ($a:ty) => { $a: ty }; [$b:ident] => { $a, $b } }",
                "a ty a b ident a b",
            ),
            (
                "macro_rules! m { ($a:tt) => { match x { ($a: tt) => $c } } }",
                "a tt a",
            ),
            ("macro m($a:path) { $a: path }", "a path a"),
            ("macro m { ($a:path) => { $crate: path } }", "a path"),
            (
                "macro_rules! m { ($a:ty) => { macro_rules! $a { ($b:ty) => { $a: ty, $b: ty } } } }",
                "a ty a b ty a b",
            ),
            ("fn f() { m!($a:ty) }", ""),
        ] {
            let lexed = Lexed::read(source.as_bytes().to_vec());
            let texts = of_patterns(&lexed);
            let texts = texts.iter().map(|place| lexed.text(*place as usize));
            let texts: Vec<_> = texts.map(String::from_utf8_lossy).collect();
            assert_eq!(texts.join(" "), places, "{source}");
        }
    }
}
