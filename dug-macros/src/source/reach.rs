//! Which items an item reaches: the rules by which the graph is made from the index.
//!
//! Each rule takes too much rather than too little. What is reached by name is
//! reached in all modules; a trait's impl with its type; what a macro may
//! declare or use under another name with each name that is made from its parts.

use super::compilation::Compilation;
use super::files::Sources;
use super::glue::Glue;
use super::graph::{Graph, Kind as Node, Place};
use super::index::{Entry, Index};
use super::items::{Kind, parameters};
use super::known;
use super::macros::{Class, Macros};
use super::mentions::Mentions;
use super::names::Name;
use super::order::Order;
use super::packages::Packages;
use super::reads::Reads;
use super::uses::What as Brings;
use blake3::Hasher;
use std::collections::{HashMap, HashSet};

pub(super) struct Reach<'a> {
    pub(super) index: &'a Index<'a>,
    pub(super) packages: &'a mut Packages,
    pub(super) reads: Reads<'a>,
    pub(super) macros: Macros,
    pub(super) graph: Graph,
    /// The node of each name that is mentioned.
    pub(super) names: Vec<Option<Place>>,
    /// The same, for all that a macro may make of a name.
    pub(super) wide: HashMap<Name, Place>,
    /// What has each name.
    pub(super) named: Vec<Vec<Place>>,
    /// The same, of what belongs to types and traits.
    pub(super) members: Vec<Vec<Place>>,
    pub(super) member_names: Vec<Option<Place>>,
    pub(super) glue: Glue,
    pub(super) crates: HashMap<Name, Option<Place>>,
    pub(super) items: Vec<Place>,
    pub(super) groups: Vec<Place>,
    /// What all items of a module see, and all attributes around them.
    pub(super) modules: Vec<(Place, Place)>,
    /// Names that several things have which are told apart by where they stand.
    pub(super) ambiguous: HashSet<Name>,
    /// Names that several things in bodies of functions have.
    pub(super) nested: HashSet<Name>,
    pub(super) order: Order,
    /// Names with letters beyond ASCII.
    pub(super) not_ascii: Vec<Name>,
    pub(super) always: Place,
    /// The names that modules, and bodies of functions, declare or import.
    pub(super) beside: HashSet<(usize, Option<usize>, Name)>,
    /// All names that are looked for in modules.
    pub(super) free: HashSet<Name>,
    /// What callers of tracked functions reach, by the places of these.
    pub(super) signatures: HashMap<usize, Place>,
    /// Names of modules.
    pub(super) of_modules: HashSet<Name>,
    /// What the traits of the crate declare.
    pub(super) of_traits: HashMap<Name, Vec<Name>>,
    /// Other names that such traits may have.
    pub(super) other_traits: HashSet<Name>,
    /// Names that may be those of types.
    pub(super) of_types: HashSet<Name>,
    /// Names of types that are declared here.
    pub(super) of_own_types: HashSet<Name>,
    /// What other names stand for.
    pub(super) aliases: HashMap<Name, Vec<Name>>,
    /// Aliases of types that are written as projections.
    pub(super) projections: HashSet<Name>,
    /// The inherent impls of types.
    pub(super) inherent: HashMap<Name, Vec<usize>>,
    /// What was read, by kind and name.
    pub(super) read: HashMap<(&'static str, String), Place>,
}

/// The graph of a crate.
pub(super) fn reach<'a>(
    index: &'a Index<'a>,
    sources: &'a Sources,
    compilation: &'a Compilation,
    packages: &'a mut Packages,
) -> Graph {
    let (free, ambiguous) = free(index);
    let mut graph = Graph::default();
    let always = graph.add(
        Node::Module,
        String::new(),
        String::new(),
        base(compilation),
    );
    let mut reach = Reach {
        macros: Macros::new(index),
        reads: Reads::new(index, sources, compilation),
        beside: beside(index),
        nested: nested(index),
        order: Order::new(index),
        not_ascii: index.names.not_ascii().collect(),
        ambiguous,
        free,
        names: vec![None; index.names.len()],
        wide: HashMap::new(),
        named: vec![Vec::new(); index.names.len()],
        members: vec![Vec::new(); index.names.len()],
        member_names: vec![None; index.names.len()],
        glue: Glue::default(),
        crates: HashMap::new(),
        items: Vec::new(),
        groups: Vec::new(),
        modules: Vec::new(),
        index,
        packages,
        graph,
        always,
        signatures: HashMap::new(),
        of_modules: index
            .modules
            .iter()
            .filter_map(|module| module.name)
            .collect(),
        of_traits: traits(index),
        other_traits: other_traits(index),
        of_types: HashSet::new(),
        of_own_types: HashSet::new(),
        aliases: HashMap::new(),
        projections: projections(index),
        inherent: HashMap::new(),
        read: HashMap::new(),
    };
    for name in reach
        .packages
        .names()
        .map(str::to_owned)
        .collect::<Vec<_>>()
    {
        if let Some(name) = index.names.get(name.as_bytes()) {
            reach.crates.insert(name, None);
        }
    }
    reach.declare();
    reach.learn();
    reach.name_all();
    let named = (0..).zip(reach.named.iter().zip(&reach.members));
    let named = named.filter(|(_, (free, members))| !free.is_empty() || !members.is_empty());
    reach
        .glue
        .set_names(&index.names, named.map(|(name, _)| name));
    reach.connect();
    let mut graph = reach.graph;
    for (nth, place) in reach.names.iter().enumerate() {
        if let Some(place) = place {
            let name = Name::try_from(nth).unwrap_or(Name::MAX);
            graph.names.insert(index.names.text(name).to_vec(), *place);
        }
    }
    #[cfg(test)]
    graph.items.clone_from(&reach.items);
    graph.finish();
    graph
}

/// What all items depend on.
fn base(compilation: &Compilation) -> [u8; 32] {
    *blake3::hash(format!("edition {}", compilation.edition).as_bytes()).as_bytes()
}

/// The names that are looked for in modules; and those that several items have, of which it
/// depends on where they stand which one is meant.
fn free(index: &Index) -> (HashSet<Name>, HashSet<Name>) {
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

fn nested(index: &Index) -> HashSet<Name> {
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

fn projections(index: &Index) -> HashSet<Name> {
    let mut found = HashSet::new();
    loop {
        let before = found.len();
        for entry in index.items.iter().filter(|entry| entry.is_compiled) {
            let lexed = index.files[entry.file].lexed;
            let is_one = match entry.item.kind {
                Kind::Alias if entry.group.is_none() => {
                    let mut words = entry.item.span.clone();
                    words.any(|place| lexed.is_word(place, b"as"))
                        || entry.mentions.names.iter().any(|name| found.contains(name))
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
fn traits(index: &Index) -> HashMap<Name, Vec<Name>> {
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
fn other_traits(index: &Index) -> HashSet<Name> {
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

fn beside(index: &Index) -> HashSet<(usize, Option<usize>, Name)> {
    let is_one = |entry: &&Entry| entry.is_free() || entry.item.kind == Kind::Import;
    let all = index
        .items
        .iter()
        .filter(|entry| entry.is_compiled)
        .filter(is_one);
    let of = |entry: &Entry| Some((entry.module, entry.outer, entry.item.name?));
    all.filter_map(of).collect()
}

impl Entry {
    /// Whether what it is called is looked for in modules.
    fn is_free(&self) -> bool {
        match self.item.kind {
            Kind::Method | Kind::Import | Kind::MacroCall | Kind::Foreign => false,
            Kind::Trait => true,
            _ => self.group.is_none(),
        }
    }

    fn label(&self) -> &'static str {
        match self.item.kind {
            Kind::Function => "fn",
            Kind::Method => "method",
            Kind::Constant => "const",
            Kind::Static => "static",
            Kind::Type => "type",
            Kind::Alias => "type alias",
            Kind::Trait => "trait",
            Kind::Macro => "macro",
            Kind::MacroCall => "macro call",
            Kind::Import => "use",
            Kind::Foreign => "extern block",
        }
    }
}

impl Reach<'_> {
    /// A node for each module, block and item.
    fn declare(&mut self) {
        let index = self.index;
        for module in &index.modules {
            let file = index.files[module.file].name.to_owned();
            let digest = module.mentions.digest;
            // How deep a module is says nothing.
            let says_nothing = digest == *blake3::Hasher::new().finalize().as_bytes();
            let kind = match says_nothing {
                true => Node::Name,
                false => Node::Module,
            };
            let sees = self
                .graph
                .add(Node::Name, String::new(), file.clone(), [0; 32]);
            let around = self.graph.add(kind, String::new(), file, digest);
            self.modules.push((sees, around));
        }
        for block in &index.groups {
            let file = index.files[block.file].name.to_owned();
            let lexed = index.files[block.file].lexed;
            let header = block.group.names..block.group.header.end;
            let words = header.filter_map(|place| lexed.name(place).map(String::from_utf8_lossy));
            let name = words.collect::<Vec<_>>().join(" ");
            let digest = block.mentions.digest;
            let place = self.graph.add(Node::Part("impl"), name, file, digest);
            self.groups.push(place);
        }
        for entry in &index.items {
            let place = self.node(entry, &entry.mentions);
            self.items.push(place);
        }
    }

    fn node(&mut self, entry: &Entry, mentions: &Mentions) -> Place {
        let index = self.index;
        let name = entry.item.name.map(|name| index.names.print(name));
        let file = index.files[entry.file].name.to_owned();
        let digest = self.own_digest(entry, mentions);
        let kind = match self.is_clear(entry) {
            true => Node::Name,
            false => Node::Part(entry.label()),
        };
        self.graph.add(kind, name.unwrap_or_default(), file, digest)
    }

    /// Of the tokens, and of where the item stands, if it matters.
    fn own_digest(&self, entry: &Entry, mentions: &Mentions) -> [u8; 32] {
        let mut hasher = Hasher::new();
        hasher.update(entry.label().as_bytes());
        hasher.update(&mentions.digest);
        if let Some(import) = &entry.item.import {
            for name in &import.path {
                hasher.update(self.index.names.text(*name));
                hasher.update(b"\xFF");
            }
            if let Brings::Renamed(name) = import.what {
                hasher.update(self.index.names.text(name));
            }
        }
        // What is meant by a name, if it is not the only thing of that name, may be what stands
        // or is imported beside the item.
        let is_beside = |name: &&Name| self.free.contains(*name) && self.is_beside(entry, **name);
        let beside = mentions.names.iter().filter(is_beside);
        let mut beside: Vec<&[u8]> = beside.map(|name| self.index.names.text(*name)).collect();
        beside.sort_unstable();
        for name in beside {
            hasher.update(b"\xFE");
            hasher.update(name);
        }
        let names = mentions.names.iter().chain(&entry.item.name);
        if names.into_iter().any(|name| self.ambiguous.contains(name)) {
            hasher.update(self.path(entry).as_bytes());
        }
        if mentions.names.iter().any(|name| self.order.matters(*name)) {
            hasher.update(self.path(entry).as_bytes());
            self.order.add(entry, &mut hasher);
        }
        // Equal names in blocks of one body: which is meant is said by the order of all of it.
        let names = mentions.names.iter().chain(&entry.item.name);
        if let Some(around) = self.outermost(entry)
            && names.into_iter().any(|name| self.nested.contains(name))
        {
            hasher.update(&around.mentions.digest);
        }
        *hasher.finalize().as_bytes()
    }

    /// The item in whose body, or in the body of whose parts, this one stands.
    fn outermost(&self, entry: &Entry) -> Option<&Entry> {
        let mut found = None;
        let mut next = self.index.around(entry);
        while let Some(place) = next {
            let around = &self.index.items[place];
            found = Some(around);
            next = self.index.around(around);
        }
        found
    }

    fn is_beside(&self, entry: &Entry, name: Name) -> bool {
        let mut outer = self.index.around(entry);
        while let Some(place) = outer {
            if self.beside.contains(&(entry.module, Some(place), name)) {
                return true;
            }
            outer = self.index.around(&self.index.items[place]);
        }
        self.beside.contains(&(entry.module, None, name))
    }

    /// Whether an import says nothing but that its name is used here: where a thing is imported
    /// from is of no consequence if there is only one.
    pub(super) fn is_clear(&self, entry: &Entry) -> bool {
        let Some(import) = &entry.item.import else {
            return false;
        };
        let (Some(first), Some(last)) = (import.path.first(), import.path.last()) else {
            return false;
        };
        let root = self.index.names.text(*first);
        let is_local =
            matches!(root, b"crate" | b"self" | b"super") || self.of_modules.contains(first);
        is_local
            && !self.may_be_trait(*last)
            && import.what == Brings::Plain
            && entry.mentions.names.is_empty()
            && self.free.contains(last)
            && !self.ambiguous.contains(last)
    }

    /// Whether a name may be that of a trait of this crate: it is declared as one, brought in
    /// under another name, or made by a macro.
    pub(super) fn may_be_trait(&self, name: Name) -> bool {
        self.of_traits.contains_key(&name) || self.other_traits.contains(&name)
    }

    /// Where an item stands: its modules, and the functions around it.
    fn path(&self, entry: &Entry) -> String {
        let index = self.index;
        let mut path = Vec::new();
        let (mut module, mut outer) = (Some(entry.module), index.around(entry));
        while let Some(place) = outer {
            path.extend(index.items[place].item.name);
            outer = index.around(&index.items[place]);
        }
        while let Some(place) = module.filter(|_| path.len() < 1000) {
            path.extend(index.modules[place].name);
            module = index.modules[place].parent;
        }
        let path = path.iter().rev().map(|name| index.names.print(*name));
        path.collect::<Vec<_>>().join("::")
    }

    /// Says by which names everything is reached.
    fn name_all(&mut self) {
        let index = self.index;
        for (nth, entry) in index.items.iter().enumerate() {
            if !entry.is_compiled {
                continue;
            }
            let mut place = self.items[nth];
            if let Kind::Function | Kind::Method | Kind::Constant | Kind::Static = entry.item.kind {
                self.graph.extents.push((entry.file, entry.lines, place));
            }
            if let Some(signature) = &entry.signature {
                let key = (
                    entry.file,
                    entry.line,
                    entry
                        .item
                        .name
                        .map_or(String::new(), |name| index.names.print(name)),
                );
                self.graph.tracked.insert(key, place);
                // Its callers have it in their traces, and see no more of it than its types.
                place = self.node(entry, signature);
                self.signatures.insert(nth, place);
            }
            match entry.item.kind {
                Kind::MacroCall => self.name_call(entry, place),
                Kind::Foreign => {
                    for name in entry.mentions.all() {
                        self.name(name, place);
                    }
                }
                _ => {
                    let is_member = entry.group.is_some() && entry.item.kind != Kind::Trait;
                    match entry.item.name {
                        // With its type, whatever is mentioned.
                        Some(_) if is_member && self.is_with_type(entry) => {}
                        Some(name) if is_member => self.name_member(name, place),
                        Some(name) => self.name(name, place),
                        None => {}
                    }
                }
            }
            if entry.mentions.is_marked {
                self.name_marked(entry, place);
            }
            // An import of a trait is reached by what the trait declares, too.
            let import = entry.item.import.as_ref();
            let last = import.and_then(|import| import.path.last());
            for name in last.map_or(&[][..], |last| known::methods(index.names.text(*last))) {
                if let Some(name) = index.names.get(name.as_bytes()) {
                    self.name_member(name, place);
                }
            }
            for name in last
                .and_then(|last| self.of_traits.get(last))
                .cloned()
                .unwrap_or_default()
            {
                self.name_member(name, place);
            }
        }
        for nth in 0..index.groups.len() {
            if index.groups[nth].is_compiled {
                self.name_block(nth);
            }
        }
    }

    /// What stands in a module.
    fn name(&mut self, name: Name, place: Place) {
        self.named[name as usize].push(place);
    }

    /// What belongs to a type or a trait: no bare name means it.
    fn name_member(&mut self, name: Name, place: Place) {
        self.members[name as usize].push(place);
    }

    /// What may be either.
    fn name_any(&mut self, name: Name, place: Place) {
        self.name(name, place);
        self.name_member(name, place);
    }

    /// The call of a macro that may declare items.
    fn name_call(&mut self, entry: &Entry, place: Place) {
        let class = entry
            .item
            .name
            .map_or(Class::Any, |name| self.macros.class(name, self.index));
        let index = self.index;
        let text = |name: &Name| index.names.text(*name);
        // The items of what is included are its own.
        if entry
            .item
            .name
            .is_some_and(|name| text(&name) == b"include")
        {
            return;
        }
        let mut names = entry.mentions.all();
        if entry.item.name.is_some_and(|name| text(&name) == b"cfg_if") {
            names = self.names_inside(entry);
        } else if let Some(name) = entry.item.name {
            self.macros.add_declared(name, class, index, &mut names);
        }
        names.retain(|name| !is_of_prelude(text(name)) && !known::is_macro(text(name)));
        for &name in &names {
            self.name_any(name, place);
            if class != Class::Plain {
                self.glue.declare(text(&name), place);
            }
        }
        if class == Class::Any {
            self.graph.connect(self.always, place);
        }
    }

    /// The names of the items that stand in what a macro is given.
    fn names_inside(&self, call: &Entry) -> Vec<Name> {
        let span = &call.item.span;
        let is_inside = |entry: &&Entry| {
            entry.file == call.file && span.contains(&entry.item.place) && entry.item.span != *span
        };
        let inside = self.index.items.iter().filter(is_inside);
        inside.filter_map(|entry| entry.item.name).collect()
    }

    /// What derives and attributes that are not known may declare beside an item.
    fn name_marked(&mut self, entry: &Entry, place: Place) {
        let names = match entry.item.kind {
            Kind::Type => entry.mentions.all(),
            _ => entry.mentions.marks.clone(),
        };
        for name in names.into_iter().chain(entry.item.name) {
            let text = self.index.names.text(name);
            let is_known = known::is_attribute(text) || known::is_derive(text);
            if !is_of_prelude(text) && !is_known {
                self.name_any(name, place);
                self.glue.declare(text, place);
            }
        }
    }

    /// Gathers what names stand for.
    fn learn(&mut self) {
        for entry in self.index.items.iter().filter(|entry| entry.is_compiled) {
            let Some(name) = entry.item.name else {
                continue;
            };
            match entry.item.kind {
                Kind::Alias if entry.group.is_none() => {
                    self.of_types.insert(name);
                    self.aliases
                        .entry(name)
                        .or_default()
                        .extend(&entry.mentions.names);
                }
                Kind::Type => {
                    self.of_types.insert(name);
                    self.of_own_types.insert(name);
                }
                Kind::MacroCall => {
                    let text = |name: &Name| self.index.names.text(*name);
                    let names = entry.mentions.all().into_iter();
                    let names = names.filter(|name| !is_of_prelude(text(name)));
                    self.of_types.extend(names);
                }
                Kind::Import => {
                    let import = entry.item.import.as_ref();
                    let last = import.and_then(|import| import.path.last());
                    if let Some(last) = last.filter(|last| **last != name) {
                        self.aliases.entry(name).or_default().push(*last);
                    }
                }
                _ => {}
            }
        }
    }

    /// A trait's impl is reached with each type that its header names; without one, with each name.
    fn name_block(&mut self, nth: usize) {
        let block = &self.index.groups[nth];
        if block.group.declared.is_some() {
            return;
        }
        let mut types = self.types_in(&self.names_of_header(nth, false));
        let header = self.names_of_header(nth, true);
        if types.is_empty() {
            let is_trait = |name: &&Name| self.of_traits.contains_key(*name);
            types = header.iter().filter(is_trait).copied().collect();
        }
        if types.is_empty() {
            types = header;
        }
        // What it is for may be any type.
        if block.group.for_.is_some() && self.has_projection(nth) {
            self.graph.connect(self.always, self.groups[nth]);
        }
        for name in types {
            match block.group.for_.is_some() || block.mentions.is_marked {
                true => self.name(name, self.groups[nth]),
                false => self.inherent.entry(name).or_default().push(nth),
            }
        }
    }

    /// Whether a header, or an alias in it, has a type that is written as `<T as Trait>::Name`,
    /// where `T` is no parameter.
    fn has_projection(&self, nth: usize) -> bool {
        let block = &self.index.groups[nth];
        let lexed = self.index.files[block.file].lexed;
        let (params, after) = parameters(lexed, block.group.names);
        let is_one = |place: usize| {
            lexed.is_word(place, b"as")
                && !lexed
                    .name(place - 1)
                    .is_some_and(|name| params.contains(&name))
        };
        let mut header = after..block.group.header.end;
        header.clone().any(is_one)
            || header.any(|place| {
                let name = lexed
                    .name(place)
                    .and_then(|name| self.index.names.get(name));
                name.is_some_and(|name| self.projections.contains(&name))
            })
    }

    /// Whether an item belongs to the impl of another crate's trait for a type of this one. Where
    /// there is a value of the type, the type is reached, and so is all of the impl.
    fn is_with_type(&self, entry: &Entry) -> bool {
        let Some(nth) = entry.group else {
            return false;
        };
        let block = &self.index.groups[nth];
        let Some(for_) = block.group.for_ else {
            return false;
        };
        let lexed = self.index.files[block.file].lexed;
        let (_, start) = parameters(lexed, block.group.names);
        let names = (start..for_).filter_map(|place| self.index.names.get(lexed.name(place)?));
        let is_foreign = |name: Name| {
            !self.of_traits.contains_key(&name)
                && !self.aliases.contains_key(&name)
                && (self.of_own_types.contains(&name) || !self.free.contains(&name))
        };
        let mut names: Vec<Name> = names.collect();
        let is_foreign = names.iter().all(|name| is_foreign(*name));
        let after = (for_..block.group.header.end)
            .filter_map(|place| self.index.names.get(lexed.name(place)?));
        names.clear();
        names.extend(after);
        is_foreign && names.iter().any(|name| self.of_own_types.contains(name))
    }

    /// The names in the header of a block: of its trait and its type, or with its bounds, too.
    fn names_of_header(&self, nth: usize, with_bounds: bool) -> Vec<Name> {
        let block = &self.index.groups[nth];
        let lexed = self.index.files[block.file].lexed;
        let (params, after) = parameters(lexed, block.group.names);
        let end = block.group.header.end;
        let (start, end) = match with_bounds {
            true => (block.group.names, end),
            false => {
                let where_ = (after..end).find(|place| lexed.is_word(*place, b"where"));
                (after, where_.unwrap_or(end))
            }
        };
        let names = (start..end).filter_map(|place| lexed.name(place));
        let names = names.filter(|name| !params.contains(name));
        let mut names: Vec<Name> = names
            .filter_map(|name| self.index.names.get(name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Those that may name types, and what they stand for.
    fn types_in(&self, names: &[Name]) -> Vec<Name> {
        let mut found: Vec<Name> = Vec::new();
        let mut waiting = names.to_vec();
        while let Some(name) = waiting.pop() {
            if found.contains(&name) {
                continue;
            }
            let alias = self.aliases.get(&name);
            if self.of_types.contains(&name) || (alias.is_some() && names.contains(&name)) {
                found.push(name);
            }
            waiting.extend(
                alias
                    .into_iter()
                    .flatten()
                    .filter(|name| !found.contains(name) && self.of_types.contains(name)),
            );
        }
        found
    }
}

/// Types that are everywhere.
pub(super) fn is_of_prelude(name: &[u8]) -> bool {
    matches!(
        name,
        b"Err"
            | b"None"
            | b"Ok"
            | b"Some"
            | b"alloc"
            | b"bool"
            | b"core"
            | b"std"
            | b"char"
            | b"f32"
            | b"f64"
            | b"i8"
            | b"i16"
            | b"i32"
            | b"i64"
            | b"i128"
            | b"isize"
            | b"str"
            | b"u8"
            | b"u16"
            | b"u32"
            | b"u64"
            | b"u128"
            | b"usize"
            | b"Arc"
            | b"Box"
            | b"Clone"
            | b"Copy"
            | b"Debug"
            | b"Default"
            | b"Deserialize"
            | b"Eq"
            | b"HashMap"
            | b"Option"
            | b"PartialEq"
            | b"Result"
            | b"Serialize"
            | b"String"
            | b"Vec"
            | b"derive"
            | b"serde"
    )
}
