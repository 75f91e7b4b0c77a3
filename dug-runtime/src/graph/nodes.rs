//! The nodes of a tree: each function's table from encoded arguments to a small number.

use super::{NodeIx, narrow};
use crate::arguments::Arguments;
use crate::function::Function;
use crate::id::Snapshot;
use hashbrown::HashTable;
use slab::Slab;

/// What a tree knows of a node in all its layers.
#[derive(Debug)]
pub(crate) struct NodeRecord {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Arguments,
    /// The printed arguments, where they cannot be read back from the encoding.
    text: Option<Box<str>>,
    hash: u64,
    /// Cells, dependencies, runs and callers that hold the number.
    references: u32,
}

impl NodeRecord {
    /// The node apart from the tree. Printing runs user code, which must wait until the lock is released.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            function: self.function,
            arguments: self.arguments.clone(),
            text: self.text.clone(),
        }
    }
}

/// All nodes of a tree, by number and by key. Each function has a table of its
/// own, so that its nodes are found without a scan of the others.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    records: Slab<NodeRecord>,
    by_function: Vec<HashTable<NodeIx>>,
}

impl Nodes {
    #[inline]
    pub(crate) fn get(&self, node: NodeIx) -> &NodeRecord {
        &self.records[node.0 as usize]
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
                self.records[node.0 as usize].arguments.as_slice() == arguments
            })
            .copied()
    }

    /// The node's number, which the caller now holds and must release.
    pub(crate) fn intern(
        &mut self,
        function: &'static Function,
        hash: u64,
        arguments: &[u8],
        text: Option<&str>,
    ) -> NodeIx {
        if let Some(node) = self.find(function, hash, arguments) {
            self.retain(node);
            return node;
        }
        let node = NodeIx(narrow(self.records.insert(NodeRecord {
            function,
            arguments: Arguments::new(arguments),
            text: text.map(Into::into),
            hash,
            references: 1,
        })));
        let number = function.number();
        if number >= self.by_function.len() {
            self.by_function.resize_with(number + 1, HashTable::new);
        }
        let records = &self.records;
        self.by_function[number].insert_unique(hash, node, |node| records[node.0 as usize].hash);
        node
    }

    #[inline]
    pub(crate) fn retain(&mut self, node: NodeIx) {
        self.records[node.0 as usize].references += 1;
    }

    pub(crate) fn release(&mut self, node: NodeIx) {
        let record = &mut self.records[node.0 as usize];
        record.references -= 1;
        if record.references > 0 {
            return;
        }
        let (number, hash) = (record.function.number(), record.hash);
        match self.by_function[number].find_entry(hash, |other| *other == node) {
            Ok(entry) => entry.remove(),
            Err(_) => unreachable!("a node is in its function's table while it is held"),
        };
        self.records.remove(node.0 as usize);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}
