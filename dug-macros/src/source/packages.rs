//! Other crates: those of a registry by what the lock file says of them and of all
//! that they depend on, those of a folder by their sources. dug itself is none of
//! them: its own version says what it keeps and finds again.

use super::compilation::Compilation;
use super::files::Sources;
use super::lock::Lock;
use super::manifest::{self, Manifest};
use blake3::Hasher;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

#[derive(Debug, Default)]
pub(super) struct Packages {
    lock: Lock,
    /// The package that is compiled.
    own: String,
    /// The crates that sources can name, by the names that their files have.
    externs: HashMap<String, String>,
    /// The folders of packages, by the names of their crates.
    folders: HashMap<String, PathBuf>,
    /// The manifests that say which features are asked for.
    manifests: Vec<Manifest>,
    digests: HashMap<PathBuf, [u8; 32]>,
}

const OWN: &[&str] = &["dug", "dug_macros", "dug_runtime"];

impl Packages {
    pub(super) fn find(compilation: &Compilation, folder: Option<&Path>, own: String) -> Self {
        let externs = compilation.externs.iter();
        let externs = externs.filter_map(|(name, path)| Some((name.clone(), crate_in(path)?)));
        let mut found = Packages {
            own,
            externs: externs.collect(),
            ..Packages::default()
        };
        let here = std::env::current_dir().unwrap_or_default();
        let mut starts = vec![here.clone()];
        starts.extend(folder.map(Path::to_owned));
        let above = folder.into_iter().flat_map(Path::ancestors).skip(1);
        let workspace = above.filter(|folder| manifest::is_workspace(folder));
        starts.extend(workspace.take(1).map(Path::to_owned));
        for start in &starts {
            found.manifests.extend(Manifest::read(start));
        }
        found.folders = manifest::folders(&starts);
        let out = compilation.out.iter().flat_map(|out| out.ancestors());
        let below = folder.into_iter().flat_map(Path::ancestors);
        let mut places = [here.as_path()].into_iter().chain(below).chain(out);
        found.lock = places.find_map(Lock::read).unwrap_or_default();
        found
    }

    /// Whether sources can name a crate like this, other than dug.
    pub(super) fn has(&self, name: &str) -> bool {
        let known = self.externs.get(name);
        known.is_some_and(|name| !OWN.contains(&name.as_str()))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.externs
            .keys()
            .map(String::as_str)
            .filter(|name| self.has(name))
    }

    /// The crates that sources can name, and what they are called themselves: those of the registry
    /// whose names say what they are, and dug.
    pub(super) fn certain(&self) -> HashMap<String, String> {
        const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
        let is_certain = |lib: &String| {
            let places = self.lock.named(&self.own, lib);
            let mut sources = places
                .iter()
                .map(|place| &self.lock.packages[*place].source);
            let is_of_registry = |source: &Option<String>| {
                source
                    .as_ref()
                    .is_some_and(|source| source.starts_with(REGISTRY))
            };
            OWN.contains(&lib.as_str())
                || (!self.folders.contains_key(lib)
                    && !places.is_empty()
                    && sources.all(is_of_registry))
        };
        let all = self.externs.iter().filter(|(_, lib)| is_certain(lib));
        all.map(|(name, lib)| (name.clone(), lib.clone())).collect()
    }

    /// What stands for a crate that sources can name.
    pub(super) fn digest(&mut self, name: &str) -> [u8; 32] {
        let lib = self.externs.get(name).cloned().unwrap_or_default();
        let mut entries = BTreeSet::new();
        for manifest in &self.manifests {
            entries.extend(manifest.of_dependency(name));
        }
        let mut folders = BTreeSet::new();
        if self.folders.contains_key(&lib) {
            folders.insert(lib.clone());
        }
        let places = self.lock.named(&self.own, &lib);
        // Its package has another name.
        let places = match places.is_empty() && folders.is_empty() {
            true => self.lock.all(),
            false => places,
        };
        for place in self.lock.closure(places, OWN) {
            let package = &self.lock.packages[place];
            match &package.source {
                Some(source) => {
                    entries.insert(format!("{} {} {source}", package.name, package.version));
                }
                None => {
                    folders.insert(manifest::as_crate(&package.name));
                }
            }
        }
        let mut hasher = Hasher::new();
        for entry in &entries {
            hasher.update(&(entry.len() as u64).to_le_bytes());
            hasher.update(entry.as_bytes());
        }
        for name in folders {
            if let Some(folder) = self.folders.get(&name).cloned() {
                hasher.update(name.as_bytes());
                hasher.update(&self.of_folder(&folder));
            }
        }
        *hasher.finalize().as_bytes()
    }

    /// The sources of a package, and its build script.
    fn of_folder(&mut self, folder: &Path) -> [u8; 32] {
        if let Some(digest) = self.digests.get(folder) {
            return *digest;
        }
        let manifest = Manifest::read(folder);
        let sources = manifest.as_ref().map_or("src", Manifest::sources);
        let mut hasher = Hasher::new();
        if let Some(sources) = Sources::find(&folder.join(sources), None) {
            hasher.update(&sources.digest(&[]));
        }
        let script = std::fs::read(folder.join("build.rs")).unwrap_or_default();
        hasher.update(blake3::hash(&script).as_bytes());
        for line in manifest.iter().flat_map(Manifest::effects) {
            hasher.update(line.as_bytes());
            hasher.update(b"\n");
        }
        let digest = *hasher.finalize().as_bytes();
        self.digests.insert(folder.to_owned(), digest);
        digest
    }
}

/// The name of the crate in a file `libname-0123abcd.rlib`; none for one of the compiler's own.
fn crate_in(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let (name, _) = stem.rsplit_once('-').unwrap_or((stem, ""));
    Some(name.strip_prefix("lib").unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_known_by_their_files() {
        let of = |path: &str| crate_in(Path::new(path));
        assert_eq!(of("deps/librayon_core-12ab.rmeta").unwrap(), "rayon_core");
        assert_eq!(of("deps/libserde_derive-12ab.so").unwrap(), "serde_derive");
        assert_eq!(of("deps/x-1.dll").unwrap(), "x");
        assert_eq!(of(""), None);
    }
}
