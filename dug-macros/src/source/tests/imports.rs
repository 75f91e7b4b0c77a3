//! Where imports lead, and what the names in an item mean once it has moved.

use super::digest;

/// Whether it counts which of two texts stands for `@`.
fn differs(source: &str, texts: [&str; 2]) -> bool {
    let [one, other] = texts.map(|text| digest(&source.replace('@', text), &[]));
    one != other
}

#[test]
fn the_path_of_an_import_counts_unless_it_leads_to_the_only_item_of_the_name() {
    let mut missed = Vec::new();
    for compat in [
        "pub use paste::h;",
        "pub use std::cmp::max as h;",
        "pub use crate::one as h;",
        "pub use paste::*;",
        "macro_rules! make { ($n:ident) => { pub fn $n() {} } } make!(h);",
        "paste::make!(h);",
        "paste::paste! { pub fn [<h>]() {} }",
        "#[derive(Builder)] pub struct H;",
    ] {
        for item in ["fn h() {}", "struct h;", "trait h {}", "const h: u8 = 1;"] {
            for rest in [
                "use crate::@::h; fn root() { h() }",
                "use @::h; fn root() { h() }",
                "mod w { pub use super::@::{h}; } use w::h; fn root() { h() }",
                "use @ as u; use u::h; fn root() { h() }",
                "fn root() { use crate::@::h; h() }",
                "mod p { pub use super::@::h; } mod w { use crate::p::*; pub fn g() { h() } } fn root() { w::g() }",
                "#[cfg(not(x))] use @::h; #[cfg(x)] use other::h; fn root() { h() }",
            ] {
                let source = format!(
                    "mod util {{ pub {item} }} mod compat {{ {compat} }} fn one() {{}} {rest}"
                );
                if !differs(&source, ["util", "compat"]) {
                    missed.push(source);
                }
            }
        }
    }
    for source in [
        "mod util { pub mod x { pub fn h() {} } } mod compat { pub mod x { pub use paste::h; } } mod w { use crate::@::x::h; pub fn g() { h() } } fn root() { w::g() }",
        "mod paste { pub fn h() {} } mod util { pub use super::paste::h; } mod compat { pub use ::paste::h; } use @::h; fn root() { h() }",
        // What an import leads to leads on.
        "mod util { pub fn h() {} } mod compat { pub use paste::h; } mod p { pub use super::@::h; } use p::h; fn root() { h() }",
        "mod util { pub trait T { fn m(&self) {} } } mod compat { pub use paste::T; } mod w { use crate::@::T; pub fn g() { 1.m() } } fn root() { w::g() }",
    ] {
        if !differs(source, ["util", "compat"]) {
            missed.push(source.to_owned());
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
    let source = "mod paste { pub fn h() {} } use @paste::h; fn root() { h() }";
    assert!(differs(source, ["self::", "::"]));
}

#[test]
fn the_path_to_the_only_item_of_a_name_does_not_count() {
    for source in [
        "use @::h; fn root() { h() }",
        "mod w { use crate::@::h; pub fn g() { h() } } fn root() { w::g() }",
        "mod w { use super::{@::{h}}; pub fn g() { h() } } fn root() { w::g() }",
    ] {
        let source = format!(
            "mod util {{ pub fn h() {{}} }} mod compat {{ pub use super::util::h; }} mod c {{ use paste::k; }} {source}"
        );
        assert!(!differs(&source, ["util", "compat"]), "{source}");
    }
}

/// Whether it counts in which of two modules, after these items, an impl with this body stands.
fn counts_where(body: &str, [before, after]: [&str; 2], close: &str) -> bool {
    let source = |[one, other]: [&str; 2]| {
        format!(
            "mod p {{ pub fn one() {{}} pub fn two() {{}} pub enum Old {{ scale }} pub enum New {{ scale }} }}
             macro_rules! call {{ () => {{ scale() }} }} pub struct X;
             mod a {{ {before} {one} {close} }} mod b {{ {after} {other} {close} }} fn root(x: X) {{ x.go() }}"
        )
    };
    let item = format!("impl crate::X {{ pub fn go(&self) {{ {body} }} }}");
    digest(&source([&item, ""]), &[]) != digest(&source(["", &item]), &[])
}

#[test]
fn where_an_item_stands_counts_if_a_name_means_something_else_there() {
    let mut missed = Vec::new();
    for modules in [
        [
            "extern crate paste; use paste::v1::scale;",
            "extern crate paste; use paste::v2::scale;",
        ],
        [
            "use paste::paste; use paste::v1::scale;",
            "use paste::paste; use paste::v2::scale;",
        ],
        [
            "use w::scale; use x as w; use w as x;",
            "use w::scale; use x as w; use w as x;",
        ],
        ["use paste::v1::scale;", "use paste::v2::scale;"],
        ["use paste::one as scale;", "use paste::two as scale;"],
        ["use std::cmp::max as scale;", "use std::cmp::min as scale;"],
        ["use crate::p::one as scale;", "use crate::p::two as scale;"],
        ["use paste::scale;", "pub fn scale() {}"],
        ["use paste::scale;", "make!(scale);"],
        ["use crate::p::Old::scale;", "use crate::p::New::scale;"],
        [
            "use super::p::*; use one as scale;",
            "use super::p::*; use two as scale;",
        ],
        [
            "mod v { pub use paste::v1 as w; } use v::w::scale;",
            "mod v { pub use paste::v2 as w; } use v::w::scale;",
        ],
    ] {
        for body in [
            "scale(3)",
            "call!()",
            "self::scale(3)",
            "{ use crate::Q; scale() }",
        ] {
            if !counts_where(body, modules, "") {
                missed.push(format!("{modules:?} {body}"));
            }
        }
        for (inner, body) in [
            ("use super::*;", "scale()"),
            ("use super::scale;", "scale()"),
            ("", "super::scale()"),
        ] {
            let modules = modules.map(|module| format!("{module} mod q {{ {inner}"));
            let modules = [modules[0].as_str(), modules[1].as_str()];
            if !counts_where(body, modules, "}") {
                missed.push(format!("{modules:?} {body}"));
            }
        }
    }
    for (modules, body) in [
        (["use paste::v1;", "use paste::v2 as v1;"], "v1::scale(3)"),
        (
            ["use std::fmt;", "use std::io as fmt;"],
            "size_of::<fmt::Error>()",
        ),
        (["use paste::String;", ""], "String::new()"),
        (["", "mod std { pub fn h() {} }"], "std::h()"),
        (
            [
                "mod imp { pub use paste::v1::*; }",
                "mod imp { pub use paste::v2::*; }",
            ],
            "imp::run()",
        ),
        (
            [
                "mod imp { pub use paste::run; }",
                "mod imp { pub fn run() {} }",
            ],
            "imp::run()",
        ),
        (
            [
                "mod v { pub use paste::run; } use v as imp;",
                "mod w { pub fn run() {} } use w as imp;",
            ],
            "imp::run()",
        ),
    ] {
        if !counts_where(body, modules, "") {
            missed.push(format!("{modules:?} {body}"));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn where_an_item_stands_does_not_count_if_its_names_mean_the_same_there() {
    for modules in [
        ["use paste::v1::scale;", "use paste::{v1::{scale}};"],
        ["use crate::p::one as scale;", "use super::p::one as scale;"],
        [
            "use crate::p::one as scale;",
            "use super::p as q; use q::one as scale;",
        ],
        [
            "mod v { pub use paste::scale; } use v::scale;",
            "use paste::scale;",
        ],
        [
            "use paste::scale;",
            "use paste::scale; use paste::v2::other; mod scales {}",
        ],
    ] {
        // It means something else elsewhere.
        let modules = modules.map(|module| format!("{module} mod z {{ use paste::z::scale; }}"));
        let modules = [modules[0].as_str(), modules[1].as_str()];
        assert!(!counts_where("scale(3)", modules, ""), "{modules:?}");
    }
}

#[test]
fn what_another_crate_has_is_not_what_has_its_name_here() {
    let mut missed = Vec::new();
    for own in [
        "mod o { pub struct Ext; }",
        "mod o { pub trait Ext { fn a(&self) {} } }",
        "mod o { pub type Ext = u8; }",
        "macro_rules! make { ($n:ident) => { pub struct $n; } } mod o { make!(Ext); }",
    ] {
        for rest in [
            "mod w { use paste::@::Ext; pub fn g() { 5.val() } } fn root() { w::g() }",
            "use paste::@::{Ext}; fn root() { 5.val() }",
            "mod p { pub use paste::@::Ext; } mod w { use crate::p::Ext; pub fn g() { 5.val() } } fn root() { w::g() }",
            "mod p { pub use paste::@::*; } mod w { use crate::p::Ext; pub fn g() { 5.val() } } fn root() { w::g() }",
            "pub struct L; impl paste::Ext<L> for i32 { fn price(&self) { @ } } fn root() { paste::total(1) }",
            "use paste::Ext; impl Ext<u8> for i32 { fn price(&self) { @ } } fn root() { paste::total(1) }",
        ] {
            let source = format!("{own} {rest}");
            if !differs(&source, ["m", "n"]) {
                missed.push(source);
            }
        }
    }
    for source in [
        "mod u { macro_rules! mk { ($n:ident) => { $n() } } } mod w { use paste::mk; fn make_foo() { @ } pub fn g() { mk!(foo) } } fn root() { w::g() }",
        "mod u { macro_rules! mk { ($n:ident) => { $n() } } } mod w { mod paste {} use paste::mk; fn make_foo() { @ } pub fn g() { mk!(foo) } } fn root() { w::g() }",
        "mod u { macro_rules! mk { ($n:ident) => { $n() } } } mod w { mod v {} use other as v; use v::mk; fn make_foo() { @ } pub fn g() { mk!(foo) } } fn root() { w::g() }",
        "mod u { macro_rules! vec { ($n:ident) => { $n() } } } mod w { use paste::other as vec; fn make_foo() { @ } pub fn g() { vec!(foo) } } fn root() { w::g() }",
    ] {
        if !differs(source, ["m", "n"]) {
            missed.push(source.to_owned());
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_call_of_a_macro_of_the_crate_declares_what_it_says() {
    let source = "macro_rules! make { ($n:ident) => { pub fn $n() {} } } mod a { use paste::h; pub fn go(x: u8) { h(x) } } mod b { @ } fn root() { a::go(1) }";
    assert!(!differs(source, ["", "make!(other);"]));
}

#[test]
fn what_is_imported_within_the_crate_counts_as_what_it_is() {
    for source in [
        "mod o { pub struct Ext; impl Ext { fn q() { @ } } } mod w { use crate::o::Ext; pub fn g() {} } fn root() { w::g() }",
        "#[macro_use] mod u { macro_rules! mk { ($n:ident) => { $n() } } pub(crate) use mk; } mod w { use crate::u::mk; fn make_foo() { @ } fn foo() {} pub fn g() { mk!(foo) } } fn root() { w::g() }",
        "#[macro_use] mod u { macro_rules! mk { ($n:ident) => { $n() } } pub(crate) use mk; } mod w { mod v { pub(crate) use crate::u::mk; } use v::mk; fn make_foo() { @ } fn foo() {} pub fn g() { mk!(foo) } } fn root() { w::g() }",
    ] {
        assert!(!differs(source, ["m", "n"]), "{source}");
    }
}

#[test]
fn imports_that_lead_to_themselves_are_not_followed_for_ever() {
    let undecided = |count: usize| -> String {
        let imports = (0..count).map(|nth| format!("#[cfg(c{nth})] pub use open::p{nth} as open;"));
        imports.collect()
    };
    for source in [
        "mod open { pub fn one() {} pub fn other() {} } #[cfg(unix)] pub use open::one as open; #[cfg(not(unix))] pub use open::other as open; fn root() { @ }",
        "mod open { #[cfg(a)] pub mod x; #[cfg(b)] pub mod y; #[cfg(c)] pub mod z; } #[cfg(a)] pub use open::x::open; #[cfg(b)] pub use open::y::open; #[cfg(c)] pub use open::z::open; fn root() { @ }",
        "#[cfg(a)] use x::p as x; #[cfg(b)] use x::q as x; mod a { pub mod x { pub fn g() { @ } } } fn root() { a::x::g() }",
        "#[cfg(a)] use y::p as x; #[cfg(b)] use y::q as x; #[cfg(c)] use x::p as y; #[cfg(d)] use x::q as y; #[cfg(e)] use super::*; fn root() { x::@() }",
    ] {
        for more in [0, 2, 40] {
            let source = format!("{} {source}", undecided(more));
            assert!(differs(&source, ["m", "n"]), "{source}");
        }
    }
    // Each is followed from where it has not led to.
    let source = "mod x { pub mod p { pub @ } pub mod q {} } #[cfg(a)] use x::p as x; #[cfg(b)] use x::q as x; use x::p as y; use y::h; fn root() { h() }";
    assert!(differs(source, ["fn h() {}", "use paste::h;"]));
}

#[test]
fn what_takes_too_long_to_find_may_be_anything() {
    let imports: String = (0..12)
        .map(|nth| format!("#[cfg(c{nth})] pub use h::p{nth} as h;"))
        .collect();
    let source = format!(
        "mod a {{ {imports} @ }} mod b {{ pub fn one() {{}} use paste::h; }} fn root() {{ a::h() }}"
    );
    assert!(differs(&source, ["", "use super::b::one as other;"]));
}

#[test]
fn an_import_counts_where_it_hides_what_comes_without_its_name() {
    let mut missed = Vec::new();
    for (globs, call, import) in [
        ("use std::*;", "h()", "use paste::h;"),
        ("use std::*;", "h()", "use paste::other as h;"),
        ("use paste::prelude::*;", "h!()", "use paste::h;"),
        ("use paste::prelude::*;", "h::k()", "use paste::h;"),
        ("use crate::own::*;", "h()", "use paste::h;"),
        ("use crate::*;", "h()", "use paste::h;"),
        ("use crate::made::*;", "h()", "use paste::h;"),
    ] {
        let source = format!(
            "use std::*; mod own {{ pub use std::*; }} mod made {{ paste::make! {{ use std::*; }} }}
             mod a {{ {globs} @ pub fn go() {{ {call} }} }} mod b {{ {globs} {import} pub fn go2() {{ {call} }} }} fn root() {{ a::go() }}"
        );
        if !differs(&source, ["", import]) {
            missed.push(source);
        }
    }
    for source in [
        "#[macro_use] extern crate paste; mod a { @ pub fn go() { h!() } } mod b { use std::h; fn go2() { h!() } } fn root() { a::go() }",
        "mod a { pub use paste::*; @ } mod b { use std::h; fn go2() { h() } } fn root() { a::h() }",
    ] {
        if !differs(source, ["", "pub use std::h;"]) {
            missed.push(source.to_owned());
        }
    }
    // An item that moves from beside the import.
    for beside in ["use std::h;", "make!(h);"] {
        let source = format!(
            "macro_rules! make {{ ($n:ident) => {{ pub fn $n() {{}} }} }} mod a {{ use paste::*; {beside} @1 }} mod b {{ use paste::*; @2 }} pub struct X; fn root(x: X) {{ x.go() }}"
        );
        let item = "impl crate::X { pub fn go(&self) { h() } }";
        let [one, other] = [[item, ""], ["", item]]
            .map(|[one, other]| digest(&source.replace("@1", one).replace("@2", other), &[]));
        if one == other {
            missed.push(source);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
    // Nothing else may have the name.
    let source = "mod a { use crate::own::*; @ pub fn go() { k() } } mod b { use paste::h; pub fn go2() { h() } } mod own { pub fn k() {} } fn root() { a::go() }";
    assert!(!differs(source, ["", "use paste::h;"]));
}

#[test]
fn an_import_of_a_value_brings_in_nothing_without_its_name() {
    for import in [
        "crate::o::MAX",
        "crate::o::LIMIT",
        "super::o::Mode::Fast",
        "crate::o::Fast",
        "crate::o::{MAX, Mode::{Fast, Slow}}",
        "crate::p::MAX",
        "crate::q::MAX",
    ] {
        let source = "mod o { pub const MAX: u8 = 1; pub static LIMIT: u8 = 1; pub enum Mode { Fast, Slow } pub use Mode::*; }
             mod p { pub use super::o::MAX; } mod q { pub use super::o::*; }
             mod w { @ pub fn g() { 5.val() } } fn root() { w::g() }";
        assert!(
            !differs(source, ["", &format!("use {import};")]),
            "{import}"
        );
    }
    let mut missed = Vec::new();
    for (own, import) in [
        (
            "pub const Ext: u8 = 1; pub use paste::Ext;",
            "crate::o::Ext",
        ),
        ("pub const Ext: u8 = 1; pub use paste::*;", "crate::o::Ext"),
        (
            "pub static Ext: u8 = 1; pub use super::all::*;",
            "crate::o::Ext",
        ),
        ("pub fn Ext() {} paste::make!();", "crate::o::Ext"),
        ("pub fn Ext() {} make!(x);", "crate::o::Ext"),
        (
            "pub enum Mode { Ext } pub use Mode::*; pub use paste::*;",
            "crate::o::Ext",
        ),
        ("paste::make!();", "crate::o::Ext"),
        ("bring!(Ext);", "crate::o::Ext"),
        ("#[foreign] pub static Ext: u8 = 1;", "crate::o::Ext"),
        ("#![foreign] pub static Ext: u8 = 1;", "crate::o::Ext"),
        ("", "crate::o::Ext"),
        (
            "pub const Mode: u8 = 1; pub use paste::*;",
            "crate::o::Mode::Ext",
        ),
    ] {
        let source = format!(
            "mod o {{ {own} }} mod all {{ pub use paste::*; }} macro_rules! make {{ ($x:ident) => {{ pub use paste::*; }} }}
             macro_rules! bring {{ ($x:ident) => {{ pub use paste::$x; }} }}
             mod w {{ @ pub fn g() {{ 5.val() }} }} fn root() {{ w::g() }}"
        );
        if !differs(&source, ["", &format!("use {import};")]) {
            missed.push(source);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_may_be_a_trait_of_another_crate_counts_in_all_of_its_module() {
    for name in ["Trait", "_Trait", "\u{c9}t\u{e9}"] {
        let source = format!("use foreign::@::{name}; fn root(n: i64) {{ n.go() }}");
        assert!(differs(&source, ["a", "b"]), "{name}");
    }
    let function = "use foreign::@::made; fn root(n: i64) { n.go() }";
    assert!(!differs(function, ["a", "b"]));
}
