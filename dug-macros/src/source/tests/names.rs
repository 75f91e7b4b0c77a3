//! Names that stand for other things than it seems, and what is reached without any.

use super::{assert_not_seen, assert_seen, changes};

#[test]
fn what_is_hidden_by_something_else_is_reached() {
    for (source, from, to) in [
        (
            "mod m { pub fn macro_rules() -> u8 { 1 } } use m::macro_rules; fn root() { macro_rules() }",
            "1",
            "2",
        ),
        (
            "impl T for X { fn macro_rules(&self) -> u8 { 1 } } fn root(x: X) { x.macro_rules() }",
            "1",
            "2",
        ),
        // A parameter of types hides no value.
        (
            "const N: u8 = 1; fn h<N>(_: N) -> u8 { N } fn root() { h(0) }",
            "= 1",
            "= 2",
        ),
        (
            "fn T() -> u8 { 1 } struct W<T>(T); impl<T> W<T> { fn h(&self) -> u8 { T() } } fn root() { W(0).h() }",
            "1",
            "2",
        ),
        // The only impl that is possible.
        (
            "struct L; impl dep::Tr<L> for i32 { fn go(&self) -> u8 { 1 } } fn root() { dep::run(3) }",
            "1",
            "2",
        ),
    ] {
        assert!(changes(source, from, to), "{source}");
    }
    for (source, from, to) in [
        (
            "struct L; impl From<L> for i32 { fn from(l: L) -> i32 { 1 } } fn root() { dep::run(3) }",
            "1",
            "2",
        ),
        (
            "struct L; impl dep::Tr<u8> for L { fn go(&self) -> u8 { 1 } } fn root() { dep::run(3) }",
            "1",
            "2",
        ),
    ] {
        assert!(!changes(source, from, to), "{source}");
    }
}

#[test]
fn a_parameter_hides_what_is_a_type_only() {
    let mut sources = Vec::new();
    for item in [
        "struct Kg; impl Display for Kg { fn fmt() { @ } }",
        "struct Kg(u8); impl Display for Kg { fn fmt() { @ } }",
        "struct Kg<T>(T) where T: Copy; impl Display for Kg<u8> { fn fmt() { @ } }",
        "const KG: u8 = @; use self::KG as Kg;",
        "enum Unit { Kg = @ } use Unit::Kg;",
        "lazy_static! { static ref Kg: u8 = @; }",
        "thread_local! { static Kg: u8 = @; }",
        "macro_rules! konst { ($n:ident) => { const $n: u8 = @; } } konst!(Kg);",
        "macro_rules! kg { () => { const Kg: u8 = @; } } kg!();",
        "extern \"C\" { #[link_name = \"@\"] static Kg: u8; }",
    ] {
        for rest in [
            "fn h<Kg: Into<u8>>(x: Kg) { Kg } fn root() { h(1) }",
            "struct W<T>(T); impl<Kg> W<Kg> { fn h(self) { Kg } } fn root() { W(1).h() }",
        ] {
            sources.push(format!("{item} {rest}"));
        }
    }
    for rest in [
        "struct N { x: [u8; @] } fn h<const N: usize>() -> u8 { N { x: 1 } } fn root() { h::<1>() }",
        "type N = [u8; @]; fn h<const N: usize>() -> N { 1 } fn root() { h::<1>() }",
    ] {
        sources.push(rest.to_owned());
    }
    let sources = sources.iter().map(|source| source.replace('@', "1"));
    let sources: Vec<String> = sources.collect();
    let all = sources.iter().map(|source| {
        let place = source.find('1').unwrap();
        (source.as_str(), &source[place - 2..=place])
    });
    let all: Vec<_> = all
        .map(|(source, from)| (source, from, from.replace('1', "2")))
        .collect();
    let all: Vec<_> = all
        .iter()
        .map(|(source, from, to)| (*source, *from, to.as_str()))
        .collect();
    assert_seen(&all);
    assert_not_seen(&[
        (
            "struct Kg { x: [u8; 1] } fn h<Kg>(x: Kg) {} fn root() { h(0) }",
            "1",
            "2",
        ),
        (
            "type Kg = [u8; 1]; fn h<Kg>(x: Kg) {} fn root() { h(0) }",
            "1",
            "2",
        ),
        (
            "enum Kg { A = 1 } impl<Kg> W<Kg> { fn h(self) { let x: Kg; } } fn root(w: W) { w.h() }",
            "1",
            "2",
        ),
    ]);
}

#[test]
fn what_is_called_as_a_kind_of_what_macros_are_given_is_reached() {
    assert_seen(&[
        (
            "fn block() -> u8 { 1 } macro_rules! html { ($f:ident) => { Html { $f: block() } } } fn root() { html!(head) }",
            "1",
            "2",
        ),
        (
            "mod item { pub fn make() -> u8 { 1 } } macro_rules! html { ($f:ident) => { Html { $f: item::make() } } } fn root() { html!(head) }",
            "1",
            "2",
        ),
        (
            "type item = [u8; 1]; macro_rules! make { ($f:ident) => { struct Html { pub $f: item } } } make!(head); fn root(html: Html) {}",
            "1",
            "2",
        ),
        (
            "fn vis() -> u8 { 1 } macro html($f:ident) { Html { $f: vis() } } fn root() { html!(head) }",
            "1",
            "2",
        ),
        (
            "fn ty() -> u8 { 1 } macro_rules! a { () => { macro_rules! b { ($f:ident) => { B { $f: ty() } } } } } a!(); fn root() { b!(x) }",
            "1",
            "2",
        ),
        // What stands behind a `$` elsewhere.
        (
            "fn rate() -> u8 { 1 } fn root() { paste::other!($rate) }",
            "1",
            "2",
        ),
        (
            "fn rate() -> u8 { 1 } macro_rules! a { () => { paste::other!($rate) } } fn root() { a!() }",
            "1",
            "2",
        ),
    ]);
    assert_not_seen(&[
        (
            "fn expr() -> u8 { 1 } macro_rules! a { ($x:expr) => { $x } } fn root() { a!(3) }",
            "1",
            "2",
        ),
        (
            "fn x() -> u8 { 1 } macro_rules! a { ($x:expr) => { $x } } fn root() { a!(3) }",
            "1",
            "2",
        ),
        (
            "fn ty() -> u8 { 1 } macro a { ($($x:ty),*) => { $($x),* } } fn root() { a!(u8) }",
            "1",
            "2",
        ),
    ]);
}
