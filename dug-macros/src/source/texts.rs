//! What literals say: texts, names of files, identifiers in them.

use super::lexer::{Kind, Lexed, Span, is_word};
use super::mentions::Read;

/// The file that the arguments of an `include!` name, where that can be said.
pub(super) fn included(lexed: &Lexed, span: Span) -> Option<Read> {
    let start = span.start;
    if lexed.kind(start) == Some(Kind::Text) {
        return Some(Read::File(None, text(lexed, start)));
    }
    // env!("FILE")
    if lexed.is_word(start, b"env") && lexed.is_open(start + 2) {
        let is_text = lexed.kind(start + 3) == Some(Kind::Text);
        return is_text.then(|| Read::File(Some(text(lexed, start + 3)), String::new()));
    }
    // concat!(env!("OUT_DIR"), "/a", "/b")
    if !lexed.is_word(start, b"concat") || !lexed.is_open(start + 2) {
        return None;
    }
    let (mut place, end) = (start + 3, lexed.close(start + 2));
    let mut variable = None;
    if lexed.is_word(place, b"env") && lexed.is_open(place + 2) {
        if lexed.kind(place + 3) != Some(Kind::Text) {
            return None;
        }
        variable = Some(text(lexed, place + 3));
        place = lexed.after(place + 2);
    }
    match literals(lexed, place..end) {
        Some(name) => Some(Read::File(variable, name)),
        None => (variable.as_deref() == Some("OUT_DIR")).then_some(Read::Generated),
    }
}

/// The text that `concat!` makes of literals with commas between them.
fn literals(lexed: &Lexed, span: Span) -> Option<String> {
    let mut found = String::new();
    for place in span {
        match (lexed.sign(place), lexed.kind(place)) {
            (b',', _) => {}
            (_, Some(Kind::Text)) => found.push_str(&text(lexed, place)),
            _ => return None,
        }
    }
    Some(found)
}

/// Calls `add` for all that looks like an identifier.
pub(super) fn identifiers(text: &[u8], mut add: impl FnMut(&[u8])) {
    for word in text.split(|byte| !is_word(*byte)) {
        if word.first().is_some_and(|byte| !byte.is_ascii_digit()) {
            add(word);
        }
    }
}

/// The content of a literal.
pub(super) fn text(lexed: &Lexed, place: usize) -> String {
    let inner = String::from_utf8_lossy(lexed.inner(place));
    match lexed.is_raw(place) {
        true => inner.into_owned(),
        false => unescaped(&inner),
    }
}

/// A text without its escapes; what is none stays as it is.
fn unescaped(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if char != '\\' {
            found.push(char);
            continue;
        }
        let code = |digits: &str| {
            u32::from_str_radix(digits, 16)
                .ok()
                .and_then(char::from_u32)
        };
        match rest.next() {
            Some('n') => found.push('\n'),
            Some('r') => found.push('\r'),
            Some('t') => found.push('\t'),
            Some('0') => found.push('\0'),
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                found.extend(code(&digits));
            }
            Some('u') => {
                let digits = rest.by_ref().take_while(|char| *char != '}');
                let digits: String = digits.filter(char::is_ascii_hexdigit).collect();
                found.extend(code(&digits));
            }
            // The text goes on in the next line.
            Some('\n' | '\r') => rest = rest.as_str().trim_start().chars(),
            Some(other) => found.push(other),
            None => {}
        }
    }
    found
}
