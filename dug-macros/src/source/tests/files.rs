//! Files that are read while a crate is compiled.

use super::digest_of;

#[test]
fn files_count_however_they_are_named() {
    for (source, file) in [
        (
            "#[path = \"../ext\"] mod inl { pub mod deep; } fn root() { inl::deep::f() }",
            "ext/deep.rs",
        ),
        (
            "mod a { #[path = \"ext\"] pub mod inl { #[path = \"deep.rs\"] pub mod x; } } fn root() { a::inl::x::f() }",
            "src/ext/deep.rs",
        ),
        (
            "include!(concat!(\"../ext/\", \"mm\", \".rs\")); fn root() { f() }",
            "ext/mm.rs",
        ),
        ("fn root() { include_str!(\"\\x76.txt\") }", "src/v.txt"),
        (
            "macro_rules! inc { ($e:expr) => { include!($e); } } inc!(\"m/x.inc\"); fn root() { f() }",
            "src/m/x.inc",
        ),
        (
            "macro_rules! p { () => { \"d.txt\" } } fn root() { include_str!(p!()) }",
            "src/d.txt",
        ),
        (
            "macro_rules! l { ($e:expr) => { include_str!(concat!(\"../data/\", $e)) } } fn root() { l!(\"d\") }",
            "data/d",
        ),
        (
            "macro_rules! inc { ($e:expr) => { include!($e) } } mod a; fn root() { inc!(x) }",
            "src/a.rs",
        ),
    ] {
        let with = |text| digest_of(&[("src/lib.rs", source), (file, text)], &[]);
        assert_ne!(
            with("pub fn f() -> u8 { 1 }"),
            with("pub fn f() -> u8 { 2 }"),
            "{source}"
        );
    }
}

#[test]
fn files_that_change_places_count() {
    let one = "pub fn h() -> u8 { 1 }";
    let two = "pub fn h() -> u8 { 2 }";
    let macros = "macro_rules! mods { ($($n:ident)*) => { $(pub mod $n;)* } }";
    for (source, files) in [
        (
            "fn root() { include!(\"x.rs\") + include!(\"y.rs\") }",
            ["src/x.rs", "src/y.rs"],
        ),
        (
            "fn root() { include_str!(\"x.txt\"); include_str!(\"y.txt\") }",
            ["src/x.txt", "src/y.txt"],
        ),
        (
            "mod a { include!(\"x.rs\"); } mod b { include!(\"y.rs\"); } fn root() { a::h() - b::h() }",
            ["src/x.rs", "src/y.rs"],
        ),
        (
            &format!("{macros} mods!(x y); fn root() {{ x::h() - y::h() }}"),
            ["src/x.rs", "src/y.rs"],
        ),
        (
            "#[path = \"../src/p/x.rs\"] mod x; #[path = \"p/y.rs\"] mod y; fn root() { x::h() - y::h() }",
            ["src/p/x.rs", "src/p/y.rs"],
        ),
    ] {
        let with = |texts: [&str; 2]| {
            let [a, b] = files;
            digest_of(&[("src/lib.rs", source), (a, texts[0]), (b, texts[1])], &[])
        };
        assert_ne!(with([one, two]), with([two, one]), "{source}");
    }
    // Their names change places.
    let with = |a: &str, b: &str| {
        let source = format!(
            "mod a {{ {a} }} mod b {{ {b} }} mod c {{ {b} }} fn root() {{ a::h() - b::h() }}"
        );
        let files = [
            ("src/lib.rs", &*source),
            ("src/x.rs", one),
            ("src/y.rs", two),
        ];
        digest_of(&files, &[])
    };
    let (x, y) = ("include!(\"x.rs\");", "include!(\"y.rs\");");
    assert_ne!(with(x, y), with(y, x));
    let (x, y) = (
        "#[path = \"../x.rs\"] mod m;",
        "#[path = \"../y.rs\"] mod m;",
    );
    assert_ne!(with(x, y), with(y, x));
}

#[test]
fn a_file_beside_the_call_of_a_macro_counts() {
    let lib = "mod m; fn root() { m::load!() }";
    let module = "macro_rules! load { () => { include_str!(\"d.txt\") } } pub(crate) use load;";
    let with = |text| {
        let files = [
            ("src/lib.rs", lib),
            ("src/m/mod.rs", module),
            ("src/m/d.txt", "3"),
            ("src/d.txt", text),
        ];
        digest_of(&files, &[])
    };
    assert_ne!(with("1"), with("2"));
}

#[test]
fn what_is_included_sees_the_module_and_is_seen_there() {
    let two = "mod t { pub trait One { fn v(&self) -> u8 { 1 } } pub trait Two { fn v(&self) -> u8 { 2 } } impl One for u8 {} impl Two for u8 {} }";
    let with = |name: &str| {
        let lib = format!(
            "{two} mod a {{ use super::t::{name}; include!(\"x.rs\"); }} fn root() {{ a::h() }}"
        );
        let files = [
            ("src/lib.rs", &*lib),
            ("src/x.rs", "pub fn h() -> u8 { 5u8.v() }"),
        ];
        digest_of(&files, &[])
    };
    assert_ne!(with("One"), with("Two"));
    // A file that is included both where it is compiled and where it is not is compiled.
    let with = |text| {
        let lib = "#[cfg(test)] mod a { include!(\"x.rs\"); } mod b { include!(\"x.rs\"); } fn root() { b::h() }";
        digest_of(&[("src/lib.rs", lib), ("src/x.rs", text)], &[])
    };
    assert_ne!(
        with("pub fn h() -> u8 { 1 }"),
        with("pub fn h() -> u8 { 2 }")
    );
}
