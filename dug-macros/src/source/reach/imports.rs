//! What imports bring in, and with whom they count.

use super::graph::{Kind as Node, Place};
use super::rules::Reach;
use crate::source::krate::index::Entry;
use crate::source::macros::known;
use crate::source::syntax::attributes::has_attribute;
use crate::source::syntax::paths::Root;
use crate::source::syntax::uses::{Import, What as Brings};
use crate::source::text::names::Name;

impl Reach<'_> {
    pub(super) fn connect_import(&mut self, place: Place, entry: &Entry, import: &Import) {
        // What is in another crate has no names of this one.
        let is_foreign = import.path.first().is_some_and(|root| {
            let text = self.index.names.text(*root);
            let is_crate =
                matches!(text, b"std" | b"core" | b"alloc") || self.crates.contains_key(root);
            is_crate && !self.of_modules.contains(root) && self.named[*root as usize].is_empty()
        });
        let path = match is_foreign {
            true => &import.path[..1],
            false if self.is_clear(entry) => &import.path[import.path.len() - 1..],
            false => &import.path,
        };
        for &name in path {
            if let Some(node) = self.name_node(name) {
                self.graph.connect(place, node);
            }
        }
        if let Some(root) = Root::of(&import.path, &self.index.names)
            && !self.is_clear(entry)
        {
            self.connect_root(place, entry.module, root);
        }
        if import.what == Brings::Glob {
            for module in self.index.globbed(entry.module, import) {
                self.graph.connect(place, self.modules[module].0);
            }
        }
        let is_trait = import
            .path
            .last()
            .is_some_and(|last| self.may_be_trait(*last));
        if is_trait && entry.outer.is_none() {
            let node = self.in_scope(entry, import);
            self.graph.connect(self.modules[entry.module].0, node);
        }
        if entry.outer.is_none() && self.is_unnamed(entry, import) {
            let (sees, _) = self.modules[entry.module];
            self.graph.connect(sees, place);
        }
        let is_of_macros = |name: &[u8]| name == b"macro_use";
        let lexed = self.index.files[entry.file].lexed;
        if has_attribute(lexed, &entry.item.attributes, is_of_macros) {
            self.graph.connect(self.always, place);
        }
    }

    /// That a trait of this crate is imported: it may decide which method a call means. What the
    /// trait is does not count by that.
    fn in_scope(&mut self, entry: &Entry, import: &Import) -> Place {
        let index = self.index;
        let last = import.path.last().copied().unwrap_or_default();
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"in scope");
        let is_one = self.of_traits.contains_key(&last) && self.leads_to_only(entry, import);
        // Where it is imported from is of no consequence if there is only one.
        let start = if is_one { import.path.len() - 1 } else { 0 };
        for name in &import.path[start..] {
            hasher.update(index.names.text(*name));
            hasher.update(b"\xFF");
        }
        let digest = *hasher.finalize().as_bytes();
        let name = index.names.print(last);
        let file = index.files[entry.file].name.to_owned();
        self.graph.add(Node::Part("use"), name, file, digest)
    }

    /// Whether items may use what is imported without its name: all of a module, or a trait.
    fn is_unnamed(&self, entry: &Entry, import: &Import) -> bool {
        let text = |name: &Name| self.index.names.text(*name);
        let (Some(root), Some(last)) = (import.path.first(), import.path.last()) else {
            return true;
        };
        if import.what != Brings::Plain && !matches!(import.what, Brings::Renamed(_)) {
            return true;
        }
        match text(root) {
            b"std" | b"core" | b"alloc" => known::is_trait(text(last)),
            // Of them only what derives make is called.
            b"serde" if matches!(text(last), b"Serialize" | b"Deserialize") => false,
            b"dug" => false,
            _ => {
                // Something of this crate that has its name is not what another crate has.
                let has_name = self.of_types.contains(last) || self.of_traits.contains_key(last);
                let is_declared = || {
                    let found = self.imported(entry, import);
                    (has_name || found.is_own) && !found.is_foreign
                };
                // The compiler warns of traits in small letters.
                let may_be_trait = |first: &u8| !first.is_ascii_lowercase();
                text(last).first().is_some_and(may_be_trait) && !is_declared()
            }
        }
    }
}
