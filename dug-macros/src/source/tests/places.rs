//! What modules bring in without its name: imports by glob, those that macros write.

use super::{changes, digest, digest_of};

#[test]
fn globs_are_reached_through_their_modules() {
    let two = "mod a { pub fn h() -> u8 { 1 } } mod b { pub fn h() -> u8 { 2 } }";
    let mut missed = Vec::new();
    for source in [
        "mod c { pub use super::a::*; } fn root() { c::h() }",
        "mod c { pub use super::a::*; } fn root() { use c::*; h() }",
        "mod c { pub use super::a::*; } use c::h; fn root() { h() }",
        "mod c { pub use super::a::*; } mod d { pub use super::c::*; } fn root() { d::h() }",
        "mod c { pub use super::a::*; } use c as d; fn root() { d::h() }",
        "mod c { pub use super::a::*; } macro_rules! m { () => { $crate::c::h() } } fn root() { m!() }",
        "pub use a::*; mod q { fn root() { crate::h() } }",
        "mod m { pub use super::a::*; pub mod q { fn root() { super::h() } } }",
        "mod m { pub use super::a::*; pub mod q { mod r { fn root() { super::super::h() } } } }",
        "mod m { pub use super::a::*; pub mod q { use super::h; fn root() { h() } } }",
        "pub use a::*; mod q { use crate::h; fn root() { h() } }",
        "pub use a::*; extern crate self as me; mod q { fn root() { me::h() } }",
        "mod m { pub use super::a::*; pub mod q { call!(); } } macro_rules! call { () => { pub fn made() { super::h() } } } fn root() { m::q::made() }",
        "mod m { pub use super::a::*; #[derive(Foreign)] struct S { #[with(\"crate::m::h\")] x: u8 } } fn root(s: S) {}",
        // What is declared elsewhere only is not what is imported.
        "mod z { pub fn v() {} } mod c { pub use super::a::*; } use c::v; fn root() { v() }",
        // A module in place of a crate.
        "mod paste { pub use super::a::*; } fn root() { paste::h() }",
        "mod std { pub use super::a::*; } fn root() { std::h() }",
        // Macros that write imports.
        "macro_rules! u { ($m:ident) => { use crate::$m::*; } } u!(a); fn root() { h() }",
        "macro_rules! u { ($m:ident) => { use crate::$m::*; } } mod c { u!(a); } fn root() { c::h() }",
        "macro_rules! u { ($m:ident) => { use crate::$m::*; } } macro_rules! w { ($m:ident) => { u!($m); } } w!(a); fn root() { h() }",
        "paste::paste! { use crate::a::*; } fn root() { h() }",
        "cfg_if::cfg_if! { if #[cfg(unix)] { use crate::a::*; } } fn root() { h() }",
    ] {
        let source = format!("{two} {source}");
        let (from, to) = match source.contains("!(a)") {
            true => ("!(a)", "!(b)"),
            false => ("a::*", "b::*"),
        };
        if !changes(&source, from, to) {
            missed.push(source);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn globs_of_other_modules_are_not_reached() {
    for (source, from, to) in [
        (
            "mod a {} mod c { pub use super::a::*; } fn root() { 1 }",
            "a::*",
            "b::*",
        ),
        (
            "mod m { pub use crate::a::*; } mod q { fn root() { crate::q::f() } pub fn f() {} }",
            "a::*",
            "b::*",
        ),
        (
            "use a::*; mod q { fn root() { crate::r::f() } } mod r { pub fn f() {} }",
            "a::*",
            "b::*",
        ),
    ] {
        assert!(!changes(source, from, to), "{source}");
    }
}

#[test]
fn which_traits_macros_import_counts() {
    let source = "mod t { pub trait A { fn m(&self) -> u8 { 1 } } pub trait B { fn m(&self) -> u8 { 2 } } } macro_rules! imp { ($x:ident) => { use crate::t::$x as _; } } mod q { imp!(A); fn root() { 1.m() } }";
    assert!(changes(source, "imp!(A)", "imp!(B)"));
}

#[test]
fn what_is_included_stands_where_it_is_included() {
    let with = |source: &str, included: &str| {
        digest_of(&[("src/lib.rs", source), ("src/i.rs", included)], &[])
    };
    let two = "mod a { pub fn h() -> u8 { 1 } } mod b { pub fn h() -> u8 { 2 } }";
    let included = |name: &str| format!("use crate::{name}::*;");
    for rest in [
        "include!(\"i.rs\"); fn root() { h() }",
        "mod c { include!(\"i.rs\"); } fn root() { c::h() }",
        "macro_rules! inc { () => { include!(\"i.rs\"); } } inc!(); fn root() { h() }",
    ] {
        let source = format!("{two} {rest}");
        assert_ne!(
            with(&source, &included("a")),
            with(&source, &included("b")),
            "{rest}"
        );
    }
    let sees = |name: &str| format!("{two} use {name}::*; include!(\"i.rs\"); fn root() {{ k() }}");
    let of = |name: &str| with(&sees(name), "fn k() { h() }");
    assert_ne!(of("a"), of("b"));
}

#[test]
fn what_a_choice_holds_depends_on_its_cfgs() {
    for chosen in [
        "if #[cfg(feature = \"x\")] { use a::*; } else { use b::*; }",
        "if #[cfg(feature = \"x\")] { impl Add for P { fn add(self) -> u8 { 1 } } } else { impl Add for P { fn add(self) -> u8 { 2 } } }",
        "if #[cfg(feature = \"x\")] { mod imp { pub fn k() { h() } } } else { mod imp { pub fn k() {} } }",
    ] {
        let source = format!(
            "mod a {{ pub fn h() {{}} }} mod b {{ pub fn h() {{}} }} struct P; cfg_if::cfg_if! {{ {chosen} }} fn root(p: P) {{ h(); imp::k(); p + p }}"
        );
        assert_ne!(
            digest(&source, &["feature=\"x\""]),
            digest(&source, &[]),
            "{source}"
        );
    }
}

#[test]
fn an_import_may_hide_what_is_everywhere() {
    const HIDES: &str =
        "mod m { pub struct String; impl String { pub fn new() -> u8 { 7 } } pub fn drop() {} }";
    for (source, import) in [
        (
            "mod p { pub use super::m::String; pub struct Z; } use p::*; fn root() { String::new() }",
            "pub use super::m::String; ",
        ),
        (
            "mod p { pub use super::m::String; pub fn q() {} } mod w { use super::p::*; pub fn h() { String::new() } } fn root() { w::h() }",
            "pub use super::m::String; ",
        ),
        (
            "mod p { pub fn q() {} pub use super::m::drop; } mod w { pub fn h() { use super::p::*; drop() } } fn root() { w::h() }",
            "pub use super::m::drop; ",
        ),
        (
            "mod p { use super::m::drop; mod w { use super::*; pub fn h() { drop() } } } fn root() { p::w::h() }",
            "use super::m::drop; ",
        ),
        (
            "use m::drop; mod w { use crate::*; pub fn h() { drop() } } fn root() { w::h() }",
            "use m::drop; ",
        ),
        (
            "mod p { pub use super::m::drop; } mod w { use super::p as z; use z::*; pub fn h() { drop() } } fn root() { w::h() }",
            "pub use super::m::drop; ",
        ),
        (
            "mod p { pub use super::m::drop; } macro_rules! g { ($($n:tt)*) => { use super::$($n)*; } } mod w { pub fn h() { g!(p::*); drop() } } fn root() { w::h() }",
            "pub use super::m::drop; ",
        ),
        (
            "mod p { pub use super::m::drop; } macro_rules! g { () => { use super::p::*; } } mod w { g!(); pub fn h() { drop() } } fn root() { w::h() }",
            "pub use super::m::drop; ",
        ),
    ] {
        assert!(
            changes(&format!("{HIDES} {source}"), import, ""),
            "{source}"
        );
    }
    // No glob leads there.
    let source = "mod p { use super::m::String; } mod w { pub fn h() { String::new() } } fn root() { w::h() }";
    assert!(!changes(
        &format!("{HIDES} {source}"),
        "use super::m::String; ",
        ""
    ));
}

/// Whether it counts that a text stands at `@1`, and not at `@2`.
fn counts_at(source: &str, text: &str) -> bool {
    let at = |[one, other]: [&str; 2]| digest(&source.replace("@1", one).replace("@2", other), &[]);
    at([text, ""]) != at(["", text])
}

#[test]
fn a_trait_is_in_scope_in_the_module_that_declares_it() {
    let mut missed = Vec::new();
    for declared in [
        "pub trait Clean { fn trim(&self) -> String; } impl Clean for String { fn trim(&self) -> String { one() } }",
        "make!(Clean);",
        "make!(Clean, trim);",
        "paste::make! { pub trait Clean { fn trim(&self) -> String; } }",
        "#[paste::ext(Clean)] impl String { fn trim(&self) -> String { one() } }",
    ] {
        for (one, other) in [
            ("@1 pub fn go(s: String) { s.trim() }", "@2"),
            ("@1 pub fn go(s: String) { String::trim(&s) }", "@2"),
            ("@1 pub fn go(s: String) { call!(s) }", "@2"),
            (
                "@1 pub mod c { use super::*; pub fn go(s: String) { s.trim() } } pub use c::go;",
                "@2",
            ),
            (
                "@1 pub mod c { mod d { pub use super::super::*; } pub fn go(s: String) { use self::d::*; s.trim() } } pub use c::go;",
                "@2",
            ),
            (
                "pub fn go(s: String) { @1 s.trim() }",
                "fn other(s: String) { @2 s.trim() }",
            ),
            (
                "pub fn go(s: String) { @1 { fn other(s: String) { s.trim() } other(s) } }",
                "fn other(s: String) { @2 s.trim() }",
            ),
        ] {
            let source = format!(
                "macro_rules! make {{ ($n:ident) => {{ trait $n {{ fn trim(&self) -> String; }} }}; ($n:ident, $f:ident) => {{ trait $n {{ fn $f(&self) -> String; }} }} }} macro_rules! call {{ ($s:expr) => {{ $s.trim() }} }}
                 mod a {{ {one} }} mod b {{ {other} }} fn root() {{ a::go(String::new()) }}"
            );
            if !counts_at(&source, declared) {
                missed.push(format!("{declared} {source}"));
            }
        }
    }
    // What calls moves.
    let source = "mod a { pub trait Ea { fn go(&self) {} } @1 } mod b { pub trait Eb { fn go(&self) {} } @2 } pub struct X; fn root(x: X) { x.h() }";
    if !counts_at(source, "impl crate::X { pub fn h(&self) { 5.go() } }") {
        missed.push(source.to_owned());
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn where_a_trait_stands_does_not_count_for_what_calls_nothing_of_it() {
    let declared = "pub trait Clean { fn trim(&self) -> u8 { 1 } } impl Clean for String {}";
    for source in [
        "mod a { @1 pub fn go(s: String) { s.len() } } mod b { @2 } fn root() { a::go(String::new()) }",
        "pub mod a { @1 } pub mod b { @2 } mod z { pub use crate::a::*; pub use crate::b::*; } use z::Clean; fn root(s: String) { Clean::trim(&s) }",
    ] {
        assert!(!counts_at(source, declared), "{source}");
    }
}
