//! What cargo's files say: the names of packages, and where the sources of
//! locked ones are. Nothing is downloaded, and cargo need not be there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What is read from a package's `Cargo.toml`.
#[derive(Default)]
pub struct Manifest {
    pub name: Option<String>,
    /// Unless the workspace says it.
    pub version: Option<String>,
    /// The name of its library, if it differs from the package's.
    pub library: Option<String>,
}

impl Manifest {
    /// That of a folder. A file that makes no sense is as good as none: its
    /// folder is measured all the same.
    pub fn read(folder: &Path) -> Option<Manifest> {
        let file: ManifestFile = read(&folder.join("Cargo.toml"))?;
        let package = file.package.unwrap_or_default();
        Some(Manifest {
            name: package.name,
            version: package
                .version
                .and_then(|it| it.as_str().map(str::to_owned)),
            library: file.lib.and_then(|lib| lib.name),
        })
    }
}

/// The folders of the packages in a tree's `Cargo.lock`, of those that cargo has
/// on disk.
pub fn locked(tree: &Path) -> Vec<PathBuf> {
    let lock: Lock = read(&tree.join("Cargo.lock")).unwrap_or_default();
    let registries = registries();
    let folder = |package: &Locked| {
        let name = format!("{}-{}", package.name, package.version);
        let folders = registries.iter().map(|registry| registry.join(&name));
        folders.into_iter().find(|folder| folder.is_dir())
    };
    // Those without a source are of the tree itself.
    let packages = lock.package.iter().filter(|it| it.source.is_some());
    packages.filter_map(folder).collect()
}

/// Where cargo unpacks the sources of packages.
fn registries() -> Vec<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let Some(Ok(entries)) = home.map(|home| fs::read_dir(home.join("registry/src"))) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    toml::from_str(&fs::read_to_string(path).ok()?).ok()
}

#[derive(Deserialize)]
struct ManifestFile {
    package: Option<PackageTable>,
    lib: Option<LibTable>,
}

#[derive(Default, Deserialize)]
struct PackageTable {
    name: Option<String>,
    version: Option<toml::Value>,
}

#[derive(Deserialize)]
struct LibTable {
    name: Option<String>,
}

#[derive(Default, Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
}
