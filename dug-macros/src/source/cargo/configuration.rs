//! What configures cargo beside manifests: `.cargo/config.toml` in and above a folder and in
//! cargo's home, and what these include.

use super::document::{Document, Leaf};
use super::manifest;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Default)]
pub(crate) struct Configuration {
    /// The files, each once.
    files: Vec<(PathBuf, Document)>,
}

impl Configuration {
    /// What is in and above these folders.
    pub(crate) fn around(folders: &[PathBuf]) -> Self {
        let above = folders.iter().flat_map(|folder| folder.ancestors());
        let mut homes: Vec<PathBuf> = above.map(|folder| folder.join(".cargo")).collect();
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        homes.extend(home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))));
        let files = homes.iter();
        let mut waiting: Vec<PathBuf> = files
            .flat_map(|home| ["config.toml", "config"].map(|name| home.join(name)))
            .collect();
        let mut found = Configuration::default();
        let mut seen = BTreeSet::new();
        while let Some(path) = waiting.pop() {
            let Ok(path) = fs::canonicalize(path) else {
                continue;
            };
            if !seen.insert(path.clone()) {
                continue;
            }
            if let (Some(document), Some(folder)) = (Document::read(&path), path.parent()) {
                let all = document.leaves.iter();
                let included = all.filter(|leaf| leaf.key(0) == "include");
                waiting.extend(included.map(|leaf| folder.join(&leaf.value)));
                found.files.push((path, document));
            }
        }
        found
    }

    /// The folders that packages are taken from, in `[patch]` and `paths`: they count from the
    /// folder around that of the file, or from there.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for (file, document) in &self.files {
            let paths = manifest::paths(document);
            let overrides = document.below(&["paths"]);
            for path in paths.chain(overrides.map(|leaf| leaf.value.as_str())) {
                let homes = file.ancestors().skip(1).take(2);
                found.extend(homes.map(|home| home.join(path)));
            }
        }
        found
    }

    /// What stands in for the build script of what links to some library:
    /// `[target.x86_64-unknown-linux-gnu.foo]`.
    pub(crate) fn linked(&self) -> impl Iterator<Item = String> {
        const OTHERS: &[&str] = &["linker", "runner", "rustflags", "rustdocflags", "ar"];
        let leaves = self
            .files
            .iter()
            .flat_map(|(_, file)| file.below(&["target"]));
        let linked = leaves.filter(|leaf| leaf.keys.len() > 3 && !OTHERS.contains(&leaf.key(2)));
        linked.map(Leaf::print)
    }
}

/// What is said of profiles in and above these folders, by manifests and by what configures cargo.
pub(crate) fn profiles(folders: &[&Path]) -> Vec<String> {
    let folders: Vec<PathBuf> = folders.iter().map(|folder| folder.to_path_buf()).collect();
    let above: BTreeSet<&Path> = folders
        .iter()
        .flat_map(|folder| folder.ancestors())
        .collect();
    let manifests = above.iter();
    let manifests = manifests.filter_map(|folder| Document::read(&folder.join("Cargo.toml")));
    let configuration = Configuration::around(&folders);
    let files = configuration.files.into_iter().map(|(_, file)| file);
    let mut found = BTreeSet::new();
    for document in manifests.chain(files) {
        found.extend(manifest::profiles(&document));
    }
    let variables = std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PROFILE_"));
    found.extend(variables.map(|(name, value)| format!("{name} {value}")));
    found.into_iter().collect()
}
