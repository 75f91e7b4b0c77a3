//! Other crates: those of a registry by what the lock file says of them and of all
//! that they depend on, those of a folder by their sources. dug itself is none of
//! them: its own version says what it keeps and finds again.

use super::features;
use super::folder::{self, Around, Part};
use crate::source::cargo::compilation::Compilation;
use crate::source::cargo::configuration::Configuration;
use crate::source::cargo::dep_info::DepInfo;
use crate::source::cargo::externs::{Extern, Known, OWN};
use crate::source::cargo::folders::{Folder, Folders};
use crate::source::cargo::lock::Lock;
use crate::source::cargo::manifest::{Manifest, as_crate};
use crate::source::files::sources::relative;
use crate::source::macros::known;
use crate::source::macros::library::Library;
use crate::source::text::hashing::digest_of_parts;
use blake3::Hasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What stands for crates of registries and of git, by their names.
pub(crate) type Released = BTreeMap<String, [u8; 32]>;

#[derive(Debug, Default)]
pub(crate) struct Packages {
    pub(super) lock: Lock,
    /// The package that is compiled.
    pub(super) own: String,
    /// Its folder.
    pub(super) home: PathBuf,
    /// The crates that sources can name, by the names that these use.
    pub(super) externs: HashMap<String, Extern>,
    pub(super) folders: Folders,
    /// What the packages in folders are called.
    labels: Vec<String>,
    /// The manifests that say which features are asked for.
    pub(super) manifests: Vec<Manifest>,
    pub(super) configuration: Configuration,
    /// The crates that sources can name, and then those that these depend on.
    pub(super) crates: Option<Rc<[Vec<String>; 2]>>,
    /// Which crates declare the macros that were asked for.
    pub(super) declaring: HashMap<Vec<u8>, Rc<Vec<String>>>,
    /// The macros of crates, by their names.
    pub(super) libraries: HashMap<String, Rc<Library>>,
    pub(super) compilation: Compilation,
    /// Where the compiler was started.
    pub(super) here: PathBuf,
}

impl Packages {
    /// What is known of other crates while this package, in this folder, is compiled.
    pub(crate) fn find(compilation: &Compilation, folder: Option<&Path>, own: String) -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        let out = compilation.out.iter().flat_map(|out| out.ancestors());
        let below = folder.into_iter().flat_map(Path::ancestors);
        let has_lock = |folder: &&Path| folder.join("Cargo.lock").is_file();
        let locks = [below.clone().find(has_lock), out.clone().find(has_lock)];
        // A package that is not started in the folder of a workspace may be of any that is near.
        let home = fs::canonicalize(folder.unwrap_or(&here)).unwrap_or_default();
        let is_elsewhere = fs::canonicalize(&here).is_ok_and(|here| here != home);
        let is_member = is_elsewhere && has_lock(&here.as_path());
        let mut starts = vec![here.clone()];
        if !is_member {
            starts.extend(locks.into_iter().flatten().map(Path::to_owned));
        }
        let mut seen = BTreeSet::new();
        let mut texts = Vec::new();
        for start in &starts {
            if let Ok(path) = fs::canonicalize(start.join("Cargo.lock"))
                && seen.insert(path.clone())
            {
                texts.extend(fs::read_to_string(path));
            }
        }
        let manifest = folder.and_then(Manifest::read);
        let above = manifest.and_then(|manifest| manifest.workspace(folder?));
        starts.extend(folder.map(Path::to_owned));
        starts.extend(above);
        let mut seen = BTreeSet::new();
        starts.retain(|start| seen.insert(fs::canonicalize(start).unwrap_or_default()));
        let manifests = starts.iter().filter_map(|start| Manifest::read(start));
        let mut found = Packages {
            home,
            lock: Lock::parse(&texts),
            manifests: manifests.collect(),
            compilation: compilation.clone(),
            here,
            own,
            ..Packages::default()
        };
        // Cargo is configured where it was started, which may be elsewhere.
        let mut configured = starts.clone();
        configured.extend(std::env::var_os("PWD").map(PathBuf::from));
        found.configuration = Configuration::around(&configured);
        let mut waiting = starts.clone();
        waiting.extend(found.configuration.folders());
        found.folders.add(waiting);
        let mut known = Known {
            own: &found.own,
            starts: &starts,
            lock: &found.lock,
            folders: &mut found.folders,
        };
        found.externs = known.externs(compilation);
        let all = 0..found.folders.all.len();
        let labels = all.map(|nth| label(&found.folders, nth, &found.home));
        found.labels = labels.collect();
        found
    }

    /// Whether sources can name a crate like this, other than dug.
    pub(super) fn has(&self, name: &str) -> bool {
        let known = self.externs.get(name);
        known.is_some_and(|known| !OWN.contains(&known.lib.as_str()))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.externs
            .keys()
            .map(String::as_str)
            .filter(|name| self.has(name))
    }

    /// The crates that sources can name, and what they are called themselves: those of the registry
    /// whose names say what they are, and dug.
    pub(crate) fn certain(&self) -> HashMap<String, String> {
        let is_certain = |known: &Extern| {
            OWN.contains(&known.lib.as_str()) || self.is_of_registry(&known.lib, &known.places)
        };
        let all = self.externs.iter().filter(|(_, known)| is_certain(known));
        all.map(|(name, known)| (name.clone(), known.lib.clone()))
            .collect()
    }

    /// The same for a package in a folder, as far as something is known of them.
    fn certain_in(&self, folder: &Folder) -> HashMap<String, String> {
        let Folder { path, manifest, .. } = folder;
        let above = path.ancestors().skip(1).map(Path::to_owned);
        let above = above.chain(manifest.workspace(path));
        let is_plain = !manifest.renames()
            && above
                .filter_map(|folder| Manifest::read(&folder))
                .all(|manifest| !manifest.renames());
        let owns = self.lock.of(&folder.package, manifest.version());
        let is_certain = |name: &str| {
            let is_known =
                |own: &usize| self.is_of_registry(name, &self.lock.direct(&[*own], name));
            is_plain && !owns.is_empty() && owns.iter().all(is_known)
        };
        let all = known::crates_of_all();
        let all = all.filter(|name| OWN.contains(name) || is_certain(name));
        all.map(|name| (name.to_owned(), name.to_owned())).collect()
    }

    /// Whether a crate of this name, which is of one of these packages, is what crates.io calls so.
    fn is_of_registry(&self, name: &str, places: &[usize]) -> bool {
        const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
        let is_released = |place: &usize| {
            let package = &self.lock.packages[*place];
            let source = package.source.as_deref();
            as_crate(&package.name) == name
                && source.is_some_and(|source| source.starts_with(REGISTRY))
        };
        self.folders.named(name).next().is_none()
            && !places.is_empty()
            && places.iter().all(is_released)
    }

    /// What stands for a crate that sources can name, but for those in folders that it depends on
    /// or is: these are given by what they are called.
    pub(crate) fn digest(&self, name: &str) -> ([u8; 32], BTreeSet<String>) {
        let Some(known) = self.externs.get(name) else {
            return ([0; 32], BTreeSet::new());
        };
        let mut places = self.lock.closure(known.places.clone(), OWN);
        let registering = self.registering(&places);
        places = self.lock.closure([places, registering].concat(), OWN);
        let mut entries = features::of(self, name, &places);
        entries.extend(self.configuration.linked());
        entries.extend(known.release.clone());
        let mut folders: BTreeSet<usize> = known.folders.iter().copied().collect();
        for place in places {
            let package = &self.lock.packages[place];
            if let Some(source) = &package.source {
                entries.insert(format!("{} {} {source}", package.name, package.version));
            }
            let name = as_crate(&package.name);
            folders.extend(self.folders.of_version(&name, &package.version));
        }
        let labels = folders.into_iter().map(|nth| self.labels[nth].clone());
        (digest_of_parts(&entries), labels.collect())
    }

    /// The packages in folders that may register something with one of these, for it to find
    /// without naming them.
    fn registering(&self, places: &[usize]) -> Vec<usize> {
        const GATHERING: &[&str] = &["inventory", "linkme"];
        let lock = &self.lock;
        let gathering = GATHERING.iter().flat_map(|name| lock.of(name, None));
        let gathering: Vec<usize> = gathering.collect();
        // What dug registers is its own.
        let gathers = |place: usize| {
            let all = lock.closure(vec![place], OWN);
            all.iter().any(|below| gathering.contains(below))
        };
        let mut registries = lock.dependents(&gathering);
        registries.retain(|place| {
            places.contains(place) && !gathering.contains(place) && gathers(*place)
        });
        if registries.is_empty() {
            return registries;
        }
        let own = lock.of(&as_crate(&self.own), None);
        let linked = lock.closure(own.clone(), OWN);
        let is_home = |nth: &usize| self.folders.all[*nth].path == self.home;
        let mut externs = self.externs.values();
        let has_library = externs.any(|known| known.folders.iter().any(is_home));
        let mut found = lock.dependents(&registries);
        found.retain(|place| {
            lock.packages[*place].source.is_none()
                && linked.contains(place)
                && (has_library || !own.contains(place))
        });
        found
    }

    /// What stands for the crates of registries and of git that this one certainly depends on, so that it is
    /// compiled anew when they change.
    pub(crate) fn released(&self) -> Released {
        let lock = &self.lock;
        let externs = || {
            let all = self.externs.iter();
            all.filter(|(_, known)| known.folders.is_empty() && !known.places.is_empty())
        };
        let seeds = externs().flat_map(|(_, known)| known.places.clone());
        let mut named: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for place in lock.released(seeds.collect(), OWN) {
            let name = as_crate(&lock.packages[place].name);
            named.entry(name).or_default();
        }
        // A library may have another name than its package.
        for (_, known) in externs() {
            let places = named.entry(known.lib.clone()).or_default();
            places.extend(&known.places);
        }
        let mut found = Released::new();
        for (name, mut places) in named {
            places.extend(lock.like(&name));
            let all = lock.closure(places, OWN);
            let is_released = |place: &usize| lock.packages[*place].source.is_some();
            let is_in_folder = self.folders.named(&name).next().is_some();
            if is_in_folder || all.is_empty() || !all.iter().all(is_released) {
                continue;
            }
            let mut entries: BTreeSet<String> = self.configuration.linked().collect();
            entries.extend(all.into_iter().map(|place| {
                let package = &lock.packages[place];
                let source = package.source.as_deref().unwrap_or_default();
                format!("{} {} {source}", package.name, package.version)
            }));
            // With the features that are asked of it here.
            for (name, _) in externs().filter(|(_, known)| known.lib == name) {
                let (digest, _) = self.digest(name);
                entries.insert(blake3::Hash::from(digest).to_hex().to_string());
            }
            found.insert(name, digest_of_parts(&entries));
        }
        found
    }

    /// What stands for all crates that sources can name.
    pub(crate) fn digest_of_all(&self) -> [u8; 32] {
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

    /// What the package that is called so is made of, if it is in a folder.
    pub(crate) fn of_folder(&self, label: &str) -> Vec<Part> {
        let Some(nth) = self.labels.iter().position(|known| known == label) else {
            return Vec::new();
        };
        let folder = &self.folders.all[nth];
        let is_of = |known: &&Extern| known.folders.contains(&nth) && known.lib == folder.krate;
        let externs = self.externs.values().filter(is_of);
        let around = Around {
            compilation: &self.compilation,
            built: DepInfo::together(externs.filter_map(|known| known.built.as_ref())),
            here: &self.here,
            crates: self.certain_in(folder),
            is_own: folder.path == self.home,
        };
        folder::parts(label, &folder.path, &folder.manifest, &around)
    }
}

/// What a package in a folder is called: by its package, and where this is not the only one of that name also by
/// its place.
fn label(folders: &Folders, nth: usize, home: &Path) -> String {
    let folder = &folders.all[nth];
    match folders.of_package(&folder.package).nth(1) {
        Some(_) => format!("{} in {}", folder.package, relative(&folder.path, home)),
        None => folder.package.clone(),
    }
}
