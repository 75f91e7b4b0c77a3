//! Which items an item reaches: the rules by which the graph is made from the index.
//!
//! Each rule takes too much rather than too little. What is reached by name is
//! reached in all modules; a trait's impl with its type; what a macro may
//! declare or use under another name with each name that is made from its parts.

use super::aliases::Aliases;
use super::globs::Globs;
use super::graph::{Graph, Kind as Node, Place};
use super::leads::Leads;
use super::methods::Methods;
use super::pasted::Pasted;
use super::reads::Reads;
use crate::source::cargo::compilation::Compilation;
use crate::source::dependencies::packages::Packages;
use crate::source::files::sources::Sources;
use crate::source::krate::index::{Entry, Index};
use crate::source::krate::macros::Macros;
use crate::source::krate::namesakes::{free, nested, other_traits, projections, traits};
use crate::source::krate::textual_scope::TextualScope;
use crate::source::macros::library::Says;
use crate::source::macros::prelude::needs_no_import;
use crate::source::meaning::mentions::Mentions;
use crate::source::syntax::items::Kind;
use crate::source::syntax::uses::What as Brings;
use crate::source::text::names::Name;
use blake3::Hasher;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

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
    /// The same, for all that stands in what has the name.
    pub(super) inner: HashMap<Name, Place>,
    /// What has each name.
    pub(super) named: Vec<Vec<Place>>,
    /// The same, of what belongs to types and traits.
    pub(super) members: Vec<Vec<Place>>,
    pub(super) member_names: Vec<Option<Place>>,
    pub(super) pasted: Pasted,
    pub(super) globs: Globs,
    pub(super) crates: HashMap<Name, Option<Place>>,
    /// What macros of other crates say, by the names that they are called by.
    pub(super) abroad: HashMap<Name, Place>,
    pub(super) said: HashMap<Name, Option<Rc<Says>>>,
    /// Which names are imported from other crates, as far as that was asked.
    pub(super) imported: HashMap<Name, bool>,
    /// All of the crate.
    pub(super) everything: Option<Place>,
    /// The nodes of crates in folders.
    pub(super) folders: HashMap<String, Place>,
    pub(super) items: Vec<Place>,
    pub(super) groups: Vec<Place>,
    /// What all items of a module see, and all attributes around them.
    pub(super) modules: Vec<(Place, Place)>,
    /// Names that several things have which are told apart by where they stand.
    pub(super) ambiguous: HashSet<Name>,
    /// Names that several things in bodies of functions have.
    pub(super) nested: HashSet<Name>,
    pub(super) scope: TextualScope,
    /// Names with letters beyond ASCII.
    pub(super) not_ascii: Vec<Name>,
    pub(super) always: Place,
    /// What derives and attributes of which nothing is known may make something of.
    pub(super) made: Place,
    pub(super) leads: Leads,
    pub(super) methods: Methods,
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
    pub(super) aliases: Aliases,
    /// Aliases of types of which is not written what they are: projections, and what macros write.
    pub(super) projections: HashSet<Name>,
    /// What imports from other crates bring in.
    pub(super) of_others: HashSet<Name>,
    /// Whether a macro, derive or attribute may declare types by names that are not written.
    pub(super) may_make_types: bool,
    /// The inherent impls of types.
    pub(super) inherent: HashMap<Name, Vec<usize>>,
    /// What was read, by its digest and, if it is code, its file.
    pub(super) read: HashMap<([u8; 32], Option<usize>), Place>,
}

/// The graph of a crate.
pub(crate) fn reach<'a>(
    index: &'a Index<'a>,
    sources: &'a Sources,
    compilation: &'a Compilation,
    packages: &'a mut Packages,
) -> Graph {
    let (free, ambiguous) = free(index);
    let mut graph = Graph::default();
    let always = graph.add(
        Node::Part("edition"),
        compilation.edition.to_string(),
        String::new(),
        base(compilation),
    );
    let made = graph.add_inner();
    let mut reach = Reach {
        made,
        macros: Macros::new(index),
        reads: Reads::new(index, sources, compilation),
        leads: Leads::new(index),
        methods: Methods::default(),
        nested: nested(index),
        scope: TextualScope::new(index),
        not_ascii: index.names.not_ascii().collect(),
        ambiguous,
        free,
        names: vec![None; index.names.len()],
        wide: HashMap::new(),
        inner: HashMap::new(),
        named: vec![Vec::new(); index.names.len()],
        members: vec![Vec::new(); index.names.len()],
        member_names: vec![None; index.names.len()],
        pasted: Pasted::default(),
        globs: Globs::new(index),
        crates: HashMap::new(),
        folders: HashMap::new(),
        abroad: HashMap::new(),
        said: HashMap::new(),
        imported: HashMap::new(),
        everything: None,
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
        aliases: Aliases::default(),
        projections: projections(index),
        of_others: HashSet::new(),
        may_make_types: false,
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
    reach.compare();
    reach.find_methods();
    reach.declare();
    reach.learn();
    reach.name_all();
    reach.name_written();
    reach.name_globs();
    let named = (0..).zip(reach.named.iter().zip(&reach.members));
    let named = named.filter(|(_, (free, members))| !free.is_empty() || !members.is_empty());
    reach
        .pasted
        .set_names(&index.names, named.map(|(name, _)| name));
    reach.connect();
    reach.connect_statics();
    let paths = reach.paths();
    let mut graph = reach.graph;
    for (nth, place) in reach.names.iter().enumerate() {
        if let Some(place) = place {
            let name = Name::try_from(nth).unwrap_or(Name::MAX);
            graph.names.insert(index.names.text(name).to_vec(), *place);
        }
    }
    graph.paths = paths;
    #[cfg(test)]
    graph.items.clone_from(&reach.items);
    graph.finish();
    graph
}

/// What all items depend on.
fn base(compilation: &Compilation) -> [u8; 32] {
    *blake3::hash(format!("edition {}", compilation.edition).as_bytes()).as_bytes()
}

impl Entry {
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
            Kind::Included => "file",
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
                false => Node::Part("module"),
            };
            let name = module.name.map(|name| index.names.print(name));
            let name = name.unwrap_or_else(|| "crate".to_owned());
            let sees = self
                .graph
                .add(Node::Name, String::new(), file.clone(), [0; 32]);
            let around = self.graph.add(kind, name, file, digest);
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

    pub(super) fn node(&mut self, entry: &Entry, mentions: &Mentions) -> Place {
        let index = self.index;
        let name = entry.item.name.map(|name| index.names.print(name));
        let file = index.files[entry.file].name.to_owned();
        let (name, file) = match entry.item.kind {
            Kind::Included => (Some(file), String::new()),
            _ => (name, file),
        };
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
        self.add_meanings(entry, mentions, &mut hasher);
        self.add_methods(entry, mentions, &mut hasher);
        if mentions.names.iter().any(|name| self.scope.matters(*name)) {
            hasher.update(self.path(entry).as_bytes());
            self.scope.add(entry, &mut hasher);
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
        let declared = self.index.declared(entry.module);
        let is_in = |outer| {
            let mut at = declared.iter();
            at.any(|at| self.leads.bound.contains_key(&(*at, outer, name)))
        };
        let mut outer = self.index.around(entry);
        while let Some(place) = outer {
            if is_in(Some(place)) {
                return true;
            }
            outer = self.index.around(&self.index.items[place]);
        }
        is_in(None)
    }

    /// Whether an import says nothing but that its name is used here: where a thing is imported
    /// from is of no consequence if its path certainly leads to the only one of that name.
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
            && !self.may_hide(entry.module, *last)
            && self.leads_to_only(entry, import)
    }

    /// Whether an import in a module may hide what the standard library has, for others.
    fn may_hide(&self, module: usize, name: Name) -> bool {
        let declared = || self.index.declared(module);
        needs_no_import(self.index.names.text(name)) && self.globs.are_led_to(&declared())
    }

    /// Whether a name may be that of a trait of this crate: it is declared as one, brought in
    /// under another name, or made by a macro.
    pub(super) fn may_be_trait(&self, name: Name) -> bool {
        self.of_traits.contains_key(&name) || self.other_traits.contains(&name)
    }

    /// Where an item stands: its modules, and the functions around it.
    pub(super) fn path(&self, entry: &Entry) -> String {
        let index = self.index;
        let mut path = index.path_of(entry.module);
        let mut outer = index.around(entry);
        while let Some(place) = outer {
            if let Some(name) = index.items[place].item.name {
                path.push_str("::");
                path.push_str(&index.names.print(name));
            }
            outer = index.around(&index.items[place]);
        }
        path
    }
}
