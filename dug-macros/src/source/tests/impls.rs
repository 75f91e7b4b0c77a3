//! Impls of which the header names their types in other ways than by their names.

use super::{assert_not_seen, assert_seen, changes, digest_of};

/// A type, and a function in which an operator of it is used.
const TYPE: &str =
    "mod geo { pub struct Real; } use geo::Real; fn mk() -> Real { Real } fn root() { -mk() }";

/// Those of these texts, each after the type, in which the `1` is not seen.
fn missed(all: &[&str]) -> Vec<String> {
    let all = all.iter().map(|rest| format!("{TYPE} {rest}"));
    all.filter(|source| !changes(source, "{ 1 }", "{ 2 }"))
        .collect()
}

#[test]
fn impls_count_for_the_type_by_whatever_way_it_is_named() {
    let missed = missed(&[
        "use geo::Real as B; impl Neg for B { fn neg(self) -> u8 { 1 } }",
        "use geo::Real as B; type C = B; impl Neg for C { fn neg(self) -> u8 { 1 } }",
        "use geo::Real as B; type C = B; type D = C; impl Neg for D { fn neg(self) -> u8 { 1 } }",
        "use geo as g; use g::Real as B; type C = B; impl Neg for C { fn neg(self) -> u8 { 1 } }",
        "mod y { pub use crate::geo::Real as B; } mod z { use super::y::B as A; impl Neg for A { fn neg(self) -> u8 { 1 } } }",
        "pub use geo::Real as B; mod pre { pub use crate::B as A; } mod z { use crate::pre::*; impl Neg for A { fn neg(self) -> u8 { 1 } } }",
        "use geo::Real as B; type C = Box<B>; impl Neg for C { fn neg(self) -> u8 { 1 } }",
        "use geo::Real as B; type C = B; impl From<C> for i64 { fn from(c: C) -> i64 { 1 } }",
        "use geo::Real as B; type C<T> = B<T>; impl Neg for C<i64> { fn neg(self) -> u8 { 1 } }",
        "fn other() { use geo::Real as B; type C = B; impl Neg for C { fn neg(self) -> u8 { 1 } } }",
    ]);
    assert!(missed.is_empty(), "{missed:#?}");
    // Aliases that lead in circles.
    assert!(changes(
        "use m::B as A; use n::A as B; fn root() { A }",
        "m::B as A",
        "o::B as A"
    ));
}

#[test]
fn impls_count_for_the_type_that_a_macro_writes() {
    let missed = missed(&[
        "macro_rules! al { () => { type A = geo::Real; } } al!(); impl Neg for A { fn neg(self) -> u8 { 1 } }",
        "macro_rules! al { ($a:ident) => { type $a = geo::Real; } } al!(A); impl Neg for A { fn neg(self) -> u8 { 1 } }",
        "macro_rules! al { ($a:ident, $b:ty) => { type $a = $b; } } al!(A, geo::Real); impl Neg for A { fn neg(self) -> u8 { 1 } }",
        "macro_rules! al { () => { use geo::Real as A; } } al!(); impl Neg for A { fn neg(self) -> u8 { 1 } }",
        "macro_rules! al { ($a:ident) => { use geo::Real as $a; } } al!(A); type B = A; impl Neg for B { fn neg(self) -> u8 { 1 } }",
        "macro_rules! all { ($($t:tt)*) => { $($t)* } } all! { type A = geo::Real; } impl Neg for A { fn neg(self) -> u8 { 1 } }",
        "macro_rules! inner { ($a:ident) => { type $a = geo::Real; } } macro_rules! outer { () => { inner!(A); } } outer!(); impl Neg for A { fn neg(self) -> u8 { 1 } }",
        "trait H { type O; } impl H for u8 { type O = geo::Real; } macro_rules! al { () => { type A = <u8 as H>::O; } } al!(); impl Neg for A { fn neg(self) -> u8 { 1 } }",
        "trait H { type O; } impl H for u8 { type O = geo::Real; } type A<T: H> = T::O; impl Neg for A<u8> { fn neg(self) -> u8 { 1 } }",
        "macro_rules! ty { () => { geo::Real } } impl Neg for ty!() { fn neg(self) -> u8 { 1 } }",
        "macro_rules! ty { () => { geo::Real } } type A = ty!(); type B = A; impl Neg for B { fn neg(self) -> u8 { 1 } }",
        "macro_rules! ty { () => { u8 } } struct L; impl Sub<ty!()> for L { fn sub(self) -> u8 { 1 } }",
        "fn other() { macro_rules! al { () => { type A = geo::Real; } } al!(); impl Neg for A { fn neg(self) -> u8 { 1 } } }",
        // What nothing is known of may say it.
        "dep::al!(A); impl Neg for A { fn neg(self) -> u8 { 1 } }",
        "paste::paste! { type [<A B>] = geo::Real; } impl Neg for AB { fn neg(self) -> u8 { 1 } }",
        "#[dep::al(A)] fn other() {} impl Neg for OtherA { fn neg(self) -> u8 { 1 } }",
        "#[dep::al(A)] fn other() {} type B = OtherA; impl Neg for B { fn neg(self) -> u8 { 1 } }",
    ]);
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn impls_of_other_types_do_not() {
    let impl_ = "impl Neg for A { fn neg(self) -> u8 { 1 } }";
    for rest in [
        "struct A;",
        "mod m { pub struct Other; } use m::Other as A;",
        "macro_rules! make { ($n:ident) => { pub struct $n; impl Not for $n { type Output = u8; } } } make!(A);",
        "macro_rules! al { () => { type Q = u8; } } al!(); struct A;",
        "#[derive(Foreign)] struct Q; struct A;",
    ] {
        let source = format!("{rest} {impl_} {TYPE}");
        assert!(!changes(&source, "{ 1 }", "{ 2 }"), "{source}");
    }
    assert_not_seen(&[(
        "#[derive(Foreign)] struct Q; struct A; impl From<std::io::Error> for A { fn from(e: std::io::Error) -> A { 1 } } fn root() {}",
        "{ 1 }",
        "{ 2 }",
    )]);
}

#[test]
fn impls_of_foreign_traits_for_foreign_types_count_always() {
    assert_seen(&[
        (
            "struct L; impl paste::Read<L> for u8 { fn go(&self) { 1 } } fn root() { paste::run(5) }",
            "1",
            "2",
        ),
        (
            "mod z { pub struct L; use paste::Hash; impl Hash<L> for Vec<u8> { fn go(&self) { 1 } } } fn root() { paste::run(5) }",
            "1",
            "2",
        ),
        (
            "mod z { pub struct L; use paste::*; impl Hash<L> for Vec<u8> { fn go(&self) { 1 } } } fn root() { paste::run(5) }",
            "1",
            "2",
        ),
        (
            "fn other() { struct L; use paste::Hash; impl Hash<L> for Vec<u8> { fn go(&self) { 1 } } } fn root() { paste::run(5) }",
            "1",
            "2",
        ),
        (
            "struct L; use paste::Handler; type A = L; type V = Vec<u8>; impl Handler<A> for V { fn go(&self) { 1 } } fn root() { paste::run(5) }",
            "1",
            "2",
        ),
        (
            "struct L; use paste::Handler; impl Handler<L> for paste::L { fn go(&self) { 1 } } fn root() { paste::run(5) }",
            "1",
            "2",
        ),
        (
            "mod z { pub struct L; use paste::Handler as H; impl H<L> for (u8, Option<L>) { fn go(&self) { 1 } } } fn root() { paste::run(5) }",
            "1",
            "2",
        ),
        (
            "struct L; use paste::Handler; impl Handler<L> for Vec<L> { fn go(&self) { 1 } } fn root() { paste::run(5) }",
            "1",
            "2",
        ),
        // Nothing else fits what is left to the compiler.
        (
            "struct L; impl std::ops::Add<L> for char { fn add(self, l: L) { 1 } } fn root() { 'a' + Default::default() }",
            "1",
            "2",
        ),
        (
            "struct L; use std::ops::Shl; impl Shl<L> for f64 { fn shl(self, l: L) { 1 } } fn root() { 1.5 << Default::default() }",
            "1",
            "2",
        ),
        (
            "struct L; impl AsRef<L> for paste::T { fn as_ref(&self) -> &L { 1 } } fn root() { paste::t().as_ref().go() }",
            "1",
            "2",
        ),
    ]);
    assert_not_seen(&[
        (
            "struct L; impl From<L> for i64 { fn from(l: L) -> i64 { 1 } } fn root() { 5 }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "struct L; use std::ops; impl ops::Mul<L> for f64 { fn mul(self, l: L) { 1 } } fn root() { 5 }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "struct L; impl PartialEq<L> for str { fn eq(&self, l: &L) { 1 } } fn root() { 5 }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "pub struct L; impl paste::Handler<u8> for L { fn go(&self) { 1 } } fn root() { 5 }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "mod m { pub struct L; } use m::L; impl paste::Handler for &mut L { fn go(&self) { 1 } } fn root() { 5 }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "mod m { pub struct L; } use m::L as K; impl paste::Handler for Box<K> { fn go(&self) { 1 } } fn root() { 5 }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "fn other() { struct L; impl paste::Handler for L { fn go(&self) { 1 } } } fn root() { 5 }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "macro_rules! make { ($n:ident) => { pub struct $n; } } make!(L); impl paste::Handler for L { fn go(&self) { 1 } } fn root() { 5 }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "trait Own {} impl paste::Handler for dyn Own { fn go(&self) { 1 } } fn root() { 5 }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "trait Own { fn go(&self); } impl Own for u8 { fn go(&self) { 1 } } fn root() { 5 }",
            "{ 1 }",
            "{ 2 }",
        ),
    ]);
}

#[test]
fn impls_that_derives_and_attributes_write_for_other_types_count() {
    let digest = |own: &str, of_macros: &str| {
        let files = [
            ("src/lib.rs", own),
            (
                "Cargo.toml",
                "[package]\nname = 'own'\n[dependencies]\npm = {path = 'pm'}\n",
            ),
            (
                "Cargo.lock",
                "[[package]]\nname = 'own'\nversion = '0.1.0'\ndependencies = ['pm']\n\n[[package]]\nname = 'pm'\nversion = '0.1.0'\n",
            ),
            (
                "pm/Cargo.toml",
                "[package]\nname = 'pm'\n[lib]\nproc-macro = true\n",
            ),
            ("pm/src/lib.rs", of_macros),
            ("deps/pm-1.d", "x.d: pm/src/lib.rs\n\npm/src/lib.rs:\n"),
        ];
        digest_of(&files, &[])
    };
    let rest = "struct R; struct P; struct Q; impl P { fn secret() -> u8 { 1 } } fn mk() -> R { R } fn root() { mk().into() }";
    for marked in [
        "#[derive(pm::Cv)] struct Zed;",
        "use pm::Cv as C; #[derive(C)] struct Zed;",
        "#[pm::Cv] fn other() {}",
        "#[pm::Cv] impl Q { fn other() {} }",
        "#[pm::Cv] mod zed { fn other() {} }",
    ] {
        let own = format!("{marked} {rest}");
        let of_macros = match marked.contains("derive") {
            true => {
                "#[proc_macro_derive(Cv)] pub fn m(_: T) -> T { \"impl From<R> for i64 { P::secret() }\".parse() }"
            }
            false => {
                "#[proc_macro_attribute] pub fn Cv(_: T, t: T) -> T { \"impl From<R> for i64 { P::secret() }\".parse() }"
            }
        };
        let before = digest(&own, of_macros);
        assert_ne!(before, digest(&own.replace('1', "2"), of_macros), "{own}");
        let for_another = of_macros.replace("<R>", "<Q>");
        assert_eq!(
            digest(&own, &for_another),
            digest(&own.replace('1', "2"), &for_another),
            "{own}"
        );
    }
}

#[test]
fn the_fields_of_a_union_count() {
    assert_seen(&[
        ("union U { a: u8, b: u16 } fn root(u: U) {}", "u16", "u64"),
        (
            "union U where u32: Copy { a: u8, b: u16 } impl U { fn get(&self) { size_of::<Self>() } } fn root(u: U) { u.get() }",
            "u16",
            "u64",
        ),
    ]);
}

#[test]
fn an_impl_for_a_foreign_type_that_may_be_the_only_one_is_seen() {
    assert_seen(&[
        (
            "struct M(u8); impl PartialEq<M> for Option<std::sync::Mutex<u8>> { fn eq(&self, _: &M) -> bool { true } }
             fn root() -> bool { made() == Default::default() }",
            "true",
            "false",
        ),
        (
            "struct M(u8); impl PartialOrd<M> for Vec<std::sync::Mutex<u8>> { fn lt(&self, _: &M) -> bool { true } }
             fn root() -> bool { made() < Default::default() }",
            "true",
            "false",
        ),
        (
            "struct M(u8); impl Extend<M> for std::collections::HashMap<f64, u8> { fn extend(&mut self) { put(1) } }
             fn root() { made().extend(given()) }",
            "1",
            "2",
        ),
    ]);
}

#[test]
fn thousands_of_aliases_that_one_macro_writes_are_followed() {
    let of = |nth: usize| format!("Alias{nth} = Type{nth}");
    let pairs: Vec<String> = (0..2000).map(of).collect();
    let types: String = (0..2000)
        .map(|nth| format!("struct Type{nth}(u8);\n"))
        .collect();
    let show = |nth: usize| format!("impl Show for Alias{nth} {{ fn show() -> u8 {{ {nth} }} }}\n");
    let impls: String = (0..100).map(show).collect();
    let source = format!(
        "macro_rules! aliases {{ ($($n:ident = $t:ty),*) => {{ $(pub type $n = $t;)* }} }}
         aliases!({});\n{types}{impls} fn root() -> Type7 {{ made() }}",
        pairs.join(", ")
    );
    assert!(changes(&source, "{ 7 }", "{ 8 }"));
}
