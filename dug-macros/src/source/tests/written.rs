//! What macros write where no items stand, and under names that are everywhere.

use super::{assert_not_seen, assert_seen, changes};

const NOT: &str = "struct M; fn mk() -> M { M } fn root() { !mk() }
    macro_rules! nt { ($t:ty, $k:expr) => { impl Not for $t { fn not(self) -> u8 { $k } } } }
    macro_rules! all { ($($t:tt)*) => { $($t)* } }
    macro_rules! with { ($m:ident $t:ident $k:expr) => { $m!($t, $k); } }";

#[test]
fn impls_that_macros_write_in_bodies_count() {
    for call in [
        "const _: () = { nt!(M, 7); };",
        "fn other() { nt!(M, 7); }",
        "fn other() { let x = { nt!(M, 7); 1 }; }",
        "fn other() { if a { b(|| c(nt!(M, 7))) } }",
        "fn other() { assert!(nt!(M, 7)) }",
        "fn other() { all!(impl Not for M { fn not(self) -> u8 { 7 } }); }",
        "fn other() { all!(nt!(M, 7);); }",
        "fn other() { dep::code!(\"impl Not for M { fn not(self) -> u8 { 7 } }\"); }",
        "fn other() { with!(nt M 7); }",
        "fn other() { fn inner() { nt!(M, 7); } }",
        "mod m { impl Other for X { const A: u8 = { nt!(super::M, 7); 1 }; } }",
        "#[tracked] fn other() { nt!(M, 7); }",
        "fn other() { dep::make!(7); }",
        "thread_local! { static X: u8 = { dep::make!(7); 1 }; }",
        "thread_local! { static X: u8 = { nt!(M, 7); 1 }; }",
        "macro_rules! d { ($t:ty, $k:expr) => { #[derive(Foreign)] struct Q([$t; $k]); } } fn other() { d!(M, 7); }",
        "macro_rules! far { ($k:expr) => { dep::make!($k) } } fn other() { far!(7); }",
        "macro_rules! far { ($k:expr) => { paste::paste! { impl Not for [<M>] { fn not(self) -> u8 { $k } } } } } fn other() { far!(7); }",
        "fn other() { paste::paste! { impl Not for [<M>] { fn not(self) -> u8 { 7 } } } }",
    ] {
        assert!(changes(&format!("{call} {NOT}"), "7", "8"), "{call}");
    }
    assert_seen(&[
        (
            "trait G { fn go(&self) -> u8; } macro_rules! nt { ($t:ty, $k:expr) => { impl G for $t { fn go(&self) -> u8 { $k } } } }
             fn other() { nt!(i32, 7); } fn root() { 1i32.go() }",
            "7",
            "8",
        ),
        // What is declared in turn.
        (
            "trait G { fn go(&self) -> u8; } macro_rules! outer { ($t:ty) => { nt!($t, 7); } }
             macro_rules! nt { ($t:ty, $k:expr) => { impl G for $t { fn go(&self) -> u8 { $k } } } }
             const _: () = { outer!(i32); }; fn root() { 1i32.go() }",
            "7",
            "8",
        ),
    ]);
}

#[test]
fn other_calls_in_bodies_count_where_they_stand() {
    let not = NOT.replace("mk() -> M { M }", "mk() -> M { assert!(true); M }");
    for call in [
        "fn other() { println!(\"{}\", M, 7); }",
        "fn other() { vec![M, 7]; assert_eq!(M, 7) }",
        "macro_rules! two { ($e:expr, $k:expr) => { ($e, $k) } } fn other() { two!(M, 7); }",
        "macro_rules! two { ($e:expr, $k:expr) => { vec![$e, $k] } } fn other() { two!(M, 7); }",
    ] {
        assert!(!changes(&format!("{call} {not}"), "7", "8"), "{call}");
    }
}

#[test]
fn what_is_registered_through_a_macro_counts() {
    assert_seen(&[
        (
            "inventory::collect!(Plugin); macro_rules! reg { ($e:expr) => { inventory::submit! { Plugin { run: $e } } } }
             fn helper() -> u8 { 7 } reg!(helper); fn root() { inventory::iter::<Plugin>() }",
            "7",
            "8",
        ),
        (
            "use inventory::submit; macro_rules! reg { ($e:expr) => { submit! { Plugin { run: $e } } } }
             reg!(7); fn root() { inventory::iter::<Plugin>() }",
            "7",
            "8",
        ),
        (
            "macro_rules! reg { ($e:expr) => { inventory::submit! { Plugin { run: $e } } } }
             fn other() { reg!(7); } fn root() { inventory::iter::<Plugin>() }",
            "7",
            "8",
        ),
        (
            "const _: () = { inventory::submit! { Plugin { run: 7 } } }; fn root() { inventory::iter::<Plugin>() }",
            "7",
            "8",
        ),
    ]);
}
#[test]
fn names_that_are_everywhere_count_where_macros_declare_them() {
    assert_seen(&[
        (
            "macro_rules! num { ($n:ident, $v:expr) => { pub fn $n() -> u8 { $v } } } mod m { num!(u8, 7); } fn root() { m::u8() }",
            "7",
            "8",
        ),
        (
            "struct R; macro_rules! num { ($n:ident, $v:expr) => { pub fn $n(&self) -> u8 { $v } } } impl R { num!(u16, 7); num!(str, 9); } fn root() { R.u16() }",
            "7",
            "8",
        ),
        (
            "macro_rules! num { ($n:ident, $v:expr) => { fn $n(&self) -> u8 { $v } } } impl R for i64 { num!(u16, 7); } fn root() { 1i64.u16() }",
            "7",
            "8",
        ),
        (
            "macro_rules! cons { ($($n:ident=$v:expr;)*) => { $(pub const $n: u8 = $v;)* } } mod m { cons! { Debug=7; Info=3; } } fn root() { m::Debug }",
            "7",
            "8",
        ),
        (
            "macro_rules! m { ($v:expr) => { pub struct Result(u8); impl Result { fn new() -> Self { Result($v) } } } } m!(7); fn root() { Result::new() }",
            "7",
            "8",
        ),
        (
            "macro_rules! m { ($n:ident) => { pub struct $n(u8); } } m!(Result); impl From<Result> for X { fn from(r: Result) -> X { 7 } } fn root(r: Result) -> X {}",
            "7",
            "8",
        ),
        (
            "macro_rules! all { ($($t:tt)*) => { $($t)* } } all! { fn str() -> u8 { 7 } } fn root() { str() }",
            "7",
            "8",
        ),
        (
            "macro_rules! a { ($n:ident $v:expr) => { b!($v $n); } } macro_rules! b { ($v:expr, $n:ident) => { const $n: u8 = $v; } } a!(Vec 7); fn root() { Vec }",
            "7",
            "8",
        ),
        (
            "macro_rules! num { ($($name:ident)*) => { $(num!(@one $name);)* }; (@one $n:ident) => { pub fn $n() -> u8 { 7 } } } num!(u8 u16); fn root() { u16() }",
            "7",
            "8",
        ),
        // It begins the file.
        (
            "num!(u16); macro_rules! num { ($n:ident) => { pub fn $n() -> u8 { 7 } } } fn root() { u16() }",
            "7",
            "8",
        ),
        (
            "thread_local! { static Default: u8 = 7; } fn root() { Default }",
            "7",
            "8",
        ),
    ]);
}

#[test]
fn names_that_are_everywhere_do_not_where_they_are_given_as_types() {
    assert_not_seen(&[
        (
            "macro_rules! get { ($n:ident, $t:ty) => { fn $n() -> $t { 7 } } } get!(rate, u8); fn root(x: u8) {}",
            "rate, u8",
            "pace, u8",
        ),
        (
            "macro_rules! get { ($t:ty, $n:ident) => { fn $n() -> $t { 7 } } } get!(u8, rate); fn root(x: u8) {}",
            "7",
            "8",
        ),
        (
            "macro_rules! get { ($($n:ident: $t:ty),*) => { $(fn $n() -> $t { 7 })* } } get!(rate: u8, pace: String); fn root(x: u8) {}",
            "7",
            "8",
        ),
        (
            "macro_rules! int { ($($t:ident)*) => { $(impl T for $t { fn go() { 7 } })* } } int!(u8 u16); fn root(x: u8) {}",
            "7",
            "8",
        ),
        (
            "macro_rules! p { ($t:ty) => { fn g(x: *const u8, y: $t) { 7 } } } p!(*const u8); fn root(x: u8) {}",
            "7",
            "8",
        ),
    ]);
}
