//! What modules bring in without its name, and who reaches that: what mentions the
//! module's name, what begins a path at it, and all that stands in it.
//!
//! Imports that macros write are such, too: what they are is not known.

use super::graph::Place;
use super::rules::Reach;
use crate::source::krate::index::{Entry, Index};
use crate::source::krate::macros::Macros;
use crate::source::syntax::items::Kind;
use crate::source::syntax::paths::{From, Root};
use crate::source::syntax::uses::{Import, What as Brings};
use crate::source::text::names::Name;
use std::collections::{HashMap, HashSet};

#[derive(Debug, Default)]
pub(super) struct Globs {
    /// The items, by their modules, as these are declared.
    of_modules: HashMap<usize, Vec<usize>>,
    /// The nodes of all in a module.
    nodes: HashMap<usize, Place>,
    /// The modules that others import by glob.
    imported: HashSet<usize>,
    /// The node of all in the crate, and that of all that its modules see.
    all: Option<Place>,
    all_seen: Option<Place>,
    /// Modules in modules, which no `cfg` can take away and which are the only ones of their name.
    children: HashMap<(usize, Name), Option<usize>>,
    /// Macros that write imports.
    macros: HashSet<Name>,
}

impl Globs {
    pub(super) fn new(index: &Index) -> Self {
        let mut children = HashMap::new();
        for (nth, module) in index.modules.iter().enumerate() {
            if let (Some(name), Some(parent)) = (module.name, module.parent)
                && module.is_compiled
            {
                let certain = Some(nth).filter(|_| !index.is_perhaps(module));
                for declared in index.declared(parent) {
                    let child = children.entry((declared, name));
                    child.and_modify(|child| *child = None).or_insert(certain);
                }
            }
        }
        // Those that write imports, or mention others that do.
        let macros = Macros::that(index, |entry| imports(entry, index));
        let mut of_modules: HashMap<usize, Vec<usize>> = HashMap::new();
        for (nth, entry) in index.items.iter().enumerate() {
            let is_glob = match &entry.item.import {
                Some(import) => import.what == Brings::Glob,
                None => writes_imports(entry, index, &macros),
            };
            if entry.is_compiled && entry.outer.is_none() && is_glob {
                for declared in index.declared(entry.module) {
                    of_modules.entry(declared).or_default().push(nth);
                }
            }
        }
        Globs {
            of_modules,
            imported: imported(index),
            children,
            macros,
            ..Globs::default()
        }
    }

    /// Whether others may import all that stands in a module.
    pub(super) fn are_led_to(&self, declared: &[usize]) -> bool {
        declared.iter().any(|module| self.imported.contains(module))
    }

    /// The modules in modules.
    pub(super) fn children(&self) -> impl Iterator<Item = &(usize, Name)> {
        self.children.keys()
    }

    pub(super) fn has_child(&self, module: usize, name: Name) -> bool {
        self.children.contains_key(&(module, name))
    }

    /// A module in another one, if it is certain which it is.
    pub(super) fn child(&self, module: usize, name: Name) -> Option<usize> {
        *self.children.get(&(module, name))?
    }

    /// All that brings in things without their names, with the modules.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, usize)> {
        let all = self.of_modules.iter();
        all.flat_map(|(at, items)| items.iter().map(|nth| (*at, *nth)))
    }

    /// What brings in things without their names.
    pub(super) fn of_module(&self, module: usize) -> &[usize] {
        self.of_modules.get(&module).map_or(&[], Vec::as_slice)
    }
}

/// The modules that others import by glob; all, where a macro may write which.
fn imported(index: &Index) -> HashSet<usize> {
    let compiled = || index.items.iter().filter(|entry| entry.is_compiled);
    if compiled().any(|entry| may_write_globs(entry, index)) {
        return (0..index.modules.len()).collect();
    }
    let imports = || compiled().filter_map(|entry| Some((entry, entry.item.import.as_ref()?)));
    let mut others: HashMap<Name, Vec<Name>> = HashMap::new();
    for (_, import) in imports() {
        if let (Brings::Renamed(name), Some(last)) = (import.what, import.path.last()) {
            others.entry(name).or_default().push(*last);
        }
    }
    let mut found = HashSet::new();
    for (entry, import) in imports().filter(|(_, import)| import.what == Brings::Glob) {
        found.extend(index.globbed(entry.module, import));
        let mut names: Vec<Name> = import.path.last().copied().into_iter().collect();
        let mut nth = 0;
        while let Some(name) = names.get(nth) {
            let new = others.get(name).into_iter().flatten();
            let new: Vec<Name> = new.filter(|new| !names.contains(new)).copied().collect();
            found.extend(new.iter().flat_map(|name| index.modules_named(*name)));
            names.extend(new);
            nth += 1;
        }
    }
    found
        .iter()
        .flat_map(|module| index.declared(*module))
        .collect()
}

/// Whether an import stands in these tokens.
fn imports(entry: &Entry, index: &Index) -> bool {
    let lexed = index.files[entry.file].lexed;
    let mut words = entry.item.span.clone();
    words.any(|place| {
        let is_crate = lexed.is_word(place + 1, b"crate");
        (lexed.is_word(place, b"use") && lexed.sign(place + 1) != b'<')
            || (lexed.is_word(place, b"extern") && is_crate)
    })
}

/// Whether a macro may write an import by glob: also one of what it is given.
fn may_write_globs(entry: &Entry, index: &Index) -> bool {
    let lexed = index.files[entry.file].lexed;
    let span = &entry.item.span;
    let is_glob = |at: usize| match lexed.sign(at) {
        b'$' => !lexed.is_word(at + 1, b"crate"),
        sign => sign == b'*',
    };
    let is_one = |place: usize| {
        let mut import = (place..span.end).take_while(|at| lexed.sign(*at) != b';');
        lexed.is_word(place, b"use") && import.any(is_glob)
    };
    matches!(entry.item.kind, Kind::Macro | Kind::MacroCall) && span.clone().any(is_one)
}

/// Whether the call of a macro may write imports in its module.
fn writes_imports(entry: &Entry, index: &Index, macros: &HashSet<Name>) -> bool {
    entry.item.kind == Kind::MacroCall
        && entry.group.is_none()
        && (imports(entry, index)
            || entry
                .mentions
                .all()
                .iter()
                .any(|name| macros.contains(name)))
}

impl Index<'_> {
    /// Whether the call of a macro is given imports.
    pub(crate) fn may_import(&self, entry: &Entry) -> bool {
        matches!(entry.item.kind, Kind::Macro | Kind::MacroCall) && imports(entry, self)
    }

    /// The modules all of which this import brings in.
    pub(super) fn globbed(&self, module: usize, import: &Import) -> Vec<usize> {
        let text = |name: &Name| self.names.text(*name);
        let is_upward = import
            .path
            .iter()
            .all(|name| matches!(text(name), b"super" | b"self"));
        if is_upward {
            let mut found = vec![module];
            for _ in import.path.iter().filter(|name| text(name) == b"super") {
                found = self.all_above(&found);
            }
            return found;
        }
        let last = import.path.last();
        if last.is_some_and(|last| text(last) == b"crate") {
            let modules = self.modules.iter().enumerate();
            return modules
                .filter(|(_, module)| module.parent.is_none())
                .map(|(nth, _)| nth)
                .collect();
        }
        let named = last.map(|last| self.modules_named(*last));
        named.unwrap_or_default()
    }

    fn modules_named(&self, name: Name) -> Vec<usize> {
        let modules = self.modules.iter().enumerate();
        modules
            .filter(|(_, module)| module.name == Some(name))
            .map(|(nth, _)| nth)
            .collect()
    }
}

impl Reach<'_> {
    /// What is brought in without its name is reached by that of its module.
    pub(super) fn name_globs(&mut self) {
        for (&module, items) in &self.globs.of_modules {
            if let Some(name) = self.index.modules[module].name {
                let places = items.iter().map(|nth| self.items[*nth]);
                self.named[name as usize].extend(places);
            }
        }
    }

    /// What a call that may write imports brings in: anything that is seen anywhere.
    pub(super) fn connect_written_imports(&mut self, place: Place, entry: &Entry) {
        if writes_imports(entry, self.index, &self.globs.macros) {
            let seen = self.all_seen();
            self.graph.connect(place, seen);
            self.graph.connect(self.modules[entry.module].0, place);
        }
    }

    fn all_seen(&mut self) -> Place {
        if let Some(place) = self.globs.all_seen {
            return place;
        }
        let place = self.nameless();
        self.globs.all_seen = Some(place);
        for &(sees, _) in &self.modules {
            self.graph.connect(place, sees);
        }
        place
    }

    pub(super) fn nameless(&mut self) -> Place {
        self.graph.add_inner()
    }

    /// What a path may reach that begins at a module.
    pub(super) fn connect_root(&mut self, place: Place, module: usize, root: Root) {
        let index = self.index;
        let modules = match root.from {
            From::Anywhere => {
                let all = self.all_globs();
                return self.graph.connect(place, all);
            }
            From::Crate => index.tops(),
            From::Super(count) => {
                let from = index.declared(module);
                (0..count).fold(from, |modules, _| index.all_above(&modules))
            }
        };
        for module in modules {
            // What is declared there hides what else has its name.
            let is_hidden = |next| self.globs.child(module, next).is_some();
            if !root.next.is_some_and(is_hidden)
                && let Some(node) = self.globs_of(module)
            {
                self.graph.connect(place, node);
            }
        }
    }

    fn globs_of(&mut self, module: usize) -> Option<Place> {
        let items = self.globs.of_modules.get(&module)?.clone();
        if let Some(&node) = self.globs.nodes.get(&module) {
            return Some(node);
        }
        let node = self.nameless();
        self.globs.nodes.insert(module, node);
        for nth in items {
            self.graph.connect(node, self.items[nth]);
        }
        Some(node)
    }

    pub(super) fn all_globs(&mut self) -> Place {
        if let Some(place) = self.globs.all {
            return place;
        }
        let all = self.nameless();
        self.globs.all = Some(all);
        let modules: Vec<usize> = self.globs.of_modules.keys().copied().collect();
        for module in modules {
            if let Some(node) = self.globs_of(module) {
                self.graph.connect(all, node);
            }
        }
        all
    }
}
