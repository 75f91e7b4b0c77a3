//! Which commas only formatting needs: at the end of a list, after a block. One that may make a
//! tuple of one element is none of them.

use crate::source::text::lexer::{Kind, Lexed};

/// What stands in brackets, up to where it is looked at.
pub(super) struct List {
    open: usize,
    /// Commas that are certainly between elements, for each `<` that has not closed; what closes
    /// has been a list of its own.
    commas: Vec<usize>,
    bars: Bars,
}

/// What the last `|` was.
#[derive(PartialEq, Eq)]
enum Bars {
    Closed,
    /// The parameters of a closure are open.
    Open,
    /// The first of a `||`.
    Half,
    /// It is not known.
    Unknown,
}

impl List {
    pub(super) fn new(open: usize) -> Self {
        List {
            open,
            commas: vec![0],
            bars: Bars::Closed,
        }
    }

    /// Looks at a token that opens nothing.
    pub(super) fn token(&mut self, lexed: &Lexed, place: usize) {
        match lexed.sign(place) {
            b',' if self.bars == Bars::Closed => {
                if let Some(last) = self.commas.last_mut() {
                    *last += 1;
                }
            }
            b'<' => self.commas.push(0),
            b'>' if !is_arrow(lexed, place) && self.commas.len() > 1 => {
                self.commas.pop();
            }
            b'|' => self.bars = self.bar(lexed, place),
            _ => {}
        }
    }

    fn bar(&self, lexed: &Lexed, place: usize) -> Bars {
        match self.bars {
            Bars::Unknown => Bars::Unknown,
            Bars::Open | Bars::Half => Bars::Closed,
            Bars::Closed if lexed.is_joint(place) && lexed.sign(place + 1) == b'|' => Bars::Half,
            // A generic type may end there, or the `for<..>` of a closure.
            Bars::Closed if lexed.sign(place - 1) == b'>' => Bars::Unknown,
            Bars::Closed if is_end(lexed, place - 1) => Bars::Closed,
            Bars::Closed => Bars::Open,
        }
    }

    /// Whether it has certainly more than one element, with a comma that follows.
    fn is_long(&self) -> bool {
        self.bars == Bars::Closed && self.commas.iter().sum::<usize>() > 0
    }
}

/// Whether a comma means nothing where it stands.
pub(super) fn is_of_formatting(lexed: &Lexed, comma: usize, list: Option<&List>) -> bool {
    let next = lexed.sign(comma + 1);
    // The end of generics, and of a `where` without a block.
    if matches!(next, b'>' | b';') {
        return true;
    }
    let Some(list) = list else {
        return next == b'{';
    };
    let open = lexed.sign(list.open);
    if comma + 1 == lexed.close(list.open) {
        return open != b'(' || list.is_long() || is_call(lexed, list.open);
    }
    // The end of an arm of a `match`, and of a `where`; not what stands before `..rest`, which would be a range.
    open == b'{'
        && next != b'.'
        && (next == b'{'
            || comma
                .checked_sub(1)
                .is_some_and(|before| lexed.sign(before) == b'}'))
}

/// Whether parentheses that open here belong to what stands before them, and make no tuple.
fn is_call(lexed: &Lexed, open: usize) -> bool {
    let Some(before) = open.checked_sub(1) else {
        return false;
    };
    let is_name = |place: usize| lexed.name(place).is_some() && !lexed.is_keyword(place);
    if let Some(name) = lexed.name(before) {
        return matches!(name, b"fn" | b"self" | b"Self") || !lexed.is_keyword(before);
    }
    match lexed.sign(before) {
        b')' => !is_visibility(lexed, before),
        b']' => !is_attribute(lexed, before),
        b'?' => true,
        b'!' => before > 0 && is_name(before - 1),
        b'>' => !is_arrow(lexed, before) && is_generic(lexed, before),
        _ => false,
    }
}

/// Whether an expression, a type or a pattern ends here, and does not go on with what follows.
fn is_end(lexed: &Lexed, place: usize) -> bool {
    match lexed.kind(place) {
        Some(Kind::Word) => {
            let text = lexed.text(place);
            let is_value = matches!(text, b"self" | b"Self" | b"await" | b"true" | b"false");
            is_value || !lexed.is_keyword(place)
        }
        Some(Kind::Text) => true,
        Some(Kind::Sign) => match lexed.sign(place) {
            b']' => !is_attribute(lexed, place),
            sign => matches!(sign, b')' | b'}' | b'?'),
        },
        _ => false,
    }
}

/// Whether what closes here is the `(..)` of a `pub`.
fn is_visibility(lexed: &Lexed, close: usize) -> bool {
    opening(lexed, close).is_none_or(|open| open > 0 && lexed.is_word(open - 1, b"pub"))
}

/// Whether what closes here is an attribute.
fn is_attribute(lexed: &Lexed, close: usize) -> bool {
    opening(lexed, close).is_none_or(|open| {
        let sign = |back: usize| open.checked_sub(back).map_or(0, |place| lexed.sign(place));
        sign(1) == b'#' || (sign(1) == b'!' && sign(2) == b'#')
    })
}

/// Whether what `>` closes here are the parameters of a function or of a struct, or stands behind
/// `::`: no comparison, whose other side would be a tuple.
fn is_generic(lexed: &Lexed, close: usize) -> bool {
    let mut depth = 0_usize;
    let mut place = close;
    loop {
        match lexed.sign(place) {
            b'>' if !is_arrow(lexed, place) => depth += 1,
            b'<' => depth -= 1,
            b')' | b']' | b'}' => match opening(lexed, place) {
                Some(open) => place = open,
                None => return false,
            },
            b'(' | b'[' | b'{' | b';' => return false,
            _ => {}
        }
        let Some(before) = place.checked_sub(1) else {
            return false;
        };
        if depth == 0 {
            let is_declared = |word: &[u8]| place > 1 && lexed.is_word(place - 2, word);
            return (place > 1 && lexed.is_path(place - 2))
                || (lexed.name(before).is_some()
                    && (is_declared(b"fn") || is_declared(b"struct")));
        }
        place = before;
    }
}

fn is_arrow(lexed: &Lexed, place: usize) -> bool {
    place > 0 && matches!(lexed.sign(place - 1), b'-' | b'=') && lexed.is_joint(place - 1)
}

/// The bracket that closes here.
fn opening(lexed: &Lexed, close: usize) -> Option<usize> {
    (0..close)
        .rev()
        .find(|place| lexed.is_open(*place) && lexed.close(*place) == close)
}

#[cfg(test)]
mod tests {
    use super::super::cosmetic::tests::kept;

    #[test]
    fn commas_of_formatting_are_left_out() {
        for (with, without) in [
            ("f(a, b,)", "f(a, b)"),
            ("f(a,)", "f(a)"),
            ("let (a, b,) = (c, d,);", "let (a, b) = (c, d);"),
            (
                "match x { A => {}, B => {} }",
                "match x { A => {} B => {} }",
            ),
            ("S { a: 1, b, }", "S { a: 1, b }"),
            ("fn f<A, B,>() where A: C, {}", "fn f<A, B>() where A: C {}"),
            ("struct S<A>(A) where A: B,;", "struct S<A>(A) where A: B;"),
            ("vec![1, 2,]", "vec![1, 2]"),
            ("-> (A<B, C>, D,)", "-> (A<B, C>, D)"),
            ("-> (fn() -> A, D,)", "-> (fn() -> A, D)"),
            ("f(g(a)(b,))", "f(g(a)(b))"),
            // Behind generics.
            ("fn f<T: Into<u8>>(a: T,) {}", "fn f<T: Into<u8>>(a: T) {}"),
            (
                "fn f<F: Fn(u8) -> A<{ 1 > 2 }>>(a: F,)",
                "fn f<F: Fn(u8) -> A<{ 1 > 2 }>>(a: F)",
            ),
            ("fn f<'a>(a: &'a str,) {}", "fn f<'a>(a: &'a str) {}"),
            ("struct S<T>(T,);", "struct S<T>(T);"),
            ("f::<u8>(a,)", "f::<u8>(a)"),
            ("a < f::<<T as A<B>>::C>(b,)", "a < f::<<T as A<B>>::C>(b)"),
            ("<T as A>::f(b,)", "<T as A>::f(b)"),
            ("Self(a,)", "Self(a)"),
            ("type F = fn(u8,);", "type F = fn(u8);"),
            // Comparisons, and closures.
            ("(a < 3, b,)", "(a < 3, b)"),
            ("(a << 3, b <= c,)", "(a << 3, b <= c)"),
            ("(|a, b| a + b, 3,)", "(|a, b| a + b, 3)"),
            ("(a | b, c || d,)", "(a | b, c || d)"),
            ("(move || a, |_| 3,)", "(move || a, |_| 3)"),
        ] {
            assert_eq!(kept(with), kept(without), "{with}");
        }
    }

    #[test]
    fn commas_that_may_make_a_tuple_are_not() {
        for (with, without) in [
            ("let x = (a,);", "let x = (a);"),
            ("-> (a,)", "-> (a)"),
            ("m!(a, b,)", "m!(a, b)"),
            ("type T = (A<B, C>,);", "type T = (A<B, C>);"),
            ("struct S(pub(crate) (A,));", "struct S(pub(crate) (A));"),
            (
                "struct S(pub(in a::b) (A,));",
                "struct S(pub(in a::b) (A));",
            ),
            // Behind attributes.
            ("struct S(#[a(b)] (A,));", "struct S(#[a(b)] (A));"),
            ("{ #![a = [1]] (b,).c() }", "{ #![a = [1]] (b).c() }"),
            ("!(a,).0", "!(a).0"),
            // Behind what is no list of parameters.
            ("a > (b,)", "a > (b)"),
            ("x as u64 > (b,)", "x as u64 > (b)"),
            ("a::<u8> > (b,)", "a::<u8> > (b)"),
            ("a < b && a::<A<u8>> > (b,)", "a < b && a::<A<u8>> > (b)"),
            ("fn f() { a < 1; a > (b,) }", "fn f() { a < 1; a > (b) }"),
            ("where for<'a> (&'a A,): B", "where for<'a> (&'a A): B"),
            ("=> (a,)", "=> (a)"),
            // With closures.
            ("(|a, b| a + b,)", "(|a, b| a + b)"),
            ("(move |a, (b, c)| a,)", "(move |a, (b, c)| a)"),
            ("(c | |a, b| a,)", "(c | |a, b| a)"),
            ("(c || |a, b| a,)", "(c || |a, b| a)"),
            ("(|| |a, b| a,)", "(|| |a, b| a)"),
            ("(#[x] |a, b| a,)", "(#[x] |a, b| a)"),
            ("(for<'a> |a: &'a A, b| a,)", "(for<'a> |a: &'a A, b| a)"),
            ("(a < 3,)", "(a < 3)"),
            // It would be a range.
            ("S { a: { 1 }, ..b() }", "S { a: { 1 } ..b() }"),
            // The message of its panic shows it.
            (
                "assert!(vec![1,].is_empty())",
                "assert!(vec![1].is_empty())",
            ),
        ] {
            assert_ne!(kept(with), kept(without), "{with}");
        }
    }
}
