//! Which package each crate is of that sources can name. The compiler says which files it was
//! made from; where that does not tell, all count whose names fit.

use super::compilation::Compilation;
use super::dep_info::DepInfo;
use super::folders::Folders;
use super::lock::Lock;
use super::manifest::{Manifest, as_crate};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Default)]
pub(crate) struct Extern {
    /// The name that its file has.
    pub(crate) lib: String,
    /// What the compiler has written of it.
    pub(crate) built: Option<DepInfo>,
    /// The packages in the lock file.
    pub(crate) places: Vec<usize>,
    /// The packages in folders.
    pub(crate) folders: Vec<usize>,
    /// The package and its version, where the lock file has no such one.
    pub(crate) release: Option<String>,
}

/// What is known of packages.
pub(crate) struct Known<'a> {
    /// The package that is compiled.
    pub(crate) own: &'a str,
    /// Where the compiler may have been started.
    pub(crate) starts: &'a [PathBuf],
    pub(crate) lock: &'a Lock,
    pub(crate) folders: &'a mut Folders,
}

impl Known<'_> {
    /// The crates that sources can name, by the names that these use.
    pub(crate) fn externs(&mut self, compilation: &Compilation) -> HashMap<String, Extern> {
        let mut found = HashMap::new();
        for (name, path) in &compilation.externs {
            if let Some(lib) = crate_in(path) {
                found.insert(name.clone(), self.extern_of(lib, path));
            }
        }
        let parents: BTreeSet<&Path> = compilation
            .externs
            .iter()
            .filter_map(|(_, path)| path.parent())
            .collect();
        self.find_hidden(&parents);
        // Others of these names may have been found since.
        for known in found.values_mut().filter(|known| known.places.is_empty()) {
            self.guess(known);
        }
        found
    }

    /// The crate in this file.
    fn extern_of(&mut self, lib: String, path: &Path) -> Extern {
        let built = DepInfo::beside(path);
        let root = built
            .as_ref()
            .and_then(|built| built.files.first().cloned());
        let mut found = Extern {
            lib,
            built,
            ..Extern::default()
        };
        if let Some(root) = root {
            self.identify(&root, &mut found);
        }
        found
    }

    /// Finds the package whose library begins with this file.
    fn identify(&mut self, root: &Path, found: &mut Extern) {
        let starts = self.starts;
        for start in starts {
            let Ok(path) = fs::canonicalize(start.join(root)) else {
                continue;
            };
            for folder in path.ancestors().skip(1) {
                let released = self.released(folder);
                if !released.is_empty() && self.folders.at(folder).is_none() {
                    found.places = released;
                    return;
                }
                let Some(manifest) = Manifest::read(folder) else {
                    continue;
                };
                let is_root =
                    fs::canonicalize(folder.join(manifest.root())).is_ok_and(|root| root == path);
                let Some(package) = manifest.package() else {
                    continue;
                };
                if !is_root || manifest.krate().as_ref() != Some(&found.lib) {
                    continue;
                }
                found.places = self.lock.of(&package, manifest.version());
                if found.places.is_empty() {
                    let version = manifest.version().unwrap_or_default();
                    found.release = Some(format!("{package} {version}"));
                    found.places = self.lock.of(&package, None);
                }
                if self.is_own(folder, &found.places) {
                    found.release = None;
                    self.folders.add(vec![folder.to_owned()]);
                    found.folders.extend(self.folders.at(folder));
                }
                return;
            }
        }
    }

    /// The packages of a registry whose sources this folder has, by its name: `name-1.0.0`.
    fn released(&self, folder: &Path) -> Vec<usize> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let cuts = name.match_indices('-');
        let all = cuts.flat_map(|(cut, _)| {
            let all = self
                .lock
                .of(&as_crate(&name[..cut]), Some(&name[cut + 1..]));
            all.into_iter()
        });
        all.filter(|place| self.lock.packages[*place].source.is_some())
            .collect()
    }

    /// Whether what stands in this folder is edited there, and no copy of what is elsewhere.
    fn is_own(&self, folder: &Path, places: &[usize]) -> bool {
        let mut sources = places
            .iter()
            .map(|place| &self.lock.packages[*place].source);
        let is_marked = |name: &&str| folder.join(name).exists();
        let mut parts = folder.components();
        let is_copy = [".cargo-ok", ".cargo-checksum.json"].iter().any(is_marked)
            || parts.any(|part| part.as_os_str() == "checkouts");
        self.folders.at(folder).is_some() || sources.any(Option::is_none) || !is_copy
    }

    /// Adds the packages in folders that no file says the folder of: they are where the compiler
    /// has found a crate of that name.
    fn find_hidden(&mut self, parents: &BTreeSet<&Path>) {
        let own = self.lock.of(&as_crate(self.own), None);
        for place in self.lock.closure(own, OWN) {
            let package = &self.lock.packages[place];
            let name = as_crate(&package.name);
            if package.source.is_some() || self.folders.of_package(&name).next().is_some() {
                continue;
            }
            let built = parents
                .iter()
                .flat_map(|parent| DepInfo::named(parent, &name));
            for root in built.filter_map(|built| built.files.first().cloned()) {
                let lib = name.clone();
                let mut found = Extern {
                    lib,
                    ..Extern::default()
                };
                self.identify(&root, &mut found);
            }
        }
    }

    /// All that its name fits.
    fn guess(&self, found: &mut Extern) {
        found.folders = self.folders.named(&found.lib).collect();
        let packages = found.folders.iter();
        let packages = packages.map(|nth| self.folders.all[*nth].package.as_str());
        let names: BTreeSet<&str> = packages.chain([found.lib.as_str()]).collect();
        let places = names
            .iter()
            .flat_map(|name| self.lock.named(self.own, name));
        found.places = places.collect();
        if found.places.is_empty() {
            // Its package has another name.
            found.places = self.lock.all();
            let all = 0..self.folders.all.len();
            let is_dug = |nth: &usize| OWN.contains(&self.folders.all[*nth].package.as_str());
            found.folders = all.filter(|nth| !is_dug(nth)).collect();
        }
    }
}

/// dug itself.
pub(crate) const OWN: &[&str] = &["dug", "dug_macros", "dug_runtime"];

/// The name of the crate in a file `libname-0123abcd.rlib`; none for one of the compiler's own.
pub(super) fn crate_in(path: &Path) -> Option<String> {
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
