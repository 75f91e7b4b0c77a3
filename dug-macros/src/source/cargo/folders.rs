//! The packages in folders that manifests and cargo's configuration name, and those that these
//! name in turn.

use super::manifest::Manifest;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Default)]
pub(crate) struct Folders {
    pub(crate) all: Vec<Folder>,
    /// Workspaces that are no packages.
    pub(crate) workspaces: Vec<Manifest>,
    /// All that were looked at.
    seen: HashSet<PathBuf>,
}

#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// The name of the package, as that of a crate.
    pub(crate) package: String,
    /// The name of its library's crate.
    pub(crate) krate: String,
    pub(crate) manifest: Manifest,
}

impl Folders {
    /// Adds what is found from these folders on.
    pub(crate) fn add(&mut self, mut waiting: Vec<PathBuf>) {
        while let Some(folder) = waiting.pop() {
            let Ok(folder) = fs::canonicalize(folder) else {
                continue;
            };
            if !self.seen.insert(folder.clone()) {
                continue;
            }
            let Some(manifest) = Manifest::read(&folder) else {
                continue;
            };
            waiting.extend(manifest.paths().map(|path| folder.join(path)));
            // Its workspace may say where what it depends on is.
            if manifest.inherits() {
                waiting.extend(manifest.workspace(&folder));
            }
            match (manifest.package(), manifest.krate()) {
                (Some(package), Some(krate)) => self.all.push(Folder {
                    path: folder,
                    package,
                    krate,
                    manifest,
                }),
                _ => self.workspaces.push(manifest),
            }
        }
    }

    /// Those whose package has this name.
    pub(crate) fn of_package(&self, name: &str) -> impl Iterator<Item = usize> {
        self.find(move |folder| folder.package == name)
    }

    /// Those of a package of this name and version; where a version is not said, or not found, it may
    /// be any.
    pub(crate) fn of_version(&self, name: &str, version: &str) -> Vec<usize> {
        let of_name: Vec<usize> = self.of_package(name).collect();
        let is_one = |nth: &&usize| {
            let said = self.all[**nth].manifest.version();
            said.is_none_or(|said| said == version)
        };
        let found: Vec<usize> = of_name.iter().filter(is_one).copied().collect();
        match found.is_empty() {
            true => of_name,
            false => found,
        }
    }

    /// Those whose library or package has this name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = usize> {
        self.find(move |folder| folder.package == name || folder.krate == name)
    }

    /// Those of which this holds.
    fn find(&self, is_one: impl Fn(&Folder) -> bool) -> impl Iterator<Item = usize> {
        (0..self.all.len()).filter(move |nth| is_one(&self.all[*nth]))
    }

    /// The one at this path.
    pub(super) fn at(&self, path: &Path) -> Option<usize> {
        self.all.iter().position(|folder| folder.path == path)
    }
}
