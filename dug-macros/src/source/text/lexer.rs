//! One source text as tokens: words, texts, lifetimes and signs, with the
//! brackets matched. Comments and spacing are gone.
//!
//! A lexer of its own: the compiler's works through a bridge, reports what it
//! cannot read, and a file beside the crate may be anything. Where a text is no
//! Rust, some of it may be taken for a comment: that is of no consequence.

use super::blanks::{as_compiled, blank, is_word, shebang, word};
use super::keywords::is_keyword;
use super::patterns::{is_kind, of_patterns};
use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier, a keyword or (part of) a number.
    Word,
    /// A string of any sort, or a character.
    Text,
    Lifetime,
    /// One sign.
    Sign,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Nothing stands between it and the next token.
    joint: bool,
    start: u32,
    end: u32,
    /// For an opening bracket: the index of the closing one.
    pub(super) close: u32,
}

/// A text and its tokens.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    bytes: Vec<u8>,
    pub(super) tokens: Vec<Token>,
    /// Doc comments: the token after, the beginning and the end.
    docs: Vec<[u32; 3]>,
    /// See [`of_patterns`].
    of_patterns: Vec<u32>,
}

/// A range of tokens.
pub(crate) type Span = Range<usize>;

impl Lexed {
    pub(crate) fn read(bytes: Vec<u8>) -> Self {
        let bytes = as_compiled(bytes);
        let mut lexer = Lexer {
            bytes: &bytes,
            place: 0,
            tokens: Vec::with_capacity(bytes.len() / 4),
            open: Vec::new(),
            docs: Vec::new(),
        };
        // Offsets are kept short; no source is that long.
        if u32::try_from(bytes.len()).is_ok() {
            lexer.place = shebang(&bytes);
            while lexer.next() {}
        }
        let Lexer {
            mut tokens,
            open,
            docs,
            ..
        } = lexer;
        let last = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
        for place in open {
            tokens[place].close = last;
        }
        let mut lexed = Lexed {
            bytes,
            tokens,
            docs,
            of_patterns: Vec::new(),
        };
        lexed.of_patterns = of_patterns(&lexed);
        lexed
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn text(&self, place: usize) -> &[u8] {
        match self.tokens.get(place) {
            Some(token) => &self.bytes[token.start as usize..token.end as usize],
            None => b"",
        }
    }

    /// Where in the text a token begins.
    #[cfg(test)]
    pub(crate) fn offset(&self, place: usize) -> usize {
        self.tokens[place].start as usize
    }

    /// The text between the quotes of a literal, as it is written.
    pub(crate) fn inner(&self, place: usize) -> &[u8] {
        let text = self.text(place);
        let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'');
        let start = text.iter().position(is_quote);
        let end = text.iter().rposition(is_quote);
        match (start, end) {
            (Some(start), Some(end)) if start < end => &text[start + 1..end],
            _ => b"",
        }
    }

    pub(super) fn is_raw(&self, place: usize) -> bool {
        let text = self.text(place);
        text.iter()
            .take_while(|byte| **byte != b'"')
            .any(|byte| *byte == b'r')
    }

    /// The sign at a place; 0 for what is no sign.
    #[inline]
    pub(crate) fn sign(&self, place: usize) -> u8 {
        match self.tokens.get(place) {
            Some(token) if token.kind == Kind::Sign => self.bytes[token.start as usize],
            _ => 0,
        }
    }

    #[inline]
    pub(crate) fn kind(&self, place: usize) -> Option<Kind> {
        self.tokens.get(place).map(|token| token.kind)
    }

    pub(crate) fn is_word(&self, place: usize, word: &[u8]) -> bool {
        self.kind(place) == Some(Kind::Word) && self.text(place) == word
    }

    /// The identifier at a place, without the mark of a raw one.
    #[inline]
    pub(crate) fn name(&self, place: usize) -> Option<&[u8]> {
        if self.kind(place) != Some(Kind::Word) {
            return None;
        }
        let text = self.text(place);
        let name = text.strip_prefix(b"r#").unwrap_or(text);
        (!name[0].is_ascii_digit()).then_some(name)
    }

    /// Whether what stands at a place is a word of the language; a raw identifier is none.
    pub(crate) fn is_keyword(&self, place: usize) -> bool {
        is_keyword(self.text(place))
    }

    /// Whether a word in the declaration of a macro is the name of what that is given, or the kind
    /// of it: `$name:expr`.
    pub(crate) fn is_of_pattern(&self, place: usize) -> bool {
        let is_one = |of: u32| self.of_patterns.binary_search(&of).is_ok();
        u32::try_from(place).is_ok_and(is_one)
    }

    /// Whether a word may be the kind of what a macro is given.
    pub(crate) fn is_kind(&self, place: usize) -> bool {
        is_kind(self.text(place))
    }

    pub(crate) fn is_open(&self, place: usize) -> bool {
        matches!(self.sign(place), b'(' | b'[' | b'{')
    }

    /// Where the group that opens here closes.
    pub(crate) fn close(&self, place: usize) -> usize {
        (self.tokens[place].close as usize).min(self.len())
    }

    /// What stands between the brackets of the group that opens here.
    pub(crate) fn inside(&self, place: usize) -> Span {
        place + 1..self.close(place).max(place + 1)
    }

    /// After the group that opens here.
    pub(crate) fn after(&self, place: usize) -> usize {
        (self.close(place) + 1).min(self.len())
    }

    /// Whether two signs side by side are one operator, or part of one.
    pub(crate) fn is_joint(&self, place: usize) -> bool {
        let (first, second) = (self.sign(place), self.sign(place + 1));
        first != 0
            && second != 0
            && self.tokens[place].joint
            && is_operator(first.into(), second.into())
    }

    /// Whether nothing stands between a token and the next.
    pub(crate) fn is_close(&self, place: usize) -> bool {
        self.tokens.get(place).is_some_and(|token| token.joint)
    }

    /// Whether the next token would belong to the literal that ends here, if nothing stood between them: the dot
    /// of a number, what follows that, a suffix. (A macro is given one token then; elsewhere it means the same.)
    pub(crate) fn may_go_on(&self, place: usize) -> bool {
        let is_number = |place: usize| self.text(place).first().is_some_and(u8::is_ascii_digit);
        match self.kind(place) {
            Some(Kind::Text) => self.kind(place + 1) == Some(Kind::Word),
            // Not that of a range.
            Some(Kind::Word) => {
                is_number(place) && self.sign(place + 1) == b'.' && !self.is_joint(place + 1)
            }
            Some(Kind::Sign) => {
                let is_dot = place > 0 && self.sign(place) == b'.' && is_number(place - 1);
                is_dot && self.kind(place + 1) == Some(Kind::Word)
            }
            Some(Kind::Lifetime) | None => false,
        }
    }

    /// The doc comments among these tokens: the token after each, and its text.
    pub(crate) fn docs(&self, span: Span) -> impl Iterator<Item = (usize, &[u8])> {
        let start = self
            .docs
            .partition_point(|[next, ..]| (*next as usize) < span.start);
        let from = self.docs[start..].iter();
        from.take_while(move |[next, ..]| (*next as usize) <= span.end)
            .map(|[next, start, end]| (*next as usize, &self.bytes[*start as usize..*end as usize]))
    }

    /// Whether `::` stands here.
    pub(crate) fn is_path(&self, place: usize) -> bool {
        self.sign(place) == b':' && self.sign(place + 1) == b':' && self.tokens[place].joint
    }

    /// The number of the line of each of these tokens, which are in order.
    pub(crate) fn lines(&self, places: impl Iterator<Item = usize>) -> Vec<u32> {
        let (mut line, mut place) = (1, 0);
        let of = |token: usize| {
            let start = self
                .tokens
                .get(token)
                .map_or(place, |token| token.start as usize);
            let breaks = self.bytes[place..start.max(place)].iter();
            line += u32::try_from(breaks.filter(|byte| **byte == b'\n').count()).unwrap_or(0);
            place = start.max(place);
            line
        };
        places.map(of).collect()
    }
}

/// Whether two signs side by side are, or are part of, one operator. Others mean the same
/// with a space between them.
pub(crate) fn is_operator(first: char, second: char) -> bool {
    match second {
        '=' => "=!<>+-*/%^&|.".contains(first),
        '>' => "->=".contains(first),
        '-' => first == '<',
        '&' | '|' | '<' | '.' | ':' => first == second,
        _ => false,
    }
}

struct Lexer<'a> {
    bytes: &'a [u8],
    place: usize,
    tokens: Vec<Token>,
    /// The brackets that are open.
    open: Vec<usize>,
    docs: Vec<[u32; 3]>,
}

impl Lexer<'_> {
    /// Reads one token, comment or space; false at the end.
    fn next(&mut self) -> bool {
        let rest = &self.bytes[self.place..];
        let Some(&first) = rest.first() else {
            return false;
        };
        let blank = blank(rest);
        match first {
            _ if blank > 0 => self.skip(blank),
            b'/' if rest.starts_with(b"//") => {
                let end = rest.iter().position(|byte| *byte == b'\n');
                self.comment(end.unwrap_or(rest.len()));
            }
            b'/' if rest.starts_with(b"/*") => self.comment(comment(rest)),
            b'"' => self.keep(Kind::Text, quoted(rest, b'"')),
            b'\'' => match character(rest) {
                Some(length) => self.keep(Kind::Text, length),
                None => self.keep(Kind::Lifetime, 1 + word(&rest[1..])),
            },
            _ if is_word(first) => self.word(),
            _ => self.sign(first),
        }
        true
    }

    #[allow(clippy::cast_possible_truncation, reason = "the text is short enough")]
    fn comment(&mut self, length: usize) {
        let text = &self.bytes[self.place..self.place + length];
        let is_doc = match text.get(2) {
            Some(b'!') => true,
            Some(b'/') => text.get(3) != Some(&b'/'),
            Some(b'*') => length > 4 && text.get(3) != Some(&b'*'),
            _ => false,
        };
        if is_doc {
            let end = (self.place + length) as u32;
            self.docs
                .push([self.tokens.len() as u32, self.place as u32, end]);
        }
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        if let Some(last) = self.tokens.last_mut() {
            last.joint = false;
        }
        self.place += length;
    }

    #[allow(clippy::cast_possible_truncation, reason = "the text is short enough")]
    fn keep(&mut self, kind: Kind, length: usize) {
        let end = (self.place + length).min(self.bytes.len());
        self.tokens.push(Token {
            kind,
            joint: true,
            start: self.place as u32,
            end: end as u32,
            close: 0,
        });
        self.place = end;
    }

    #[allow(clippy::cast_possible_truncation, reason = "the text is short enough")]
    fn sign(&mut self, sign: u8) {
        let place = self.tokens.len();
        match sign {
            b'(' | b'[' | b'{' => self.open.push(place),
            b')' | b']' | b'}' => {
                if let Some(open) = self.open.pop() {
                    self.tokens[open].close = place as u32;
                }
            }
            _ => {}
        }
        self.keep(Kind::Sign, 1);
    }

    fn word(&mut self) {
        let rest = &self.bytes[self.place..];
        let (word, rest) = rest.split_at(word(rest));
        let next = rest.first();
        if next == Some(&b'"') && matches!(word, b"b" | b"c") {
            return self.keep(Kind::Text, 1 + quoted(rest, b'"'));
        }
        if next == Some(&b'\'')
            && word == b"b"
            && let Some(length) = character(rest)
        {
            return self.keep(Kind::Text, 1 + length);
        }
        let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
        if matches!(word, b"r" | b"br" | b"cr") && rest.get(hashes) == Some(&b'"') {
            let start = hashes + 1;
            let end = raw(&rest[start..], hashes);
            return self.keep(Kind::Text, word.len() + start + end + 1 + hashes);
        }
        let raw = super::blanks::word(&rest[hashes..]);
        match word == b"r" && hashes == 1 && raw > 0 {
            true => self.keep(Kind::Word, 2 + raw),
            false => self.keep(Kind::Word, word.len()),
        }
    }
}

/// The length of the comment, and of those inside it.
pub(super) fn comment(text: &[u8]) -> usize {
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
pub(super) mod tests {
    use super::*;

    pub(crate) fn tokens(source: &str) -> Vec<String> {
        let lexed = Lexed::read(source.as_bytes().to_vec());
        let text = |place| String::from_utf8_lossy(lexed.text(place)).into_owned();
        (0..lexed.len()).map(text).collect()
    }

    #[test]
    fn comments_and_spacing_are_left_out() {
        let source = "//! Doc.\nfn  f( x : &'a u8 ) { // no\n x /* a /* b */ c */ + y }";
        assert_eq!(tokens(source).join(" "), "fn f ( x : & 'a u8 ) { x + y }");
        assert_eq!(tokens("x // at the end"), ["x"]);
        assert_eq!(tokens("x /* at the end"), ["x"]);
        let lexed = Lexed::read(b"a<<b < <c".to_vec());
        let joint = (0..lexed.len()).map(|place| lexed.is_joint(place));
        let joint: Vec<bool> = joint.collect();
        assert_eq!(joint, [false, true, false, false, false, false, false]);
    }

    #[test]
    fn texts_and_characters_are_one_token() {
        for one in [
            r#""a  // b""#,
            r#""a \" // b""#,
            r##"r#"a " // b"#"##,
            r###"br##"a "# // b"##"###,
            r"'\''",
            "'\"'",
            "b'/'",
            "b\"x\"",
            "'é'",
            "'\\u{1F600}'",
            "'a",
            "r#type",
        ] {
            assert_eq!(tokens(&format!("{one} // c\n")), [one]);
        }
        let lexed = Lexed::read(br####"r#type r##"x"y"## b'c' 1f64"####.to_vec());
        assert_eq!(lexed.name(0), Some(b"type".as_slice()));
        assert_eq!(lexed.inner(1), b"x\"y");
        assert_eq!(lexed.inner(2), b"c");
        assert_eq!(lexed.name(3), None);
    }

    #[test]
    fn groups_are_matched() {
        let lexed = Lexed::read(b"a(b[c]{d})\ne".to_vec());
        assert_eq!(lexed.inside(1), 2..9);
        assert_eq!(lexed.inside(3), 4..5);
        assert_eq!(lexed.after(1), 10);
        assert_eq!(lexed.lines([0, 10].into_iter()), [1, 2]);
        let open = Lexed::read(b"a(b".to_vec());
        assert_eq!(open.inside(1), 2..3);
    }

    #[test]
    fn whatever_is_given_is_read() {
        let marks: [&[u8]; 15] = [
            b"\"", b"'", b"\\", b"/*", b"*/", b"//", b"\n", b"r#\"", b"r", b"#", b"\xFF", b"a",
            b";", b"(", b"}",
        ];
        let mut state = 1_u32;
        for _ in 0..20_000 {
            let mut source = Vec::new();
            for _ in 0..8 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                source.extend_from_slice(marks[(state >> 16) as usize % marks.len()]);
            }
            let lexed = Lexed::read(source);
            for place in 0..lexed.len() {
                lexed.inner(place);
                lexed.name(place);
                if lexed.is_open(place) {
                    lexed.inside(place);
                }
            }
        }
    }
}
