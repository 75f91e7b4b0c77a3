//! The nodes of a tree: each function's table from encoded arguments to a small number.

use super::NodeIx;
use super::numbered::Numbered;
use crate::arguments::Arguments;
use crate::function::{Definition, Function, Operations};
use crate::id::{Described, Snapshot};
use crate::key::hash_arguments;
use crate::tweak::Exact;
use hashbrown::HashTable;
use std::collections::HashMap;
use std::sync::Arc;

/// A node and its twin: the node beneath its tweaks.
#[derive(Debug, Clone, Copy)]
enum Twin {
    None,
    /// The twin, which holds this node.
    Has(NodeIx),
    /// The node of which this is the twin.
    Of(NodeIx),
    /// It stands for all nodes of one item: see [`Nodes::any_of`].
    Any(&'static Definition),
}

/// What a tree knows of a node in all its layers.
#[derive(Debug)]
pub(crate) struct NodeRecord {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Arguments,
    /// The arguments in words, where they cannot be read back from the encoding.
    pub(crate) described: Option<Arc<Described>>,
    hash: u64,
    /// Cells, dependencies, runs and callers that hold the number.
    references: u32,
    /// In which list it was seen last, and as what: see [`Nodes::is_first`].
    seen: u32,
    twin: Twin,
}

/// What nodes that stand for others have in the place of a function.
static ANY: Function = Function::new(
    &ANY_ITEM,
    Operations::in_memory(Err("it stands for others")),
);

static ANY_ITEM: Definition = Definition::internal("_");

/// The item of functions that a stored result names and that this program does not know, or not yet.
pub(crate) static UNKNOWN: Definition = Definition::internal("?");

impl NodeRecord {
    /// The hash of the arguments.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// The node apart from the tree. Printing runs user code, which must wait until the lock is released.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            function: self.function,
            arguments: self.arguments.clone(),
            text: self.described.clone(),
        }
    }
}

/// All nodes of a tree, by number and by key. Each function has a table of its
/// own, so that its nodes are found without a scan of the others.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    records: Numbered<NodeRecord>,
    by_function: Vec<HashTable<NodeIx>>,
    /// By the address of the item.
    any: HashMap<usize, NodeIx, foldhash::fast::RandomState>,
    /// The list of nodes that is being gone through, times [`KINDS`].
    list: u32,
}

/// As how many things a node may be seen in a list, each a bit.
const KINDS: u32 = 1 << 4;

impl Nodes {
    #[inline]
    pub(crate) fn get(&self, node: NodeIx) -> &NodeRecord {
        &self.records[node.0]
    }

    pub(crate) fn find(
        &self,
        function: &'static Function,
        hash: u64,
        arguments: &[u8],
    ) -> Option<NodeIx> {
        let table = self.by_function.get(function.number())?;
        table
            .find(hash, |node| {
                self.records[node.0].arguments.as_slice() == arguments
            })
            .copied()
    }

    /// The nodes that an exact tweak is about: one, but where handles are among the arguments.
    pub(crate) fn meant_by(&self, exact: &Exact) -> Vec<NodeIx> {
        let arguments = exact.arguments.as_slice();
        if !exact.has_handles() {
            let node = self.find(exact.function, exact.hash, arguments);
            return node.into_iter().collect();
        }
        let all = self.by_function.get(exact.function.number());
        let all = all.into_iter().flatten().copied();
        all.filter(|node| exact.is_about(self.get(*node).arguments.as_slice()))
            .collect()
    }

    /// As [`intern`](Self::intern), of arguments whose hash is not at hand.
    pub(crate) fn hold(
        &mut self,
        function: &'static Function,
        arguments: &[u8],
        described: Option<&Arc<Described>>,
    ) -> NodeIx {
        self.intern(function, hash_arguments(arguments), arguments, described)
    }

    /// The node's number, which the caller now holds and must release.
    pub(crate) fn intern(
        &mut self,
        function: &'static Function,
        hash: u64,
        arguments: &[u8],
        described: Option<&Arc<Described>>,
    ) -> NodeIx {
        if let Some(node) = self.find(function, hash, arguments) {
            self.retain(node);
            return node;
        }
        let node = NodeIx(self.records.insert(NodeRecord {
            function,
            arguments: Arguments::new(arguments),
            described: described.cloned(),
            hash,
            references: 1,
            seen: 0,
            twin: Twin::None,
        }));
        let number = function.number();
        if number >= self.by_function.len() {
            self.by_function.resize_with(number + 1, HashTable::new);
        }
        let records = &self.records;
        self.by_function[number].insert_unique(hash, node, |node| records[node.0].hash);
        node
    }

    /// A new list of nodes is gone through, of which each is wanted once.
    pub(crate) fn begin_list(&mut self) {
        self.list = self.list.checked_add(KINDS).unwrap_or_else(|| {
            self.records.values_mut().for_each(|record| record.seen = 0);
            KINDS
        });
    }

    /// Whether the node, as the thing of this number, is there for the first time in the list.
    #[inline]
    pub(crate) fn is_first(&mut self, node: NodeIx, kind: u32) -> bool {
        debug_assert!(kind < KINDS.ilog2());
        let seen = &mut self.records[node.0].seen;
        if *seen & !(KINDS - 1) != self.list {
            *seen = self.list;
        }
        let bit = 1 << kind;
        let is_first = *seen & bit == 0;
        *seen |= bit;
        is_first
    }

    #[inline]
    pub(crate) fn retain(&mut self, node: NodeIx) {
        self.records[node.0].references += 1;
    }

    /// Gives one hold back. If it was the last, the number is free; `freed` is told.
    pub(crate) fn release(&mut self, node: NodeIx, mut freed: impl FnMut(NodeIx)) {
        let record = &mut self.records[node.0];
        record.references -= 1;
        if record.references > 0 {
            return;
        }
        if let Twin::Of(original) = record.twin {
            self.records.remove(node.0);
            self.records[original.0].twin = Twin::None;
            self.release(original, freed);
            return;
        }
        if let Twin::Any(item) = record.twin {
            self.records.remove(node.0);
            self.any.remove(&std::ptr::from_ref(item).addr());
            return;
        }
        freed(node);
        let (number, hash) = (record.function.number(), record.hash);
        match self.by_function[number].find_entry(hash, |other| *other == node) {
            Ok(entry) => entry.remove(),
            Err(_) => unreachable!("a node is in its function's table while it is held"),
        };
        self.records.remove(node.0);
    }

    /// The node beneath the node's tweaks, which the caller now holds.
    pub(crate) fn twin(&mut self, node: NodeIx) -> NodeIx {
        let record = &self.records[node.0];
        if let Twin::Has(twin) = record.twin {
            self.retain(twin);
            return twin;
        }
        let twin = NodeRecord {
            function: record.function,
            arguments: record.arguments.clone(),
            described: record.described.clone(),
            hash: record.hash,
            references: 1,
            seen: 0,
            twin: Twin::Of(node),
        };
        let twin = NodeIx(self.records.insert(twin));
        self.records[node.0].twin = Twin::Has(twin);
        self.retain(node);
        twin
    }

    /// The twin, if something has made it.
    pub(crate) fn known_twin(&self, node: NodeIx) -> Option<NodeIx> {
        match self.records[node.0].twin {
            Twin::Has(twin) => Some(twin),
            Twin::None | Twin::Of(_) | Twin::Any(_) => None,
        }
    }

    /// Whether no layer has a cell of the node, which is being computed for somebody who holds it: nobody
    /// but these two does.
    pub(crate) fn is_new(&self, node: NodeIx) -> bool {
        let record = &self.records[node.0];
        record.references <= 2 && matches!(record.twin, Twin::None)
    }

    /// What stands for all nodes of the item, which the caller now holds. Nobody sees it. An entry
    /// depends on it if it was found to be right although not all that lies below it is known.
    pub(crate) fn any_of(&mut self, item: &'static Definition) -> NodeIx {
        if let Some(any) = self.known_any_of(item) {
            self.retain(any);
            return any;
        }
        let any = NodeIx(self.records.insert(NodeRecord {
            function: &ANY,
            arguments: Arguments::new(&[]),
            described: None,
            hash: 0,
            references: 1,
            seen: 0,
            twin: Twin::Any(item),
        }));
        self.any.insert(std::ptr::from_ref(item).addr(), any);
        any
    }

    /// As [`any_of`](Self::any_of), if some entry depends on it.
    pub(crate) fn known_any_of(&self, item: &'static Definition) -> Option<NodeIx> {
        self.any.get(&std::ptr::from_ref(item).addr()).copied()
    }

    /// All nodes that stand for those of an item, each with the item.
    pub(crate) fn all_any_of(&self) -> impl Iterator<Item = (&'static Definition, NodeIx)> {
        let all = self.any.values();
        all.filter_map(|any| Some((self.stands_for(*any)?, *any)))
    }

    /// The item, all nodes of which this one stands for.
    #[inline]
    pub(crate) fn stands_for(&self, node: NodeIx) -> Option<&'static Definition> {
        if self.any.is_empty() {
            return None;
        }
        match self.records[node.0].twin {
            Twin::Any(item) => Some(item),
            Twin::None | Twin::Has(_) | Twin::Of(_) => None,
        }
    }

    #[inline]
    pub(crate) fn is_twin(&self, node: NodeIx) -> bool {
        matches!(self.records[node.0].twin, Twin::Of(_))
    }

    /// The node itself, or that of which it is the twin.
    #[inline]
    pub(crate) fn original(&self, node: NodeIx) -> NodeIx {
        match self.records[node.0].twin {
            Twin::Of(original) => original,
            Twin::None | Twin::Has(_) | Twin::Any(_) => node,
        }
    }

    /// All nodes of the functions of one source item.
    pub(crate) fn of_item(&self, item: &'static Definition) -> Vec<NodeIx> {
        let tables = self.by_function.iter().filter(|table| {
            let first = table.iter().next();
            first.is_some_and(|node| std::ptr::eq(self.get(*node).function.item(), item))
        });
        tables.flatten().copied().collect()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}
