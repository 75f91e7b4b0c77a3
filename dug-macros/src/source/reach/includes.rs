//! Items whose places other things say: those of files that are included, it is not known
//! where, and those that stand in a `cfg_if!`.

use super::rules::Reach;
use crate::source::krate::index::Module;
use crate::source::syntax::items::{Kind, is_choice};

impl Reach<'_> {
    /// Where it cannot be said which module includes a file, all may.
    pub(super) fn connect_includes(&mut self) {
        let index = self.index;
        for entry in index.items.iter().filter(|entry| entry.is_compiled) {
            for read in entry
                .mentions
                .reads
                .iter()
                .filter(|read| read.may_be_code())
            {
                for code in self
                    .reads
                    .find(read, entry.file)
                    .iter()
                    .filter_map(|found| found.code)
                {
                    let is_one = |(_, module): &(usize, &Module)| {
                        module.file == code && module.name.is_none()
                    };
                    let mut modules = index.modules.iter().enumerate();
                    let module = modules.find(is_one).map(|(nth, _)| nth);
                    let is_loose = |nth: &usize| index.modules[*nth].parents.is_empty();
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
