//! One source file: its text without comments and without spacing that means
//! nothing, and the other files that it names.
//!
//! A reader of its own, since the compiler's reports what it cannot read, and a
//! file beside the crate may be anything. Where a text is no Rust, some of it may
//! be taken for a comment: that is of no consequence.

use super::tokens::is_operator;

/// What is found in one file.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The text that means something.
    pub(super) text: Vec<u8>,
    /// Files named by `#[path = ".."]` and `include!`, relative to this one.
    pub(super) code: Vec<String>,
    /// Files named by `include_str!` and `include_bytes!`.
    pub(super) data: Vec<String>,
    /// The `mod name;`.
    pub(super) modules: Vec<String>,
    /// Whether it uses what a build script has written.
    pub(super) uses_generated: bool,
}

impl Source {
    pub(super) fn read(source: &[u8]) -> Self {
        let mut reader = Reader {
            rest: source,
            spaced: false,
            found: Source::default(),
        };
        reader.found.text.reserve(source.len());
        while reader.next() {}
        reader.found
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Spacing or a comment stands before the rest.
    spaced: bool,
    found: Source,
}

impl Reader<'_> {
    /// Reads one token, comment or space; false at the end.
    fn next(&mut self) -> bool {
        let Some(&first) = self.rest.first() else {
            return false;
        };
        match first {
            b' ' | b'\t' | b'\r' | b'\n' => self.skip(1),
            b'/' if self.rest.starts_with(b"//") => {
                let end = self.rest.iter().position(|byte| *byte == b'\n');
                self.skip(end.unwrap_or(self.rest.len()));
            }
            b'/' if self.rest.starts_with(b"/*") => self.skip(comment(self.rest)),
            b'"' => self.literal(quoted(self.rest, b'"'), 1, 1),
            b'\'' => match character(self.rest) {
                Some(length) => self.keep(length),
                None => self.keep(1),
            },
            _ if is_word(first) => self.word(),
            b';' => {
                self.module();
                self.keep(1);
            }
            _ => self.keep(1),
        }
        true
    }

    fn skip(&mut self, length: usize) {
        self.rest = &self.rest[length..];
        self.spaced = true;
    }

    fn keep(&mut self, length: usize) {
        let (token, rest) = self.rest.split_at(length);
        let text = &mut self.found.text;
        if self.spaced
            && let (Some(before), Some(after)) = (text.last(), token.first())
            && means_something_between(*before, *after)
        {
            text.push(b' ');
        }
        text.extend_from_slice(token);
        self.rest = rest;
        self.spaced = false;
    }

    fn word(&mut self) {
        let length = self.rest.iter().position(|byte| !is_word(*byte));
        let (word, rest) = self.rest.split_at(length.unwrap_or(self.rest.len()));
        let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
        if matches!(word, b"r" | b"br" | b"cr") && rest.get(hashes) == Some(&b'"') {
            let start = word.len() + hashes + 1;
            let end = raw(&self.rest[start..], hashes);
            let length = (start + end + 1 + hashes).min(self.rest.len());
            self.literal(length, start, 1 + hashes);
        } else {
            self.keep(word.len());
        }
    }

    /// A text of this length, between marks of these lengths. What stands before it says
    /// whether it is the name of a file.
    fn literal(&mut self, length: usize, open: usize, close: usize) {
        let inner = self.rest.get(open..length.saturating_sub(close));
        let before = self.found.text.as_slice();
        let named = |name: &[u8]| {
            before
                .strip_suffix(b"(")
                .or_else(|| before.strip_suffix(b"["))
                .or_else(|| before.strip_suffix(b"{"))
                .is_some_and(|before| before.ends_with(name))
        };
        if let Some(inner) = inner {
            let inner = || String::from_utf8_lossy(inner).replace("\\\\", "\\");
            if before.ends_with(b"path=") || named(b"include!") {
                self.found.code.push(inner());
            } else if named(b"include_str!") || named(b"include_bytes!") {
                self.found.data.push(inner());
            } else if named(b"env!") && inner() == "OUT_DIR" {
                self.found.uses_generated = true;
            }
        }
        self.keep(length);
    }

    /// At a `;`: the end of a `mod name;`?
    fn module(&mut self) {
        let text = &self.found.text;
        let start = text.iter().rposition(|byte| !is_word(*byte));
        let (before, name) = text.split_at(start.map_or(0, |start| start + 1));
        if let Some(before) = before.strip_suffix(b"mod ")
            && !before.last().is_some_and(|byte| is_word(*byte))
        {
            self.found
                .modules
                .push(String::from_utf8_lossy(name).into_owned());
        }
    }
}

/// Whether two bytes side by side may be another token than with a space between them.
fn means_something_between(before: u8, after: u8) -> bool {
    let joins = |byte: u8| is_word(byte) || byte == b'"' || byte == b'\'';
    let operator = || is_operator(before.into(), after.into());
    (joins(before) && joins(after)) || operator()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The length of the comment, and of those inside it.
fn comment(text: &[u8]) -> usize {
    let (mut place, mut depth) = (0, 0_usize);
    loop {
        match text.get(place..place + 2) {
            Some(b"/*") => {
                depth += 1;
                place += 2;
            }
            Some(b"*/") => {
                depth -= 1;
                place += 2;
                if depth == 0 {
                    return place;
                }
            }
            Some(_) => place += 1,
            None => return text.len(),
        }
    }
}

/// The length of what stands between two `mark`s, and of these.
fn quoted(text: &[u8], mark: u8) -> usize {
    let mut place = 1;
    while let Some(&byte) = text.get(place) {
        match byte {
            b'\\' => place += 2,
            byte if byte == mark => return place + 1,
            _ => place += 1,
        }
    }
    text.len()
}

/// Where the end of a raw text begins.
fn raw(text: &[u8], hashes: usize) -> usize {
    let ends = |place: usize| {
        let marks = text[place + 1..].iter().take(hashes);
        text[place] == b'"' && marks.filter(|byte| **byte == b'#').count() == hashes
    };
    (0..text.len())
        .find(|place| ends(*place))
        .unwrap_or(text.len())
}

/// The length of a character in quotes; `None` if this is a lifetime.
fn character(text: &[u8]) -> Option<usize> {
    if text.get(1) == Some(&b'\\') {
        return Some(quoted(text, b'\''));
    }
    let width = match text.get(1)? {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    };
    (text.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str) -> String {
        String::from_utf8(Source::read(source.as_bytes()).text).unwrap()
    }

    #[test]
    fn comments_and_spacing_are_left_out() {
        let source =
            "//! Doc.\n\nfn  f( x : &'a str ) -> u8 { // no\n    x /* a /* b */ c */ + y\n}\n";
        assert_eq!(text(source), "fn f(x:&'a str)->u8{x+y}");
        assert_eq!(text("a/* */b"), "a b");
        assert_eq!(text("a & &b && c"), "a& &b&&c");
        assert_eq!(text("- 1; a = -1 - > 2"), "-1;a=-1- >2");
        assert_eq!(text("x // at the end"), "x");
        assert_eq!(text("x /* at the end"), "x");
    }

    #[test]
    fn texts_and_characters_are_kept() {
        for kept in [
            r#""a  // b""#,
            r#""a \" // b""#,
            r###"r"a \" "###.trim_end(),
            r###"r#"a " // b"#"###,
            r###"br##"a "# // b"##"###,
            r"'\''",
            "'\"'",
            "b'/'",
            "'é'",
            "'\\u{1F600}'",
            "&'a//",
        ] {
            let source = format!("{kept} // c\n+ \"d  e\"");
            let kept = kept.trim_end_matches('/');
            assert_eq!(text(&source), format!("{kept}+\"d  e\""));
        }
        assert_eq!(text("r#type // c"), "r#type");
    }

    #[test]
    fn files_and_modules_are_found() {
        let source = r##"
            #[path = "a.rs"] mod a;
            #[cfg_attr(unix, path = "b.rs")] pub(crate) mod b ;
            include!( /* here */ "c.in");
            const D: &str = include_str!(r"d.txt");
            const E: &[u8] = include_bytes!["e\\f.bin"];
            mod inline { mod g; }
            // mod h;
            const I: &str = "mod i;";
            include!(concat!(env!("OUT_DIR"), "/j.rs"));
            remod k;
        "##;
        let found = Source::read(source.as_bytes());
        assert_eq!(found.code, ["a.rs", "b.rs", "c.in"]);
        assert_eq!(found.data, ["d.txt", "e\\f.bin"]);
        assert_eq!(found.modules, ["a", "b", "g"]);
        assert!(found.uses_generated);
        assert!(!Source::read(b"fn f() {}").uses_generated);
    }

    #[test]
    fn whatever_is_given_is_read() {
        let marks: Vec<&[u8]> = vec![
            b"\"",
            b"'",
            b"\\",
            b"/*",
            b"*/",
            b"//",
            b"\n",
            b"r#\"",
            b"r",
            b"#",
            b"\xFF",
            b"a",
            b";",
            b"mod ",
            b"include!(",
        ];
        let mut state = 1_u32;
        for _ in 0..20_000 {
            let mut source = Vec::new();
            for _ in 0..8 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                source.extend_from_slice(marks[(state >> 16) as usize % marks.len()]);
            }
            Source::read(&source);
        }
    }
}
