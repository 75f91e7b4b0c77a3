//! What macros see of what they are given, and attributes of what they stand on.

use super::{assert_seen, changes};

#[test]
fn what_has_an_unknown_attribute_counts_as_a_whole() {
    let mut all = Vec::new();
    let on_function = [
        ("debug_assert!(1); ", ""),
        ("pub ", ""),
        ("#[inline] ", ""),
        ("/// A.\n", ""),
        ("#[allow(unused)] ", "#[allow(dead_code)] "),
        ("#[rustfmt::skip] ", ""),
        ("vec![1,]", "vec![1]"),
    ];
    let function = "/// A.\n#[allow(unused)] #[inline] #[rustfmt::skip] pub fn h() { debug_assert!(1); vec![1,]; }";
    let sources = [
        format!("#[foreign] {function} fn root() {{ h() }}"),
        format!("#[cfg_attr(all(), foreign)] {function} fn root() {{ h() }}"),
        format!("#[foreign] mod m {{ {function} }} fn root() {{ m::h() }}"),
        format!("#[foreign] mod m {{ {function} }} fn root() {{ m::made() }}"),
        format!("mod m {{ #![foreign] {function} }} fn root() {{ m::h() }}"),
        format!("struct S; #[foreign] impl S {{ {function} }} fn root() {{ S::h() }}"),
        format!("#[foreign] trait T {{ {function} fn q(); }} fn root() {{ q() }}"),
        format!(
            "#[foreign] fn w() {{ impl T for S {{ {function} }} }} struct S; trait T {{ fn h(); }} fn root() {{ S::h() }}"
        ),
    ];
    for source in &sources {
        all.extend(on_function.map(|(from, to)| (source.as_str(), from, to)));
    }
    all.extend([
        (
            "#[derive(Foreign)] struct S { pub x: u8 } fn root(s: S) {}",
            "pub",
            "",
        ),
        (
            "#[derive(Foreign)] struct S { #[doc = \"a\"] x: u8 } fn root(s: S) {}",
            "a",
            "b",
        ),
        (
            "#[derive(Clone, Foreign)] struct S { x: u8, } fn root(s: S) {}",
            "u8,",
            "u8",
        ),
        (
            "#[foreign] use a::{b as _, c}; fn root() { c() }",
            "b as _, ",
            "",
        ),
        // The order of what stands in it.
        (
            "#[foreign] mod m { fn a() {} fn b() {} } fn root() { m::a() }",
            "fn a() {} fn b() {}",
            "fn b() {} fn a() {}",
        ),
        (
            "struct S; #[foreign] impl S { fn a() {} fn b() {} } fn root() { S::a() }",
            "fn a() {} fn b() {}",
            "fn b() {} fn a() {}",
        ),
        (
            "#[foreign] trait T { fn a() {} fn b() {} } fn root(t: impl T) {}",
            "fn a() {} fn b() {}",
            "fn b() {} fn a() {}",
        ),
    ]);
    assert_seen(&all);
}

#[test]
fn what_has_only_known_attributes_does_not() {
    for (source, from, to) in [
        (
            "mod m { pub fn inline() {} } use m::inline; #[inline] fn h() { vec![1,]; } fn root() { h(); inline() }",
            ",]",
            "]",
        ),
        (
            "use serde::Serialize; #[derive(Clone, Serialize)] pub struct S { pub x: u8, } fn root(s: S) {}",
            "pub x: u8,",
            "x: u8",
        ),
        (
            "#[derive(Default)] enum E { /** a */ #[default] A, } fn root(e: E) {}",
            "/** a */",
            "",
        ),
        (
            "#[rustfmt::skip] #[inline] fn h() { debug_assert!(1); vec![1,]; } fn root() { h() }",
            "debug_assert!(1); vec![1,]",
            "vec![1]",
        ),
        (
            "#[cfg(test)] #[foreign] mod m { fn a() {} } mod n { fn a() {} fn b() {} } fn root() { n::a() }",
            "fn a() {} fn b() {}",
            "fn b() {} fn a() {}",
        ),
    ] {
        assert!(!changes(source, from, to), "{source}");
    }
}

#[test]
fn attributes_are_known_by_their_paths() {
    let mut all = Vec::new();
    let names = [
        "doc", "cold", "cfg", "cfg_attr", "path", "serde", "rustfmt", "clippy", "tracked",
    ];
    let sources = names.map(|name| {
        format!("use dep as {name}; #[{name}::call(1)] mod m {{ pub fn h() {{}} }} fn root() {{ m::h() }}")
    });
    all.extend(sources.iter().map(|source| (source.as_str(), "1", "2")));
    all.extend([
        ("extern crate dep as clippy; #[clippy::call(1)] fn h() {} fn root() { h() }", "1", "2"),
        ("mod rustfmt { pub use dep::skip; } #[rustfmt::skip] fn h() { debug_assert!(1) } fn root() { h() }", "1", "2"),
        ("use dep::call as derive; #[derive(Clone)] struct S; fn hidden() -> u8 { 1 } fn root(s: S) {}", "1", "2"),
        ("use dep::call as test; #[test] fn h() { debug_assert!(1) } fn root() { h() }", "1", "2"),
        ("use dep::call as rustfmt; #[rustfmt] fn h() { debug_assert!(1) } fn root() { h() }", "1", "2"),
        // What derives read may be a macro where there is no derive.
        ("use dep::*; #[error] fn h() { debug_assert!(1) } fn root() { h() }", "1", "2"),
    ]);
    assert_seen(&all);
}

#[test]
fn macros_that_are_called_like_those_of_the_standard_library_see_all() {
    assert_seen(&[
        (
            "macro_rules! vec { ($x:expr) => { 1 }; ($x:expr,) => { 2 } } fn root() { vec![0,] }",
            ",]",
            "]",
        ),
        (
            "macro_rules! write { (pub $n:ident) => { 2 } } fn root() { write!(pub x) }",
            "(pub",
            "(",
        ),
        (
            "macro_rules! dbg { ($(#[$d:meta])* $n:ident) => { 1 } } fn root() { dbg!(/** a */ x) }",
            "a */",
            "b */",
        ),
        (
            "macro_rules! todo { ($($n:tt)*) => { 1 } } fn root() { todo!(debug_assert!(7)) }",
            "7",
            "8",
        ),
        (
            "use dep::matches; fn root() { matches!(#[inline] 1) }",
            "#[inline]",
            "",
        ),
        (
            "mod m { pub use dep::println; } fn root() { m::println!(1,) }",
            ",)",
            ")",
        ),
        (
            "#[macro_use] extern crate dep; fn root() { assert!(pub x) }",
            "pub",
            "",
        ),
        ("use dep::cell; fn root() { cell!(pub x) }", "pub", ""),
        (
            "#![no_implicit_prelude] use ::dep::*; fn root() { vec![1,] }",
            ",]",
            "]",
        ),
        // What is declared by such a name is, too.
        (
            "macro_rules! make { ($n:ident $e:expr) => { fn $n() -> u8 { $e } } } make!(line 1); fn root() { line() }",
            "1",
            "2",
        ),
        (
            "#[foreign(error)] struct S { x: [u8; 1] } fn root() { error() }",
            "u8; 1",
            "u8; 2",
        ),
        (
            "#[foreign(Display)] struct S { x: [u8; 1] } fn root(d: Display) {}",
            "u8; 1",
            "u8; 2",
        ),
    ]);
    for (source, from, to) in [
        ("fn root() { println!(\"{}\", vec![1,],) }", ",],)", "])"),
        (
            "#[derive(Foreign, Hash)] struct S { x: [u8; 1] } fn root(h: impl Hash) {}",
            "u8; 1",
            "u8; 2",
        ),
    ] {
        assert!(!changes(source, from, to), "{source}");
    }
}

#[test]
fn what_formats_name_counts() {
    let mut all = Vec::new();
    for format in [
        "{n:0W$}",
        "{n:#0W$x}",
        "{:+0W$.1}",
        "{n:>W$}",
        "{n:.W$}",
        "{W}",
        "{\\u{57}}",
        "{{{n:0W$}}}",
    ] {
        for call in [
            "format!(\"F\")",
            "print!(r\"F\", 1)",
            "own!(\"F\")",
            "foreign!(\"F\")",
        ] {
            let is_raw = call.contains("r\"") && format.contains('\\');
            if !is_raw {
                let call = call.replace('F', format);
                all.push(format!(
                    "macro_rules! own {{ ($f:literal) => {{ format!($f) }} }} const W: usize = 6; fn root(n: u8) {{ {call}; }}"
                ));
            }
        }
    }
    let all = all.iter().map(|source| (source.as_str(), "6", "7"));
    assert_seen(&all.collect::<Vec<_>>());
}

#[test]
fn assembly_reaches_what_the_linker_knows() {
    let linked = "#[unsafe(no_mangle)] extern \"C\" fn zz() -> u8 { 1 }";
    let mut missed = Vec::new();
    for root in [
        "fn root() { std::arch::asm!(\"call zz\") }",
        "use core::arch::naked_asm; fn root() { naked_asm!(\"jmp zz\") }",
        "use core::arch::asm as a; fn root() { a!(\"call zz\") }",
        "use core::arch; fn root() { arch::asm!(\"call zz\") }",
        "macro_rules! call { () => { core::arch::asm!(\"call zz\") } } fn root() { call!() }",
        "core::arch::global_asm!(\"jmp zz\"); fn root() {}",
    ] {
        let source = format!("{linked} {root}");
        if !changes(&source, "{ 1 }", "{ 2 }") {
            missed.push(source);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
    assert_seen(&[(
        "mod a { #[unsafe(link_section = \"zz\")] #[used] static Q: u8 = 1; } extern \"C\" { static __start_zz: u8; } fn root() { __start_zz }",
        "= 1",
        "= 2",
    )]);
    let source = format!("{linked} fn root() {{}}");
    assert!(!changes(&source, "{ 1 }", "{ 2 }"));
}

#[test]
fn blanks_beyond_ascii_end_words() {
    for blank in [
        '\u{b}', '\u{c}', '\u{85}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}',
    ] {
        let source = format!("fn root() {{ h() }} fn{blank}h() -> u8 {{ 1 }}");
        assert!(changes(&source, "1", "2"), "{blank:?}");
    }
}

#[test]
fn macros_tell_literals_from_what_they_are_made_of() {
    let macros = "macro_rules! m { ($l:literal) => { 1 }; ($($t:tt)*) => { 2 } }";
    for (from, to) in [
        ("1 .0", "1.0"),
        ("1. 0", "1.0"),
        ("1 .", "1."),
        ("1 . 0", "1.0"),
        ("1. x", "1 .x"),
        ("1. .2", "1 . .2"),
        ("1. ..2", "1 . ..2"),
        ("t.0 .1", "t.0.1"),
        ("\"x\" y", "\"x\"y"),
        ("'c' x", "'c'x"),
    ] {
        let sources = [
            format!("{macros} fn root() -> u8 {{ m!(Q) }}"),
            format!("{macros} macro_rules! n {{ () => {{ m!(Q) }} }} fn root() {{ n!() }}"),
        ];
        for source in sources {
            assert!(changes(&source.replace('Q', from), from, to), "{from} {to}");
        }
    }
    for (from, to) in [("1 .. 2", "1..2"), ("1 + 2", "1+2"), ("t . 0", "t.0")] {
        let source = format!("{macros} fn root() -> u8 {{ m!(Q) }}");
        assert!(
            !changes(&source.replace('Q', from), from, to),
            "{from} {to}"
        );
    }
    assert!(!changes(
        "fn root() { (t.0 .1, 1 .abs()) }",
        "t.0 .1, 1 .abs",
        "t.0.1, 1.abs"
    ));
}
