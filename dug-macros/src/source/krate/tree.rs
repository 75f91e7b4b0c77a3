//! The modules of a crate as one tree: those that stand in a file, and the files that
//! they are declared as.

use super::cfgs;
use super::index::{Entry, Index, Module, Source};
use super::placed::Places;
use crate::source::cargo::compilation::Compilation;
use crate::source::files::sources::beside;
use crate::source::meaning::mentions::Mentions;
use crate::source::syntax::attributes::{has_attribute, paths};
use crate::source::syntax::items::Parsed;
use std::collections::HashSet;

impl Index<'_> {
    /// Puts the modules of all files into one tree; gives the place of the first of each file.
    pub(super) fn modules(
        &mut self,
        parsed: &[Parsed],
        root: &str,
        compilation: &Compilation,
    ) -> Vec<usize> {
        let mut starts = Vec::new();
        for (file, found) in parsed.iter().enumerate() {
            let start = self.modules.len();
            starts.push(start);
            let lexed = self.files[file].lexed;
            for module in &found.modules {
                let is_compiled = |span| !cfgs::leaves_out(lexed, span, compilation);
                self.modules.push(Module {
                    name: module.name,
                    parent: module.parent.map(|parent| start + parent),
                    parents: module.parent.iter().map(|parent| start + parent).collect(),
                    is_included: false,
                    is_part: false,
                    is_anywhere: false,
                    file,
                    place: module.place,
                    outer: module.outer,
                    mentions: Mentions::default(),
                    attributes: module.attributes.clone(),
                    is_compiled: module.attributes.iter().all(is_compiled),
                });
            }
        }
        self.top = self.root.map(|root| starts[root]);
        let places = Places::new(self, compilation.folder());
        for (file, found) in parsed.iter().enumerate() {
            let declared = found.modules.iter().enumerate();
            for (nth, module) in declared.filter(|(_, module)| module.is_elsewhere) {
                let lexed = self.files[file].lexed;
                for name in self.names_of_file(file, found, nth, root) {
                    let Some(to) = places.find(&name).filter(|to| *to != file) else {
                        continue;
                    };
                    let leaves_out = |span| cfgs::leaves_out(lexed, span, compilation);
                    let placed = &mut self.modules[starts[to]];
                    placed.stands_in(starts[file] + nth);
                    // The one that is compiled, where a file is declared twice.
                    if !module.attributes.iter().any(leaves_out) {
                        placed.parent = Some(starts[file] + nth);
                    }
                }
            }
        }
        self.place_included(parsed, &starts, &places, compilation);
        self.leave_out_modules();
        starts
    }

    /// The names that the file of a `mod name;` may have.
    fn names_of_file(&self, file: usize, found: &Parsed, nth: usize, root: &str) -> Vec<String> {
        let Source {
            name: own, lexed, ..
        } = &self.files[file];
        let mut inline = Vec::new();
        let mut parent = found.modules[nth].parent;
        // The folder that a module in this file is said to have, instead of those around it.
        let mut folders = Vec::new();
        while let Some(place) = parent.filter(|_| folders.is_empty()) {
            let module = &found.modules[place];
            folders = paths(lexed, &module.attributes);
            if folders.is_empty() {
                inline.extend(module.name.map(|name| self.names.print(name)));
            }
            parent = module.parent;
        }
        inline.reverse();
        let (folder, last) = own.rsplit_once('/').unwrap_or(("", own));
        let is_at_home = last == "mod.rs" || *own == root;
        let stem = last.strip_suffix(".rs").unwrap_or(last);
        let own_folder = match is_at_home {
            true => folder.to_owned(),
            false => format!("{folder}/{stem}"),
        };
        let has_folder = !folders.is_empty();
        let starts = match has_folder {
            // Around it there may be others: both places that it may count from.
            true => folders
                .iter()
                .flat_map(|name| {
                    [folder, own_folder.as_str()].map(|from| beside(&format!("{from}/x"), name))
                })
                .collect(),
            false => vec![own_folder],
        };
        let below = |start: &String| [std::slice::from_ref(start), &inline].concat().join("/");
        let bases: Vec<String> = starts.iter().map(below).collect();
        let name = found.modules[nth].name.map(|name| self.names.print(name));
        let name = name.unwrap_or_default();
        let mut names = Vec::new();
        for path in paths(lexed, &found.modules[nth].attributes) {
            match inline.is_empty() && !has_folder {
                true => names.push(beside(own, &path)),
                false => {
                    names.extend(bases.iter().map(|base| beside(&format!("{base}/x"), &path)));
                }
            }
        }
        if names.is_empty() {
            for base in bases {
                let here = format!("{base}/x");
                names.push(beside(&here, &format!("{name}.rs")));
                names.push(beside(&here, &format!("{name}/mod.rs")));
            }
        }
        names
    }

    /// What is in a module that is not compiled is not, either.
    fn leave_out_modules(&mut self) {
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            for module in 0..self.modules.len() {
                let at = &self.modules[module];
                let mut around = at.parents.iter();
                let is_out =
                    around.len() > 0 && around.all(|parent| !self.modules[*parent].is_compiled);
                has_changed |= is_out && at.is_compiled;
                self.modules[module].is_compiled &= !is_out;
            }
        }
    }

    /// Whether a `cfg` may leave a module out.
    pub(crate) fn is_perhaps(&self, module: &Module) -> bool {
        let mut spans = module.attributes.iter();
        let lexed = self.files[module.file].lexed;
        spans.any(|span| has_attribute(lexed, span, |name| matches!(name, b"cfg" | b"cfg_attr")))
    }

    /// The item in whose body another one stands, also as part of a block or a module.
    pub(crate) fn around(&self, entry: &Entry) -> Option<usize> {
        let of_group = || self.groups[entry.group?].outer;
        let of_module = || {
            let mut module = entry.module;
            for _ in 0..self.modules.len() {
                let at = &self.modules[module];
                if at.outer.is_some() {
                    return at.outer;
                }
                module = at.parent?;
            }
            None
        };
        entry.outer.or_else(of_group).or_else(of_module)
    }

    /// The modules that a file or what is included in one belongs to: those that stand in a file
    /// are their own.
    pub(crate) fn declared(&self, module: usize) -> Vec<usize> {
        let (mut found, mut waiting, mut seen) = (Vec::new(), vec![module], HashSet::new());
        while let Some(module) = waiting.pop().filter(|_| found.len() < self.modules.len()) {
            let at = &self.modules[module];
            if !seen.insert(module) {
                continue;
            }
            match at.name.is_some() || at.parents.is_empty() {
                true => found.push(module),
                false => waiting.extend(&at.parents),
            }
        }
        found
    }

    /// The modules around, as they are declared; an outermost one is in itself.
    pub(super) fn above(&self, module: usize) -> Vec<usize> {
        let mut found = HashSet::new();
        for declared in self.declared(module) {
            let parents = &self.modules[declared].parents;
            match parents.is_empty() {
                true => found.extend([declared]),
                false => found.extend(parents.iter().flat_map(|parent| self.declared(*parent))),
            }
        }
        found.into_iter().collect()
    }

    pub(crate) fn all_above(&self, modules: &[usize]) -> Vec<usize> {
        let all = modules.iter().flat_map(|module| self.above(*module));
        let all: HashSet<usize> = all.collect();
        all.into_iter().collect()
    }

    /// The root of the crate; where there is none, all modules that stand in no others.
    pub(crate) fn tops(&self) -> Vec<usize> {
        match self.top {
            Some(top) => vec![top],
            None => {
                let all = self.modules.iter().enumerate();
                all.filter(|(_, module)| module.parents.is_empty())
                    .map(|(nth, _)| nth)
                    .collect()
            }
        }
    }
}
