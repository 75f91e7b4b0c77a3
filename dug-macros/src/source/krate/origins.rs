//! Which crates the names in a crate lead to, by its imports.

use super::index::{Entry, Index};
use crate::source::cargo::compilation::Compilation;
use crate::source::macros::known;
use crate::source::macros::macro_use;
use crate::source::macros::origins::{Crates, OF_DUG, Origin, Origins, TOOLS};
use crate::source::syntax::attributes::has_attribute;
use crate::source::syntax::items::Kind;
use crate::source::syntax::uses::{Import, What as Brings};
use crate::source::text::names::Name;
use std::collections::{HashMap, HashSet};

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
                    // What is known of a name holds for what is called so where it comes from. (dug has one attribute.)
                    let is_its_own = import.path.last() == Some(&name);
                    let origin = origin.clone().filter(|origin| {
                        is_its_own || OF_DUG.iter().any(|dug| origin == dug.as_bytes())
                    });
                    let name = index.names.text(name).to_vec();
                    let here = self.imported.entry((module, name.clone())).or_default();
                    here.push(origin.clone());
                    let all = self.all_imported.entry(name).or_default();
                    all.push(origin);
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
            let brought_in = macro_use::brought_in(&root, compilation);
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
