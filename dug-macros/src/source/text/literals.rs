//! What literals say: texts, identifiers in them.

use super::blanks::{blank, word};
use super::lexer::{Kind, Lexed};

/// Calls `add` for all that looks like an identifier. `0WIDTH$`, as formats have it, is a flag and a name.
pub(crate) fn identifiers(text: &[u8], mut add: impl FnMut(&[u8])) {
    let mut rest = text;
    while !rest.is_empty() {
        let length = word(rest);
        if length == 0 {
            rest = &rest[blank(rest).max(1)..];
            continue;
        }
        let (mut word, behind) = rest.split_at(length);
        if behind.starts_with(b"$") {
            let digits = word.iter().take_while(|byte| byte.is_ascii_digit());
            word = &word[digits.count()..];
        }
        if word.first().is_some_and(|byte| !byte.is_ascii_digit()) {
            add(word);
        }
        rest = behind;
    }
}

/// The content of a literal.
pub(crate) fn text(lexed: &Lexed, place: usize) -> String {
    let inner = String::from_utf8_lossy(lexed.inner(place));
    match lexed.is_raw(place) {
        true => inner.into_owned(),
        false => unescaped(&inner),
    }
}

/// The `cfg` that is named here, as `name` or `name="text"`, and the place of its last token.
pub(crate) fn cfg(lexed: &Lexed, place: usize) -> Option<(String, usize)> {
    let name = String::from_utf8_lossy(lexed.name(place)?);
    let has_text = lexed.sign(place + 1) == b'=' && lexed.kind(place + 2) == Some(Kind::Text);
    Some(match has_text {
        true => (format!("{name}=\"{}\"", text(lexed, place + 2)), place + 2),
        false => (name.into_owned(), place),
    })
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
