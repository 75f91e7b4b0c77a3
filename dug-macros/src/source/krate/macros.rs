//! What macros may do with what they are given.

use super::index::{Entry, Index};
use crate::source::macros::known;
use crate::source::syntax::items::Kind;
use crate::source::text::names::Name;
use std::collections::{HashMap, HashSet};

/// From least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The names that it uses and declares stand in it, or in what it is given.
    Plain,
    /// It may make names from parts.
    Glue,
    /// Nothing is known of it.
    Any,
}

#[derive(Debug)]
pub(crate) struct Macros {
    /// Those of this crate: what they are, and the items that declare them.
    own: HashMap<Name, (Class, Vec<usize>)>,
    /// The names that imports from other crates bring in.
    imported: HashSet<Name>,
}

impl Macros {
    pub(crate) fn new(index: &Index) -> Self {
        let mut macros = Macros {
            own: HashMap::new(),
            imported: imported(index),
        };
        for (nth, entry) in index.items.iter().enumerate() {
            if let (Kind::Macro, Some(name), true) =
                (entry.item.kind, entry.item.name, entry.is_compiled)
            {
                let own = macros.own.entry(name);
                own.or_insert((Class::Plain, Vec::new())).1.push(nth);
            }
        }
        // A macro is what those are that it calls.
        loop {
            let mut changes = Vec::new();
            for (&name, (class, items)) in &macros.own {
                let calls = items
                    .iter()
                    .flat_map(|nth| &index.items[*nth].mentions.given);
                let called = calls.map(|call| macros.class(call.called, index)).max();
                if called.is_some_and(|called| called > *class) {
                    changes.extend(called.map(|called| (name, called)));
                }
            }
            if changes.is_empty() {
                return macros;
            }
            for (name, class) in changes {
                if let Some(own) = macros.own.get_mut(&name) {
                    own.0 = class;
                }
            }
        }
    }

    /// Those that are such, or mention others that are.
    pub(crate) fn that(index: &Index, mut is_one: impl FnMut(&Entry) -> bool) -> HashSet<Name> {
        let all = index.items.iter();
        let all = all.filter(|entry| entry.is_compiled && entry.item.kind == Kind::Macro);
        let (first, mut others): (Vec<&Entry>, Vec<&Entry>) = all.partition(|entry| is_one(entry));
        let mut found: HashSet<Name> = first.iter().filter_map(|entry| entry.item.name).collect();
        loop {
            let before = others.len();
            others.retain(|entry| {
                let mut mentioned = entry.mentions.names.iter();
                let is_one = mentioned.any(|name| found.contains(name));
                found.extend(entry.item.name.filter(|_| is_one));
                !is_one
            });
            if others.len() == before {
                return found;
            }
        }
    }

    /// Whether the crate declares a macro of this name.
    pub(crate) fn has(&self, name: Name) -> bool {
        self.own.contains_key(&name)
    }

    pub(crate) fn class(&self, name: Name, index: &Index) -> Class {
        let text = index.names.text(name);
        match self.own.get(&name) {
            // That one may be meant as well.
            Some(_) if self.imported.contains(&name) => Class::Any,
            Some((class, _)) => *class,
            None if known::is_macro(text) => Class::Plain,
            None if known::is_gluing(text) => Class::Glue,
            None => Class::Any,
        }
    }

    /// Whether a macro of this crate includes files, by itself or by others.
    pub(crate) fn includes(&self, name: Name, index: &Index) -> bool {
        let mut waiting = vec![name];
        let mut seen = Vec::new();
        while let Some(name) = waiting.pop() {
            let Some((_, items)) = self.own.get(&name).filter(|_| !seen.contains(&name)) else {
                continue;
            };
            seen.push(name);
            for nth in items {
                let mentions = &index.items[*nth].mentions;
                let is_include =
                    |name: &Name| index.origins.builtin(index.names.text(*name)) == b"include";
                if mentions.names.iter().any(is_include) {
                    return true;
                }
                waiting.extend(&mentions.names);
            }
        }
        false
    }

    /// The macros of this crate that a call may lead to: this one, those that it calls or is given,
    /// and so on.
    pub(crate) fn called(&self, name: Name, given: &[Name], index: &Index) -> Vec<Name> {
        let is_own = |name: &&Name| self.own.contains_key(*name);
        let mut waiting = vec![name];
        waiting.extend(given.iter().filter(is_own));
        let mut seen = Vec::new();
        while let Some(name) = waiting.pop() {
            let Some((_, items)) = self.own.get(&name).filter(|_| !seen.contains(&name)) else {
                continue;
            };
            seen.push(name);
            waiting.extend(
                items
                    .iter()
                    .flat_map(|nth| &index.items[*nth].mentions.names)
                    .filter(is_own),
            );
        }
        seen
    }

    /// What declares the macros of this crate that what mentions these names may call.
    pub(crate) fn called_by<'a>(
        &self,
        names: &[Name],
        index: &'a Index,
    ) -> impl Iterator<Item = &'a Entry> {
        let own = names.iter().find(|name| self.has(**name));
        let called = own.map_or(Vec::new(), |own| self.called(*own, names, index));
        self.entries(&called, index).collect::<Vec<_>>().into_iter()
    }

    /// What declares these macros.
    pub(crate) fn entries<'a>(
        &self,
        names: &[Name],
        index: &'a Index,
    ) -> impl Iterator<Item = &'a Entry> {
        let all = names.iter().filter_map(|name| self.own.get(name));
        all.flat_map(|(_, items)| items)
            .map(|nth| &index.items[*nth])
    }

    /// Adds what a macro of this crate may declare, and those that it calls or is given: for one
    /// that may make names, or that calls others, from all that they mention.
    pub(crate) fn add_declared(
        &self,
        name: Name,
        class: Class,
        index: &Index,
        names: &mut Vec<Name>,
    ) {
        let seen = self.called(name, names, index);
        // What one is given by another is declared under that name.
        let is_all = class != Class::Plain || seen.len() > 1;
        for entry in self.entries(&seen, index) {
            match is_all {
                true => names.extend(entry.mentions.all()),
                false => names.extend(&entry.mentions.declared),
            }
        }
        names.sort_unstable();
        names.dedup();
    }
}

fn imported(index: &Index) -> HashSet<Name> {
    let mut found = HashSet::new();
    for entry in index.items.iter().filter(|entry| entry.is_compiled) {
        let path = entry.item.import.as_ref().map(|import| &import.path[..]);
        if let Some([root, _, ..]) = path {
            let is_here = matches!(index.names.text(*root), b"crate" | b"self" | b"super")
                || is_module(*root, entry, index);
            found.extend(entry.item.name.filter(|_| !is_here));
        }
    }
    found
}

/// Whether a path that an import begins with this name certainly leads into a module beside it.
fn is_module(root: Name, import: &Entry, index: &Index) -> bool {
    let is_of_compiler = matches!(
        index.names.text(root),
        b"std" | b"core" | b"alloc" | b"proc_macro" | b"test"
    );
    let is_beside = |parent: usize| parent == import.module;
    let mut modules = index.modules.iter();
    let mut items = index.items.iter();
    !is_of_compiler
        && !index.externs.contains(&root)
        && modules.any(|module| module.name == Some(root) && module.parent.is_some_and(is_beside))
        && !items.any(|entry| entry.item.import.is_some() && entry.item.name == Some(root))
}
