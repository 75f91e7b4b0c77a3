//! The edges of the graph: from what mentions something to what it reaches.

use super::graph::{Kind as Node, Place};
use super::reads::Found;
use super::rules::Reach;
use crate::source::krate::index::Entry;
use crate::source::krate::macros::Class;
use crate::source::macros::prelude::{is_of_prelude, needs_no_import};
use crate::source::meaning::mentions::{Given, Mentions};
use crate::source::syntax::items::Kind;
use crate::source::syntax::read::Read;
use crate::source::syntax::uses::What as Brings;
use crate::source::text::lexer::{Kind as Token, Lexed};
use crate::source::text::literals::text;
use crate::source::text::names::Name;
use std::collections::{BTreeSet, HashMap};

impl Reach<'_> {
    /// All edges, once everything has its names.
    pub(super) fn connect(&mut self) {
        let index = self.index;
        let mut inner: HashMap<usize, Vec<Place>> = HashMap::new();
        for (nth, entry) in index.items.iter().enumerate() {
            if let (Some(outer), Kind::Import) = (entry.outer, entry.item.kind) {
                inner.entry(outer).or_default().push(self.items[nth]);
            }
        }
        for (nth, module) in index.modules.iter().enumerate() {
            if module.is_compiled && module.mentions.is_marked {
                self.graph.connect(self.made, self.modules[nth].1);
            }
            self.connect_module(nth);
            self.connect_seen(self.modules[nth].1, module.outer);
        }
        self.connect_includes();
        self.connect_chosen();
        let linked = self.linked();
        for (nth, block) in index.groups.iter().enumerate() {
            if block.is_compiled {
                let place = self.groups[nth];
                if block.mentions.is_marked {
                    self.graph.connect(self.made, place);
                }
                self.graph.connect(place, self.modules[block.module].0);
                self.connect_seen(place, block.outer);
                self.mention(place, [block.file, block.module], &block.mentions);
            }
        }
        for (nth, entry) in index.items.iter().enumerate() {
            if !entry.is_compiled {
                continue;
            }
            let place = self.items[nth];
            if entry.mentions.is_marked {
                let reached = self.reached_as(nth);
                self.graph.connect(self.made, reached);
                // It may be a part of a name that is mentioned for it.
                if let Some(name) = entry.item.name {
                    self.mention_wide(place, name);
                }
            }
            self.link(place, entry, &entry.mentions, &inner);
            if let (Some(&place), Some(mentions)) = (self.signatures.get(&nth), &entry.signature) {
                self.link(place, entry, mentions, &inner);
            }
            if let Some(import) = &entry.item.import {
                self.connect_import(place, entry, import);
            }
            self.connect_written_imports(place, entry);
            if entry.item.kind == Kind::Foreign {
                for &linked in &linked {
                    self.graph.connect(place, linked);
                }
            }
            match (entry.item.kind, entry.group) {
                // A trait is all that it declares.
                (Kind::Trait, Some(group)) => self.graph.connect(place, self.groups[group]),
                (_, Some(group)) => {
                    let reached = self.reached_as(nth);
                    self.graph.connect(self.groups[group], reached);
                    // What an attribute of it makes of this, all of it says.
                    if index.groups[group].mentions.is_marked {
                        self.graph.connect(reached, self.groups[group]);
                    }
                }
                _ => {}
            }
            if let (Kind::Type | Kind::Alias | Kind::Function | Kind::Trait, Some(name)) =
                (entry.item.kind, entry.item.name)
            {
                self.name_node(name);
            }
        }
    }

    /// What stands in a body depends on all of that, where an attribute sees it.
    fn connect_seen(&mut self, place: Place, outer: Option<usize>) {
        if let Some(outer) = outer.filter(|outer| self.index.items[*outer].mentions.is_marked) {
            self.graph.connect(place, self.items[outer]);
        }
    }

    /// What the linker may know by any name: an `extern` block may mean it, and assembly.
    pub(super) fn linked(&self) -> Vec<Place> {
        let index = self.index;
        let is_linked = |entry: &Entry| {
            let lexed = index.files[entry.file].lexed;
            let mut words = match entry.item.kind {
                Kind::MacroCall | Kind::Macro => entry.item.span.clone(),
                _ => entry.item.attributes.clone(),
            };
            let is_one =
                |name: &[u8]| matches!(name, b"no_mangle" | b"export_name" | b"link_section");
            words.any(|place| lexed.name(place).is_some_and(is_one))
        };
        let all = index.items.iter().enumerate();
        all.filter(|(_, entry)| entry.is_compiled && is_linked(entry))
            .map(|(nth, _)| self.reached_as(nth))
            .collect()
    }

    /// What others reach: of a tracked function, its signature.
    pub(super) fn reached_as(&self, nth: usize) -> Place {
        self.signatures
            .get(&nth)
            .copied()
            .unwrap_or(self.items[nth])
    }

    fn link(
        &mut self,
        place: Place,
        entry: &Entry,
        mentions: &Mentions,
        inner: &HashMap<usize, Vec<Place>>,
    ) {
        if self.is_clear(entry) {
            return;
        }
        let (sees, around) = self.modules[entry.module];
        let is_import = entry.item.kind == Kind::Import;
        self.graph
            .connect(place, if is_import { around } else { sees });
        let mut outer = self.index.around(entry);
        while let Some(nth) = outer {
            for import in inner.get(&nth).into_iter().flatten() {
                self.graph.connect(place, *import);
            }
            self.connect_seen(place, Some(nth));
            outer = self.index.around(&self.index.items[nth]);
        }
        self.mention(place, [entry.file, entry.module], mentions);
        // What a macro names is beside where it is called.
        if entry.item.kind == Kind::Macro {
            for read in &mentions.reads {
                if read.is_beside() {
                    self.read_anywhere(place, read);
                }
            }
        }
    }

    fn mention(&mut self, place: Place, [file, module]: [usize; 2], mentions: &Mentions) {
        for &name in &mentions.names {
            if let Some(node) = self.name_node(name) {
                self.graph.connect(place, node);
            }
        }
        for &(first, name) in &mentions.loose {
            let is_here = first.is_none_or(|first| self.of_modules.contains(&first));
            let has_none = is_here && self.name_node(name).is_none();
            if has_none && !needs_no_import(self.index.names.text(name)) {
                self.graph.connect(place, self.made);
            }
        }
        for &name in &mentions.members {
            if let Some(node) = self.member_node(name) {
                self.graph.connect(place, node);
            }
        }
        for Given { called, names, .. } in &mentions.given {
            if self.macros.class(*called, self.index) != Class::Plain {
                for &name in names {
                    self.mention_wide(place, name);
                }
            }
        }
        self.mention_abroad(place, mentions);
        // A path in a text may go on with any name.
        for &name in &mentions.texts {
            let inside = self.inside(name);
            self.graph.connect(place, inside);
        }
        for &name in &mentions.marks {
            self.mention_wide(place, name);
        }
        for read in &mentions.reads {
            self.read(place, file, read);
        }
        for &root in &mentions.roots {
            self.connect_root(place, module, root);
        }
    }

    /// The node of a name, if anything has it.
    pub(super) fn name_node(&mut self, name: Name) -> Option<Place> {
        if let Some(place) = self.names[name as usize] {
            return Some(place);
        }
        let mut to = self.of_same(name, &self.named);
        to.extend(self.krate(name));
        self.names[name as usize] = self.node_to(name, to);
        self.names[name as usize]
    }

    /// The node of a name after a dot or a `::`.
    fn member_node(&mut self, name: Name) -> Option<Place> {
        if let Some(place) = self.member_names[name as usize] {
            return Some(place);
        }
        let to = self.of_same(name, &self.members);
        self.member_names[name as usize] = self.node_to(name, to);
        self.member_names[name as usize]
    }

    /// What has this name. Which letters beyond ASCII are the same ones is not known here: all
    /// names with such are taken for one.
    fn of_same(&self, name: Name, places: &[Vec<Place>]) -> Vec<Place> {
        match self.index.names.text(name).is_ascii() {
            true => places[name as usize].clone(),
            false => {
                let others = self.not_ascii.iter();
                others
                    .flat_map(|name| &places[*name as usize])
                    .copied()
                    .collect()
            }
        }
    }

    fn node_to(&mut self, name: Name, mut to: Vec<Place>) -> Option<Place> {
        to.extend(self.pasted.declared(self.index.names.text(name)));
        if to.is_empty() {
            return None;
        }
        let place = self.graph.add_inner();
        for to in to {
            self.graph.connect(place, to);
        }
        Some(place)
    }

    /// The nodes of a name that may be either.
    pub(super) fn nodes(&mut self, name: Name) -> impl Iterator<Item = Place> + use<> {
        let nodes = [self.name_node(name), self.member_node(name)];
        nodes.into_iter().flatten()
    }

    fn krate(&mut self, name: Name) -> Option<Place> {
        let known = *self.crates.get(&name)?;
        if known.is_some() {
            return known;
        }
        let text = self.index.names.print(name);
        let (digest, folders) = self.packages.digest(&text);
        let place = self
            .graph
            .add(Node::Part("crate"), text, String::new(), digest);
        self.crates.insert(name, Some(place));
        for folder in folders {
            let parts = self.folder(folder);
            self.graph.connect(place, parts);
        }
        Some(place)
    }

    /// The node of a crate in a folder.
    fn folder(&mut self, name: String) -> Place {
        if let Some(place) = self.folders.get(&name) {
            return *place;
        }
        let place = self.graph.add_inner();
        for part in self.packages.of_folder(&name) {
            let kind = Node::Part(part.kind);
            let part = self.graph.add(kind, part.name, String::new(), part.digest);
            self.graph.connect(place, part);
        }
        self.folders.insert(name, place);
        place
    }

    /// What a macro may make of a name that it is given.
    fn mention_wide(&mut self, from: Place, name: Name) {
        if let Some(&place) = self.wide.get(&name) {
            return self.graph.connect(from, place);
        }
        let index = self.index;
        let text = index.names.text(name);
        if is_of_prelude(text) {
            return;
        }
        let place = self.graph.add_inner();
        self.wide.insert(name, place);
        self.graph.connect(from, place);
        for made in self.pasted.made_from(text) {
            for node in self.nodes(made) {
                self.graph.connect(place, node);
            }
        }
        let inside = self.inside(name);
        self.graph.connect(place, inside);
    }

    /// All that stands in the modules and types of a name, or of what it stands for.
    fn inside(&mut self, name: Name) -> Place {
        if let Some(&place) = self.inner.get(&name) {
            return place;
        }
        let index = self.index;
        let place = self.graph.add_inner();
        self.inner.insert(name, place);
        for group in self.inherent.get(&name).cloned().unwrap_or_default() {
            self.graph.connect(place, self.groups[group]);
        }
        let mut others: Vec<Name> = self.aliases.of(name).collect();
        if self.of_modules.contains(&name) {
            for (nth, entry) in index.items.iter().enumerate() {
                if entry.is_compiled && self.is_in(entry.module, name) {
                    let reached = self.reached_as(nth);
                    self.graph.connect(place, reached);
                    let import = entry.item.import.as_ref();
                    let glob = import.filter(|import| import.what == Brings::Glob);
                    others.extend(glob.and_then(|glob| glob.path.last()));
                }
            }
        }
        for other in others {
            let inside = self.inside(other);
            self.graph.connect(place, inside);
        }
        place
    }

    fn is_in(&self, mut module: usize, name: Name) -> bool {
        for _ in 0..self.index.modules.len() {
            let at = &self.index.modules[module];
            match at.parent {
                _ if at.name == Some(name) => return true,
                Some(parent) => module = parent,
                None => return false,
            }
        }
        false
    }

    pub(super) fn read(&mut self, place: Place, file: usize, read: &Read) {
        for found in self.reads.find(read, file) {
            self.found(place, found);
        }
        // It may be code.
        if *read == Read::Unknown {
            let all = self.everything();
            self.graph.connect(place, all);
        }
    }

    fn found(&mut self, place: Place, found: Found) {
        let key = (found.digest, found.code);
        if let Some(&known) = self.read.get(&key) {
            return self.graph.connect(place, known);
        }
        let kind = Node::Part(found.kind);
        let (name, file) = (found.name.clone(), found.file.clone());
        let node = self.graph.add(kind, name, file, found.digest);
        self.read.insert(key, node);
        self.graph.connect(place, node);
        if let Some(code) = found.code {
            let index = self.index;
            let all = self.all_globs();
            self.graph.connect(node, all);
            match index.included(code) {
                Some(nth) => self.graph.connect(node, self.items[nth]),
                None => self.connect_words(node, index.files[code].lexed),
            }
        }
        if let Some(path) = found.loose {
            let lexed = Lexed::read(std::fs::read(&path).unwrap_or_default());
            self.connect_words(node, &lexed);
            // What its macros mean is not known.
            let calls = |place| lexed.sign(place) == b'!' && lexed.is_open(place + 1);
            if (0..lexed.len()).any(calls) {
                let all = self.everything();
                self.graph.connect(node, all);
            }
            for place in (0..lexed.len()).filter(|place| lexed.kind(*place) == Some(Token::Text)) {
                let inner = self.reads.perhaps(&found.name, &path, &text(&lexed, place));
                for inner in inner {
                    self.found(node, inner);
                }
            }
        }
    }

    /// All that the words of a file may name.
    fn connect_words(&mut self, node: Place, lexed: &Lexed) {
        let words = (0..lexed.len()).filter_map(|place| lexed.name(place));
        let names: BTreeSet<Name> = words
            .filter_map(|name| self.index.names.get(name))
            .collect();
        for name in names {
            for name in self.nodes(name) {
                self.graph.connect(node, name);
            }
        }
    }

    /// What is around all items of a module, and what it imports without a name.
    fn connect_module(&mut self, nth: usize) {
        let index = self.index;
        let module = &index.modules[nth];
        let (sees, around) = self.modules[nth];
        self.graph.connect(sees, around);
        for &parent in &module.parents {
            self.graph.connect(around, self.modules[parent].1);
            let (declared, _) = self.modules[parent];
            // The module that a file is declared as sees what the file imports.
            if module.name.is_none() {
                self.graph.connect(declared, sees);
            }
            if module.is_included {
                self.graph.connect(sees, declared);
            }
        }
        if module.parents.is_empty() {
            self.graph.connect(around, self.always);
        }
        self.mention(around, [module.file, nth], &module.mentions);
    }
}
