//! What a library in a folder is made of, and what is none of it.

use super::*;

/// The names of the parts that differ once a file has another text.
fn changed(files: &[(&str, &str)], change: (&str, &str)) -> Vec<String> {
    let top = tempfile(change.0);
    let write = |(name, text): (&str, &str)| {
        let path = top.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let compilation = Compilation::default();
    let read = || {
        let around = Around {
            compilation: &compilation,
            built: None,
            here: &top,
            crates: Crates::new(),
            is_own: false,
        };
        let folder = top.join("p");
        parts("p", &folder, &Manifest::read(&folder).unwrap(), &around)
    };
    files.iter().copied().for_each(write);
    let before = read();
    write(change);
    let after = read();
    fs::remove_dir_all(&top).unwrap();
    let differs = |part: &&Part| !before.iter().any(|known| known.digest == part.digest);
    after
        .iter()
        .filter(differs)
        .map(|part| part.name.clone())
        .collect()
}

fn tempfile(name: &str) -> PathBuf {
    let name = format!(
        "{}-{:?}",
        name.replace('/', "-"),
        std::thread::current().id()
    );
    let path = std::env::temp_dir().join(format!("dug-folder-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

const PACKAGE: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[workspace.package]\nedition = \"2024\"\nversion = \"1.0.0\"\n[workspace.dependencies]\nq = \"1\"\nr = \"1\"\n[profile.dev]\nopt-level = 1\n",
    ),
    (
        "p/Cargo.toml",
        "[package]\nname = \"p\"\nedition.workspace = true\nversion.workspace = true\n[dependencies]\nq = { workspace = true }\n",
    ),
    (
        "p/src/lib.rs",
        "mod a; const A: &str = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/data/a.txt\")); mod text; const B: &[u8] = include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/src/text.rs\"));",
    ),
    (
        "p/src/a.rs",
        "macro_rules! l { ($n:literal) => { include_str!(concat!(\"../more/\", $n, \".json\")) } } fn a() { l!(\"x\"); cfg!(debug_assertions); }",
    ),
    ("p/src/main.rs", "mod only; include_str!(\"only.txt\");"),
    ("p/src/only.rs", "fn only() {}"),
    ("p/src/only.txt", "1"),
    ("p/src/bin/b.rs", "fn main() {}"),
    ("p/src/text.rs", ""),
    ("p/data/a.txt", "1"),
    ("p/more/x.json", "1"),
    ("p/README.md", "1"),
];

#[test]
fn what_a_library_is_made_of_counts() {
    for (name, text, expected) in [
        ("p/src/a.rs", "fn a() {}", "p/src/a.rs"),
        ("p/data/a.txt", "2", "p/data/a.txt"),
        ("p/src/text.rs", "// Read.", "p/src/text.rs"),
        ("p/more/x.json", "2", "p/more/x.json"),
        ("p/build.rs", "fn main() {}", "p/build.rs"),
        (
            "Cargo.toml",
            "[workspace.package]\nedition = \"2021\"\nversion = \"1.0.0\"\n[workspace.dependencies]\nq = \"1\"\nr = \"1\"\n[profile.dev]\nopt-level = 1\n",
            "p/Cargo.toml",
        ),
        (
            "Cargo.toml",
            "[workspace.package]\nedition = \"2024\"\nversion = \"1.0.0\"\n[workspace.dependencies]\nq = \"2\"\nr = \"1\"\n[profile.dev]\nopt-level = 1\n",
            "p/Cargo.toml",
        ),
        (
            "Cargo.toml",
            "[workspace.package]\nedition = \"2024\"\nversion = \"1.0.0\"\n[workspace.dependencies]\nq = \"1\"\nr = \"1\"\n[profile.dev]\ndebug-assertions = false\n",
            "debug_assertions of p",
        ),
    ] {
        let changed = changed(PACKAGE, (name, text));
        assert!(
            changed.iter().any(|part| part == expected),
            "{name}: {changed:?}"
        );
    }
}

#[test]
fn what_a_build_script_is_made_of_counts() {
    const SCRIPT: &[(&str, &str)] = &[
        ("p/Cargo.toml", "package = {name = 'p', build = 'b/s.rs'}"),
        ("p/src/lib.rs", "mod w;"),
        ("p/src/w.rs", ""),
        (
            "p/b/s.rs",
            "mod a; #[path = \"c/d.rs\"] mod d; macro_rules! m { ($n:ident) => { mod $n; } } include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/i.in\"));",
        ),
        (
            "p/b/a.rs",
            "mod i { mod j; } const T: &str = include_str!(\"t.txt\");",
        ),
        ("p/b/a/i/j.rs", ""),
        ("p/b/c/d.rs", "mod e;"),
        ("p/b/c/e/mod.rs", ""),
        ("p/b/t.txt", ""),
        ("p/i.in", ""),
        ("p/b/x.rs", ""),
        ("p/x.txt", ""),
    ];
    for file in [
        "b/s.rs",
        "b/a.rs",
        "b/a/i/j.rs",
        "b/c/d.rs",
        "b/c/e/mod.rs",
        "b/x.rs",
        "i.in",
    ] {
        let name = format!("p/{file}");
        let text = SCRIPT.iter().find(|(known, _)| *known == name).unwrap().1;
        let edited = format!("{text} fn new() {{}}");
        assert_eq!(changed(SCRIPT, (&name, &edited)), [name.as_str()]);
        let edited = format!("// Why.\n{text}");
        assert_eq!(changed(SCRIPT, (&name, &edited)), [""; 0], "{file}");
    }
    // Of its macros nothing is known.
    let mut files = SCRIPT.to_vec();
    files[4].1 = "/// a\n#[derive(Foreign)] struct S;";
    let edited = ("p/b/a.rs", "/// b\n#[derive(Foreign)] struct S;");
    assert_eq!(changed(&files, edited), ["p/b/a.rs"]);
    assert_eq!(changed(SCRIPT, ("p/b/t.txt", "1")), ["p/b/t.txt"]);
    assert_eq!(changed(SCRIPT, ("p/x.txt", "1")), [""; 0]);
    // A macro may declare any module.
    let mut files = SCRIPT.to_vec();
    files[3].1 = "mod a; mod w;";
    assert_eq!(changed(&files, ("p/b/x.rs", "fn new() {}")), [""; 0]);
}

#[test]
fn programs_and_versions_do_not_count_with_a_library() {
    for (name, text) in [
        ("p/src/main.rs", "mod only; fn main() {}"),
        ("p/src/only.rs", "fn only() { 1 }"),
        ("p/src/only.txt", "2"),
        ("p/src/bin/b.rs", "fn main() { 1 }"),
        ("p/tests/t.rs", "fn t() {}"),
        ("p/README.md", "2"),
        (
            "Cargo.toml",
            "[workspace.package]\nedition = \"2024\"\nversion = \"2.0.0\"\n[workspace.dependencies]\nq = \"1\"\nr = \"2\"\n[profile.dev]\nopt-level = 1\n",
        ),
    ] {
        // The library itself puts no names of files together.
        let mut files = PACKAGE.to_vec();
        files[2].1 = "#![doc = include_str!(\"../README.md\")] mod a;";
        files[3].1 = "fn a() {}";
        assert_eq!(changed(&files, (name, text)), [""; 0], "{name}");
    }
}

#[test]
fn what_a_build_script_has_written_has_one_place() {
    let found = Found {
        folder: PathBuf::from("/build/work/dep"),
        files: BTreeMap::new(),
    };
    let label = |path: &str| found.label(Path::new(path));
    let built = "/t/debug/build/dep-1f/out";
    assert_eq!(label(&format!("{built}/p/out/g.rs")), "OUT_DIR/p/out/g.rs");
    assert_eq!(label(&format!("{built}/q/out/g.rs")), "OUT_DIR/q/out/g.rs");
    assert_eq!(
        label("/build/work/dep/src/p/out/mod.rs"),
        "src/p/out/mod.rs"
    );
}

#[test]
fn what_macros_see_in_a_library_counts() {
    let is_part = |text: &str, from: &str, to: &str| {
        let mut files = PACKAGE.to_vec();
        files[2].1 = text;
        files[3].1 = "";
        files.push(("p/src/r.md", "1"));
        let new = text.replacen(from, to, 1);
        let is_data = from.is_empty();
        let change = match is_data {
            true => ("p/src/r.md", "2"),
            false => ("p/src/lib.rs", &*new),
        };
        !changed(&files, change).is_empty()
    };
    for (text, from, to) in [
        ("/// a\n#[derive(Foreign)] pub struct S;", "/// a", "/// b"),
        (
            "#[derive(Foreign)] pub struct S { pub x: u8 }",
            "{ pub",
            "{",
        ),
        ("#[foreign] #[inline] pub fn h() {}", "#[inline]", ""),
        (
            "#[cfg_attr(unix, foreign)] /// a\n fn h() {}",
            "/// a",
            "/// b",
        ),
        ("#[foreign] mod m { /// a\n fn h() {} }", "/// a", "/// b"),
        (
            "struct S; #[foreign] impl S { /// a\n fn h() {} }",
            "/// a",
            "/// b",
        ),
        (
            "use dep::call as derive; /// a\n#[derive(Clone)] struct S;",
            "/// a",
            "/// b",
        ),
        (
            "#[cfg(feature = \"x\")] use dep::Clone; /// a\n#[derive(Clone)] struct S;",
            "/// a",
            "/// b",
        ),
        ("use dep as doc; #[doc::call(1)] fn h() {}", "1", "2"),
        ("#[rustfmt::call(1)] fn h() {}", "1", "2"),
        (
            "macro_rules! matches { ($e:expr) => { 1 } } fn h() { matches!(#[inline] 1) }",
            "#[inline]",
            "",
        ),
        ("use dep::vec; fn h() { vec![1,] }", ",]", "]"),
        ("#[cfg(not(test))] mod a { fn g() { 1 } }", "1", "2"),
        ("#[foreign] mod m { #[cfg(test)] fn g() { 1 } }", "1", "2"),
        // Files that are not only documentation.
        (
            "#[doc = include_str!(\"r.md\")] #[derive(Foreign)] struct S;",
            "",
            "",
        ),
        ("m!(#[doc = include_str!(\"r.md\")] S);", "", ""),
        (
            "#[foreign] mod m { #[doc = include_str!(\"r.md\")] struct S; }",
            "",
            "",
        ),
    ] {
        assert!(is_part(text, from, to), "{text}");
    }
    for (text, from, to) in [
        ("/// a\n#[derive(Clone)] pub struct S;", "/// a", "/// b"),
        ("#[inline] pub fn h() { vec![1,]; }", "#[inline] pub", ""),
        ("#[inline] pub fn h() { vec![1,]; }", ",]", "]"),
        (
            "#[cfg(test)] mod tests { mod a { fn g() { 1 } } } fn h() {}",
            "1",
            "2",
        ),
        (
            "#[cfg(all(test, unix))] impl S { fn g() { 1 } } fn h() {}",
            "1",
            "2",
        ),
        ("#[foreign] fn g() {} /// a\nfn h() {}", "/// a", "/// b"),
        ("mod m { //! a\n } #[foreign] fn g() {}", "//! a", "//! b"),
        (
            "#[doc = include_str!(\"r.md\")] #[derive(Clone)] struct S;",
            "",
            "",
        ),
        (
            "#![doc = include_str!(\"r.md\")] #[foreign] struct S;",
            "",
            "",
        ),
    ] {
        assert!(!is_part(text, from, to), "{text}");
    }
}

#[test]
fn features_of_the_package_itself_count_where_its_library_mentions_them() {
    let top = tempfile("features");
    fs::create_dir_all(top.join("src")).unwrap();
    fs::write(top.join("Cargo.toml"), "package.name = \"p\"").unwrap();
    let source = "#[cfg(feature = \"fast\")] mod a; fn f() { cfg!(not(feature = r\"small\")); }";
    fs::write(top.join("src/lib.rs"), source).unwrap();
    let of = |feature: &str, is_own| {
        let compilation = Compilation {
            cfgs: vec![format!("feature=\"{feature}\"")],
            ..Compilation::default()
        };
        let around = Around {
            compilation: &compilation,
            built: None,
            here: &top,
            crates: Crates::new(),
            is_own,
        };
        let parts = parts("p", &top, &Manifest::read(&top).unwrap(), &around);
        parts.into_iter().any(|part| part.kind == "cfg")
    };
    assert!(of("fast", true) && of("small", true));
    assert!(!of("other", true) && !of("fast", false));
    fs::remove_dir_all(&top).unwrap();
}

#[test]
fn cfgs_count_that_only_what_a_build_script_has_written_asks_for() {
    let top = tempfile("generated");
    let out = top.join("target/debug/build/p-1f/out");
    for (name, text) in [
        ("p/Cargo.toml", "package.name = 'p'"),
        ("p/build.rs", "fn main() {}"),
        (
            "p/src/lib.rs",
            "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));",
        ),
        (
            "target/debug/build/p-1f/out/g.rs",
            "pub fn h() -> bool { cfg!(feature = \"fast\") || cfg!(own) || cfg!(debug_assertions) }",
        ),
    ] {
        let path = top.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let with = |cfgs: &[&str], is_debug| {
        let compilation = Compilation {
            cfgs: cfgs.iter().map(ToString::to_string).collect(),
            is_debug,
            ..Compilation::default()
        };
        let around = Around {
            compilation: &compilation,
            built: Some(DepInfo {
                files: vec![top.join("p/src/lib.rs"), out.join("g.rs")],
                ..DepInfo::default()
            }),
            here: &top,
            crates: Crates::new(),
            is_own: true,
        };
        let folder = top.join("p");
        let parts = parts("p", &folder, &Manifest::read(&folder).unwrap(), &around);
        let digests = parts.iter().map(|part| part.digest);
        digests.collect::<BTreeSet<_>>()
    };
    let none = with(&[], false);
    assert_ne!(none, with(&["feature=\"fast\""], false));
    assert_ne!(none, with(&["own"], false));
    assert_ne!(none, with(&[], true));
    assert_eq!(none, with(&["feature=\"slow\"", "other"], false));
    fs::remove_dir_all(&top).unwrap();
}
