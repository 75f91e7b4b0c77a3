//! Macros that are meant by where they are declared: of several of one name, a call means the
//! last before it.

use super::index::{Entry, Index};
use crate::source::macros::known;
use crate::source::syntax::attributes::has_attribute;
use crate::source::syntax::items::Kind;
use crate::source::syntax::read::Read;
use crate::source::text::hashing::counted;
use crate::source::text::names::Name;
use blake3::Hasher;
use std::collections::{HashMap, HashSet};

#[derive(Debug, Default)]
pub(crate) struct TextualScope {
    /// The macros of which it matters, and those that use them.
    names: HashSet<Name>,
    /// Of each file, where such a macro or a module is declared.
    places: Vec<Vec<usize>>,
    digest: [u8; 32],
}

impl TextualScope {
    pub(crate) fn new(index: &Index) -> Self {
        let names = names(index);
        if names.is_empty() {
            return TextualScope::default();
        }
        // All in the order of the text, and which files there are.
        let mut found: Vec<Vec<(usize, Vec<u8>)>> = vec![Vec::new(); index.files.len()];
        for module in &index.modules {
            let text = module.name.map_or(&b""[..], |name| index.names.text(name));
            found[module.file].push((module.place, text.to_vec()));
        }
        for entry in declared(index) {
            if entry.item.name.is_some_and(|name| names.contains(&name)) {
                let mut text = entry.mentions.digest.to_vec();
                text.extend(index.path_of(entry.module).as_bytes());
                found[entry.file].push((entry.item.place, text));
            }
        }
        // What is included sees the macros before that.
        let includes = |entry: &&Entry| {
            let mut reads = entry.mentions.reads.iter();
            entry.is_compiled && reads.any(Read::may_be_code)
        };
        for entry in index.items.iter().filter(includes) {
            found[entry.file].push((entry.item.place, b"include".to_vec()));
        }
        let mut hasher = Hasher::new();
        for (file, found) in index.files.iter().zip(&mut found) {
            found.sort();
            hasher.update(file.name.as_bytes());
            for (_, text) in found {
                counted(&mut hasher, text);
            }
            hasher.update(b"\xFF");
        }
        let places = found.into_iter();
        TextualScope {
            names,
            places: places
                .map(|found| found.into_iter().map(|(place, _)| place).collect())
                .collect(),
            digest: *hasher.finalize().as_bytes(),
        }
    }

    pub(crate) fn matters(&self, name: Name) -> bool {
        self.names.contains(&name)
    }

    /// Adds where an item stands among all that.
    pub(crate) fn add(&self, entry: &Entry, hasher: &mut Hasher) {
        let before = self.places[entry.file].partition_point(|place| *place < entry.item.place);
        hasher.update(&self.digest);
        hasher.update(&(before as u64).to_le_bytes());
    }
}

fn declared<'a>(index: &'a Index) -> impl Iterator<Item = &'a Entry> {
    let all = index.items.iter();
    all.filter(|entry| entry.is_compiled && entry.item.kind == Kind::Macro)
}

/// The macros that are not the only ones that may be meant by their names, or that mention such.
fn names(index: &Index) -> HashSet<Name> {
    let mut count: HashMap<Name, usize> = HashMap::new();
    for name in declared(index).filter_map(|entry| entry.item.name) {
        *count.entry(name).or_default() += 1;
    }
    let imports = || {
        let all = index.items.iter();
        all.filter(|entry| entry.is_compiled && entry.item.kind == Kind::Import)
    };
    let is_of_macros = |entry: &Entry| {
        let lexed = index.files[entry.file].lexed;
        has_attribute(lexed, &entry.item.attributes, |name| name == b"macro_use")
    };
    let imports_all = imports().any(is_of_macros);
    let imported: HashSet<Name> = imports().filter_map(|entry| entry.item.name).collect();
    let is_ambiguous = |(name, count): &(&Name, &usize)| {
        **count > 1
            || imports_all
            || imported.contains(*name)
            || known::is_macro(index.names.text(**name))
    };
    let mut found: HashSet<Name> = count
        .iter()
        .filter(is_ambiguous)
        .map(|(name, _)| *name)
        .collect();
    loop {
        let before = found.len();
        for entry in declared(index) {
            if let Some(name) = entry.item.name
                && entry.mentions.names.iter().any(|name| found.contains(name))
            {
                found.insert(name);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}
