//! The parameters of items, in `<>`.

use crate::source::text::lexer::Lexed;

/// The names of the type and const parameters that are declared here, if they are; the place after.
pub(crate) fn parameters(lexed: &Lexed, start: usize) -> (Vec<&[u8]>, usize) {
    let (places, after) = places(lexed, start);
    let names = places.into_iter().filter_map(|place| lexed.name(place));
    (names.collect(), after)
}

/// The names of those that are types.
pub(crate) fn types(lexed: &Lexed, start: usize) -> impl Iterator<Item = &[u8]> {
    let (places, _) = places(lexed, start);
    let types = places.into_iter();
    let types = types.filter(|place| !lexed.is_word(place - 1, b"const"));
    types.filter_map(|place| lexed.name(place))
}

fn places(lexed: &Lexed, start: usize) -> (Vec<usize>, usize) {
    let mut found = Vec::new();
    if lexed.sign(start) != b'<' {
        return (found, start);
    }
    let mut depth = 0_i32;
    let mut place = start;
    while place < lexed.len() {
        let sign = lexed.sign(place);
        match sign {
            b'<' => depth += 1,
            b'>' if !matches!(lexed.sign(place - 1), b'-' | b'=') => depth -= 1,
            b'{' if depth == 1 && lexed.sign(place - 1) != b'=' => break,
            b';' if depth == 1 => break,
            _ => {}
        }
        if depth == 0 {
            return (found, place + 1);
        }
        if matches!(sign, b'<' | b',') && depth == 1 {
            let skip = usize::from(lexed.is_word(place + 1, b"const"));
            found.push(place + 1 + skip);
        }
        place = match lexed.is_open(place) {
            true => lexed.after(place),
            false => place + 1,
        };
    }
    // Something else than parameters.
    (Vec::new(), start)
}
