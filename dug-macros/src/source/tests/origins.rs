//! What is known of a macro, derive or attribute by its name holds for that of the known crate only.

use super::{changes, digest, digest_of};

#[test]
fn other_macros_with_known_names_are_not_known() {
    let mut missed = Vec::new();
    for source in [
        // Logs.
        "fn root() { dep::info!(1) }",
        "use dep::info; fn root() { info!(1) }",
        "use dep::*; fn root() { info!(1) }",
        "mod m { pub use dep::*; } use m::*; fn root() { warn!(1) }",
        "#[macro_use] extern crate dep; fn root() { info!(1) }",
        "#[macro_use] extern crate dep; fn root() { debug_assert!(1) }",
        "use dep as log; fn root() { log::info!(1) }",
        "use std::assert as debug_assert; fn root() { debug_assert!(1) }",
        "use log::log_enabled as debug; fn root() { if debug!(1) {} }",
        "mod log { pub use dep::info; } fn root() { log::info!(1) }",
        "mod log { pub use dep::info; } use log::info; fn root() { info!(1) }",
        "macro_rules! mk { ($n:ident) => { macro_rules! $n { ($e:expr) => { $e } } } } mk!(info); fn root() { info!(1) }",
        "foreign!(info); fn root() { info!(1) }",
        // Of the others nothing is known.
        "dep::register!(1); fn root() { made() }",
        "use dep::thread_local; thread_local!(1); fn root() { made() }",
        "macro_rules! m { () => {} } dep::m!(1); fn root() { made() }",
        "mod a { pub fn get_rate() -> u8 { 1 } } fn root() { dep::vec!(rate) }",
        "#[derive(dep::Serialize)] struct Foo { x: [u8; 1] } fn root() { FooBuilder }",
        "use dep::Serialize; #[derive(Serialize)] struct Foo { x: [u8; 1] } fn root() { FooBuilder }",
        "#[dep::instrument] fn slow() -> u8 { 1 } fn root() { slow_traced() }",
        "#[derive(dep::From)] struct X { x: [u8; 1] } fn root() { MAGIC }",
        "#[dep::instrument] fn z() -> u8 { 1 } fn root() { mgc() }",
        "#[foreign] fn z() -> u8 { 1 } fn root() { mgc() }",
        "struct S; #[foreign] impl S { fn z() -> u8 { 1 } } fn root() { Made::new() }",
        "fn hidden() -> u8 { 1 } use dep::vec as v; fn root() { v!(3) }",
        "fn hidden() -> u8 { 1 } #[macro_use] extern crate dep; fn root() { vec!(3) }",
        "#[macro_use] extern crate dep; /// 1\n#[derive(Debug)] struct Foo; fn root(foo: Foo) {}",
        "use displaydoc::Display; /// 1\n#[derive(Display)] struct Foo; fn root(foo: Foo) {}",
        // Functions that another attribute calls tracked.
        "#[dep::tracked] fn g() -> u8 { 1 } fn root() { g() }",
        "use dep::tracked; #[tracked] fn g() -> u8 { 1 } fn root() { g() }",
        "use dep::*; #[tracked] fn g() -> u8 { 1 } fn root() { g() }",
        "struct S; impl S { #[dep::tracked] fn g(&self) -> u8 { 1 } } fn root() { S.g() }",
        "#[dep::strip] #[dug::tracked] fn g() -> u8 { 1 } fn root() { g() }",
        "#[cfg_attr(a, dug::tracked)] fn g() -> u8 { 1 } fn root() { g() }",
        "#[dep::strip] mod m { #[dug::tracked] pub fn g() -> u8 { 1 } } fn root() { m::g() }",
        "struct S; #[dep::strip] #[dug::tracked] impl S { fn g(&self) -> u8 { 1 } } fn root() { S.g() }",
    ] {
        let (from, to) = match source.contains("[u8; 1]") {
            true => ("[u8; 1]", "[u8; 2]"),
            false => ("1", "2"),
        };
        if !changes(source, from, to) {
            missed.push(source);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn those_of_known_crates_are_known() {
    for source in [
        "use log::info; fn root() { info!(1) }",
        "use log::info; use dep::*; fn root() { info!(1) }",
        "use tracing::*; use dep::*; fn root() { info!(1) }",
        "use dep::*; fn root() { tracing::info!(1) }",
        "#[macro_use] extern crate log; mod m { fn root() { info!(1) } }",
        "mod p { pub use tracing::info; } mod m { use crate::p::*; use std::fmt::*; fn root() { info!(1) } }",
        "mod m { use super::*; fn root() { info!(1) } } use log::info;",
        "enum E { A } use E::*; mod m { use log::*; use super::*; fn root() { warn!(1) } }",
        "use dep::*; fn root() { debug_assert!(1) }",
        "#[macro_use] extern crate log; fn hidden() -> u8 { 1 } fn root() { vec!(3) }",
        "use indexmap::indexmap; fn hidden() -> u8 { 1 } fn root() { indexmap!(3 => 3) }",
        "fn hidden() -> u8 { 1 } #[coverage(off)] fn root() { is_arm_feature_detected!(3); format_args_nl!(3) }",
        "#[derive(serde::Serialize)] struct Foo { x: [u8; 1] } fn root() { FooBuilder }",
        "use serde::Serialize; use dep::*; #[derive(Serialize)] struct Foo { x: [u8; 1] } fn root() { FooBuilder }",
        "#[dug::tracked] fn g() -> u8 { 1 } fn root() { g() }",
        "use dug::tracked; use dep::*; #[tracked] #[inline] fn g() -> u8 { 1 } fn root() { g() }",
        "use dug::tracked as t; #[t] fn g() -> u8 { 1 } fn root() { g() }",
        "struct S; #[dug::tracked] impl S { #[tracked(version = 3)] fn g(&self) -> u8 { 1 } } fn root() { S.g() }",
        "use tracing::instrument; #[instrument] #[dug::tracked] fn g() -> u8 { 1 } fn root() { g() }",
    ] {
        assert!(!changes(source, "1", "3"), "{source}");
    }
}

#[test]
fn a_file_that_stands_in_two_modules_sees_what_both_do() {
    for import in ["use dep::vec;", "use super::m::*;"] {
        let with = |hidden: &str| {
            let source = format!(
                "fn hidden() -> u8 {{ {hidden} }} mod m {{ pub use dep::info; }} mod a {{ use log::info; include!(\"i.rs\"); }} mod b {{ {import} include!(\"i.rs\"); }} fn root() {{ b::k() }}"
            );
            let files = [
                ("src/lib.rs", &*source),
                ("src/i.rs", "pub fn k() { vec!(3); info!(3) }"),
            ];
            digest_of(&files, &[])
        };
        assert_ne!(with("1"), with("2"), "{import}");
    }
}

#[test]
fn what_is_included_as_text_is_read_without_an_index() {
    let with = |text: &str| {
        let source = "mod a; fn root() { include_str!(\"a.rs\") }";
        digest_of(&[("src/lib.rs", source), ("src/a.rs", text)], &[])
    };
    let text = "fn f() { info!(1); debug_assert!(1); json!(1) }";
    assert_ne!(with(text), with(&text.replace("info!(1)", "info!(2)")));
}

#[test]
fn what_no_derive_has_made_reaches_none() {
    for rest in [
        "fn root(x: u8, f: impl Fn(u8)) { let y = |z: u8| z.min(x); f(y(x)); Some(String::new()); drop(y) }",
        "use dep::Thing; fn root() -> Thing { let a = Thing::new(); std::mem::drop(a.b); vec![a].len() }",
        "fn root(all: &[u8]) { for one in all { print!(\"{one}\"); one.go(); all[0]; } }",
    ] {
        let source = format!("#[derive(Other)] struct Foo {{ rate: [u8; 1] }} {rest}");
        assert!(!changes(&source, "[u8; 1]", "[u8; 2]"), "{source}");
    }
}

#[test]
fn macros_of_the_compiler_are_known_by_other_names() {
    let state = |source: &str| digest(source, &["feature=\"x\""]) != digest(source, &[]);
    for source in [
        "use std::cfg as cc; fn root() { cc!(feature = \"x\") }",
        "pub use std::cfg as cc; mod m { use crate::cc as dd; fn root() { dd!(feature = \"x\") } }",
        "macro_rules! m { ($($c:tt)*) => { cfg!($($c)*) } } fn root() { m!(feature = \"x\") }",
        "macro_rules! m { ($c:literal) => { cfg!(feature = $c) } } fn root() { m!(\"x\") }",
        "macro_rules! m { ($c:meta, $n:ident, $a:expr) => { #[cfg($c)] fn $n() -> u8 { $a } } } m!(feature = \"x\", h, 1); m!(not(feature = \"x\"), h, 2); fn root() { h() }",
        "macro_rules! m { ($c:meta, $n:ident) => { #[$c] fn $n() {} } } m!(cfg(feature = \"x\"), h); fn root() { h() }",
        "macro_rules! m { ($n:ident) => { $n!(feature = \"x\") } } fn root() { m!(cfg) }",
        "fn root() { cfg_select! { feature = \"x\" => { 1 } _ => { 2 } } }",
        "fn root() { cfg_select! { unix => 0, all(unix, feature = \"x\") => f(1), _ => 2 } }",
        "cfg_select! { feature = \"x\" => { fn h() -> u8 { 1 } } _ => { fn h() -> u8 { 2 } } } fn root() { h() }",
    ] {
        assert!(state(source), "{source}");
    }
    for (source, from, to) in [
        (
            "use std::stringify as st; fn root() { st!(a+b) }",
            "a+b",
            "a + b",
        ),
        (
            "macro_rules! m { ($n:ident $e:expr) => { $n!($e) } } fn root() { m!(stringify a+b) }",
            "a+b",
            "a + b",
        ),
    ] {
        assert!(changes(source, from, to), "{source}");
    }
    assert!(!state(
        "macro_rules! m { () => { cfg!(unix) } } fn root() { m!() }"
    ));
}
