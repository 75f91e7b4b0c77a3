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
            "mod inl { #![cfg_attr(all(), path = \"../ext\")] pub mod deep; } fn root() { inl::deep::f() }",
            "ext/deep.rs",
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

#[test]
fn what_is_included_in_an_expression_is_followed() {
    let mut missed = Vec::new();
    for (source, files, from, to) in [
        (
            "fn root() { include!(\"e.in\") }",
            &[
                ("src/e.in", "include!(\"d/f.in\")"),
                ("src/d/f.in", "{ include_str!(\"t.txt\") }"),
                ("src/d/t.txt", "1"),
            ][..],
            "1",
            "2",
        ),
        (
            "const C: u8 = include!(\"e.in\"); fn root() { C }",
            &[
                ("src/e.in", "include!(concat!(\"f\", \".in\"))"),
                ("src/f.in", "1"),
            ],
            "1",
            "2",
        ),
        (
            "fn root() { println!(\"{}\", include!(\"e.in\")) }",
            &[("src/e.in", "include!(\"f.in\")"), ("src/f.in", "1")],
            "1",
            "2",
        ),
        (
            "enum E { A = include!(\"e.in\") } fn root() { E::A }",
            &[("src/e.in", "include!(\"f.in\")"), ("src/f.in", "1")],
            "1",
            "2",
        ),
        (
            "struct S; impl T<{ include!(\"e.in\") }> for S {} fn root() { S }",
            &[("src/e.in", "include!(\"f.in\")"), ("src/f.in", "1")],
            "1",
            "2",
        ),
        (
            "fn root() { mod q { include!(\"m.in\"); } q::k() }",
            &[
                ("src/m.in", "pub fn k() { include!(\"n.in\") }"),
                ("src/n.in", "h(include_str!(\"t.txt\"))"),
                ("src/t.txt", "1"),
            ],
            "1",
            "2",
        ),
        // By other names, and by macros.
        (
            "use std::include as inc; fn root() { inc!(\"e.in\") }",
            &[("src/e.in", "include_str!(\"t.txt\")"), ("src/t.txt", "1")],
            "1",
            "2",
        ),
        (
            "macro_rules! inc { ($e:expr) => { include!($e) } } fn root() { inc!(\"e.in\") }",
            &[("src/e.in", "include_str!(\"t.txt\")"), ("src/t.txt", "1")],
            "1",
            "2",
        ),
        (
            "macro_rules! inc { () => { include!(\"e.in\") } } fn root() { inc!() }",
            &[("src/e.in", "include_str!(\"t.txt\")"), ("src/t.txt", "1")],
            "1",
            "2",
        ),
        (
            "mod m; fn root() { m::inc!() }",
            &[
                (
                    "src/m/mod.rs",
                    "macro_rules! inc { () => { include!(\"e.in\") } } pub(crate) use inc;",
                ),
                ("src/e.in", "include_str!(\"t.txt\")"),
                ("src/t.txt", "1"),
            ],
            "1",
            "2",
        ),
        // What is imported where it stands is meant in it.
        (
            "use dep::debug_assert; fn root() { include!(\"e.in\") }",
            &[("src/e.in", "debug_assert!(1)")],
            "1",
            "2",
        ),
        (
            "macro_rules! inc { ($e:expr) => { include!($e) } } use dep::vec; fn root() { inc!(\"e.in\") }",
            &[("src/e.in", "vec![1,]")],
            ",",
            "",
        ),
        (
            "mod a { pub fn k() {} } mod b { pub fn k() {} } use a::k; fn root() { include!(\"e.in\") }",
            &[("src/e.in", "k()")],
            "use a",
            "use b",
        ),
        (
            "mod t { pub trait One { fn v(&self) {} } pub trait Two { fn v(&self) {} } } use t::One; fn root() { include!(\"e.in\") }",
            &[("src/e.in", "5.v()")],
            "use t::One",
            "use t::Two",
        ),
        (
            "macro_rules! m { () => { 1 } } macro_rules! m { () => { 2 } } fn root() { include!(\"e.in\") }",
            &[("src/e.in", "m!()")],
            "macro_rules! m { () => { 2 } } fn root() { include!(\"e.in\") }",
            "fn root() { include!(\"e.in\") } macro_rules! m { () => { 2 } }",
        ),
        (
            "macro_rules! inc { () => { include!(\"e.in\") } } fn h() { include!(\"e.in\") } mod m { use dep::vec; pub fn f() { inc!() } } fn root() { m::f() }",
            &[("src/e.in", "vec![1,]")],
            ",",
            "",
        ),
        // As text each byte of a source counts.
        (
            "fn root() { include_str!(\"lib.rs\") }",
            &[],
            "root()",
            "root( )",
        ),
        (
            "mod a; fn root() { include_bytes!(\"a.rs\") }",
            &[("src/a.rs", "// 1")],
            "1",
            "2",
        ),
    ] {
        let mut all = vec![("src/lib.rs", source)];
        all.extend(files);
        let new: Vec<(&str, String)> = all
            .iter()
            .map(|(name, text)| (*name, text.replacen(from, to, 1)))
            .collect();
        let new: Vec<(&str, &str)> = new.iter().map(|(name, text)| (*name, &**text)).collect();
        assert_ne!(all, new, "{source}");
        if digest_of(&all, &[]) == digest_of(&new, &[]) {
            missed.push(source);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_means_nothing_in_what_is_included_does_not_count() {
    let with = |text| {
        let source =
            "use log::info; fn root() { include!(\"e.in\") } fn other() { include!(\"f.in\") }";
        let files = [
            ("src/lib.rs", source),
            ("src/e.in", text),
            ("src/f.in", "1"),
        ];
        digest_of(&files, &[])
    };
    let plain = with("{ h(1) }");
    assert_eq!(with("// Why.\n{ info!(1); h( 1, ) }"), plain);
    assert_ne!(with("{ h(2) }"), plain);
}

#[test]
fn what_no_root_names_a_macro_may_declare() {
    let with = |source, main, text| {
        let files = [
            ("src/lib.rs", source),
            ("src/main.rs", main),
            ("src/a.rs", text),
        ];
        digest_of(&files, &[])
    };
    let [one, two] = ["pub fn h() -> u8 { 1 }", "pub fn h() -> u8 { 2 }"];
    for (source, main, counts) in [
        (
            "dep::modules!(); fn root() { a::h() }",
            "fn main() {}",
            true,
        ),
        (
            "#[foreign] struct S; fn root() { a::h() }",
            "fn main() {}",
            true,
        ),
        ("fn root() { a::h() }", "mod a;", false),
    ] {
        let differ = with(source, main, one) != with(source, main, two);
        assert_eq!(differ, counts, "{source}");
    }
}

#[test]
fn folders_that_macros_are_given_count() {
    for (source, counts) in [
        (
            "#[derive(Emb)] #[folder = \"assets\"] struct A; fn root() { A }",
            true,
        ),
        (
            "#[derive(Emb)] #[folder = \"src/data\"] struct A; fn root() { A }",
            true,
        ),
        (
            "#[derive(Emb)] #[folder = \"data\"] struct A; fn root() { A }",
            true,
        ),
        (
            "fn root() { dep::include_dir!(\"$CARGO_MANIFEST_DIR/assets\") }",
            true,
        ),
        (
            "fn root() { dep::include_dir!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/assets\")) }",
            true,
        ),
        (
            "fn root() { dep::text!(\"$CARGO_MANIFEST_DIR/assets/a/b.txt\") }",
            true,
        ),
        ("fn root() { println!(\"assets\") }", false),
        ("fn root() { \"assets\" }", false),
        (
            "#[serde(rename = \"assets\")] struct A; fn root() { A }",
            false,
        ),
    ] {
        let with = |text| {
            let files = [
                ("src/lib.rs", source),
                ("assets/a/b.txt", text),
                ("src/data/a/b.txt", text),
            ];
            digest_of(&files, &[])
        };
        assert_eq!(with("1") != with("2"), counts, "{source}");
    }
}

#[test]
fn templates_count_with_those_that_they_may_name() {
    let with = |source: &str, text| {
        let files = [
            ("src/lib.rs", source),
            ("templates/a.txt", "{% include \"inc/b.txt\" %}"),
            ("templates/inc/b.txt", text),
        ];
        digest_of(&files, &[])
    };
    for (path, counts) in [("a.txt", true), ("no.txt", false)] {
        let source = format!(
            "#[derive(Template)] #[template(path = \"{path}\")] struct T; fn root() {{ T }}"
        );
        assert_eq!(with(&source, "1") != with(&source, "2"), counts, "{path}");
    }
}
