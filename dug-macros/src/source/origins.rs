//! Which crate a macro, derive or attribute comes from, where that is certain. What is
//! known of one by its name holds only then.
//!
//! The compiler refuses a name that a glob brings in and that an import, another crate,
//! or the standard library gives as well; so a glob can only add names.

use super::attributes::{first_of_path, has_attribute};
use super::compilation::Compilation;
use super::index::{Entry, Index};
use super::items::Kind;
use super::known;
use super::lexer::Lexed;
use super::names::Name;
use super::strange;
use super::uses::{Import, What as Brings};
use std::collections::{HashMap, HashSet};

/// The crates that sources can name, and what they are: only those of which that is certain.
pub(super) type Crates = HashMap<String, String>;

pub(super) const OF_DUG: &[&str] = &["dug", "dug_macros"];

/// Tools whose attributes are for themselves, or for messages.
const TOOLS: &[&str] = &["clippy", "diagnostic", "rustdoc", "rustfmt"];

/// A crate of which something is known; `None` for all others.
type Origin = Option<Vec<u8>>;

#[derive(Debug, Default)]
pub(super) struct Origins {
    crates: HashMap<Vec<u8>, Vec<u8>>,
    /// The modules of each of the index, as they are declared.
    declared: Vec<Vec<usize>>,
    /// What imports bring in by name: in a module, and in the crate.
    imported: HashMap<(usize, Vec<u8>), Vec<Origin>>,
    all_imported: HashMap<Vec<u8>, Vec<Origin>>,
    /// The crates that modules import by glob.
    globs: HashMap<usize, Vec<Origin>>,
    /// The modules that globs may bring anything into.
    is_open: Vec<bool>,
    /// What `#[macro_use]` brings in.
    used: Vec<Origin>,
    /// What that may hide of the standard library: of crates of which nothing is known. `None` for
    /// anything.
    hidden: Option<HashSet<Vec<u8>>>,
    /// The names of modules.
    modules: HashSet<Vec<u8>>,
    /// The tools whose names nothing else has.
    tools: Vec<&'static str>,
    /// The macros of the crate.
    own: HashSet<Vec<u8>>,
    /// Whether what the standard library has is known without imports everywhere, so that the compiler
    /// refuses globs with such names.
    has_prelude: bool,
    /// Whether macros may declare macros.
    makes_macros: bool,
    /// Other names of the macros of the compiler.
    pub(super) renamed: HashMap<Vec<u8>, Vec<u8>>,
    /// The modules that what is looked at stands in.
    here: Vec<usize>,
}

impl Origins {
    pub(super) fn new(index: &Index, crates: &Crates, compilation: &Compilation) -> Self {
        let compiled = || index.items.iter().filter(|entry| entry.is_compiled);
        let own = compiled().filter(|entry| entry.item.kind == Kind::Macro);
        let own = own.filter_map(|entry| entry.item.name);
        let modules = index.modules.iter().filter_map(|module| module.name);
        let mut found = Origins {
            modules: modules
                .map(|name| index.names.text(name).to_vec())
                .collect(),
            crates: certain(index, crates),
            declared: (0..index.modules.len())
                .map(|nth| index.declared(nth))
                .collect(),
            own: own.map(|name| index.names.text(name).to_vec()).collect(),
            hidden: Some(HashSet::new()),
            has_prelude: !index.files.iter().any(|file| {
                let mut all = 0..file.lexed.len();
                all.any(|place| file.lexed.is_word(place, b"no_implicit_prelude"))
            }),
            ..Origins::default()
        };
        found.makes_macros = compiled().any(|entry| found.may_make_macros(entry, index));
        for entry in compiled() {
            if let Some(import) = &entry.item.import {
                found.add(entry, import, index, crates, compilation);
            }
        }
        found.is_open = found.open(index);
        found.renamed = renamed(index);
        found.tools = TOOLS.to_vec();
        found.tools.retain(|tool| {
            // Which crates another one can name is not known.
            let is_known = !compilation.is_other;
            let name = tool.as_bytes();
            let mut externs = compilation.externs.iter();
            is_known
                && !found.modules.contains(name)
                && !found.all_imported.contains_key(name)
                && !externs.any(|(name, _)| name == tool)
        });
        found
    }

    /// Those of a module that has crates of logs, and a `warn!` of its own.
    #[cfg(test)]
    pub(super) fn of_logs() -> Self {
        let crates = ["log", "tracing", known::STD].map(|name| name.as_bytes().to_vec());
        Origins {
            crates: crates.clone().into_iter().zip(crates).collect(),
            declared: vec![vec![0]],
            here: vec![0],
            tools: TOOLS.to_vec(),
            has_prelude: true,
            is_open: vec![false],
            hidden: Some(HashSet::new()),
            own: HashSet::from([b"warn".to_vec()]),
            ..Origins::default()
        }
    }

    /// From now on, what is asked about stands in this module.
    pub(super) fn enter(&mut self, module: usize) {
        self.here.clone_from(&self.declared[module]);
    }

    /// In all of these.
    pub(super) fn enter_all(&mut self, modules: impl Iterator<Item = usize>) {
        self.here = modules
            .flat_map(|module| self.declared[module].clone())
            .collect();
    }

    /// From now on, nothing is known of where that stands.
    pub(super) fn leave(&mut self) {
        self.here.clear();
    }

    fn may_make_macros(&self, entry: &Entry, index: &Index) -> bool {
        let lexed = index.files[entry.file].lexed;
        let declares =
            |place: usize| lexed.is_word(place, b"macro_rules") && place + 2 != entry.item.place;
        match (entry.item.kind, entry.item.name) {
            (Kind::Macro, _) => entry.item.span.clone().any(declares),
            (Kind::MacroCall, Some(name)) if entry.group.is_none() => {
                let name = index.names.text(name);
                let is_known = self.own.contains(name) || !known::of_macro(name).is_empty();
                !is_known || entry.item.span.clone().any(declares)
            }
            _ => false,
        }
    }

    fn root(&self, path: &[Name], index: &Index) -> Origin {
        self.crates.get(index.names.text(*path.first()?)).cloned()
    }

    fn add(
        &mut self,
        entry: &Entry,
        import: &Import,
        index: &Index,
        crates: &Crates,
        compilation: &Compilation,
    ) {
        let lexed = index.files[entry.file].lexed;
        let origin = self.root(&import.path, index);
        if has_attribute(lexed, &entry.item.attributes, |name| name == b"macro_use") {
            self.use_macros(import, index, crates, compilation);
        }
        for &module in &self.declared[entry.module] {
            match entry.item.name {
                Some(name) => {
                    let name = index.names.text(name).to_vec();
                    let here = self.imported.entry((module, name.clone())).or_default();
                    here.push(origin.clone());
                    let all = self.all_imported.entry(name).or_default();
                    all.push(origin.clone());
                }
                None if import.what == Brings::Glob => {
                    self.globs.entry(module).or_default().push(origin.clone());
                }
                None => {}
            }
        }
    }

    fn use_macros(
        &mut self,
        import: &Import,
        index: &Index,
        crates: &Crates,
        compilation: &Compilation,
    ) {
        let root = import.path.first().map(|name| index.names.print(*name));
        let root = root.unwrap_or_default();
        let origin = match root.as_str() {
            "std" | "core" | "alloc" => Some(known::STD.to_owned()),
            root => crates.get(root).cloned(),
        };
        let origin = origin.map(String::into_bytes);
        if !origin.as_deref().is_some_and(known::is_crate) {
            let brought_in = strange::brought_in(&root, compilation);
            self.hidden = self.hidden.take().zip(brought_in).map(|(mut all, more)| {
                all.extend(more);
                all
            });
        }
        self.used.push(origin);
    }

    /// The modules into which a glob, or an import that a macro writes, may bring anything.
    fn open(&self, index: &Index) -> Vec<bool> {
        let mut open = vec![false; index.modules.len()];
        // From a module to those that it is brought into.
        let mut into: Vec<[usize; 2]> = Vec::new();
        let named = |name: Name| {
            let all = index.modules.iter().enumerate();
            all.filter(move |(_, module)| module.name == Some(name))
                .map(|(nth, _)| nth)
        };
        let types: HashSet<Name> = index
            .items
            .iter()
            .filter(|entry| entry.item.kind == Kind::Type)
            .filter_map(|entry| entry.item.name)
            .collect();
        for entry in index.items.iter().filter(|entry| entry.is_compiled) {
            let here = &self.declared[entry.module];
            let import = match &entry.item.import {
                Some(import) if import.what == Brings::Glob => import,
                None if self.may_make_macros(entry, index) || index.may_import(entry) => {
                    here.iter().for_each(|module| open[*module] = true);
                    continue;
                }
                _ => continue,
            };
            // What it names, as far as that is a module of this crate.
            let mut from = Vec::new();
            let mut is_known = false;
            match self.root(&import.path, index) {
                Some(origin) => is_known = known::is_crate(&origin),
                None => {
                    let mut at = here.clone();
                    for (nth, &name) in import.path.iter().enumerate() {
                        match index.names.text(name) {
                            b"crate" => at = index.tops(),
                            b"super" => at = index.all_above(&at),
                            b"self" => {}
                            _ => {
                                let before = from.len();
                                from.extend(named(name));
                                is_known = from.len() > before
                                    || (nth + 1 == import.path.len() && types.contains(&name));
                                continue;
                            }
                        }
                        is_known = true;
                        from.extend(&at);
                    }
                }
            }
            for &module in here {
                open[module] |= !is_known;
                into.extend(from.iter().map(|from| [*from, module]));
            }
        }
        loop {
            let mut changed = false;
            for &[from, to] in &into {
                changed |= open[from] && !std::mem::replace(&mut open[to], true);
            }
            if !changed {
                return open;
            }
        }
    }

    /// Whether what the path that ends in this word names comes from one of these crates for certain.
    pub(super) fn comes_from(&self, lexed: &Lexed, last: usize, crates: &[&str]) -> bool {
        let is_one = |origin: &Origin| {
            let of = |name: &&str| origin.as_deref() == Some(name.as_bytes());
            crates.iter().any(of)
        };
        // Without an index nothing is known.
        let Some(name) = lexed.name(last).filter(|_| !self.here.is_empty()) else {
            return false;
        };
        let first = first_of_path(lexed, last);
        if first != last {
            return self.is_root_of(lexed.name(first).unwrap_or_default(), crates);
        }
        if self.own.contains(name) || crates.is_empty() {
            return false;
        }
        let elsewhere = self.all_imported.get(name);
        let is_used =
            |origin: &Origin| is_one(origin) || origin.as_deref().is_some_and(known::is_crate);
        let is_of_all = !self.makes_macros
            && self.used.iter().all(is_used)
            && elsewhere.is_none_or(|all| all.iter().all(is_one));
        let is_hidden = self.hidden.as_ref().is_none_or(|all| all.contains(name));
        self.here.iter().all(|module| {
            if let Some(imported) = self.imported.get(&(*module, name.to_vec())) {
                return imported.iter().all(is_one);
            }
            if crates.contains(&known::STD) {
                return !is_hidden && (self.has_prelude || !self.is_open[*module]);
            }
            // The compiler refuses no other of such a name.
            if crates.contains(&known::HELPER) {
                return !self.is_open[*module] && !is_hidden;
            }
            let globs = self.globs.get(module);
            globs.is_some_and(|globs| globs.iter().any(is_one))
                || (is_of_all && !self.is_open[*module])
        })
    }

    /// Whether the path that begins here is that of a tool for certain.
    pub(super) fn is_of_tool(&self, lexed: &Lexed, first: usize) -> bool {
        let mut tools = self.tools.iter();
        lexed.is_path(first + 1) && tools.any(|tool| lexed.is_word(first, tool.as_bytes()))
    }

    /// Whether paths that begin with this name lead to one of these crates for certain.
    pub(super) fn is_root_of(&self, root: &[u8], crates: &[&str]) -> bool {
        let origin = self.crates.get(root);
        origin.is_some_and(|origin| crates.iter().any(|name| origin == name.as_bytes()))
    }

    /// The same, where what is known would leave something out: a macro of the crate may hide what
    /// the standard library has.
    pub(super) fn is_of_std(&self, lexed: &Lexed, last: usize) -> bool {
        let is_path = first_of_path(lexed, last) != last;
        self.comes_from(lexed, last, &[known::STD]) && (is_path || !self.makes_macros)
    }

    /// Whether a macro is one of this crate: by its name, or a path that begins in it.
    pub(super) fn is_own(&self, lexed: &Lexed, last: usize) -> bool {
        let root = lexed.name(first_of_path(lexed, last)).unwrap_or_default();
        let is_here = first_of_path(lexed, last) == last
            || matches!(root, b"crate" | b"self" | b"super")
            || self.modules.contains(root);
        is_here && lexed.name(last).is_some_and(|name| self.own.contains(name))
    }

    pub(super) fn is_known_macro(&self, lexed: &Lexed, last: usize) -> bool {
        let name = lexed.name(last).unwrap_or_default();
        !self.is_own(lexed, last) && self.comes_from(lexed, last, &known::of_macro(name))
    }

    /// Whether a macro is not that of which something is known by its name, nor one of this crate.
    pub(super) fn is_other(&self, lexed: &Lexed, last: usize) -> bool {
        let name = lexed.name(last).unwrap_or_default();
        let is_known = self.comes_from(lexed, last, &known::of_saying_nothing(name));
        let has_name = known::says_nothing(name) || self.own.contains(name);
        has_name && !is_known && !self.is_own(lexed, last)
    }

    /// The macro of the compiler that has this name.
    pub(super) fn builtin<'a>(&'a self, name: &'a [u8]) -> &'a [u8] {
        self.renamed.get(name).map_or(name, Vec::as_slice)
    }
}

/// The crates whose names nothing else in the crate has.
fn certain(index: &Index, crates: &Crates) -> HashMap<Vec<u8>, Vec<u8>> {
    let std = ["std", "core", "alloc"].map(|name| (name.to_owned(), known::STD.to_owned()));
    let mut found: HashMap<Vec<u8>, Vec<u8>> = crates
        .clone()
        .into_iter()
        .chain(std)
        .map(|(name, of)| (name.into_bytes(), of.into_bytes()))
        .collect();
    for name in index.modules.iter().filter_map(|module| module.name) {
        found.remove(index.names.text(name));
    }
    for entry in index.items.iter().filter(|entry| entry.is_compiled) {
        let path = entry
            .item
            .import
            .as_ref()
            .map_or(&[][..], |import| &import.path);
        match entry.item.name {
            // What a crate has under its own name leads to nothing else.
            Some(name) if entry.item.kind == Kind::Import && path.first() != Some(&name) => {
                found.remove(index.names.text(name));
            }
            Some(name) if matches!(entry.item.kind, Kind::Type | Kind::Alias | Kind::Trait) => {
                found.remove(index.names.text(name));
            }
            _ => {}
        }
    }
    found
}

/// What imports call macros of the compiler.
fn renamed(index: &Index) -> HashMap<Vec<u8>, Vec<u8>> {
    let mut found: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    loop {
        let before = found.len();
        for import in index
            .items
            .iter()
            .filter_map(|entry| entry.item.import.as_ref())
        {
            let (Brings::Renamed(name), Some(last)) = (import.what, import.path.last()) else {
                continue;
            };
            let last = index.names.text(*last);
            let builtin = match found.get(last) {
                Some(builtin) => builtin.clone(),
                None if known::is_builtin(last) => last.to_vec(),
                None => continue,
            };
            found.insert(index.names.text(name).to_vec(), builtin);
        }
        if found.len() == before {
            return found;
        }
    }
}
