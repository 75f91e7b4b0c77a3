//! Which edits of manifests, lock files, cargo's configuration and packages in folders are seen
//! where another crate is mentioned.

use crate::source::cargo::compilation::Compilation;
use crate::source::dependencies::packages::Packages;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

type Files = &'static [(&'static str, &'static str)];

/// A workspace of the package `own`, and what it depends on.
const WORKSPACE: Files = &[
    (
        "Cargo.toml",
        "[workspace]\nresolver = '2'\nmembers = ['own']\n[workspace.dependencies]\nal = {package = 'far', 'path' = 'reg-1.0.0'}\n",
    ),
    (
        "Cargo.lock",
        "[[package]]\nname = 'own'\nversion = '0.1.0'\ndependencies = ['dep', 'far', 'same 0.1.0', 'same 0.2.0', 'reg', 'odd-reg']\n
        [[package]]\nname = 'dep'\nversion = '0.1.0'\ndependencies = ['low', 'reg']\n
        [[package]]\nname = 'low'\nversion = '0.1.0'\n
        [[package]]\nname = 'far'\nversion = '0.1.0'\n
        [[package]]\nname = 'same'\nversion = '0.1.0'\n
        [[package]]\nname = 'same'\nversion = '0.2.0'\n
        [[package]]\nname = 'reg'\nversion = '1.0.0'\nsource = 'registry'\nchecksum = '1'\n
        [[package]]\nname = 'odd-reg'\nversion = '2.0.0'\nsource = 'registry'\nchecksum = '3'\n",
    ),
    (
        "own/Cargo.toml",
        "[package]\nname = 'own'\n[features]\ndefault = ['f']\nf = []\n[dependencies]\n'dep' = {\"path\" = '''\n../dep'''}\nal.workspace = true\nx1 = {package = 'same', path = '../s1'}\nx2 = {package = 'same', path = '../s2'}\nreg = '1'\n",
    ),
    ("own/src/lib.rs", ""),
    (
        "dep/Cargo.toml",
        "package.name = 'dep'\nlib.name = 'qq'\n[features]\ng = []\n[dependencies.low]\npath = '../low'\n[dependencies.reg]\nversion = '1'\n",
    ),
    ("dep/src/lib.rs", ""),
    ("low/Cargo.toml", "[package]\nname = 'low'\ndescription = '[0, 1)'\n"),
    ("low/src/lib.rs", ""),
    ("reg-1.0.0/Cargo.toml", "[package]\nname = 'far'\n"),
    ("reg-1.0.0/src/lib.rs", ""),
    ("s1/Cargo.toml", "[package]\nname = 'same'\nversion = '0.1.0'\n"),
    ("s1/src/lib.rs", ""),
    ("s2/Cargo.toml", "[package]\nname = 'same'\nversion = '0.2.0'\n"),
    ("s2/src/lib.rs", ""),
    ("sources/odd-reg-2.0.0/src/lib.rs", ""),
    ("deps/qq-1.d", "x.d: dep/src/lib.rs\n\ndep/src/lib.rs:\n"),
    // The folder is called as the sources of `reg` are.
    (
        "deps/far-1.d",
        "x.d: reg-1.0.0/src/lib.rs\n\nreg-1.0.0/src/lib.rs:\n",
    ),
    (
        "deps/reg-2.d",
        "x.d: sources/odd-reg-2.0.0/src/lib.rs\n\nsources/odd-reg-2.0.0/src/lib.rs:\n",
    ),
    ("deps/same-1.d", "x.d: s1/src/lib.rs\n\ns1/src/lib.rs:\n"),
    ("deps/same-2.d", "x.d: s2/src/lib.rs\n\ns2/src/lib.rs:\n"),
];

/// The crates that sources can name, and the files that they are in.
const EXTERNS: Files = &[
    ("qq", "libqq-1.rmeta"),
    ("al", "libfar-1.rmeta"),
    ("x1", "libsame-1.rmeta"),
    ("x2", "libsame-2.rmeta"),
    ("reg", "libreg-1.rmeta"),
    // Its package has another name.
    ("odd", "libreg-2.rmeta"),
];

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("dug-packages-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        let folder = Folder(path);
        WORKSPACE.iter().for_each(|file| folder.write(*file));
        folder
    }

    fn write(&self, (name, text): (&str, &str)) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    /// What stands for each crate.
    fn read(&self) -> Vec<(&'static str, BTreeSet<[u8; 32]>)> {
        let externs = EXTERNS.iter();
        let externs =
            externs.map(|(name, file)| (name.to_string(), self.0.join("deps").join(file)));
        let compilation = Compilation {
            externs: externs.collect(),
            cfgs: vec!["feature=\"default\"".into(), "feature=\"f\"".into()],
            out: Some(self.0.join("target/deps")),
            ..Compilation::default()
        };
        let folder = self.0.join("own");
        let packages = Packages::find(&compilation, Some(&folder), "own".to_owned());
        let all = EXTERNS.iter().map(|(name, _)| {
            let (digest, folders) = packages.digest(name);
            let parts = folders.iter().flat_map(|label| packages.of_folder(label));
            let digests = parts.map(|part| part.digest).chain([digest]);
            (*name, digests.collect())
        });
        all.collect()
    }

    /// The crates that are others once a text stands for another one in a file.
    fn changed(&self, file: &str, old: &str, new: &str) -> Vec<&'static str> {
        let before = self.read();
        let text = self.text(file);
        assert!(text.contains(old), "{file}: {text}");
        match old {
            "" => self.write((file, &format!("{text}{new}"))),
            old => self.write((file, &text.replacen(old, new, 1))),
        }
        let after = self.read();
        let pairs = before.into_iter().zip(after);
        let changed = pairs.filter(|(before, after)| before != after);
        changed.map(|((name, _), _)| name).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The crates that each of these edits changes, one after the other.
fn check(name: &str, edits: &[(&str, &str, &str, &[&str])]) {
    let folder = Folder::new(name);
    for (file, old, new, expected) in edits {
        assert_eq!(folder.changed(file, old, new), *expected, "{file}: {new}");
    }
}

#[test]
fn packages_in_folders_are_found() {
    check(
        "found",
        &[
            ("dep/src/lib.rs", "", "fn a() {}", &["qq"]),
            ("low/src/lib.rs", "", "fn a() {}", &["qq"]),
            ("low/Cargo.toml", "", "[features]\ndefault = []", &["qq"]),
            ("reg-1.0.0/src/lib.rs", "", "fn a() {}", &["al"]),
            ("s1/src/lib.rs", "", "fn a() {}", &["x1"]),
            ("s2/src/lib.rs", "", "fn a() {}", &["x2"]),
            ("own/src/lib.rs", "", "fn a() {}", &[]),
            ("low/Cargo.toml", "'[0, 1)'", "'A\nB' # why", &["qq"]),
        ],
    );
}

#[test]
fn where_the_compiler_says_nothing_all_of_a_name_count() {
    let folder = Folder::new("names");
    for file in ["qq-1.d", "same-1.d", "same-2.d"] {
        fs::remove_file(folder.0.join("deps").join(file)).unwrap();
    }
    for (file, expected) in [
        ("low", &["qq"][..]),
        ("s1", &["x1", "x2"]),
        ("s2", &["x1", "x2"]),
    ] {
        let file = format!("{file}/src/lib.rs");
        assert_eq!(folder.changed(&file, "", "fn a() {}"), expected, "{file}");
    }
    // What stands where is not the same.
    folder.write(("s1/src/lib.rs", "fn b() {}"));
    let before = folder.read();
    folder.write(("s1/src/lib.rs", &folder.text("s2/src/lib.rs")));
    folder.write(("s2/src/lib.rs", "fn b() {}"));
    assert_ne!(before, folder.read());
}

#[test]
fn what_features_ask_of_dependencies_counts() {
    // `dep` is made with `reg`, and may ask more of it in turn.
    check(
        "features",
        &[
            ("own/Cargo.toml", "f = []", "f = []\nother = ['reg/a']", &[]),
            ("own/Cargo.toml", "f = []", "f = ['reg/a']", &["qq", "reg"]),
            ("own/Cargo.toml", "'reg/a'", "'reg?/a'", &["qq", "reg"]),
            (
                "own/Cargo.toml",
                "['f']",
                "['f', \"dep/g\"]",
                &["qq", "reg"],
            ),
            ("dep/Cargo.toml", "g = []", "g = ['reg/a']", &["qq", "reg"]),
            (
                "Cargo.toml",
                "-1.0.0'}",
                "-1.0.0', features = ['a']}",
                &["al"],
            ),
            (
                "own/Cargo.toml",
                "reg = '1'",
                "reg = {version = '1'}",
                &["qq", "reg"],
            ),
            (
                "own/Cargo.toml",
                "",
                "[dependencies.new]\nversion = '1'",
                &[],
            ),
            (
                "Cargo.toml",
                "'2'",
                "'1'",
                &["qq", "al", "x1", "x2", "reg", "odd"],
            ),
        ],
    );
}

#[test]
fn what_cargo_is_configured_with_counts() {
    let folder = Folder::new("configured");
    folder.write((
        "over/Cargo.toml",
        "[package]\nname = 'reg'\nversion = '1.0.0'\n",
    ));
    folder.write((
        "more/Cargo.toml",
        "[package]\nname = 'reg'\nversion = '1.0.0'\n",
    ));
    let config = ".cargo/config.toml";
    folder.write((config, "include = ['more.toml']\npaths = ['over']\n"));
    folder.write((
        ".cargo/more.toml",
        "patch = {crates-io = {reg = {'path' = \"more\"}}}",
    ));
    for path in ["over", "more"] {
        let changed = folder.changed(&format!("{path}/Cargo.toml"), "", "[features]\na = []");
        assert_eq!(changed, ["qq", "reg"], "{path}");
    }
    let changed = folder.changed(config, "", "[target.t.z]\nrustc-cfg = ['a']\n");
    assert_eq!(changed.len(), EXTERNS.len());
    let changed = folder.changed(config, "", "[target.t]\nrustflags = ['-C', 'a']\n");
    assert_eq!(changed, [""; 0]);
}

#[test]
fn what_the_lock_file_says_counts() {
    check(
        "locked",
        &[
            (
                "Cargo.lock",
                "checksum = '1'",
                "checksum = \"2\"",
                &["qq", "reg"],
            ),
            ("Cargo.lock", "checksum = '3'", "checksum = '4'", &["odd"]),
            (
                "Cargo.lock",
                "",
                "[[package]]\nname = 'new'\nversion = '1'",
                &[],
            ),
        ],
    );
    // Without it, what the sources say.
    let folder = Folder::new("locked-nowhere");
    folder.write((
        "sources/odd-reg-2.0.0/Cargo.toml",
        "[package]\nname = 'odd-reg'\nversion = '2.0.0'\n[lib]\nname = 'reg'\n",
    ));
    folder.write(("sources/odd-reg-2.0.0/.cargo-ok", ""));
    fs::remove_file(folder.0.join("Cargo.lock")).unwrap();
    let changed = folder.changed("sources/odd-reg-2.0.0/Cargo.toml", "2.0.0", "2.0.1");
    assert_eq!(changed, ["odd"]);
    // It may be that of another workspace, which the package is compiled for.
    let folder = Folder::new("locked-near");
    folder.write((
        "own/Cargo.lock",
        "[[package]]\nname = 'own'\nversion = '0.1.0'\n",
    ));
    let changed = folder.changed("Cargo.lock", "checksum = '1'", "checksum = '2'");
    assert_eq!(changed, ["qq", "reg"]);
}

#[test]
fn what_macros_see_is_known_in_a_folder_where_nothing_is_renamed() {
    const LIBRARY: &str = "/// a\n#[derive(serde::Serialize)] struct S;";
    let is_seen = |name: &str, files: &[(&str, &str)]| {
        let folder = Folder::new(name);
        let lock = folder
            .text("Cargo.lock")
            .replace("['low', 'reg']", "['low', 'serde']");
        let source = "source = 'registry+https://github.com/rust-lang/crates.io-index'";
        let serde = format!("[[package]]\nname = 'serde'\nversion = '1.0.0'\n{source}\n");
        folder.write(("Cargo.lock", &format!("{lock}\n{serde}")));
        folder.write(("dep/src/lib.rs", LIBRARY));
        let above = folder.text("Cargo.toml").replace("package = 'far', ", "");
        folder.write(("Cargo.toml", &above));
        for (file, text) in files {
            folder.write((file, &format!("{}{text}", folder.text(file))));
        }
        !folder
            .changed("dep/src/lib.rs", "/// a", "/// b")
            .is_empty()
    };
    assert!(!is_seen("plain", &[]));
    let renamed = "[dependencies.serde]\n\"packag\\u0065\" = 'other'\n";
    assert!(is_seen("renamed", &[("dep/Cargo.toml", renamed)]));
    let damaged = "[dependencies]\na = = 1\n";
    assert!(is_seen("damaged", &[("dep/Cargo.toml", damaged)]));
    let above = "al2 = {package = 'far', path = 'reg-1.0.0'}\n";
    assert!(is_seen("above", &[("Cargo.toml", above)]));
    let other = [
        ("own/Cargo.toml", "[dependencies.new]\npath = '../new'\n"),
        (
            "new/Cargo.toml",
            "[package]\nname = 'new'\n[lib]\nname = 'serde'\n",
        ),
    ];
    assert!(is_seen("other", &other));
}

#[test]
fn what_may_register_something_counts_with_the_registry() {
    let edits: &[(&str, &str)] = &[
        (
            "dependencies = ['dep', 'far',",
            "dependencies = ['dep', 'far', 'low', 'inventory',",
        ),
        (
            "name = 'far'\nversion = '0.1.0'",
            "name = 'far'\nversion = '0.1.0'\ndependencies = ['inventory']",
        ),
        (
            "dependencies = ['low', 'reg']",
            "dependencies = ['low', 'reg', 'far']",
        ),
        (
            "",
            "\n[[package]]\nname = 'inventory'\nversion = '0.3.0'\nsource = 'registry'\n",
        ),
    ];
    let folder = Folder::new("registering");
    for (old, new) in edits {
        let lock = folder.text("Cargo.lock");
        assert!(lock.contains(old));
        match *old {
            "" => folder.write(("Cargo.lock", &format!("{lock}{new}"))),
            old => folder.write(("Cargo.lock", &lock.replacen(old, new, 1))),
        }
    }
    for (file, expected) in [
        // It depends on `far`, which gathers.
        ("dep/src/lib.rs", &["qq", "al"][..]),
        // That depends on it.
        ("low/src/lib.rs", &["qq", "al"]),
        ("reg-1.0.0/src/lib.rs", &["qq", "al"]),
        ("s1/src/lib.rs", &["x1"]),
    ] {
        assert_eq!(folder.changed(file, "", "fn a() {}"), expected, "{file}");
    }
}

#[test]
fn what_is_asked_for_tests_counts_in_tests() {
    let folder = Folder::new("dev");
    let digests = |cfgs: &[&str]| {
        let compilation = Compilation {
            externs: vec![
                ("qq".to_owned(), folder.0.join("deps/libqq-1.rmeta")),
                ("al".to_owned(), folder.0.join("deps/libfar-1.rmeta")),
            ],
            cfgs: cfgs.iter().map(ToString::to_string).collect(),
            ..Compilation::default()
        };
        let packages = Packages::find(&compilation, Some(&folder.0.join("own")), "own".to_owned());
        ["qq", "al"].map(|name| packages.digest(name).0)
    };
    let manifest = folder.text("own/Cargo.toml");
    assert_eq!(digests(&[]), digests(&["test"]));
    let asked = "[dev-dependencies]\nlow = {path = '../low', features = ['a']}\n";
    folder.write(("own/Cargo.toml", &format!("{manifest}{asked}")));
    let ([qq, al], [qq_in_tests, al_in_tests]) = (digests(&[]), digests(&["test"]));
    assert_ne!(qq, qq_in_tests);
    assert_eq!(al, al_in_tests);
}
