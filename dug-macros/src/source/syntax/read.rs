//! What code reads while it is compiled: files, variables of the environment, `cfg`s.

use crate::source::text::lexer::{Kind, Lexed, Span};
use crate::source::text::literals::text;

/// What is read while an item is compiled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Read {
    Cfg(String),
    /// All `cfg`s: a macro is given the name.
    Cfgs,
    Environment(String),
    /// `include!`: a file, beside the source or in the folder of this variable.
    File(Option<String>, String),
    /// `include_str!` and the like: the same, byte by byte.
    Bytes(Option<String>, String),
    /// A text that a macro is given, and that may name a file.
    Perhaps(String),
    /// The same for a folder, with all files in it.
    Folder(String),
    /// A variable of the environment whose name a macro is given.
    Variables,
    /// Some of what a build script has written.
    Generated,
    /// A file whose name cannot be said.
    Unknown,
}

impl Read {
    /// Whether it may be code that is included.
    pub(crate) fn may_be_code(&self) -> bool {
        matches!(
            self,
            Read::File(..) | Read::Perhaps(_) | Read::Generated | Read::Unknown
        )
    }

    /// Whether what is read depends on where.
    pub(crate) fn is_beside(&self) -> bool {
        matches!(
            self,
            Read::File(None, _) | Read::Bytes(None, _) | Read::Perhaps(_) | Read::Folder(_)
        )
    }
}

/// The file that the arguments of an `include!` name, where that can be said.
pub(crate) fn included(lexed: &Lexed, span: Span) -> Option<Read> {
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
