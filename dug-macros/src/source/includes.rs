//! Items that `include!` takes from other files: they stand in the module that includes
//! them, see what it sees, and it sees what they import.

use super::cfgs;
use super::compilation::Compilation;
use super::files::{GENERATED, beside};
use super::index::{Index, Source};
use super::items::{Item, Kind, Parsed, is_choice};
use super::mentions::Read;
use super::reach::Reach;
use super::texts::included;
use std::collections::BTreeMap;

/// The modules of included files, each with the one that includes it.
pub(super) fn find(
    index: &Index,
    parsed: &[Parsed],
    starts: &[usize],
    places: &BTreeMap<&str, usize>,
    compilation: &Compilation,
) -> Vec<[usize; 2]> {
    let mut found = Vec::new();
    for (file, parsed) in parsed.iter().enumerate() {
        let Source { name, lexed, .. } = &index.files[file];
        let is_one =
            |item: &&Item| item.kind == Kind::MacroCall && lexed.is_word(item.place, b"include");
        for item in parsed.items.iter().filter(is_one) {
            let by = starts[file] + item.module;
            let is_out = cfgs::leaves_out(lexed, &item.attributes, compilation);
            let name = match included(lexed, lexed.inside(item.place + 2)) {
                Some(Read::File(None, path)) => beside(name, &path),
                Some(Read::File(Some(variable), path)) if variable == "OUT_DIR" => {
                    format!("{GENERATED}{}", path.trim_start_matches('/'))
                }
                _ => continue,
            };
            let to = places.get(name.as_str()).filter(|to| **to != file);
            if let Some(&to) = to.filter(|_| !is_out && index.modules[by].is_compiled) {
                found.push([starts[to], by]);
            }
        }
    }
    found
}

impl Reach<'_> {
    /// What the module of an included file sees, and that which includes it. Where it cannot be
    /// said which includes a file, all may.
    pub(super) fn connect_includes(&mut self) {
        let index = self.index;
        for &[to, by] in &index.includes {
            let [(to, around), (by, around_it)] = [self.modules[to], self.modules[by]];
            self.graph.connect(to, by);
            self.graph.connect(by, to);
            self.graph.connect(around, around_it);
        }
        let known: Vec<usize> = index.includes.iter().map(|[to, _]| *to).collect();
        for entry in index.items.iter().filter(|entry| entry.is_compiled) {
            let is_file =
                |read: &&Read| matches!(read, Read::File(..) | Read::Generated | Read::Unknown);
            for read in entry.mentions.reads.iter().filter(is_file) {
                for code in self
                    .reads
                    .find(read, entry.file)
                    .iter()
                    .filter_map(|found| found.code)
                {
                    let is_one = |(_, module): &(usize, &super::index::Module)| {
                        module.file == code && module.name.is_none()
                    };
                    let mut modules = index.modules.iter().enumerate();
                    let module = modules.find(is_one).map(|(nth, _)| nth);
                    let is_loose =
                        |nth: &usize| !known.contains(nth) && index.modules[*nth].parent.is_none();
                    if let Some(nth) = module.filter(is_loose) {
                        self.graph.connect(self.always, self.modules[nth].0);
                    }
                }
            }
        }
    }

    /// What stands in a `cfg_if!` depends on all of it.
    pub(super) fn connect_chosen(&mut self) {
        let index = self.index;
        for (call, chooses) in index.items.iter().enumerate() {
            let name = chooses.item.name.map(|name| index.names.text(name));
            let is_one = name.is_some_and(is_choice);
            if chooses.item.kind != Kind::MacroCall || !is_one || !chooses.is_compiled {
                continue;
            }
            let (file, span, call) = (chooses.file, &chooses.item.span, self.items[call]);
            let is_inside = |of: usize, place: usize| of == file && span.contains(&place);
            for (nth, entry) in index.items.iter().enumerate() {
                if is_inside(entry.file, entry.item.place) && entry.item.span != *span {
                    self.graph.connect(self.items[nth], call);
                    if let Some(&signature) = self.signatures.get(&nth) {
                        self.graph.connect(signature, call);
                    }
                }
            }
            for (nth, group) in index.groups.iter().enumerate() {
                if is_inside(group.file, group.group.names) {
                    self.graph.connect(self.groups[nth], call);
                }
            }
            for (nth, module) in index.modules.iter().enumerate() {
                if is_inside(module.file, module.place) && module.name.is_some() {
                    self.graph.connect(self.modules[nth].1, call);
                }
            }
        }
    }
}
