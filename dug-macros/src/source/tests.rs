//! What reaches what, rule by rule, where building a program for each would take too long.

mod files;
mod impls;
mod imports;
mod names;
mod origins;
mod packages;
mod places;
mod robust;
mod seen;
mod sources;
mod tracked;
mod written;

use crate::source::cargo::compilation::Compilation;
use crate::source::dependencies::packages::Packages;
use crate::source::files::sources::Sources;
use crate::source::krate::index::Index;
use crate::source::macros::known;
use crate::source::reach::graph::{Graph, Kind};
use crate::source::reach::rules::reach;
use std::fs;
use std::path::{Path, PathBuf};

/// The digest of `root` in a crate of one file.
fn digest(source: &str, cfgs: &[&str]) -> [u8; 32] {
    digest_of(&[("src/lib.rs", source)], cfgs)
}

/// The same, in a crate of several.
fn digest_of(files: &[(&str, &str)], cfgs: &[&str]) -> [u8; 32] {
    let graph = graph_of(files, cfgs);
    let node = graph.names[b"root".as_slice()];
    graph.deep[node as usize]
}

fn graph_of(files: &[(&str, &str)], cfgs: &[&str]) -> Graph {
    let package: PathBuf = std::env::temp_dir().join(format!(
        "dug-reach-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    for (name, text) in files {
        let path = package.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let folder = package.join("src");
    let compilation = Compilation {
        root: folder.join("lib.rs"),
        package: package.clone(),
        cfgs: cfgs.iter().map(ToString::to_string).collect(),
        externs: vec![
            ("paste".into(), Path::new("libpaste-1.rlib").into()),
            ("pm".into(), package.join("deps/libpm-1.rmeta")),
        ],
        ..Compilation::default()
    };
    let sources = Sources::find(&compilation.root, None).unwrap();
    let manifest = files.iter().find(|(name, _)| *name == "Cargo.toml");
    let mut packages = Packages::find(
        &compilation,
        manifest.map(|_| package.as_path()),
        String::new(),
    );
    let index = Index::new(&sources, &compilation, &[], &known::all_crates());
    let graph = reach(&index, &sources, &compilation, &mut packages);
    fs::remove_dir_all(&package).unwrap();
    graph
}

/// Whether `root` has another digest once `from` is `to`.
fn changes(source: &str, from: &str, to: &str) -> bool {
    assert!(source.contains(from), "{from} in {source}");
    digest(source, &[]) != digest(&source.replacen(from, to, 1), &[])
}

/// Each is a source, and a text in it that becomes another.
fn assert_seen(all: &[(&str, &str, &str)]) {
    let missed = all
        .iter()
        .filter(|(source, from, to)| !changes(source, from, to));
    let missed: Vec<_> = missed.collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

fn assert_not_seen(all: &[(&str, &str, &str)]) {
    let seen = all
        .iter()
        .filter(|(source, from, to)| changes(source, from, to));
    let seen: Vec<_> = seen.collect();
    assert!(seen.is_empty(), "{seen:#?}");
}

#[test]
fn what_may_be_reached_is() {
    let mut missed = Vec::new();
    for (source, from, to) in [
        // What a macro writes behind a name that it is given.
        (
            "macro_rules! point { ($($f:ident),*) => { P { $($f: base()),* } } }
             fn base() -> u8 { 1 } fn root() -> P { point!(a, b) }",
            "1",
            "2",
        ),
        (
            "macro_rules! var { ($x:ident) => { let $x: K = Default::default(); } }
             struct K(u8); impl Default for K { fn default() -> K { K(1) } } fn root() { var!(z) }",
            "(1)",
            "(2)",
        ),
        (
            "macro_rules! conv { ($n:literal) => { impl From<[u8; $n]> for M { fn from(a: [u8; $n]) -> M { M(a[0]) } } } }
             conv!(2); struct M(u8); fn root() -> M { [1, 2].into() }",
            "a[0]",
            "a[1]",
        ),
        // Raw names.
        ("fn r#match() -> u8 { 1 } fn root() { r#match() }", "1", "2"),
        (
            "impl Q { fn r#type(self) -> u8 { 1 } } fn root(q: Q) { q.r#type() }",
            "1",
            "2",
        ),
        (
            "mod m { pub fn a() -> u8 { 1 } pub use self::a as r#type; } fn root() { m::r#type() }",
            "1",
            "2",
        ),
        // Texts that are paths: of modules, types and imports of these.
        (
            "mod fmts { pub mod hex { pub fn deserialize() -> u8 { 1 } } } use fmts::hex as h3; #[derive(Deserialize)] struct S { #[serde(with = \"h3\")] a: u8 } fn root(s: S) {}",
            "1",
            "2",
        ),
        (
            "struct AsX; impl AsX { fn deserialize() -> u8 { 1 } } type X = AsX; #[derive(Deserialize)] struct S { #[serde(with = \"X\")] a: u8 } fn root(s: S) {}",
            "1",
            "2",
        ),
        (
            "mod imp { pub fn deserialize() -> u8 { 1 } } mod hex { pub use super::imp::*; } #[derive(Deserialize)] struct S { #[serde(with = \"hex\")] a: u8 } fn root(s: S) {}",
            "1",
            "2",
        ),
        // Code in a text that has blanks.
        (
            "#[derive(Deserialize)] struct S { #[serde(deserialize_with = \"or_else::<_, Five>\")] a: u8 }
             struct Five; impl Fallback for Five { const V: u8 = 5; } fn root() -> S { S::new() }",
            "= 5",
            "= 6",
        ),
        (
            "#[ensures(\"ret == helper() \")] fn root() {} fn helper() -> u8 { 1 }",
            "1",
            "2",
        ),
        // A name that a derive makes of that of its type.
        (
            "#[derive(Validate)] struct Email; fn validate_email() -> u8 { 1 } fn root() { Email::go() }",
            "1",
            "2",
        ),
        // Names that derives, attributes and macros make.
        (
            "#[derive(Builder)] struct Foo { rate: u8 } fn root() { FooBuilder::new() }",
            "u8",
            "u16",
        ),
        (
            "#[derive(Getters)] struct Foo { rate: u8 } fn root(x: &X) { x.set_rate(1) }",
            "u8",
            "u16",
        ),
        (
            "#[cached] fn slow() -> u8 { 1 } fn root() { slow_cached() }",
            "1",
            "2",
        ),
        (
            "paste::paste! { fn [<get_ rate>]() -> u8 { 1 } } fn root() { get_rate() }",
            "1",
            "2",
        ),
        (
            "fn get_rate() -> u8 { 1 } fn root() { paste::paste! { [<get_ rate>]() } }",
            "1",
            "2",
        ),
        (
            "macro_rules! m { ($x:ident) => { paste! { [<get_ $x>]() } } } fn get_rate() -> u8 { 1 } fn root() { m!(rate) }",
            "1",
            "2",
        ),
        ("embed!(); fn root() {}", "embed!()", "embed!(1)"),
        (
            "mod a { pub fn hidden() -> u8 { 1 } } fn root() { foreign!(a) }",
            "1",
            "2",
        ),
        (
            "struct T; impl T { fn hidden() -> u8 { 1 } } fn root() { foreign!(T) }",
            "1",
            "2",
        ),
        (
            "macro_rules! make { ($n:ident) => { fn $n() -> u8 { base() } } } make!(made); fn base() -> u8 { 1 } fn root() { made() }",
            "1",
            "2",
        ),
        (
            "macro_rules! make { () => { fn made() -> u8 { 1 } } } make!(); fn root() { made() }",
            "1",
            "2",
        ),
        (
            "macro_rules! imp { ($t:ty) => { impl Add for $t { fn add(self, o: $t) -> $t { 1 } } } } struct P; imp!(P); fn root(a: P) { a + a }",
            "1",
            "2",
        ),
        // Macros of which nothing is found may call anything.
        ("fn hidden() -> u8 { 1 } fn root() { foreign!() }", "1", "2"),
        (
            "fn hidden() -> u8 { 1 } #[foreign] fn h() {} fn root() { h() }",
            "1",
            "2",
        ),
        (
            "fn hidden() -> u8 { 1 } #[derive(Foreign)] struct S; fn root(s: S) {}",
            "1",
            "2",
        ),
        (
            "fn hidden() -> u8 { 1 } macro_rules! m { () => { foreign!() } } fn root() { m!() }",
            "1",
            "2",
        ),
        (
            "/// one\n#[derive(JsonSchema)] struct S; fn root(s: S) {}",
            "one",
            "two",
        ),
        (
            "/// one\n#[derive(paste::Debug)] struct S; fn root(s: S) {}",
            "one",
            "two",
        ),
        (
            "use paste::Debug; /// one\n#[derive(Debug)] struct S; fn root(s: S) {}",
            "one",
            "two",
        ),
        // Impls of a type, by another name.
        (
            "struct P; type A = P; impl Add for A { fn add(self) -> u8 { 1 } } fn root(p: P) { p + p }",
            "1",
            "2",
        ),
        (
            "mod m { pub struct P; } use m::P as Q; impl Drop for Q { fn drop(&mut self) { 1; } } fn root() { m::P; }",
            "1",
            "2",
        ),
        (
            "struct P; impl From<P> for String { fn from(p: P) -> String { 1 } } fn root(p: P) -> String { p.into() }",
            "1",
            "2",
        ),
        (
            "trait T { fn go(&self) -> u8; } impl<X: Into<u8>> T for X { fn go(&self) -> u8 { 1 } } fn root() { 5.go() }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "trait T { fn go(&self) -> u8; } struct S; impl T for S { fn go(&self) -> u8 { 1 } } fn root(x: &dyn T) { x.go() }",
            "{ 1 }",
            "{ 2 }",
        ),
        (
            "struct S; trait M {} impl M for S {} fn root(s: S) {}",
            "impl M for S {}",
            "",
        ),
        // Imports that have no name.
        ("use a::one::*; fn root() {}", "one", "two"),
        (
            "use std::io::Write; fn root() {}",
            "std::io::Write",
            "std::fmt::Write",
        ),
        ("use other::Ext; fn root(x: u8) { x.go() }", "Ext", "Ext2"),
        (
            "mod a { use super::*; pub fn inner() {} } use b::one::*; fn root() { a::inner() }",
            "one",
            "two",
        ),
        (
            "#[cfg(feature = \"a\")] use x::f; #[cfg(not(feature = \"a\"))] fn f() -> u8 { 1 } fn root() { f() }",
            "1",
            "2",
        ),
        // Which of several is meant.
        (
            "mod a { pub fn f() -> u8 { 1 } } mod b { use super::a::f; pub fn g() { f() } } fn root() { b::g() }",
            "use super::a::f;",
            "use std::f;",
        ),
        // Which trait is in scope.
        (
            "use tr::T1; mod tr { pub trait T1 { fn val(&self) -> u32; } pub trait T2 { fn val(&self) -> u32; } impl T1 for u32 { fn val(&self) -> u32 { 1 } } impl T2 for u32 { fn val(&self) -> u32 { 2 } } } fn root() -> u32 { 5u32.val() }",
            "use tr::T1",
            "use tr::T2",
        ),
        (
            "mod a { use super::tr::T1; pub fn h() -> u32 { 5.val() } } mod b { use super::tr::T2; pub fn g() -> u32 { 5.val() } } mod tr { pub trait T1 { fn val(&self) -> u32; } pub trait T2 { fn val(&self) -> u32; } } fn root() -> u32 { a::h() - b::g() }",
            "use super::tr::T1; pub fn h() -> u32 { 5.val() } } mod b { use super::tr::T2;",
            "use super::tr::T2; pub fn h() -> u32 { 5.val() } } mod b { use super::tr::T1;",
        ),
        (
            "use tr::T1; mod a { use super::*; pub fn h() -> u32 { 5.val() } } mod tr { pub trait T1 { fn val(&self) -> u32; } pub trait T2 { fn val(&self) -> u32; } } fn root() -> u32 { a::h() }",
            "use tr::T1",
            "use tr::T2",
        ),
        // Macros that are called by macros.
        (
            "macro_rules! inner { ($n:ident) => { fn $n() -> u32 { 1 } } } macro_rules! outer { () => { inner!(helper); } } outer!(); fn root() -> u32 { helper() }",
            "1",
            "2",
        ),
        (
            "macro_rules! inn { ($n:ident $e:expr) => { fn $n() -> u32 { $e } } } macro_rules! out { ($e:expr) => { inn!{helper $e} } } out!(1); fn root() -> u32 { helper() }",
            "out!(1)",
            "out!(2)",
        ),
        (
            "struct Local; macro_rules! inn { ($t:ident) => { impl From<$t> for u32 { fn from(x: $t) -> u32 { 1 } } } } macro_rules! out { ($m:ident) => { $m!{Local} } } out!(inn); fn root() -> u32 { let x: u32 = Local.into(); x }",
            "1",
            "2",
        ),
        // Equal names in blocks of one body.
        (
            "fn run() { let x = { fn h() -> u32 { 1 } fn root() -> u32 { h() } }; let y = { fn h() -> u32 { 2 } fn g() -> u32 { h() } }; }",
            "h() -> u32 { 1 } fn root() -> u32 { h() } }; let y = { fn h() -> u32 { 2 }",
            "h() -> u32 { 2 } fn root() -> u32 { h() } }; let y = { fn h() -> u32 { 1 }",
        ),
        (
            "struct A; impl A { fn go() { const H: u8 = 1; struct S; impl S { fn go() { fn root() -> u8 { H } } } } } struct B; impl B { fn go() { const H: u8 = 2; } }",
            "H: u8 = 1; struct S; impl S { fn go() { fn root() -> u8 { H } } } } } struct B; impl B { fn go() { const H: u8 = 2;",
            "H: u8 = 2; struct S; impl S { fn go() { fn root() -> u8 { H } } } } } struct B; impl B { fn go() { const H: u8 = 1;",
        ),
        (
            "fn run() { { mod m { fn h() -> u8 { 1 } pub fn root() { h() } } } { mod m { fn h() -> u8 { 2 } pub fn g() { h() } } } }",
            "h() -> u8 { 1 } pub fn root() { h() } } } { mod m { fn h() -> u8 { 2 }",
            "h() -> u8 { 2 } pub fn root() { h() } } } { mod m { fn h() -> u8 { 1 }",
        ),
        // What only macros see.
        (
            "macro_rules! d { ($(#[doc=$x:expr])* fn) => { concat!($($x),*) } } fn root() { d!{\n/// one\nfn} }",
            "one",
            "two",
        ),
        (
            "macro_rules! d { ($(#[doc=$x:expr])* $n:ident) => { const $n: &str = concat!($($x),*); } } d!{/** one */ DOC} fn root() { DOC }",
            "one",
            "two",
        ),
        ("fn root() { stringify!(1+1) }", "1+1", "1 + 1"),
        (
            "macro_rules! s { ($e:expr) => { stringify!($e) } } macro_rules! t { ($e:expr) => { s!($e) } } fn root() { t!(1+1) }",
            "t!(1+1)",
            "t!(1 + 1)",
        ),
        (
            "/// one\n#[derive(Documented)] struct S; fn root() { S.docs() }",
            "one",
            "two",
        ),
        (
            "#[documented] enum E { /** one */ A } fn root() { E::A.docs() }",
            "one",
            "two",
        ),
        // Which of several macros is meant.
        (
            "macro_rules! m { () => { 1 } } macro_rules! m { () => { 2 } } fn root() { m!() }",
            "1 } } macro_rules! m { () => { 2 }",
            "2 } } macro_rules! m { () => { 1 }",
        ),
        (
            "macro_rules! m { () => { 1 } } fn root() { m!() } macro_rules! m { () => { 2 } }",
            "fn root() { m!() } macro_rules! m { () => { 2 } }",
            "macro_rules! m { () => { 2 } } fn root() { m!() }",
        ),
        (
            "#[macro_use] mod a { macro_rules! m { () => { 1 } } } #[macro_use] mod b { macro_rules! m { () => { 2 } } } fn root() { m!() }",
            "mod a { macro_rules! m { () => { 1 } } } #[macro_use] mod b { macro_rules! m { () => { 2 } } }",
            "mod b { macro_rules! m { () => { 2 } } } #[macro_use] mod a { macro_rules! m { () => { 1 } } }",
        ),
        // What the linker knows by another name.
        (
            "extern \"C\" { #[link_name = \"my_sym\"] fn ext() -> u32; } #[unsafe(export_name = \"my_sym\")] extern \"C\" fn other() -> u32 { 1 } fn root() { ext() }",
            "1",
            "2",
        ),
        // Names with the same letters, written otherwise.
        (
            "fn he\u{301}lper() -> u8 { 1 } fn root() { h\u{e9}lper() }",
            "1",
            "2",
        ),
        (
            "trait Tr { type O; } struct Local; impl Tr for () { type O = Local; } type Z = <() as Tr>::O; impl From<Z> for u32 { fn from(z: Z) -> u32 { 1 } } fn mk() -> Local { Local } fn root() -> u32 { mk().into() }",
            "1",
            "2",
        ),
        (
            "trait Tr { type O; } struct Local; impl Tr for () { type O = Local; } impl From<<() as Tr>::O> for u32 { fn from(z: Local) -> u32 { 1 } } fn mk() -> Local { Local } fn root() -> u32 { mk().into() }",
            "1",
            "2",
        ),
        (
            "struct Local; struct Q([u8; { impl From<Local> for u32 { fn from(l: Local) -> u32 { 1 } } 3 }]); fn root() -> u32 { Local.into() }",
            "1",
            "2",
        ),
        (
            "const KK: usize = 1; fn root() { format!(\"{\\x4bK}\") }",
            "= 1",
            "= 2",
        ),
        // Nested, raw, in texts, in attributes.
        (
            "fn outer() { struct S; impl S { fn deep() -> u8 { 1 } } } fn root() { S::deep() }",
            "1",
            "2",
        ),
        ("fn r#try() -> u8 { 1 } fn root() { r#try() }", "1", "2"),
        (
            "const W: usize = 1; fn root() { format!(\"{:>W$}\", 1) }",
            "= 1",
            "= 2",
        ),
        (
            "mod with { pub fn serialize() -> u8 { 1 } } #[derive(Foreign)] #[serde(with = \"with\")] struct S; fn root(s: S) {}",
            "1",
            "2",
        ),
        (
            "fn default() -> u8 { 1 } #[derive(Deserialize)] struct S { #[serde(default = \"default\")] x: u8 } fn root(s: S) {}",
            "1",
            "2",
        ),
        (
            "fn a() -> Foo<{ N + 1 }> { 1 } fn root() { a() }",
            "1 }",
            "2 }",
        ),
        (
            "#[allow(x)] mod m { #![track] pub fn f() {} } fn root() { m::f() }",
            "#![track]",
            "",
        ),
        ("fn root() { if cfg!(debug_assertions) { 1 } }", "1", "2"),
    ] {
        if !changes(source, from, to) {
            missed.push(source);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_is_not_reached_is_not() {
    for (source, from, to) in [
        (
            "fn other() -> u8 { 1 } fn root() { one() } fn one() {}",
            "1",
            "2",
        ),
        (
            "struct S; impl S { fn rate(&self) -> u8 { 1 } } fn root(rate: u8) { rate }",
            "{ 1 }",
            "{ 2 }",
        ),
        ("fn rate() -> u8 { 1 } fn root(s: S) { s.rate }", "1", "2"),
        (
            "fn rate() -> u8 { 1 } fn root() { S { rate: 5 } }",
            "1",
            "2",
        ),
        (
            "struct T; impl T { fn new() -> u8 { 1 } } fn root<T>(t: T) {}",
            "1",
            "2",
        ),
        ("#[tracked] fn f() -> u8 { 1 } fn root() { f() }", "1", "2"),
        (
            "#[cfg(test)] fn f() -> u8 { 1 } fn f2() {} fn root() { f() }",
            "1",
            "2",
        ),
        (
            "mod a { pub fn f() -> u8 { 1 } } use a::f; fn root() { f() }",
            "mod a { pub fn f() -> u8 { 1 } } use a::f;",
            "fn f() -> u8 { 1 }",
        ),
        (
            "fn root() { one() } fn one() { 1; }",
            "{ 1; }",
            "{ info!(\"x\"); 1; }",
        ),
        (
            "use a::T; mod a { pub trait T { fn val(&self) -> u8 { 1 } } } fn root() {}",
            "1",
            "2",
        ),
        (
            "/// one\n#[derive(Clone)] struct S { /** one */ a: u8 } #[derive(Other)] struct Q; /// one\nfn root() { S.clone(); Q }",
            "/// one\n#[derive(Clone)] struct S { /** one */ a: u8 } #[derive(Other)] struct Q; /// one",
            "/// two\n#[derive(Clone)] struct S { /** two */ a: u8 } #[derive(Other)] struct Q; /// two",
        ),
        (
            "/// one\nfn root() { vec![1+1] }",
            "/// one\nfn root() { vec![1+1] }",
            "fn root() { vec![1 + 1] }",
        ),
        (
            "use std::collections::BTreeMap; fn root() {}",
            "BTreeMap",
            "HashMap",
        ),
    ] {
        assert!(!changes(source, from, to), "{source}");
    }
}

#[test]
fn a_cfg_counts_where_it_is_mentioned() {
    let source = "fn one() { if cfg!(feature = \"a\") { 1 } } fn root() { one() }";
    assert_ne!(digest(source, &["feature=\"a\""]), digest(source, &[]));
    assert_eq!(digest(source, &["feature=\"b\""]), digest(source, &[]));
}

#[test]
fn what_has_changed_is_said_with_where_it_is() {
    let source = "#[path = \"../s/m.rs\"] #[macro_use] mod m; fn root() { include_str!(\"a.txt\"); include_bytes!(\"$CARGO_MANIFEST_DIR/b.txt\"); paste::text!(\"$CARGO_MANIFEST_DIR/b.txt\") }";
    let files = [
        ("src/lib.rs", source),
        ("s/m.rs", ""),
        ("src/a.txt", ""),
        ("b.txt", ""),
    ];
    let graph = graph_of(&files, &[]);
    let parts = graph.nodes.iter().filter_map(|node| match node.kind {
        Kind::Part(kind @ ("file" | "module" | "edition")) => {
            Some([kind, node.name.as_str(), node.file.as_str()].join(" "))
        }
        _ => None,
    });
    let mut parts: Vec<String> = parts.collect();
    parts.sort();
    parts.dedup();
    assert_eq!(
        parts,
        [
            "edition  ",
            "file ../s/m.rs ../s/m.rs",
            "file CARGO_MANIFEST_DIR/b.txt ../b.txt",
            "file a.txt a.txt",
            "file lib.rs lib.rs",
            "module m lib.rs",
        ]
    );
}
