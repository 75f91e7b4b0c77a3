//! What in a source text no result can depend on: attributes without effect,
//! visibility, the macros of logs, commas that only formatting needs. Comments and
//! spacing are gone already.
//!
//! Of what a macro is given nothing is left out, since the macro sees it; neither is of what has
//! an attribute or a derive of which nothing is known.

use super::commas::{List, is_of_formatting};
use crate::source::files::sources::{Content, File};
use crate::source::macros::attributes::is_without_effect;
use crate::source::macros::origins::{OF_DUG, Origins};
use crate::source::text::hashing::counted;
use crate::source::text::lexer::{Kind, Lexed, Span};
use blake3::Hasher;
use std::collections::HashSet;

/// Macros that write logs or only check, unless the user says otherwise.
const LOGS: &[&str] = &[
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "log",
    "event",
    "span",
    "trace_span",
    "debug_span",
    "info_span",
    "warn_span",
    "error_span",
];

const CHECKS: &[&str] = &["debug_assert", "debug_assert_eq", "debug_assert_ne"];

/// The macros that are left out.
#[derive(Debug, Default)]
pub(crate) struct Ignored {
    /// The user's, by their last name.
    also: Vec<Vec<u8>>,
    /// Where macros come from.
    pub(crate) origins: Origins,
    /// The macros that the crate itself declares.
    own: HashSet<Vec<u8>>,
    /// Those of them that may make a text of what they are given, spacing and all.
    shown: HashSet<Vec<u8>>,
}

impl Ignored {
    pub(crate) fn with_own(mut self, own: HashSet<Vec<u8>>) -> Self {
        self.own = own;
        self
    }

    pub(crate) fn with_shown(mut self, shown: HashSet<Vec<u8>>) -> Self {
        self.shown = shown;
        self
    }

    /// Whether the spacing in what opens here may be seen.
    fn is_shown(&self, lexed: &Lexed, open: usize) -> bool {
        let name = |back: usize| open.checked_sub(back).and_then(|place| lexed.name(place));
        let Some(name) = name(2) else {
            return false;
        };
        let is_parameter = open > 2 && lexed.sign(open - 3) == b'$';
        let is_unknown = !self.is_own(name) && !self.origins.is_known_macro(lexed, open - 2);
        self.origins.builtin(name) == b"stringify"
            || self.shown.contains(name)
            || (!self.shown.is_empty() && (is_unknown || is_parameter))
    }

    /// Whether a macro is declared in the crate.
    pub(super) fn is_own(&self, name: &[u8]) -> bool {
        self.own.contains(name)
    }

    /// `also` are the user's.
    pub(crate) fn new(also: &[String], origins: Origins) -> Self {
        Ignored {
            also: also.iter().map(|name| name.as_bytes().to_vec()).collect(),
            origins,
            own: HashSet::new(),
            shown: HashSet::new(),
        }
    }

    /// Whether the call of a macro that begins here is left out: the place of its opening bracket.
    fn call(&self, lexed: &Lexed, place: usize) -> Option<usize> {
        let mut last = place;
        while lexed.is_path(last + 1) && lexed.kind(last + 3) == Some(Kind::Word) {
            last += 3;
        }
        let open = last + 2;
        if lexed.sign(last + 1) != b'!' || !lexed.is_open(open) {
            return None;
        }
        let name = lexed.text(last);
        let is_in = |list: &[&str]| list.iter().any(|known| known.as_bytes() == name);
        let is_ignored = (is_in(LOGS) && self.origins.comes_from(lexed, last, &["log", "tracing"]))
            || (is_in(CHECKS) && self.origins.is_of_std(lexed, last));
        (is_ignored || self.also.iter().any(|known| known == name)).then_some(open)
    }
}

/// Macros of the standard library that are given expressions, and show them to nothing else. (`assert!` writes
/// its condition into the message of its panic.)
const OF_EXPRESSIONS: &[&[u8]] = &[
    b"assert_eq",
    b"assert_ne",
    b"dbg",
    b"eprint",
    b"eprintln",
    b"format",
    b"format_args",
    b"matches",
    b"panic",
    b"print",
    b"println",
    b"todo",
    b"unimplemented",
    b"unreachable",
    b"vec",
    b"write",
    b"writeln",
];

struct Group {
    close: usize,
    /// Nothing is left out.
    verbatim: bool,
    list: List,
}

/// The tokens of a span that mean something, in order. Macros see the `whole` of some parts; these
/// are in order as well.
pub(crate) fn meaning(
    lexed: &Lexed,
    span: Span,
    whole: &[Span],
    ignored: &Ignored,
    kept: &mut Vec<usize>,
) {
    let mut groups: Vec<Group> = Vec::new();
    let before = kept.len();
    let mut whole = whole.iter().peekable();
    let mut place = span.start;
    while place < span.end {
        while groups.last().is_some_and(|group| place >= group.close) {
            groups.pop();
        }
        while whole.next_if(|part| part.end <= place).is_some() {}
        let is_whole = whole.peek().is_some_and(|part| part.start <= place);
        let verbatim = is_whole || groups.last().is_some_and(|group| group.verbatim);
        if !verbatim {
            let last = kept[before..].last().copied();
            if let Some(next) = without_effect(lexed, place, last, ignored) {
                place = next;
                continue;
            }
            let list = groups.last().map(|group| &group.list);
            if lexed.sign(place) == b',' && is_of_formatting(lexed, place, list) {
                place += 1;
                continue;
            }
        }
        kept.push(place);
        if lexed.is_open(place) {
            groups.push(Group {
                close: lexed.close(place),
                verbatim: verbatim || is_of_macro(lexed, place, span.start, ignored),
                list: List::new(place),
            });
        } else if let Some(group) = groups.last_mut() {
            group.list.token(lexed, place);
        }
        place += 1;
    }
}

/// Whether what opens here is given to a macro that may look at each of its tokens.
fn is_of_macro(lexed: &Lexed, open: usize, start: usize, ignored: &Ignored) -> bool {
    let before = |back: usize| open.checked_sub(back).filter(|place| *place >= start);
    let is_mark = |back: usize| before(back).is_some_and(|place| lexed.sign(place) == b'!');
    let name = |back: usize| before(back).and_then(|place| lexed.name(place));
    if is_mark(1) {
        let name = name(2).filter(|_| !lexed.is_keyword(open - 2));
        return name.is_some_and(|name| {
            let is_known = match name {
                b"cell" => ignored.origins.comes_from(lexed, open - 2, OF_DUG),
                _ => OF_EXPRESSIONS.contains(&name) && ignored.origins.is_of_std(lexed, open - 2),
            };
            !is_known
        });
    }
    // `macro_rules! name {`, `macro name(..) {`
    name(1).is_some() && (is_mark(2) || name(2) == Some(b"macro"))
}

/// The place after what begins here and has no effect. `last` is what means something before it.
fn without_effect(
    lexed: &Lexed,
    place: usize,
    last: Option<usize>,
    ignored: &Ignored,
) -> Option<usize> {
    if lexed.sign(place) == b'#' {
        let open = place + 1 + usize::from(lexed.sign(place + 1) == b'!');
        if lexed.sign(open) != b'[' {
            return None;
        }
        let is_without = is_without_effect(lexed, &lexed.inside(open), &ignored.origins);
        return is_without.then(|| lexed.after(open));
    }
    let name = lexed.name(place)?;
    if name == b"pub" {
        let open = place + 1;
        let scope = lexed.name(open + 1).unwrap_or_default();
        let is_scope = match scope {
            b"crate" | b"self" | b"super" => lexed.sign(open + 2) == b')',
            b"in" => true,
            _ => false,
        };
        return Some(match lexed.sign(open) == b'(' && is_scope {
            true => lexed.after(open),
            false => open,
        });
    }
    if lexed.sign(place + 1) != b'!' && !lexed.is_path(place + 1) {
        return None;
    }
    let open = ignored.call(lexed, place)?;
    let after = lexed.after(open);
    match last.map_or(b';', |last| lexed.sign(last)) {
        b';' | b'{' | b'}' => Some(after + usize::from(lexed.sign(after) == b';')),
        // One value of several, and not a statement.
        b'(' | b'[' | b',' => None,
        // What stands before it would take what follows for its own.
        _ => Some(after),
    }
}

/// A digest of tokens: of their texts, and of which signs make one operator.
pub(crate) fn digest(lexed: &Lexed, kept: &[usize], hasher: &mut Hasher) {
    let mut text = Vec::with_capacity(kept.len() * 8);
    for (nth, &place) in kept.iter().enumerate() {
        text.extend_from_slice(lexed.text(place));
        let next = kept.get(nth + 1).copied();
        let joint = next == Some(place + 1) && lexed.is_joint(place);
        // No text has these bytes.
        text.push(if joint { 0xFE } else { 0xFF });
    }
    counted(hasher, &text);
}

/// Adds what only macros see in these tokens, which mean something: doc comments are attributes
/// to them, they tell `1.0` from `1 .0`, and some make a text of what they are given.
pub(crate) fn digest_of_input(
    lexed: &Lexed,
    kept: &[usize],
    start: usize,
    ignored: &Ignored,
    hasher: &mut Hasher,
) {
    let (mut after_docs, mut after_spacing) = (0, 0);
    for &open in kept.iter().filter(|place| lexed.is_open(**place)) {
        if open < after_spacing || !is_of_macro(lexed, open, start, ignored) {
            continue;
        }
        let inside = lexed.inside(open);
        if open >= after_docs {
            after_docs = inside.end;
            docs(lexed, inside.clone(), hasher);
            literals(lexed, kept, &inside, hasher);
        }
        if lexed.sign(open - 1) == b'!' && ignored.is_shown(lexed, open) {
            after_spacing = inside.end;
            let close: Vec<u8> = (open..inside.end)
                .map(|place| u8::from(lexed.is_close(place)))
                .collect();
            counted(hasher, &close);
        }
    }
}

/// Adds which of the tokens that stand here, and mean something, belong to one literal.
fn literals(lexed: &Lexed, kept: &[usize], span: &Span, hasher: &mut Hasher) {
    let first = kept.partition_point(|place| *place < span.start);
    let within = kept[first..].iter().copied();
    let close: Vec<u8> = within
        .take_while(|place| *place < span.end)
        .filter(|place| lexed.may_go_on(*place))
        .map(|place| u8::from(lexed.is_close(place)))
        .collect();
    if !close.is_empty() {
        counted(hasher, &close);
    }
}

/// Adds the doc comments among these tokens.
pub(crate) fn docs(lexed: &Lexed, span: Span, hasher: &mut Hasher) {
    let start = span.start;
    for (next, text) in lexed.docs(span) {
        hasher.update(&((next - start) as u64).to_le_bytes());
        counted(hasher, text);
    }
}

impl File {
    /// The digest of all that means something in it, where nothing is known of macros.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let lexed = match &self.content {
            Content::Code(lexed) => lexed,
            Content::Data(digest) => return *digest,
        };
        let (mut kept, mut hasher) = (Vec::new(), Hasher::new());
        meaning(lexed, 0..lexed.len(), &[], &Ignored::default(), &mut kept);
        digest(lexed, &kept, &mut hasher);
        // All macros may show their input.
        digest_of_input(lexed, &kept, 0, &Ignored::default(), &mut hasher);
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn kept(source: &str) -> String {
        let lexed = Lexed::read(source.as_bytes().to_vec());
        let ignored = Ignored::new(&["note".to_owned()], Origins::of_logs());
        let mut places = Vec::new();
        meaning(&lexed, 0..lexed.len(), &[], &ignored, &mut places);
        let texts = places
            .iter()
            .map(|place| String::from_utf8_lossy(lexed.text(*place)));
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_has_no_effect_is_left_out() {
        for (source, rest) in [
            (
                "#![allow(x)] #[inline(always)] pub(crate) fn f() {}",
                "fn f ( ) { }",
            ),
            (
                "struct A(pub (u8, u8), pub(in a::b) u8);",
                "struct A ( ( u8 , u8 ) , u8 ) ;",
            ),
            (
                "#[derive(Clone)] #[rustfmt::skip] enum E {}",
                "# [ derive ( Clone ) ] enum E { }",
            ),
            ("debug!(\"a {}\", f()); tracing::info!(x); x", "x"),
            (
                "debug_assert_eq!(a, b); note!{}; std::debug_assert!(c); y",
                "y",
            ),
            // They would take what follows for their own, or leave another number of values.
            ("{ return debug!(x); n += 1; }", "{ return ; n + = 1 ; }"),
            ("let f = || debug!(x); n;", "let f = | | ; n ;"),
            ("#[cfg(a)] debug!(x); n;", "# [ cfg ( a ) ] ; n ;"),
            (
                "match n { 1 => debug!(x), _ => {} }",
                "match n { 1 = > , _ = > { } }",
            ),
            ("f([debug!(x)])", "f ( [ debug ! ( x ) ] )"),
            (
                "m!(pub #[inline] debug!(x))",
                "m ! ( pub # [ inline ] debug ! ( x ) )",
            ),
            (
                "warn!(x); other::event(y)",
                "warn ! ( x ) ; other : : event ( y )",
            ),
            (
                "macro_rules! m { () => { pub }; }",
                "macro_rules ! m { ( ) = > { pub } ; }",
            ),
        ] {
            assert_eq!(kept(source), rest, "{source}");
        }
    }
}
