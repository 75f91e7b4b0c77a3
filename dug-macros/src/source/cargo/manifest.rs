//! `Cargo.toml`: what the package is called, which folders it names, and what is asked
//! of dependencies.

use super::document::{Document, Leaf};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Debug, Default)]
pub(crate) struct Manifest {
    document: Document,
}

impl Manifest {
    /// That of the package or workspace in a folder.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        let document = Document::read(&folder.join("Cargo.toml"))?;
        Some(Manifest::of(document))
    }

    /// `project` is an old name of `package`.
    fn of(mut document: Document) -> Self {
        for leaf in &mut document.leaves {
            if leaf.key(0) == "project" {
                leaf.keys[0] = "package".to_owned();
            }
        }
        Manifest { document }
    }

    /// The name of the package, as that of a crate.
    pub(crate) fn package(&self) -> Option<String> {
        self.document.value_of(&["package", "name"]).map(as_crate)
    }

    /// The name of the library's crate.
    pub(super) fn krate(&self) -> Option<String> {
        let named = self.document.value_of(&["lib", "name"]);
        named.map(as_crate).or_else(|| self.package())
    }

    /// The version of the package, where it says so itself.
    pub(crate) fn version(&self) -> Option<&str> {
        self.document.value_of(&["package", "version"])
    }

    /// The file that the library begins with.
    pub(crate) fn root(&self) -> &str {
        let path = self.document.value_of(&["lib", "path"]);
        path.unwrap_or("src/lib.rs")
    }

    /// The folder that the library is in, and the file in it that this begins with.
    pub(crate) fn folder_and_root(&self) -> (&str, &str) {
        let root = self.root();
        root.rsplit_once('/').unwrap_or(("", root))
    }

    /// The files that build scripts begin with.
    pub(crate) fn scripts(&self) -> Vec<String> {
        match self.document.value_of(&["package", "build"]) {
            Some("false") => Vec::new(),
            None | Some("true") => self
                .document
                .below(&["package", "build"])
                .map(|leaf| leaf.value.clone())
                .chain(["build.rs".to_owned()])
                .collect(),
            Some(file) => vec![file.to_owned()],
        }
    }

    /// What dug is told to ignore, in `[package.metadata.dug]`.
    pub(crate) fn ignored(&self) -> Vec<String> {
        self.document
            .list(&["package", "metadata", "dug", "ignore"])
    }

    /// The folder of the workspace that the package in this folder is in.
    pub(crate) fn workspace(&self, folder: &Path) -> Option<PathBuf> {
        match self.document.value_of(&["package", "workspace"]) {
            Some(path) => Some(folder.join(path)),
            None if self.is_workspace() => Some(folder.to_owned()),
            None => {
                let mut above = folder.ancestors().skip(1);
                let is_workspace = |folder: &&Path| {
                    Manifest::read(folder).is_some_and(|manifest| manifest.is_workspace())
                };
                above.find(is_workspace).map(Path::to_owned)
            }
        }
    }

    fn is_workspace(&self) -> bool {
        let mut leaves = self.document.leaves.iter();
        leaves.any(|leaf| leaf.key(0) == "workspace")
    }

    /// What it says of the package: of which edition it is, and all that its sources may see
    /// where they show such things; what is the workspace's from there.
    pub(crate) fn of_package(&self, above: Option<&Self>, shows: bool) -> Vec<String> {
        let mut found = Vec::new();
        for leaf in self.document.below(&["package"]) {
            let key = leaf.key(1);
            if key == "metadata" || (key != "edition" && !shows) {
                continue;
            }
            found.push(leaf.print());
            if is_inherited(leaf)
                && let Some(above) = above
            {
                let theirs = above.document.leaves.iter();
                let theirs = theirs.filter(|leaf| leaf.starts_with(&["workspace", "package", key]));
                found.extend(theirs.map(Leaf::print));
            }
        }
        found
    }

    /// What the workspace says of the dependencies that are its own.
    pub(crate) fn inherited(&self, above: Option<&Self>) -> Vec<String> {
        let own = self.dependencies();
        let own = own.filter(|(_, leaf)| is_inherited(leaf) && !is_of_tests(leaf));
        let keys: BTreeSet<String> = own.map(|(key, _)| as_crate(key)).collect();
        let theirs = above.into_iter().flat_map(Manifest::dependencies);
        let theirs = theirs.filter(|(key, _)| keys.contains(&as_crate(key)));
        theirs.map(|(_, leaf)| leaf.print()).collect()
    }

    /// Whether it leaves something to its workspace.
    pub(super) fn inherits(&self) -> bool {
        self.document.leaves.iter().any(is_inherited)
    }

    /// What is said of dependencies, with the names that they have here.
    pub(crate) fn dependencies(&self) -> impl Iterator<Item = (&str, &Leaf)> {
        self.document.leaves.iter().filter_map(|leaf| {
            let mut keys = leaf.keys.iter();
            keys.find(|key| key.ends_with("dependencies"))?;
            Some((keys.next()?.as_str(), leaf))
        })
    }

    /// The packages that only tests and examples depend on, or more of.
    pub(crate) fn of_tests(&self) -> impl Iterator<Item = &str> {
        let all = self.dependencies().filter(|(_, leaf)| is_of_tests(leaf));
        all.map(|(key, leaf)| match leaf.keys.last() {
            Some(last) if last == "package" => leaf.value.as_str(),
            _ => key,
        })
    }

    /// Whether something that is depended on may have another name here than its own.
    pub(crate) fn renames(&self) -> bool {
        let names = |(_, leaf): (&str, &Leaf)| leaf.keys.last().is_some_and(|key| key == "package");
        self.document.is_damaged() || self.dependencies().any(names)
    }

    /// What decides how features of different crates come together.
    pub(crate) fn resolver(&self) -> impl Iterator<Item = &Leaf> {
        let keys = [
            ["workspace", "resolver"],
            ["package", "resolver"],
            ["package", "edition"],
        ];
        let leaves = self.document.leaves.iter();
        leaves.filter(move |leaf| keys.iter().any(|keys| leaf.starts_with(keys)))
    }

    /// What its features stand for.
    pub(crate) fn features(&self) -> impl Iterator<Item = &Leaf> {
        self.document.below(&["features"])
    }

    /// All that may change what the package does.
    pub(crate) fn effects(&self) -> impl Iterator<Item = &Leaf> {
        let leaves = self.document.leaves.iter();
        leaves.filter(|leaf| leaf.key(0) != "package" && !is_of_tests(leaf))
    }

    /// The folders that are named anywhere.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        paths(&self.document)
    }
}

/// All that is called a path.
pub(super) fn paths(document: &Document) -> impl Iterator<Item = &str> {
    let leaves = document.leaves.iter();
    let paths = leaves.filter(|leaf| leaf.keys.last().is_some_and(|key| key == "path"));
    paths.map(|leaf| leaf.value.as_str())
}

/// What is said in one place of manifests, and of cargo's configuration, of profiles: as far as
/// sources may see it.
pub(super) fn profiles(document: &Document) -> impl Iterator<Item = String> {
    const KEYS: &[&str] = &[
        "debug-assertions",
        "overflow-checks",
        "panic",
        "inherits",
        "rustflags",
    ];
    let is_seen = |leaf: &&Leaf| leaf.keys.iter().any(|key| KEYS.contains(&key.as_str()));
    document
        .below(&["profile"])
        .filter(is_seen)
        .map(Leaf::print)
}

/// `x.workspace = true`, `x = { workspace = true }`
fn is_inherited(leaf: &Leaf) -> bool {
    leaf.value == "true" && leaf.keys.last().is_some_and(|key| key == "workspace")
}

/// Whether only tests and examples see it.
fn is_of_tests(leaf: &Leaf) -> bool {
    leaf.keys.iter().any(|key| key == "dev-dependencies")
}

/// The name of a package as that of its crate.
pub(crate) fn as_crate(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        Manifest::of(Document::parse(text))
    }

    #[test]
    fn what_is_said_of_packages_and_dependencies_is_found() {
        let manifest = manifest(
            r##"
[package]
name = "a-b" # "x"
description = "values in [0, 1)"
[package.metadata.dug]
ignore = ["note", # why
  "say"]
[lib]
path = "code/lib.rs"
[dependencies]
c-d = { "path" = '../c', features = [
  "x",
] }
e = "1"
[target.'cfg(unix)'.dependencies.f]
version = "2"
[patch.crates-io]
g.path = '../g'
"##,
        );
        assert_eq!(manifest.package().as_deref(), Some("a_b"));
        assert_eq!(manifest.krate().as_deref(), Some("a_b"));
        assert_eq!(manifest.ignored(), ["note", "say"]);
        assert_eq!(manifest.root(), "code/lib.rs");
        let all = manifest.dependencies();
        let all: Vec<String> = all
            .map(|(key, leaf)| format!("{key} {}", leaf.value))
            .collect();
        assert_eq!(all, ["c-d x", "c-d ../c", "e 1", "f 2"]);
        let mut paths: Vec<&str> = manifest.paths().collect();
        paths.sort_unstable();
        assert_eq!(paths, ["../c", "../g", "code/lib.rs"]);
    }

    #[test]
    fn scripts_have_names_of_their_own() {
        for (text, expected) in [
            ("package.name = 'a'", &["build.rs"][..]),
            ("package.build = 'b/s.rs'", &["b/s.rs"]),
            ("[package]\nbuild = false", &[]),
            ("[project]\nbuild = true", &["build.rs"]),
            (
                "[package]\nbuild = ['a.rs', 'b.rs']",
                &["a.rs", "b.rs", "build.rs"],
            ),
        ] {
            assert_eq!(manifest(text).scripts(), expected, "{text}");
        }
    }

    #[test]
    fn what_has_another_name_is_seen() {
        for text in [
            "dependencies.a = { package = 'b' }",
            "[workspace.dependencies.a]\n\"packa\\u0067e\" = 'b'",
            "[target.'cfg(unix)'.build-dependencies]\na.package = 'b'",
            "[dependencies]\na = = 1",
        ] {
            assert!(manifest(text).renames(), "{text}");
        }
        let plain =
            "workspace.package = {}\n[package]\ndescription = 'package'\n[dependencies]\na = '1'";
        assert!(!manifest(plain).renames());
    }

    #[test]
    fn what_the_workspace_says_is_inherited() {
        let above = manifest(
            "workspace.package = {edition = '2024', version = '1.0.0'}\nworkspace.dependencies = {q-r = '1', s = '2'}",
        );
        let manifest = manifest(
            "dependencies.q-r.workspace = true\n[package]\nedition.workspace = true\nversion = {workspace = true}",
        );
        assert!(manifest.inherits() && above.is_workspace());
        assert!(!manifest.renames() && !above.renames());
        let found = manifest.of_package(Some(&above), false);
        assert_eq!(found.len(), 2);
        assert_eq!(manifest.of_package(Some(&above), true).len(), 4);
        assert_eq!(manifest.inherited(Some(&above)).len(), 1);
    }
}
