//! By which names everything is reached.

use super::graph::Place;
use super::rules::Reach;
use crate::source::krate::index::Entry;
use crate::source::krate::macros::Class;
use crate::source::macros::known;
use crate::source::macros::prelude::is_of_prelude;
use crate::source::syntax::items::{Kind, is_choice};
use crate::source::syntax::parameters::parameters;
use crate::source::text::names::Name;
use std::collections::{BTreeMap, BTreeSet};

impl Reach<'_> {
    /// Says by which names everything is reached.
    pub(super) fn name_all(&mut self) {
        let index = self.index;
        for (nth, entry) in index.items.iter().enumerate() {
            if !entry.is_compiled {
                continue;
            }
            let mut place = self.items[nth];
            if let Kind::Function | Kind::Method | Kind::Constant | Kind::Static | Kind::Included =
                entry.item.kind
            {
                self.graph.extents.push((entry.file, entry.lines, place));
            }
            if self.may_write_items(entry) {
                self.graph.of_macros.push((entry.file, entry.lines));
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
                self.track(key, place);
                // Its callers have it in their traces, and see no more of it than its types.
                if entry.is_tracked {
                    place = self.node(entry, signature);
                    self.signatures.insert(nth, place);
                }
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
        self.name_linked();
        self.name_made_impls();
    }

    /// What the linker knows is reached by the macros of assembly, whatever imports call them.
    fn name_linked(&mut self) {
        let index = self.index;
        let text = |name: &Name| index.names.text(*name);
        let imports = index.items.iter().filter_map(|entry| {
            let last = entry.item.import.as_ref()?.path.last()?;
            entry
                .item
                .name
                .filter(|_| known::is_of_assembly(text(last)))
        });
        let mut names: BTreeSet<Name> = imports.collect();
        let own = known::of_assembly();
        names.extend(own.filter_map(|name| index.names.get(name.as_bytes())));
        if names.is_empty() {
            return;
        }
        let linked = self.linked();
        for name in names {
            for &place in &linked {
                self.name_any(name, place);
            }
        }
    }

    /// What derives and attributes write may be impls for other types, which their sources name.
    fn name_made_impls(&mut self) {
        let index = self.index;
        let entries = index.items.iter().zip(&self.items);
        let entries = entries.filter(|(entry, _)| entry.is_compiled);
        let entries = entries.map(|(entry, place)| (&entry.mentions.marks, *place));
        let blocks = index.groups.iter().zip(&self.groups);
        let blocks = blocks.filter(|(block, _)| block.is_compiled);
        let blocks = blocks.map(|(block, place)| (&block.mentions.marks, *place));
        let modules = index.modules.iter().zip(&self.modules);
        let modules = modules.filter(|(module, _)| module.is_compiled);
        let modules = modules.map(|(module, (_, around))| (&module.mentions.marks, *around));
        let mut by_mark: BTreeMap<Name, Vec<Place>> = BTreeMap::new();
        for (marks, place) in entries.chain(blocks).chain(modules) {
            for &mark in marks {
                by_mark.entry(mark).or_default().push(place);
            }
        }
        for (mark, places) in by_mark {
            let Some(says) = self.said_abroad(mark).filter(|says| says.writes_impls) else {
                continue;
            };
            let said = says.names.iter();
            let mut types: Vec<Name> = said.filter_map(|text| index.names.get(text)).collect();
            types.extend(self.made_of(&says));
            types.retain(|name| self.of_types.contains(name));
            types.sort_unstable();
            types.dedup();
            let node = self.graph.add_inner();
            for place in places {
                self.graph.connect(node, place);
            }
            for name in types {
                self.name(name, node);
            }
        }
    }

    /// Whether items in it have places of which nothing else is known.
    fn may_write_items(&self, entry: &Entry) -> bool {
        let is_read = |name: &Name| is_choice(self.index.names.text(*name));
        match entry.item.kind {
            Kind::Macro => true,
            Kind::MacroCall => !entry.item.name.as_ref().is_some_and(is_read),
            _ => false,
        }
    }

    /// Of several functions of one name in one line, all count for each.
    fn track(&mut self, key: (usize, u32, String), place: Place) {
        let place = match self.graph.tracked.get(&key) {
            None => place,
            Some(&other) => {
                let both = self.graph.add_inner();
                self.graph.connect(both, other);
                self.graph.connect(both, place);
                both
            }
        };
        self.graph.tracked.insert(key, place);
    }

    /// What stands in a module.
    pub(super) fn name(&mut self, name: Name, place: Place) {
        self.named[name as usize].push(place);
    }

    /// What belongs to a type or a trait: no bare name means it.
    fn name_member(&mut self, name: Name, place: Place) {
        self.members[name as usize].push(place);
    }

    /// What may be either.
    pub(super) fn name_any(&mut self, name: Name, place: Place) {
        self.name(name, place);
        self.name_member(name, place);
    }

    /// The call of a macro that may declare items.
    fn name_call(&mut self, entry: &Entry, place: Place) {
        let Some((class, names)) = self.declared_by(entry) else {
            return;
        };
        self.name_declared(entry, entry.item.name, &names, place);
        if class == Class::Any {
            self.graph.connect(self.always, place);
        }
    }

    /// The names under which the call of a macro may declare items; with `Class::Any`, any.
    pub(super) fn declared_by(&self, entry: &Entry) -> Option<(Class, Vec<Name>)> {
        let class = self.class_of(entry, entry.item.name);
        let index = self.index;
        let text = |name: &Name| index.names.text(*name);
        let Some(name) = entry.item.name else {
            return Some((class, entry.mentions.all()));
        };
        // The items of what is included are its own.
        if index.origins.builtin(text(&name)) == b"include" {
            return None;
        }
        if class == Class::Plain && is_choice(text(&name)) && !self.macros.has(name) {
            return Some((class, self.names_inside(entry)));
        }
        let mut names = entry.mentions.all();
        self.macros.add_declared(name, class, index, &mut names);
        // What it includes may declare anything.
        match self.macros.includes(name, index) {
            true => Some((Class::Any, names)),
            false => Some((class, names)),
        }
    }

    /// What a macro that is called in an item may declare under these names, or such that it makes
    /// of them.
    pub(super) fn name_declared(
        &mut self,
        entry: &Entry,
        called: Option<Name>,
        names: &[Name],
        place: Place,
    ) {
        let index = self.index;
        let is_plain = self.class_of(entry, called) == Class::Plain;
        let text = |name: Name| index.names.text(name);
        for &name in names.iter().filter(|name| !is_of_prelude(text(**name))) {
            self.name_any(name, place);
            if !is_plain {
                self.pasted.declare(text(name), place);
            }
        }
        for name in self.macros.everywhere(entry, called, names, index) {
            match entry.item.kind == Kind::MacroCall && entry.group.is_some() {
                true => self.name_member(name, place),
                false => self.name_any(name, place),
            }
        }
    }

    pub(super) fn class_of(&self, entry: &Entry, called: Option<Name>) -> Class {
        let called = called.filter(|_| !entry.is_other);
        called.map_or(Class::Any, |name| self.macros.class(name, self.index))
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
        let mut names = match entry.item.kind {
            Kind::Type => entry.mentions.all(),
            _ => Vec::new(),
        };
        names.retain(|name| !known::is_derive(self.index.names.text(*name)));
        names.extend(&entry.mentions.marks);
        for name in names.into_iter().chain(entry.item.name) {
            let text = self.index.names.text(name);
            match is_of_prelude(text) {
                // What is made of a field is called as that.
                true if entry.mentions.fields.contains(&name) => self.name_member(name, place),
                true => {}
                false => {
                    self.name_any(name, place);
                    self.pasted.declare(text, place);
                }
            }
        }
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
                && !self.aliases.has(name)
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
}
