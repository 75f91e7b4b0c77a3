//! Which traits are in scope that the crate declares, or that its macros may: they decide which
//! method a call means. (Those that are imported count with their imports.)

use super::rules::Reach;
use crate::source::krate::index::Entry;
use crate::source::meaning::mentions::Mentions;
use crate::source::syntax::items::Kind;
use crate::source::syntax::uses::What as Brings;
use crate::source::text::hashing::{counted, digest_of_parts};
use crate::source::text::names::Name;
use blake3::Hasher;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// A module, as it is declared; and the item in it in whose body something stands.
type Scope = (usize, Option<*const Entry>);

#[derive(Default)]
pub(super) struct Methods {
    /// For each trait what says which it is.
    traits: Vec<[u8; 32]>,
    /// The traits that declare something of a name.
    by_member: HashMap<Name, Vec<usize>>,
    declared: HashMap<Scope, Vec<usize>>,
    /// The imports by glob that stand in bodies.
    globs: HashMap<*const Entry, Vec<usize>>,
    /// The modules that globs lead to.
    led_to: RefCell<HashMap<usize, Rc<Vec<usize>>>>,
    /// The traits that all in a module sees.
    known: RefCell<HashMap<usize, Rc<HashSet<usize>>>>,
}

impl Methods {
    fn add(&mut self, digest: [u8; 32], scopes: &[Scope], members: impl Iterator<Item = Name>) {
        let nth = self.traits.len();
        self.traits.push(digest);
        for scope in scopes {
            self.declared.entry(*scope).or_default().push(nth);
        }
        for member in members {
            let all = self.by_member.entry(member).or_default();
            if all.last() != Some(&nth) {
                all.push(nth);
            }
        }
    }

    /// Whether an import by glob stands in the body of an item.
    pub(super) fn has_glob(&self, body: &Entry) -> bool {
        self.globs.contains_key(&std::ptr::from_ref(body))
    }

    fn declared(&self, scope: Scope) -> impl Iterator<Item = usize> {
        self.declared.get(&scope).into_iter().flatten().copied()
    }
}

impl Reach<'_> {
    /// Finds what declares traits.
    pub(super) fn find_methods(&mut self) {
        let index = self.index;
        let mut found = Methods::default();
        for (nth, entry) in index.items.iter().enumerate() {
            if !entry.is_compiled {
                continue;
            }
            let outer = entry
                .outer
                .map(|outer| std::ptr::from_ref(&index.items[outer]));
            let declared = index.declared(entry.module).into_iter();
            let scopes: Vec<Scope> = declared.map(|at| (at, outer)).collect();
            let import = entry.item.import.as_ref();
            match (entry.item.kind, entry.item.name) {
                (Kind::Trait, Some(name)) => {
                    let words = self.declared_in_words(entry, name);
                    let members = self.of_traits.get(&name).into_iter().flatten();
                    found.add(digest_of_parts([words]), &scopes, members.copied());
                }
                (Kind::MacroCall, _) if entry.group.is_none() => {
                    let called = self.macros.called_by(&entry.mentions.names, index);
                    let all: Vec<&Entry> = called.chain([entry]).collect();
                    if all.iter().any(|entry| self.says_trait(entry)) {
                        let members = all.iter().flat_map(|entry| entry.mentions.all());
                        found.add(entry.mentions.digest, &scopes, members);
                    }
                }
                (Kind::Import, _) if import.is_some_and(|it| it.what == Brings::Glob) => {
                    if let Some(outer) = outer {
                        found.globs.entry(outer).or_default().push(nth);
                    }
                }
                // What an attribute of which nothing is known may make a trait of.
                (_, Some(name)) => {
                    let group = entry.group.map(|group| &index.groups[group]);
                    if let Some(block) = group.filter(|block| block.mentions.is_marked) {
                        found.add(block.mentions.digest, &scopes, [name].into_iter());
                    }
                }
                _ => {}
            }
        }
        self.methods = found;
    }

    fn says_trait(&self, entry: &Entry) -> bool {
        let lexed = self.index.files[entry.file].lexed;
        let mut words = entry.item.span.clone();
        words.any(|place| lexed.is_word(place, b"trait"))
    }

    /// Adds which traits are in scope that declare what an item may call.
    pub(super) fn add_methods(&self, entry: &Entry, mentions: &Mentions, hasher: &mut Hasher) {
        // What a macro calls is looked for where it is called.
        if entry.item.kind == Kind::Macro || self.methods.traits.is_empty() {
            return;
        }
        let called = self.macros.called_by(&mentions.names, self.index);
        let written = called.flat_map(|entry| &entry.mentions.members);
        let members: BTreeSet<Name> = mentions.members.iter().chain(written).copied().collect();
        let traits = |name: &Name| Some((*name, self.methods.by_member.get(name)?));
        let mut members = members.iter().filter_map(traits).peekable();
        if members.peek().is_none() {
            return;
        }
        let seen = self.traits_around(entry);
        let mut found = BTreeSet::new();
        for (name, traits) in members {
            let traits = traits.iter().filter(|nth| seen.contains(nth));
            found
                .extend(traits.map(|nth| (self.index.names.text(name), self.methods.traits[*nth])));
        }
        for (name, digest) in found {
            counted(hasher, b"method");
            counted(hasher, name);
            hasher.update(&digest);
        }
    }

    /// The traits that are in scope in an item.
    fn traits_around(&self, entry: &Entry) -> HashSet<usize> {
        let mut bodies = vec![std::ptr::from_ref(entry)];
        let mut around = self.index.around(entry);
        while let Some(place) = around {
            let outer = &self.index.items[place];
            bodies.push(std::ptr::from_ref(outer));
            around = self.index.around(outer);
        }
        let mut found = HashSet::new();
        for at in self.index.declared(entry.module) {
            found.extend(self.traits_of(at).iter().copied());
            for body in &bodies {
                found.extend(self.methods.declared((at, Some(*body))));
            }
        }
        for body in &bodies {
            for &glob in self.methods.globs.get(body).into_iter().flatten() {
                for &at in self.led_to(glob).iter() {
                    found.extend(self.traits_of(at).iter().copied());
                }
            }
        }
        found
    }

    /// The traits that stand in a module, or in those that its globs lead to.
    fn traits_of(&self, module: usize) -> Rc<HashSet<usize>> {
        if let Some(known) = self.methods.known.borrow().get(&module) {
            return Rc::clone(known);
        }
        let (mut modules, mut waiting) = (HashSet::from([module]), vec![module]);
        let mut found = HashSet::new();
        while let Some(at) = waiting.pop() {
            found.extend(self.methods.declared((at, None)));
            for &glob in self.globs.of_module(at) {
                let new = self.led_to(glob);
                waiting.extend(new.iter().copied().filter(|at| modules.insert(*at)));
            }
        }
        let found = Rc::new(found);
        let mut known = self.methods.known.borrow_mut();
        known.insert(module, Rc::clone(&found));
        found
    }

    /// The modules that a glob leads to; all, where a macro has written it.
    fn led_to(&self, glob: usize) -> Rc<Vec<usize>> {
        if let Some(known) = self.methods.led_to.borrow().get(&glob) {
            return Rc::clone(known);
        }
        let entry = &self.index.items[glob];
        let modules = match &entry.item.import {
            Some(import) => self.modules_led_to(entry, import),
            None => (0..self.index.modules.len()).collect(),
        };
        let modules = Rc::new(modules);
        let mut known = self.methods.led_to.borrow_mut();
        known.insert(glob, Rc::clone(&modules));
        modules
    }
}
