//! Where words begin and end, and what of a file the compiler does not take for its text.

use super::lexer::comment;

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The length of the word that begins here.
pub(super) fn word(text: &[u8]) -> usize {
    let ends = |place: usize| {
        let byte = text[place];
        !is_word(byte) || (!byte.is_ascii() && blank(&text[place..]) > 0)
    };
    (0..text.len())
        .find(|place| ends(*place))
        .unwrap_or(text.len())
}

/// The length of the blank that begins here, as the language has it: also beyond ASCII.
pub(super) fn blank(text: &[u8]) -> usize {
    match text {
        [b' ' | b'\t'..=b'\r', ..] => 1,
        [0xC2, 0x85, ..] => 2,
        [0xE2, 0x80, 0x8E | 0x8F | 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

/// A text as the compiler takes it: without the mark of its encoding, and with lines that end in one sign.
pub(super) fn as_compiled(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    if bytes.contains(&b'\r') {
        let is_kept = |place: &usize| !bytes[*place..].starts_with(b"\r\n");
        return (0..bytes.len())
            .filter(is_kept)
            .map(|place| bytes[place])
            .collect();
    }
    bytes
}

/// The length of the line for the system that a text begins with: `#!`, where no attribute follows.
pub(super) fn shebang(bytes: &[u8]) -> usize {
    let mut place = 2;
    while let Some(rest) = bytes.get(place..).filter(|_| bytes.starts_with(b"#!")) {
        let line = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
        place += match rest {
            [b'[', ..] => return 0,
            _ if blank(rest) > 0 => blank(rest),
            // Doc comments are no attributes.
            [b'/', b'/', ..] if !matches!(rest, [_, _, b'!', ..] | [_, _, b'/', ..]) => line,
            [b'/', b'*', ..] if !matches!(rest, [_, _, b'!', ..]) => comment(rest),
            _ => {
                let end = bytes.iter().position(|byte| *byte == b'\n');
                return end.unwrap_or(bytes.len());
            }
        };
    }
    0
}

#[cfg(test)]
mod tests {
    use crate::source::text::lexer::tests::tokens;

    #[test]
    fn all_blanks_of_the_language_end_words() {
        for blank in [
            "\u{b}", "\u{c}", "\u{85}", "\u{200e}", "\u{200f}", "\u{2028}", "\u{2029}",
        ] {
            let source = format!("fn{blank}a{blank}'b{blank}r#c{blank}\u{e9}{blank}1");
            assert_eq!(
                tokens(&source),
                ["fn", "a", "'b", "r#c", "\u{e9}", "1"],
                "{blank:?}"
            );
        }
        assert_eq!(tokens("a\u{2030}"), ["a\u{2030}"]);
    }

    #[test]
    fn what_is_for_the_system_is_left_out() {
        for source in [
            "#!/usr/bin/env \"run\nfn",
            "\u{feff}#! \"x\r\nfn",
            "#!\"\nfn",
            "#!// [\nfn",
            "#! /* \" */ x\nfn",
        ] {
            assert_eq!(tokens(source), ["fn"], "{source:?}");
        }
        assert!(tokens("#!").is_empty());
        for source in ["#![a]", "#! [a]", "#!\n// x\n/* y */[a]"] {
            assert_eq!(tokens(source), ["#", "!", "[", "a", "]"], "{source:?}");
        }
        assert_eq!(tokens("\u{feff}fn"), ["fn"]);
    }

    #[test]
    fn lines_end_as_the_compiler_has_them() {
        assert_eq!(tokens("\"a\r\nb\" r\"c\rd\""), ["\"a\nb\"", "r\"c\rd\""]);
    }
}
