//! Which edits change the digest of all sources of a crate.

use crate::source::cargo::compilation::Compilation;
use crate::source::files::sources::Sources;
use crate::source::macros::origins::Crates;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("dug-sources-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn digest(&self) -> [u8; 32] {
        self.digest_with(&[])
    }

    fn digest_with(&self, cfgs: &[&str]) -> [u8; 32] {
        let compilation = Compilation {
            root: self.0.join("src/lib.rs"),
            cfgs: cfgs.iter().map(ToString::to_string).collect(),
            ..Compilation::default()
        };
        let found = Sources::find(&compilation.root, Some(&self.0.join("out")));
        found.unwrap().digest(&compilation, &Crates::new())
    }

    /// Whether the digest is another once this file has this text.
    fn changes(&self, name: &str, text: &str) -> bool {
        let before = self.digest();
        self.write(name, text);
        self.digest() != before
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_source_counts_and_nothing_else() {
    let folder = Folder::new("every");
    folder.write("src/lib.rs", "mod a; mod b;");
    folder
        .write("src/a.rs", "fn a() {}")
        .write("src/b/mod.rs", "");
    assert!(folder.changes("src/a.rs", "fn a() { 1; }"));
    assert!(folder.changes("src/b/mod.rs", "fn b() {}"));
    assert!(folder.changes("src/b/new.rs", ""));
    assert!(!folder.changes("src/a.rs", "// Why.\nfn a()  { 1; }"));
    for other in [
        "src/notes.txt",
        "src/.hidden.rs",
        "src/.git/x.rs",
        "tests/x.rs",
    ] {
        assert!(!folder.changes(other, "fn x() {}"), "{other}");
    }
    folder.write("src/target/CACHEDIR.TAG", "");
    assert!(!folder.changes("src/target/debug/x.rs", "fn x() {}"));
    folder.write("src/kept/CACHEDIR.TAG", "");
    assert!(folder.changes("src/kept/mod.rs", "fn x() {}"));
    assert_ne!(folder.digest(), folder.digest_with(&["feature=\"a\""]));
}

#[test]
fn modules_elsewhere_are_followed() {
    let folder = Folder::new("followed");
    folder
        .write("src/lib.rs", r#"#[path = "../c/mod.rs"] mod c; #[path = "../d"] mod d { mod f { mod e; } mods!(g); }"#)
        .write("c/mod.rs", r#"mod net { pub mod tcp; mod low { mod ip; } #[path = "odd.rs"] mod o; #[path = "up"] mod u { mod v; } } mods!(made);"#)
        .write("c/net/tcp.rs", "mod deep;")
        .write("c/bad.rs", "");
    for name in [
        "c/net/tcp.rs",
        "c/net/tcp/deep.rs",
        "c/net/low/ip/mod.rs",
        "c/net/odd.rs",
        "c/net/up/v.rs",
        "c/made.rs",
        "d/f/e.rs",
        "d/g.rs",
    ] {
        assert!(folder.changes(name, "mod deep; fn x() {}"), "{name}");
    }
    assert!(!folder.changes("c/bad.rs", "fn x() {}"));
    folder.write(
        "c/net/tcp.rs",
        "macro_rules! m { ($n:ident) => { mod $n; } }",
    );
    assert!(folder.changes("c/net/tcp/any/at/all.rs", "fn x() {}"));
    folder.write("src/lib.rs", r#"mod d { #![path = "../h"] mod i; }"#);
    assert!(folder.changes("h/i.rs", "fn x() {}"));
}

#[test]
fn where_there_are_too_many_sources_the_root_leads_to_those_of_the_crate() {
    let folder = Folder::new("many");
    folder
        .write("main.rs", "mod a; mod b { mod c; }")
        .write("a.rs", "mod d;")
        .write("a/d.rs", "")
        .write("b/c.rs", "")
        .write("x/y.rs", "")
        .write("z.rs", "");
    let names = |most| {
        let found = Sources::of_at_most(&folder.0.join("main.rs"), None, most).unwrap();
        let names = found.files.into_keys().map(|(name, _)| name);
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(6).len(), 6);
    assert_eq!(names(5), ["a.rs", "a/d.rs", "b/c.rs", "main.rs"]);
}

#[test]
fn what_is_named_elsewhere_counts() {
    let folder = Folder::new("named");
    folder.write(
        "src/lib.rs",
        r#"#[path = "../shared/x.rs"] mod x; #[path = "../inl"] mod inl { mod deep; } include!(concat!("../", "e.in")); const A: &str = include_str!("a.txt");"#,
    );
    folder.write("shared/x.rs", r#"mod y; mod z; include_bytes!("b.bin");"#);
    folder
        .write("shared/y.rs", "mod w;")
        .write("shared/y/w.rs", "")
        .write("shared/z/mod.rs", "")
        .write("inl/deep.rs", "");
    folder
        .write("src/a.txt", "a")
        .write("shared/b.bin", "b")
        .write("e.in", "fn e() {}");
    for (name, text) in [
        (
            "shared/x.rs",
            r#"mod y; mod z; include_bytes!("b.bin"); fn x() {}"#,
        ),
        ("shared/y.rs", "mod w; fn y() {}"),
        ("shared/y/w.rs", "fn w() {}"),
        ("shared/z/mod.rs", "fn z() {}"),
        ("inl/deep.rs", "fn deep() {}"),
        ("shared/b.bin", "bb"),
        ("src/a.txt", "a "),
        ("e.in", "fn e() { 1; }"),
    ] {
        assert!(folder.changes(name, text), "{name}");
    }
    folder.write(
        "src/lib.rs",
        "const A: &str = include_str!(\"b.rs\"); mod b;",
    );
    assert!(folder.changes("src/b.rs", "// A text."));
    assert!(folder.changes("src/b.rs", "// Another text."));
    assert!(!folder.changes("shared/other.rs", "fn other() {}"));
}

#[test]
fn what_a_build_script_has_written_counts_where_it_is_used() {
    let folder = Folder::new("generated");
    folder.write("src/lib.rs", "").write("out/table.bin", "1");
    assert!(!folder.changes("out/table.bin", "2"));
    folder.write(
        "src/lib.rs",
        r#"include_bytes!(concat!(env!("OUT_DIR"), "/table.bin"));"#,
    );
    assert!(folder.changes("out/table.bin", "3"));
}

#[test]
fn the_place_of_the_crate_does_not_count() {
    let write = |folder: &Folder| {
        folder.write("src/lib.rs", r#"#[path = "../x.rs"] mod x;"#);
        folder.write("x.rs", "fn x() {}").digest()
    };
    let (one, two) = (Folder::new("one"), Folder::new("two"));
    assert_eq!(write(&one), write(&two));
    // Yet which file has which text does.
    one.write("src/a.rs", "1").write("src/b.rs", "2");
    two.write("src/a.rs", "2").write("src/b.rs", "1");
    assert_ne!(one.digest(), two.digest());
}

#[cfg(unix)]
#[test]
fn circles_of_links_end() {
    let folder = Folder::new("circle");
    folder.write(
        "src/lib.rs",
        r#"#[path = "up/lib.rs"] mod again; #[path = "gone.rs"] mod gone;"#,
    );
    std::os::unix::fs::symlink(".", folder.0.join("src/up")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.0.join("src/gone.rs")).unwrap();
    folder.write("outside/x.rs", "");
    std::os::unix::fs::symlink("../outside", folder.0.join("src/linked")).unwrap();
    assert!(folder.changes("outside/x.rs", "fn x() {}"));
}

#[test]
fn without_a_root_there_is_no_digest() {
    assert!(Sources::find(Path::new("no/such/folder/lib.rs"), None).is_none());
}
