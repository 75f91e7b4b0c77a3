//! What there is to measure: crates, their directories, and the names of the
//! files in these.
//!
//! All of this is found at the start and handed to the functions as arguments.
//! So a new file is noticed: a directory with other files is another argument,
//! and what was known of each file still holds.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::manifest::{self, Manifest};

/// A crate, or a folder of sources that belongs to none.
#[derive(Debug, Clone, Serialize)]
pub struct Crate {
    /// With its version: `syn 3.0.10`.
    pub name: String,
    /// What other crates call it: `proc_macro2`.
    pub library: String,
    pub root: String,
    pub directories: Vec<Directory>,
}

/// A folder, and the Rust sources in it; those in folders of its own are not its.
#[derive(Debug, Clone, Serialize)]
pub struct Directory {
    pub path: String,
    /// The path of the module whose files these are: `syn::gen`.
    pub module: String,
    pub files: Vec<String>,
}

impl Directory {
    /// The path of a module, if `inside` is that within one of the files. It follows from where
    /// the file stands: attributes may say otherwise.
    pub fn module(&self, file: &str, inside: &str) -> String {
        let stem = file.trim_end_matches(".rs");
        let file = if matches!(stem, "lib" | "main" | "mod") {
            ""
        } else {
            stem
        };
        let parts = [&self.module, file, inside];
        let parts: Vec<&str> = parts.into_iter().filter(|it| !it.is_empty()).collect();
        parts.join("::")
    }

    /// The paths of its files.
    pub fn paths(&self) -> Vec<String> {
        let path = |file| format!("{}{}{file}", self.path, std::path::MAIN_SEPARATOR);
        self.files.iter().map(path).collect()
    }
}

/// The crates of these trees and, if asked for, of the packages in their lock
/// files whose sources cargo has on disk. By name.
pub fn find(trees: &[PathBuf], with_dependencies: bool) -> io::Result<Vec<Crate>> {
    let mut found = Found::default();
    for tree in trees {
        let tree = fs::canonicalize(tree).map_err(|error| at(tree, &error))?;
        found.tree(&tree)?;
        if with_dependencies {
            for package in manifest::locked(&tree) {
                found.tree(&package)?;
            }
        }
    }
    let mut crates: Vec<Crate> = found.crates.into_values().collect();
    crates.retain(|it| !it.directories.is_empty());
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(crates)
}

/// Crates by their folders: one that is found twice is measured once.
#[derive(Default)]
struct Found {
    crates: BTreeMap<PathBuf, Crate>,
}

impl Found {
    fn tree(&mut self, root: &Path) -> io::Result<()> {
        if !self.crates.contains_key(root) {
            self.add(root, Manifest::read(root).unwrap_or_default());
            self.walk(root, root)?;
        }
        Ok(())
    }

    fn add(&mut self, root: &Path, manifest: Manifest) {
        let name = manifest.name.unwrap_or_else(|| {
            let folder = root.file_name().unwrap_or(root.as_os_str());
            folder.to_string_lossy().into_owned()
        });
        let it = Crate {
            library: manifest.library.unwrap_or_else(|| name.replace('-', "_")),
            name: match manifest.version {
                Some(version) => format!("{name} {version}"),
                None => name,
            },
            root: root.to_string_lossy().into_owned(),
            directories: Vec::new(),
        };
        self.crates.insert(root.to_owned(), it);
    }

    /// Goes through a folder of the crate whose root is given.
    fn walk(&mut self, root: &Path, folder: &Path) -> io::Result<()> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = entries.map_err(|error| at(folder, &error))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut files = Vec::new();
        for entry in entries {
            // Names that are not UTF-8 are none of cargo's.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let kind = entry.file_type()?;
            if kind.is_file() && name.ends_with(".rs") {
                files.push(name);
            } else if kind.is_dir() && !name.starts_with('.') && !is_output(&entry.path()) {
                self.folder(root, &entry.path())?;
            }
        }
        let path = folder.to_str().filter(|_| !files.is_empty());
        let owner = self.crates.get_mut(root).expect("it was added before");
        owner.directories.extend(path.map(|path| Directory {
            path: path.to_owned(),
            module: module_of(&owner.library, folder.strip_prefix(root).unwrap_or(folder)),
            files,
        }));
        Ok(())
    }

    /// A folder with a package of its own is another crate.
    fn folder(&mut self, root: &Path, folder: &Path) -> io::Result<()> {
        match Manifest::read(folder).filter(|it| it.name.is_some()) {
            None => self.walk(root, folder),
            Some(_) if self.crates.contains_key(folder) => Ok(()),
            Some(manifest) => {
                self.add(folder, manifest);
                self.walk(folder, folder)
            }
        }
    }
}

/// The path of the module of a folder, which is given from the root of its crate.
fn module_of(library: &str, folder: &Path) -> String {
    let folder = folder.strip_prefix("src").unwrap_or(folder);
    let names = folder
        .iter()
        .map(|name| format!("::{}", name.to_string_lossy()));
    library.to_owned() + &names.collect::<String>()
}

/// Whether cargo writes there.
fn is_output(folder: &Path) -> bool {
    folder.join("CACHEDIR.TAG").exists()
}

/// An error that says where.
fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
