//! What is known of the names of a crate before anything is connected: which of them several
//! things have, and which may be those of traits.

use super::index::{Entry, Index};
use crate::source::syntax::items::Kind;
use crate::source::syntax::parameters::parameters;
use crate::source::syntax::uses::What as Brings;
use crate::source::text::names::Name;
use std::collections::{HashMap, HashSet};

/// The names that are looked for in modules; and those that several items have, of which it
/// depends on where they stand which one is meant.
pub(crate) fn free(index: &Index) -> (HashSet<Name>, HashSet<Name>) {
    let mut seen = HashSet::new();
    let mut found = HashSet::new();
    for entry in index
        .items
        .iter()
        .filter(|entry| entry.is_compiled && entry.is_free())
    {
        if let Some(name) = entry.item.name
            && !seen.insert(name)
        {
            found.insert(name);
        }
    }
    (seen, found)
}

pub(crate) fn nested(index: &Index) -> HashSet<Name> {
    let mut seen = HashSet::new();
    let in_body = |entry: &&Entry| {
        let is_one = entry.is_free() || entry.item.kind == Kind::Import;
        entry.is_compiled && is_one && index.around(entry).is_some()
    };
    let names = index.items.iter().filter(in_body);
    names
        .filter_map(|entry| entry.item.name)
        .filter(|name| !seen.insert(*name))
        .collect()
}

/// Aliases of types that are written as `<T as Trait>::Name`, `T::Name`, or by a macro.
pub(crate) fn projections(index: &Index) -> HashSet<Name> {
    let mut found = HashSet::new();
    loop {
        let before = found.len();
        for entry in index.items.iter().filter(|entry| entry.is_compiled) {
            let lexed = index.files[entry.file].lexed;
            let is_one = match entry.item.kind {
                Kind::Alias if entry.group.is_none() => {
                    let (params, after) = parameters(lexed, entry.item.place + 1);
                    let mut words = after..entry.item.span.end;
                    words.any(|place| {
                        let is_call = lexed.sign(place + 1) == b'!';
                        let of_param = || lexed.is_path(place + 1);
                        lexed.is_word(place, b"as")
                            || lexed.name(place).is_some_and(|name| {
                                is_call || (params.contains(&name) && of_param())
                            })
                    }) || entry.mentions.names.iter().any(|name| found.contains(name))
                }
                Kind::Import => {
                    let import = entry.item.import.as_ref();
                    let last = import.and_then(|import| import.path.last());
                    last.is_some_and(|last| found.contains(last))
                }
                _ => false,
            };
            found.extend(entry.item.name.filter(|_| is_one));
        }
        if found.len() == before {
            return found;
        }
    }
}

/// The traits of the crate, and what they declare.
pub(crate) fn traits(index: &Index) -> HashMap<Name, Vec<Name>> {
    let mut members: HashMap<usize, Vec<Name>> = HashMap::new();
    let mut found: HashMap<Name, Vec<Name>> = HashMap::new();
    for entry in index.items.iter().filter(|entry| entry.is_compiled) {
        if let (Some(group), Some(name), true) =
            (entry.group, entry.item.name, entry.item.kind != Kind::Trait)
        {
            members.entry(group).or_default().push(name);
        }
    }
    for entry in &index.items {
        if let (Kind::Trait, Some(name), Some(group)) =
            (entry.item.kind, entry.item.name, entry.group)
        {
            let declared = members.get(&group).into_iter().flatten();
            found.entry(name).or_default().extend(declared);
        }
    }
    found
}

/// The names that traits have by imports, and those that macros may give to traits.
pub(crate) fn other_traits(index: &Index) -> HashSet<Name> {
    let compiled = || index.items.iter().filter(|entry| entry.is_compiled);
    let declares = |entry: &&Entry| entry.item.kind == Kind::Trait;
    let mut found: HashSet<Name> = compiled()
        .filter(declares)
        .filter_map(|entry| entry.item.name)
        .collect();
    let is_made = |entry: &Entry| {
        let lexed = index.files[entry.file].lexed;
        let mut words = entry.item.span.clone();
        matches!(entry.item.kind, Kind::Macro | Kind::MacroCall)
            && words.any(|place| lexed.is_word(place, b"trait"))
    };
    if compiled().any(is_made) {
        let calls =
            compiled().filter(|entry| matches!(entry.item.kind, Kind::Macro | Kind::MacroCall));
        found.extend(calls.flat_map(|entry| entry.mentions.all()));
    }
    loop {
        let before = found.len();
        for import in compiled().filter_map(|entry| entry.item.import.as_ref()) {
            if let (Brings::Renamed(name), Some(last)) = (import.what, import.path.last())
                && found.contains(last)
            {
                found.insert(name);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// What modules, as they are declared, and the bodies of functions in them declare or import by name.
pub(crate) fn bound(index: &Index) -> HashMap<(usize, Option<usize>, Name), Vec<usize>> {
    let is_one = |entry: &Entry| entry.is_free() || entry.item.kind == Kind::Import;
    let all = index.items.iter().enumerate();
    let all = all.filter(|(_, entry)| entry.is_compiled && is_one(entry));
    let mut found: HashMap<_, Vec<usize>> = HashMap::new();
    for (nth, entry) in all {
        for &module in &index.origins.declared[entry.module] {
            if let Some(name) = entry.item.name {
                let bound = found.entry((module, entry.outer, name));
                bound.or_default().push(nth);
            }
        }
    }
    found
}

impl Entry {
    /// Whether what it is called is looked for in modules.
    pub(super) fn is_free(&self) -> bool {
        match self.item.kind {
            Kind::Method | Kind::Import | Kind::MacroCall | Kind::Foreign | Kind::Included => false,
            Kind::Trait => true,
            _ => self.group.is_none(),
        }
    }
}
