//! The nodes of a tree: each function's table from encoded arguments to a small number.

use super::NodeIx;
use super::arguments::{Kept, LongArguments};
use super::numbered::Numbered;
use super::pages::Pages;
use crate::arguments::Arguments;
use crate::function::{Definition, Function, Operations};
use crate::id::{Described, Snapshot};
use crate::key::hash_arguments;
use crate::tweak::Exact;
use hashbrown::HashTable;
use std::collections::HashMap;
use std::sync::Arc;

/// Whether a node has a twin: the node beneath its tweaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twin {
    None,
    /// It has a twin, which holds it.
    Has,
    /// It is the twin of another.
    Of,
    /// It stands for all nodes of one item: see [`Nodes::any_of`].
    Any,
}

/// What a tree knows of a node in all its layers.
#[derive(Debug)]
pub(crate) struct NodeRecord {
    /// The number of the function.
    function: u32,
    /// Cells, dependencies, runs and callers that hold the number.
    references: u32,
    /// In which list it was seen last, and as what: see [`Nodes::is_first`].
    seen: u32,
    arguments: Kept,
    twin: Twin,
}

const _: () = assert!(size_of::<Option<NodeRecord>>() <= 24);

/// What a tree knows of a function.
#[derive(Debug)]
struct OfFunction {
    function: &'static Function,
    nodes: HashTable<NodeIx>,
}

/// What nodes that stand for others have in the place of a function.
static ANY: Function = Function::new(
    &ANY_ITEM,
    Operations::in_memory(Err("it stands for others")),
);

static ANY_ITEM: Definition = Definition::internal("_");

/// The item of functions that a stored result names and that this program does not know, or not yet.
pub(crate) static UNKNOWN: Definition = Definition::internal("?");

/// All nodes of a tree, by number and by key. Each function has a table of its
/// own, so that its nodes are found without a scan of the others.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    records: Numbered<NodeRecord>,
    long_arguments: LongArguments,
    /// The arguments in words, where they cannot be read back from the encoding.
    described: Pages<Arc<Described>>,
    /// By the number of the function.
    by_function: Vec<OfFunction>,
    /// The twin of a node that has one, and that of which one is the twin.
    twins: HashMap<NodeIx, NodeIx, foldhash::fast::RandomState>,
    /// The nodes that stand for all of an item, by its address.
    any: HashMap<usize, NodeIx, foldhash::fast::RandomState>,
    /// The items of these nodes.
    items: Pages<&'static Definition>,
    /// The list of nodes that is being gone through, times [`KINDS`].
    list: u32,
}

/// As how many things a node may be seen in a list, each a bit.
const KINDS: u32 = 1 << 4;

impl OfFunction {
    /// In the place of a function of which there is no node.
    fn unknown() -> Self {
        OfFunction {
            function: &ANY,
            nodes: HashTable::new(),
        }
    }
}

impl Nodes {
    #[inline]
    pub(crate) fn function(&self, node: NodeIx) -> &'static Function {
        self.by_function[self.records[node.0].function as usize].function
    }

    #[inline]
    pub(crate) fn argument_bytes(&self, node: NodeIx) -> &[u8] {
        self.long_arguments.bytes(&self.records[node.0].arguments)
    }

    /// The arguments apart from the tree.
    pub(crate) fn arguments(&self, node: NodeIx) -> Arguments {
        self.long_arguments.get(&self.records[node.0].arguments)
    }

    /// The hash of the arguments.
    pub(crate) fn hash(&self, node: NodeIx) -> u64 {
        hash_arguments(self.argument_bytes(node))
    }

    /// The node apart from the tree. Printing runs user code, which must wait until the lock is released.
    pub(crate) fn snapshot(&self, node: NodeIx) -> Snapshot {
        Snapshot {
            function: self.function(node),
            arguments: self.arguments(node),
            text: self.described.get(node.0).cloned(),
        }
    }

    pub(crate) fn find(
        &self,
        function: &'static Function,
        hash: u64,
        arguments: &[u8],
    ) -> Option<NodeIx> {
        let all = self.by_function.get(function.number())?;
        all.nodes
            .find(hash, |node| self.argument_bytes(*node) == arguments)
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
        let all = all.into_iter().flat_map(|all| &all.nodes).copied();
        all.filter(|node| exact.is_about(self.argument_bytes(*node)))
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
        let number = self.know(function);
        let kept = self.long_arguments.keep(arguments);
        let node = self.insert(number, Twin::None, kept);
        if let Some(described) = described {
            self.described.insert(node.0, Arc::clone(described));
        }
        let records = &self.records;
        let long = &self.long_arguments;
        let all = &mut self.by_function[number as usize].nodes;
        all.insert_unique(hash, node, |node| {
            hash_arguments(long.bytes(&records[node.0].arguments))
        });
        node
    }

    /// The number of the function, which is found by it from now on.
    fn know(&mut self, function: &'static Function) -> u32 {
        let number = function.number();
        if number >= self.by_function.len() {
            self.by_function
                .resize_with(number + 1, OfFunction::unknown);
        }
        self.by_function[number].function = function;
        number as u32
    }

    /// A node, held once.
    fn insert(&mut self, function: u32, twin: Twin, arguments: Kept) -> NodeIx {
        NodeIx(self.records.insert(NodeRecord {
            function,
            references: 1,
            seen: 0,
            arguments,
            twin,
        }))
    }

    /// A new list of nodes is gone through, of which each is wanted once.
    pub(crate) fn begin_list(&mut self) {
        self.list = self.list.checked_add(KINDS).unwrap_or_else(|| {
            self.records.values_mut().for_each(|record| record.seen = 0);
            KINDS
        });
    }

    /// Whether the node, as the thing of this number, is there for the first time in the list; then it is held once more,
    /// if `retains`.
    #[inline]
    pub(crate) fn is_first(&mut self, node: NodeIx, kind: u32, retains: bool) -> bool {
        debug_assert!(kind < KINDS.ilog2());
        let record = &mut self.records[node.0];
        let seen_before = match record.seen & !(KINDS - 1) == self.list {
            true => record.seen,
            false => self.list,
        };
        record.seen = seen_before | 1 << kind;
        let is_first = record.seen != seen_before;
        record.references += u32::from(is_first && retains);
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
        let (twin, function) = (record.twin, record.function);
        if twin == Twin::Of {
            self.remove(node);
            let original = self.part(node);
            self.records[original.0].twin = Twin::None;
            self.release(original, freed);
            return;
        }
        if twin == Twin::Any {
            self.remove(node);
            if let Some(item) = self.items.remove(node.0) {
                self.any.remove(&std::ptr::from_ref(item).addr());
            }
            return;
        }
        freed(node);
        let hash = self.hash(node);
        let all = &mut self.by_function[function as usize].nodes;
        match all.find_entry(hash, |other| *other == node) {
            Ok(entry) => entry.remove(),
            Err(_) => unreachable!("a node is in its function's table while it is held"),
        };
        self.remove(node);
    }

    /// Parts the twin from that of which it is the twin, which is returned.
    fn part(&mut self, twin: NodeIx) -> NodeIx {
        let original = self.twins.remove(&twin);
        match original {
            Some(original) => {
                self.twins.remove(&original);
                original
            }
            None => unreachable!("a twin is one of another node"),
        }
    }

    fn remove(&mut self, node: NodeIx) {
        let record = self.records.remove(node.0);
        self.long_arguments.remove(record.arguments);
        self.described.remove(node.0);
    }

    /// The node beneath the node's tweaks, which the caller now holds.
    pub(crate) fn twin(&mut self, node: NodeIx) -> NodeIx {
        if let Some(twin) = self.known_twin(node) {
            self.retain(twin);
            return twin;
        }
        let record = &self.records[node.0];
        let (function, arguments) = (record.function, record.arguments);
        let arguments = self.long_arguments.keep_again(arguments);
        let twin = self.insert(function, Twin::Of, arguments);
        if let Some(described) = self.described.get(node.0).cloned() {
            self.described.insert(twin.0, described);
        }
        self.records[node.0].twin = Twin::Has;
        self.twins.extend([(node, twin), (twin, node)]);
        self.retain(node);
        twin
    }

    /// The twin, if something has made it.
    pub(crate) fn known_twin(&self, node: NodeIx) -> Option<NodeIx> {
        let has_one = self.records[node.0].twin == Twin::Has;
        has_one.then(|| self.twins[&node])
    }

    /// Whether no layer has a cell of the node, which is being computed for somebody who holds it: nobody
    /// but these two does.
    pub(crate) fn is_new(&self, node: NodeIx) -> bool {
        let record = &self.records[node.0];
        record.references <= 2 && record.twin == Twin::None
    }

    /// What stands for all nodes of the item, which the caller now holds. Nobody sees it. An entry
    /// depends on it if it was found to be right although not all that lies below it is known.
    pub(crate) fn any_of(&mut self, item: &'static Definition) -> NodeIx {
        if let Some(any) = self.known_any_of(item) {
            self.retain(any);
            return any;
        }
        let function = self.know(&ANY);
        let nothing = self.long_arguments.keep(&[]);
        let any = self.insert(function, Twin::Any, nothing);
        self.any.insert(std::ptr::from_ref(item).addr(), any);
        self.items.insert(any.0, item);
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
            Twin::Any => self.items.get(node.0).copied(),
            Twin::None | Twin::Has | Twin::Of => None,
        }
    }

    #[inline]
    pub(crate) fn is_twin(&self, node: NodeIx) -> bool {
        self.records[node.0].twin == Twin::Of
    }

    /// The node itself, or that of which it is the twin.
    #[inline]
    pub(crate) fn original(&self, node: NodeIx) -> NodeIx {
        match self.records[node.0].twin {
            Twin::Of => self.twins[&node],
            Twin::None | Twin::Has | Twin::Any => node,
        }
    }

    /// All nodes of the functions of one source item.
    pub(crate) fn of_item(&self, item: &'static Definition) -> Vec<NodeIx> {
        let all = self.by_function.iter();
        let all = all.filter(|all| std::ptr::eq(all.function.item(), item));
        all.flat_map(|all| &all.nodes).copied().collect()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}
