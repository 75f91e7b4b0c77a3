//! Counting lines of code, of comments, and blank ones, in the text of a file.
//!
//! A scanner that knows where comments and literals begin and end, and no more
//! of the language: it counts what does not parse, too.

use serde::{Deserialize, Serialize};

/// Lines of a file, or of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    pub total: u64,
    /// With code on them, whether or not a comment follows.
    pub code: u64,
    /// With nothing but comments, doc comments included.
    pub comments: u64,
    pub blank: u64,
}

impl Lines {
    /// Counts the lines of a Rust source.
    pub fn count(text: &str) -> Lines {
        let mut scanner = Scanner {
            // A byte order mark is on no line.
            bytes: text.trim_start_matches('\u{feff}').as_bytes(),
            at: 0,
            line: Line::Blank,
            lines: Lines::default(),
        };
        while let Some(byte) = scanner.peek(0) {
            scanner.token(byte);
        }
        if !text.is_empty() && !text.ends_with('\n') {
            scanner.end_line();
        }
        scanner.lines
    }
}

impl std::iter::Sum for Lines {
    fn sum<I: Iterator<Item = Lines>>(lines: I) -> Lines {
        lines.fold(Lines::default(), |sum, it| Lines {
            total: sum.total + it.total,
            code: sum.code + it.code,
            comments: sum.comments + it.comments,
            blank: sum.blank + it.blank,
        })
    }
}

/// What the current line has been found to hold; code outranks a comment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Blank,
    Comment,
    Code,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    line: Line,
    lines: Lines,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn starts_with(&self, text: &str) -> bool {
        self.bytes[self.at..].starts_with(text.as_bytes())
    }

    /// Moves on by one byte, which belongs to code or to a comment.
    fn step(&mut self, part_of: Line) {
        match self.peek(0) {
            Some(b'\n') => self.end_line(),
            Some(byte) if !byte.is_ascii_whitespace() => self.line = self.line.max(part_of),
            _ => {}
        }
        self.at += 1;
    }

    fn end_line(&mut self) {
        self.lines.total += 1;
        match self.line {
            Line::Blank => self.lines.blank += 1,
            Line::Comment => self.lines.comments += 1,
            Line::Code => self.lines.code += 1,
        }
        self.line = Line::Blank;
    }

    /// Passes over what begins here: a comment, a literal, a word, or one byte.
    fn token(&mut self, byte: u8) {
        match byte {
            b'/' if self.starts_with("//") => self.line_comment(),
            b'/' if self.starts_with("/*") => self.block_comment(),
            b'"' => self.string(),
            b'\'' => self.quote(),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => self.word(),
            _ => self.step(Line::Code),
        }
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.step(Line::Comment);
        }
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.bytes.len() {
            let (open, close) = (self.starts_with("/*"), self.starts_with("*/"));
            self.step(Line::Comment);
            if open || close {
                self.step(Line::Comment);
                depth += if open { 1 } else { -1 };
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.step(Line::Code);
        while let Some(byte) = self.peek(0) {
            self.step(Line::Code);
            match byte {
                b'\\' => self.step(Line::Code),
                b'"' => return,
                _ => {}
            }
        }
    }

    /// A character, or the tick of a lifetime.
    fn quote(&mut self) {
        self.step(Line::Code);
        let escaped = self.peek(0) == Some(b'\\');
        let rest = &self.bytes[self.at..];
        let length = match rest.first() {
            Some(0..0x80) | None => 1,
            Some(0x80..0xe0) => 2,
            Some(0xe0..0xf0) => 3,
            Some(_) => 4,
        };
        if escaped {
            self.step(Line::Code);
            self.step(Line::Code);
            while self
                .peek(0)
                .is_some_and(|byte| byte != b'\'' && byte != b'\n')
            {
                self.step(Line::Code);
            }
            self.step(Line::Code);
        } else if rest.get(length) == Some(&b'\'') {
            for _ in 0..=length {
                self.step(Line::Code);
            }
        }
    }

    /// An identifier or keyword, or the prefix of a raw string and that string.
    fn word(&mut self) {
        let start = self.at;
        while self
            .peek(0)
            .is_some_and(|byte| byte == b'_' || byte.is_ascii_alphanumeric() || !byte.is_ascii())
        {
            self.step(Line::Code);
        }
        let raw = matches!(&self.bytes[start..self.at], b"r" | b"br" | b"cr");
        let rest = &self.bytes[self.at..];
        let hashes = rest.iter().take_while(|&&byte| byte == b'#').count();
        if raw && rest.get(hashes) == Some(&b'"') {
            self.raw_string(hashes);
        }
    }

    fn raw_string(&mut self, hashes: usize) {
        let end = "\"".to_owned() + &"#".repeat(hashes);
        for _ in 0..=hashes {
            self.step(Line::Code);
        }
        while self.at < self.bytes.len() && !self.starts_with(&end) {
            self.step(Line::Code);
        }
        for _ in 0..end.len() {
            self.step(Line::Code);
        }
    }
}
