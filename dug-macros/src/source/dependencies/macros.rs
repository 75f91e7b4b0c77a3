//! The macros of other crates: which crate declares one, and what it may say.

use super::folder;
use super::packages::Packages;
use crate::source::cargo::dep_info::DepInfo;
use crate::source::cargo::externs::OWN;
use crate::source::cargo::manifest::as_crate;
use crate::source::macros::known;
use crate::source::macros::library::{Library, Says};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Crates that read and write tokens, and put none of their own into them.
const OF_TOKENS: &[&str] = &["proc_macro2", "quote", "syn", "unicode_ident"];

impl Packages {
    /// The macros of the crate of this name.
    fn library(&mut self, name: &str) -> Rc<Library> {
        if let Some(known) = self.libraries.get(name) {
            return Rc::clone(known);
        }
        let externs = self.externs.values().filter(|known| known.lib == name);
        let mut built: Vec<DepInfo> = externs.filter_map(|known| known.built.clone()).collect();
        if built.is_empty() {
            let all = self.compilation.externs.iter();
            let folders: BTreeSet<&Path> = all.filter_map(|(_, path)| path.parent()).collect();
            built = folders
                .into_iter()
                .flat_map(|folder| DepInfo::named(folder, name))
                .collect();
            // What was once compiled is there as well.
            let versions = self.lock.named("", name).into_iter().map(|place| {
                let package = &self.lock.packages[place];
                format!("{}-{}", package.name, package.version)
            });
            let versions: Vec<String> = versions.collect();
            let is_of_lock = |built: &DepInfo| {
                let mut parts = built.files.iter().flat_map(|path| path.components());
                parts.any(|part| {
                    let part = part.as_os_str();
                    versions.iter().any(|version| part == version.as_str())
                })
            };
            if built.iter().any(is_of_lock) {
                built.retain(is_of_lock);
            }
        }
        let mut files = BTreeSet::new();
        let folders: Vec<usize> = self.folders.named(name).collect();
        let folders = folders.iter().map(|nth| &self.folders.all[*nth]);
        for path in built.iter().flat_map(|built| &built.files) {
            let mut homes = folders.clone().map(|folder| folder.path.as_path());
            let here = Some(self.here.join(path)).filter(|path| path.is_file());
            let find =
                || homes.find_map(|home| Some(home.join(path)).filter(|path| path.is_file()));
            files.extend(here.or_else(find));
        }
        if files.is_empty() {
            for folder in folders {
                files.extend(folder::files(&folder.path, &folder.manifest));
            }
        }
        let files: Vec<PathBuf> = files.into_iter().collect();
        let library = Rc::new(Library::read(&files));
        self.libraries.insert(name.to_owned(), Rc::clone(&library));
        library
    }

    /// The crates that sources can name, and then those that these depend on.
    fn all(&mut self) -> Rc<[Vec<String>; 2]> {
        if let Some(known) = &self.crates {
            return Rc::clone(known);
        }
        let externs = self.externs.values();
        let others = externs.filter(|known| !OWN.contains(&known.lib.as_str()));
        let direct: BTreeSet<String> = others.clone().map(|known| known.lib.clone()).collect();
        let places = others.flat_map(|known| known.places.iter().copied());
        let below = self.crates_of(self.lock.closure(places.collect(), OWN));
        let direct: Vec<String> = direct.into_iter().collect();
        let below = below.into_iter().filter(|name| !direct.contains(name));
        let below: Vec<String> = below.collect();
        let all = Rc::new([direct, below]);
        self.crates = Some(Rc::clone(&all));
        all
    }

    /// The crates that declare a macro: those that sources can name, or else others.
    fn declaring(&mut self, name: &[u8]) -> Rc<Vec<String>> {
        if let Some(known) = self.declaring.get(name) {
            return Rc::clone(known);
        }
        let mut found = Vec::new();
        for crates in self.all().iter() {
            if found.is_empty() {
                let all = crates.iter().cloned();
                found.extend(all.filter(|krate| self.library(krate).declares(name)));
            }
        }
        let found = Rc::new(found);
        self.declaring.insert(name.to_vec(), Rc::clone(&found));
        found
    }

    /// Whether some crate is known to declare a macro of this name.
    pub(crate) fn declares(&mut self, name: &[u8]) -> bool {
        !self.declaring(name).is_empty()
    }

    /// Whether a derive of some crate looks at attributes of this name, which are no macros.
    pub(crate) fn is_inert(&mut self, name: &[u8]) -> bool {
        let all = self.all();
        all.iter()
            .flatten()
            .any(|krate| self.library(krate).is_inert(name))
    }

    /// What macros of this name may say, with those that they call; `None`: anything.
    pub(crate) fn says(&mut self, name: &[u8]) -> Option<Says> {
        let mut found = Says::default();
        let mut waiting = vec![name.to_vec()];
        let mut seen = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            if !seen.insert(name.clone()) || known::says_nothing(&name) {
                continue;
            }
            let crates = self.declaring(&name);
            if crates.is_empty() {
                return None;
            }
            for krate in crates.iter() {
                let library = self.library(krate);
                let says = library.says(&name);
                waiting.extend(says.calls.iter().cloned());
                found.extend(&says);
                if library.is_function(&name) {
                    for helper in self.helpers(krate) {
                        found.extend(&self.library(&helper).says_for_others());
                    }
                }
            }
        }
        Some(found)
    }

    /// The crates that help one whose macros are functions to make tokens.
    fn helpers(&mut self, krate: &str) -> Vec<String> {
        let externs = self.externs.values().filter(|known| known.lib == krate);
        let mut places: Vec<usize> = externs.flat_map(|known| known.places.clone()).collect();
        if places.is_empty() {
            let folders = self.folders.named(krate);
            let packages = folders.map(|nth| self.folders.all[nth].package.as_str());
            let names = packages.chain([krate]);
            places = names.flat_map(|name| self.lock.named("", name)).collect();
        }
        let names = self.crates_of(self.lock.closure(places, OWN)).into_iter();
        names
            .filter(|name| name != krate && !OF_TOKENS.contains(&name.as_str()))
            .collect()
    }

    /// What the libraries of these packages are called.
    fn crates_of(&self, places: Vec<usize>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for place in places {
            let name = as_crate(&self.lock.packages[place].name);
            let folders = self.folders.of_package(&name);
            found.extend(folders.map(|nth| self.folders.all[nth].krate.clone()));
            found.insert(name);
        }
        found
    }
}
