//! What a name means where it stands: imports are followed, through each other, to what is
//! declared. Of several meanings all count.

use super::rules::Reach;
use crate::source::krate::index::{Entry, Index};
use crate::source::krate::macros::Class;
use crate::source::krate::namesakes::bound;
use crate::source::macros::prelude::{is_of_prelude, needs_no_import};
use crate::source::meaning::mentions::Mentions;
use crate::source::syntax::attributes::has_attribute;
use crate::source::syntax::items::Kind;
use crate::source::syntax::paths::From;
use crate::source::syntax::uses::Import;
use crate::source::text::hashing::{counted, digest_of_parts};
use crate::source::text::names::Name;
use blake3::Hasher;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// So many steps are made to find where a path leads; what takes more may mean anything.
const MOST: usize = 2000;

/// Stands for the path of a name that has none.
const HERE: &[u8] = b"";

/// A module, as it is declared; and the function in it in whose body a name is looked for.
type Scope = (usize, Option<usize>);

#[derive(Default)]
pub(super) struct Leads {
    /// What scopes declare or import by name.
    pub(super) bound: HashMap<(usize, Option<usize>, Name), Vec<usize>>,
    /// The modules in which macros are called that may declare anything.
    pub(super) makes_any: HashSet<usize>,
    /// What macros are given that modules call: they may declare it.
    made: HashSet<(usize, Name)>,
    /// The modules into which something of another crate may come without its name.
    pub(super) open: HashSet<usize>,
    /// The modules of each name.
    modules: HashMap<Name, Vec<usize>>,
    /// Names that do not mean the same everywhere, and other names of modules.
    contested: HashSet<Name>,
    known: RefCell<HashMap<(Scope, Name), Rc<Known>>>,
    /// All that decides what names mean.
    any: OnceCell<String>,
    /// Whether imports lead to the only items of their names.
    only: RefCell<HashMap<*const Entry, bool>>,
}

/// What a path may mean.
#[derive(Default)]
pub(super) struct Meaning {
    /// All but modules, in words that say where a thing stands if several have its name.
    pub(super) all: BTreeSet<String>,
    pub(super) modules: BTreeSet<usize>,
    /// Whether it may be something of another crate.
    pub(super) is_foreign: bool,
    /// Whether it may be something that is declared in this one.
    pub(super) is_own: bool,
    /// What is declared in this one.
    pub(super) items: BTreeSet<usize>,
    /// Whether nothing of its name was found by a way.
    pub(super) is_lost: bool,
    /// Whether it leads to a module that brings in things without their names.
    is_open: bool,
    search: Search,
}

/// How a path is followed.
#[derive(Default)]
struct Search {
    seen: HashSet<(Scope, Vec<Name>)>,
    /// The imports that the path came through, each in a module. None is followed again from what
    /// it has led to: `use x::p as x` leads to `x::p`, but that not to `x::p::p`.
    through: Vec<(usize, usize)>,
    /// How often one was not, for that.
    cut: usize,
    steps: usize,
}

/// What a name means in a scope.
struct Known {
    /// `None` if the scope does not have it.
    digest: Option<[u8; 32]>,
    modules: BTreeSet<usize>,
}

impl Leads {
    pub(super) fn new(index: &Index) -> Self {
        let mut found = Leads {
            bound: bound(index),
            ..Leads::default()
        };
        for (nth, module) in index.modules.iter().enumerate() {
            if let Some(name) = module.name.filter(|_| module.is_compiled) {
                found.modules.entry(name).or_default().push(nth);
            }
        }
        found
    }
}

impl Reach<'_> {
    /// Finds the names of which it has to be said what they mean.
    pub(super) fn compare(&mut self) {
        let mut scopes: HashMap<Name, Vec<Scope>> = HashMap::new();
        for &(at, outer, name) in self.leads.bound.keys() {
            scopes.entry(name).or_default().push((at, outer));
        }
        for &(at, name) in self.globs.children() {
            scopes.entry(name).or_default().push((at, None));
        }
        self.find_made();
        self.find_open();
        let mut made: HashMap<Name, usize> = HashMap::new();
        for (_, name) in &self.leads.made {
            *made.entry(*name).or_default() += 1;
        }
        let has_open = self.has_open();
        let several = made.iter().filter(|(_, modules)| has_open || **modules > 1);
        let mut contested: HashSet<Name> = several.map(|(name, _)| *name).collect();
        // Where a name is not imported, it may mean what comes without names.
        let index = self.index;
        let imported: HashSet<Name> = match has_open {
            true => {
                let compiled = index.items.iter().filter(|entry| entry.is_compiled);
                let imports = compiled.filter(|entry| entry.item.import.is_some());
                imports.filter_map(|entry| entry.item.name).collect()
            }
            false => HashSet::new(),
        };
        for (name, scopes) in scopes {
            let text = index.names.text(name);
            let may_be_other = !self.leads.makes_any.is_empty()
                || imported.contains(&name)
                || made.contains_key(&name)
                || needs_no_import(text)
                || self.is_crate(name);
            let is_module = self.leads.modules.contains_key(&name);
            let mut known = scopes.into_iter().map(|scope| self.meaning(scope, name));
            let differs = || {
                let first = known.next();
                let digest = first.as_ref().and_then(|first| first.digest);
                let mut all = first.into_iter().chain(known);
                // Or it is another name of a module.
                all.any(|one| one.digest != digest || !(is_module || one.modules.is_empty()))
            };
            if may_be_other || differs() {
                contested.insert(name);
            }
        }
        self.leads.contested = contested;
    }

    /// Whether anything comes into a module without its name that is not declared in one of the
    /// crate: by a glob, or by `#[macro_use]`.
    fn has_open(&self) -> bool {
        let globs = self.globs.all();
        let mut globs = globs.map(|(_, nth)| &self.index.items[nth]);
        let is_open = |entry: &Entry| {
            let found = entry.item.import.as_ref();
            found.is_none_or(|import| !self.imported(entry, import).all.is_empty())
        };
        let brings_macros = |entry: &Entry| {
            let lexed = self.index.files[entry.file].lexed;
            let is_one = |name: &[u8]| name == b"macro_use";
            has_attribute(lexed, &entry.item.attributes, is_one)
        };
        let compiled = self.index.items.iter().filter(|entry| entry.is_compiled);
        let mut imports = compiled.filter(|entry| entry.item.import.is_some());
        imports.any(brings_macros) || globs.any(is_open)
    }

    /// Finds what macros may declare that are called where items stand.
    fn find_made(&mut self) {
        let index = self.index;
        for call in &index.items {
            let is_one = call.is_compiled && call.item.kind == Kind::MacroCall;
            if !is_one || call.group.is_some() || call.outer.is_some() {
                continue;
            }
            let Some((class, mut names)) = self.declared_by(call) else {
                continue;
            };
            names.retain(|name| !is_of_prelude(index.names.text(*name)));
            for at in index.declared(call.module) {
                self.leads.made.extend(names.iter().map(|name| (at, *name)));
                let is_any = class != Class::Plain;
                self.leads.makes_any.extend(Some(at).filter(|_| is_any));
            }
        }
    }

    /// Adds what the names mean that do not mean the same everywhere: where the item stands, and in
    /// the modules that its paths may lead through.
    pub(super) fn add_meanings(&self, entry: &Entry, mentions: &Mentions, hasher: &mut Hasher) {
        // What a macro says means something where it is called.
        if entry.item.kind == Kind::Macro {
            return;
        }
        let names = &self.index.names;
        let called = self.macros.called_by(&mentions.names, self.index);
        let written = called.flat_map(|entry| &entry.mentions.names);
        let written: BTreeSet<Name> = written.copied().collect();
        let contested = |of: &[Name]| -> BTreeSet<Name> {
            let all = of.iter().chain(&written).copied();
            all.filter(|name| self.leads.contested.contains(name))
                .collect()
        };
        let here = contested(&mentions.names);
        if here.is_empty() {
            return;
        }
        // Behind a `::`.
        let below = contested(&mentions.members);
        let mut scopes = self.scopes_around(entry);
        if !below.is_empty() {
            let all = mentions.names.iter().chain(&written).copied();
            self.add_scopes_of_paths(entry, mentions, all, &mut scopes);
        }
        let mut found = BTreeSet::new();
        let mut nth = 0;
        while let Some(&(by, scope)) = scopes.get(nth) {
            nth += 1;
            for &name in if by == HERE { &here } else { &below } {
                let known = self.meaning(scope, name);
                let text = names.text(name);
                found.extend(known.digest.map(|digest| (by, text, digest)));
                for &at in &known.modules {
                    let new = (text, (at, None));
                    if !scopes.contains(&new) {
                        scopes.push(new);
                    }
                }
            }
        }
        for (by, name, digest) in found {
            counted(hasher, by);
            counted(hasher, name);
            hasher.update(&digest);
        }
    }

    /// The modules that an item stands in, and the bodies.
    fn scopes_around(&self, entry: &Entry) -> Vec<(&[u8], Scope)> {
        let mut outer = vec![None];
        let mut around = self.index.around(entry);
        while let Some(place) = around {
            outer.push(around);
            around = self.index.around(&self.index.items[place]);
        }
        let mut scopes = Vec::new();
        for at in self.index.declared(entry.module) {
            scopes.extend(outer.iter().map(|outer| (HERE, (at, *outer))));
        }
        scopes
    }

    /// The modules that paths may lead through, with what says it.
    fn add_scopes_of_paths<'a>(
        &'a self,
        entry: &Entry,
        mentions: &Mentions,
        names: impl Iterator<Item = Name>,
        scopes: &mut Vec<(&'a [u8], Scope)>,
    ) {
        let index = self.index;
        for root in &mentions.roots {
            let (by, modules) = match root.from {
                From::Anywhere => continue,
                From::Crate => (&b"crate"[..], index.tops()),
                From::Super(count) => {
                    let declared = index.declared(entry.module);
                    let above = |modules: Vec<usize>, _| index.all_above(&modules);
                    let by = &b"^^^^^^^^"[..count.min(8)];
                    (by, (0..count).fold(declared, above))
                }
            };
            scopes.extend(modules.into_iter().map(|at| (by, (at, None))));
        }
        for name in names {
            for &at in self.leads.modules.get(&name).into_iter().flatten() {
                scopes.push((index.names.text(name), (at, None)));
            }
        }
    }

    fn meaning(&self, scope: Scope, name: Name) -> Rc<Known> {
        if let Some(known) = self.leads.known.borrow().get(&(scope, name)) {
            return Rc::clone(known);
        }
        let mut found = Meaning::default();
        self.look_up(scope, &[name], &mut found);
        let modules = found.modules.iter().map(|at| self.module_in_words(*at));
        let all: BTreeSet<String> = modules.chain(found.all).collect();
        let known = Rc::new(Known {
            digest: (!all.is_empty()).then(|| digest_of_parts(&all)),
            modules: found.modules,
        });
        let mut all = self.leads.known.borrow_mut();
        all.insert((scope, name), Rc::clone(&known));
        known
    }

    /// What an import brings in, or all of which it does.
    pub(super) fn imported(&self, entry: &Entry, import: &Import) -> Meaning {
        let mut found = Meaning::default();
        self.follow(entry.module, &import.path, &mut found);
        found
    }

    /// The modules that an import leads to; all, where it was not found out.
    pub(super) fn modules_led_to(&self, entry: &Entry, import: &Import) -> Vec<usize> {
        let found = self.imported(entry, import);
        match found.search.steps > MOST {
            true => (0..self.index.modules.len()).collect(),
            false => found.modules.into_iter().collect(),
        }
    }

    /// Whether an import certainly leads to the only item that has the name that it ends in.
    pub(super) fn leads_to_only(&self, entry: &Entry, import: &Import) -> bool {
        let key = std::ptr::from_ref(entry);
        if let Some(known) = self.leads.only.borrow().get(&key) {
            return *known;
        }
        let found = self.imported(entry, import);
        let last = import.path.last().map(|last| self.index.names.print(*last));
        let is_only = found.all.len() == 1
            && last.is_some_and(|last| found.all.contains(&only(&last)))
            && found.modules.is_empty()
            && !found.is_open;
        self.leads.only.borrow_mut().insert(key, is_only);
        is_only
    }

    /// Where a path leads that begins where an import, or an impl, stands.
    pub(super) fn follow(&self, module: usize, path: &[Name], found: &mut Meaning) {
        let Some(&first) = path.first() else {
            return;
        };
        for at in self.index.declared(module) {
            // `use dep::dep` and `extern crate dep` begin at the crate.
            let bound = self.leads.bound.get(&(at, None, first));
            let is_here = self.globs.has_child(at, first)
                || bound.into_iter().flatten().any(|nth| {
                    let import = self.index.items[*nth].item.import.as_ref();
                    import.is_none_or(|import| import.path.first() != Some(&first))
                });
            // Where a module has the name of a crate, either may be meant, by `::`.
            if self.is_crate(first) {
                found.is_foreign = true;
                found.all.insert(self.in_words(String::new(), path));
                if !is_here {
                    continue;
                }
            }
            if !self.lead(at, path, found) {
                let text = self.index.names.text(first);
                found.is_lost = true;
                found.is_foreign |= !matches!(text, b"crate" | b"self" | b"super");
                found
                    .all
                    .insert(self.in_words(self.index.path_of(at), path));
            }
        }
    }

    /// Where a path leads that begins in a body, if that has what it begins with.
    pub(super) fn follow_in(
        &self,
        module: usize,
        outer: Option<usize>,
        path: &[Name],
        found: &mut Meaning,
    ) {
        let mut body = outer;
        while let (Some(nth), Some(first)) = (body, path.first()) {
            // A glob in it may bring in anything.
            found.is_foreign |= self.methods.has_glob(&self.index.items[nth]);
            let mut is_here = false;
            for at in self.index.declared(module) {
                if self.leads.bound.contains_key(&(at, body, *first)) {
                    is_here |= self.look_up((at, body), path, found);
                }
            }
            if is_here {
                return;
            }
            body = self.index.around(&self.index.items[nth]);
        }
        self.follow(module, path, found);
    }

    /// Where a path leads from a module; whether anything there has its name.
    fn lead(&self, at: usize, path: &[Name], found: &mut Meaning) -> bool {
        let Some((first, rest)) = path.split_first() else {
            found.modules.insert(at);
            return true;
        };
        let to = match self.index.names.text(*first) {
            b"crate" => self.index.tops(),
            b"self" => vec![at],
            b"super" => self.index.all_above(&[at]),
            _ => return self.look_up((at, None), path, found),
        };
        let led = to.into_iter().map(|at| self.lead(at, rest, found));
        led.fold(false, |led, is_one| led | is_one)
    }

    fn look_up(&self, scope: Scope, path: &[Name], found: &mut Meaning) -> bool {
        let Some((&name, rest)) = path.split_first() else {
            return false;
        };
        if found.search.steps > MOST {
            found.is_foreign = true;
            found.is_open = true;
            found.all.insert(self.anything());
            return true;
        }
        if !found.search.seen.insert((scope, path.to_vec())) {
            return true;
        }
        found.search.steps += 1;
        let cut = found.search.cut;
        let is_here = self.look_up_new(scope, path, name, rest, found);
        // By another way, more may be found.
        if found.search.cut > cut {
            found.search.seen.remove(&(scope, path.to_vec()));
        }
        is_here
    }

    fn look_up_new(
        &self,
        scope: Scope,
        path: &[Name],
        name: Name,
        rest: &[Name],
        found: &mut Meaning,
    ) -> bool {
        let index = self.index;
        let (at, outer) = scope;
        let mut is_here = outer.is_none() && self.globs.has_child(at, name);
        if is_here {
            match self.globs.child(at, name) {
                Some(child) => {
                    self.lead(child, rest, found);
                }
                None => {
                    found.all.insert(self.in_words(index.path_of(at), path));
                }
            }
        }
        for &nth in self
            .leads
            .bound
            .get(&(at, outer, name))
            .into_iter()
            .flatten()
        {
            is_here = true;
            let entry = &index.items[nth];
            match &entry.item.import {
                Some(_) if found.search.through.contains(&(at, nth)) => found.search.cut += 1,
                Some(import) => {
                    found.search.through.push((at, nth));
                    self.follow(entry.module, &[&import.path, rest].concat(), found);
                    found.search.through.pop();
                }
                None => {
                    found.items.insert(nth);
                    match self.is_certain(entry, at, rest) {
                        true => found.is_own = true,
                        false => found.is_foreign = true,
                    }
                    found
                        .all
                        .insert(self.in_words(self.declared_in_words(entry, name), rest));
                }
            }
        }
        // Imports that lead in circles.
        if is_here && found.all.is_empty() && found.modules.is_empty() {
            found.all.insert(self.in_words(index.path_of(at), path));
        }
        if outer.is_some() {
            return is_here;
        }
        let globs = self.globs.of_module(at);
        found.is_open |= rest.is_empty() && !globs.is_empty();
        if is_here {
            return true;
        }
        for &nth in globs {
            let entry = &index.items[nth];
            let Some(import) = &entry.item.import else {
                continue;
            };
            let mut through = Meaning {
                search: std::mem::take(&mut found.search),
                ..Meaning::default()
            };
            self.follow(entry.module, &import.path, &mut through);
            found.search = through.search;
            for at in through.modules {
                is_here |= self.look_up((at, None), path, found);
            }
            is_here |= !through.all.is_empty();
            found.items.extend(through.items);
            found.is_foreign |= through.is_foreign;
            found.is_own |= through.is_own;
            let others = through.all.into_iter();
            found
                .all
                .extend(others.map(|from| self.in_words(from, path)));
        }
        let is_given = self.leads.made.contains(&(at, name));
        if is_given || self.leads.makes_any.contains(&at) {
            is_here = true;
            let may_import = |nth: &usize| index.items[*nth].item.import.is_none();
            found.is_foreign |= !is_given || globs.iter().any(may_import);
            found.all.insert(self.in_words(index.path_of(at), path));
        }
        is_here
    }

    /// In words for what it was not found out where it leads: what stands for all that any name of
    /// the crate may mean.
    fn anything(&self) -> String {
        let words = || {
            let compiled = self.index.items.iter().filter(|entry| entry.is_compiled);
            let all = compiled.map(|entry| {
                let path = entry.item.import.as_ref().map(|import| &import.path[..]);
                let name = entry.item.name.as_slice();
                let from = self.in_words(self.path(entry), name);
                let words = self.in_words(from + " ", path.unwrap_or_default());
                let made = matches!(entry.item.kind, Kind::MacroCall | Kind::Import);
                let digest = made.then_some(entry.mentions.digest);
                digest_of_parts([words.as_bytes(), &digest.unwrap_or_default()])
            });
            let all: BTreeSet<[u8; 32]> = all.collect();
            let digest = blake3::Hash::from(digest_of_parts(&all));
            format!("anything of {digest}")
        };
        self.leads.any.get_or_init(words).clone()
    }

    pub(super) fn is_crate(&self, name: Name) -> bool {
        let text = self.index.names.text(name);
        matches!(text, b"std" | b"core" | b"alloc") || self.crates.contains_key(&name)
    }

    fn in_words(&self, from: String, path: &[Name]) -> String {
        path.iter().fold(from, |mut words, name| {
            words.push_str("::");
            words.push_str(&self.index.names.print(*name));
            words
        })
    }

    pub(super) fn declared_in_words(&self, entry: &Entry, name: Name) -> String {
        match self.ambiguous.contains(&name) {
            true => self.in_words(self.path(entry), &[name]),
            false => only(&self.index.names.print(name)),
        }
    }

    fn module_in_words(&self, module: usize) -> String {
        let name = self.index.modules[module].name;
        let named = name.and_then(|name| self.leads.modules.get(&name));
        match name.filter(|_| named.is_some_and(|named| named.len() == 1)) {
            Some(name) => only(&self.index.names.print(name)),
            None => self.index.path_of(module),
        }
    }
}

/// Where the only one of its name stands is of no consequence.
fn only(name: &str) -> String {
    format!("only {name}")
}
