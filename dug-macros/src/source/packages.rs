//! Other crates: those of a registry by what the lock file says of them and of all
//! that they depend on, those of a folder by their sources. dug itself is none of
//! them: its own version says what it keeps and finds again.

use super::built::Built;
use super::compilation::Compilation;
use super::folder::{self, Around, Part};
use super::known;
use super::library::{Library, Says};
use super::lock::Lock;
use super::manifest::{self, Manifest};
use blake3::Hasher;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

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
    /// The crates that sources can name, and then those that these depend on.
    crates: Option<Rc<[Vec<String>; 2]>>,
    /// Which crates declare the macros that were asked for.
    declaring: HashMap<Vec<u8>, Rc<Vec<String>>>,
    /// The macros of crates, by their names.
    libraries: HashMap<String, Rc<Library>>,
    compilation: Compilation,
    /// Where the compiler was started.
    here: PathBuf,
}

/// Crates that read and write tokens, and put none of their own into them.
const OF_TOKENS: &[&str] = &["proc_macro2", "quote", "syn", "unicode_ident"];

const OWN: &[&str] = &["dug", "dug_macros", "dug_runtime"];

impl Packages {
    pub(super) fn find(compilation: &Compilation, folder: Option<&Path>, own: String) -> Self {
        let externs = compilation.externs.iter();
        let externs = externs.filter_map(|(name, path)| Some((name.clone(), crate_in(path)?)));
        let mut found = Packages {
            own,
            externs: externs.collect(),
            compilation: compilation.clone(),
            here: std::env::current_dir().unwrap_or_default(),
            ..Packages::default()
        };
        let here = found.here.clone();
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

    /// What stands for a crate that sources can name, but for those in folders that it depends on
    /// or is: these are given by their names.
    pub(super) fn digest(&self, name: &str) -> ([u8; 32], BTreeSet<String>) {
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
        folders.retain(|name| self.folders.contains_key(name));
        (*hasher.finalize().as_bytes(), folders)
    }

    /// What stands for all crates that sources can name.
    pub(super) fn digest_of_all(&self) -> [u8; 32] {
        let mut hasher = Hasher::new();
        let mut all = BTreeSet::new();
        let names: BTreeSet<&str> = self.names().collect();
        for name in names {
            let (digest, folders) = self.digest(name);
            hasher.update(&digest);
            all.extend(folders);
        }
        for part in all.iter().flat_map(|name| self.of_folder(name)) {
            hasher.update(&part.digest);
        }
        *hasher.finalize().as_bytes()
    }

    /// The macros of the crate of this name.
    fn library(&mut self, name: &str) -> Rc<Library> {
        if let Some(known) = self.libraries.get(name) {
            return Rc::clone(known);
        }
        let externs = self.compilation.externs.iter();
        let of_extern = externs.filter(|(_, path)| crate_in(path).as_deref() == Some(name));
        let mut built: Vec<Built> = of_extern
            .filter_map(|(_, path)| Built::beside(path))
            .collect();
        if built.is_empty() {
            let all = self.compilation.externs.iter();
            let folders: BTreeSet<&Path> = all.filter_map(|(_, path)| path.parent()).collect();
            built = folders
                .into_iter()
                .flat_map(|folder| Built::named(folder, name))
                .collect();
            // What was once compiled is there as well.
            let versions = self.lock.named("", name).into_iter().map(|place| {
                let package = &self.lock.packages[place];
                format!("{}-{}", package.name, package.version)
            });
            let versions: Vec<String> = versions.collect();
            let is_of_lock = |built: &Built| {
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
        let folder = self.folders.get(name).cloned().unwrap_or_default();
        for path in built.iter().flat_map(|built| &built.files) {
            let places = [self.here.join(path), folder.join(path)];
            files.extend(places.into_iter().find(|path| path.is_file()));
        }
        if files.is_empty() && self.folders.contains_key(name) {
            files.extend(folder::files(&folder));
        }
        let files: Vec<PathBuf> = files.into_iter().collect();
        let library = Rc::new(Library::read(&files));
        self.libraries.insert(name.to_owned(), Rc::clone(&library));
        library
    }

    fn all(&mut self) -> Rc<[Vec<String>; 2]> {
        if let Some(known) = &self.crates {
            return Rc::clone(known);
        }
        let direct: BTreeSet<String> = self.externs.values().cloned().collect();
        let is_other = |name: &String| !OWN.contains(&name.as_str());
        let direct: Vec<String> = direct.into_iter().filter(is_other).collect();
        let places = direct
            .iter()
            .flat_map(|name| self.lock.named(&self.own, name));
        let below = self.lock.closure(places.collect(), OWN).into_iter();
        let below: BTreeSet<String> = below
            .map(|place| manifest::as_crate(&self.lock.packages[place].name))
            .filter(|name| !direct.contains(name))
            .collect();
        let all = Rc::new([direct, below.into_iter().collect()]);
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
    pub(super) fn declares(&mut self, name: &[u8]) -> bool {
        !self.declaring(name).is_empty()
    }

    /// Whether a derive of some crate looks at attributes of this name, which are no macros.
    pub(super) fn is_inert(&mut self, name: &[u8]) -> bool {
        let all = self.all();
        all.iter()
            .flatten()
            .any(|krate| self.library(krate).is_inert(name))
    }

    /// What macros of this name may say, with those that they call; `None`: anything.
    pub(super) fn says(&mut self, name: &[u8]) -> Option<Says> {
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
        let all = self.lock.closure(self.lock.named("", krate), OWN);
        let names = all
            .into_iter()
            .map(|place| manifest::as_crate(&self.lock.packages[place].name));
        names
            .filter(|name| name != krate && !OF_TOKENS.contains(&name.as_str()))
            .collect()
    }

    /// What the crate of this name is made of, if it is in a folder.
    pub(super) fn of_folder(&self, name: &str) -> Vec<Part> {
        let Some(folder) = self.folders.get(name) else {
            return Vec::new();
        };
        let externs = self.compilation.externs.iter();
        let mut paths = externs.filter(|(_, path)| crate_in(path).as_deref() == Some(name));
        let around = Around {
            compilation: &self.compilation,
            built: paths.find_map(|(_, path)| Built::beside(path)),
            here: &self.here,
        };
        folder::parts(name, folder, &around)
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
