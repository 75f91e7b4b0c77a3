//! What one layer has of each node.

use super::NodeIx;
use super::layers::Table;
use super::pages::Pages;

/// A map from nodes. The outermost layer of a tree knows of nearly all of them, and finds what it has of them by
/// their numbers; those further in know of few.
#[derive(Debug)]
pub(super) enum ByNode<T> {
    OfMost(Pages<T>),
    OfFew(Table<T>),
}

impl<T> ByNode<T> {
    pub(super) fn new(is_outermost: bool) -> Self {
        match is_outermost {
            true => ByNode::OfMost(Pages::default()),
            false => ByNode::OfFew(Table::default()),
        }
    }

    #[inline]
    pub(super) fn get(&self, node: NodeIx) -> Option<&T> {
        match self {
            ByNode::OfMost(pages) => pages.get(node.0),
            ByNode::OfFew(table) => table.get(&node),
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, node: NodeIx) -> Option<&mut T> {
        match self {
            ByNode::OfMost(pages) => pages.get_mut(node.0),
            ByNode::OfFew(table) => table.get_mut(&node),
        }
    }

    pub(super) fn get_or_insert_with(&mut self, node: NodeIx, new: impl FnOnce() -> T) -> &mut T {
        match self {
            ByNode::OfMost(pages) => pages.get_or_insert_with(node.0, new),
            ByNode::OfFew(table) => table.entry(node).or_insert_with(new),
        }
    }

    pub(super) fn remove(&mut self, node: NodeIx) {
        match self {
            ByNode::OfMost(pages) => drop(pages.remove(node.0)),
            ByNode::OfFew(table) => drop(table.remove(&node)),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            ByNode::OfMost(pages) => pages.len(),
            ByNode::OfFew(table) => table.len(),
        }
    }

    /// What is there, in any order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeIx, &T)> {
        let (pages, table) = match self {
            ByNode::OfMost(pages) => (Some(pages), None),
            ByNode::OfFew(table) => (None, Some(table)),
        };
        let pages = pages.into_iter().flat_map(Pages::iter);
        let table = table.into_iter().flatten();
        pages
            .map(|(node, item)| (NodeIx(node), item))
            .chain(table.map(|(node, item)| (*node, item)))
    }

    /// Takes all out, in any order.
    pub(super) fn take_each(self, mut take: impl FnMut(NodeIx, T)) {
        match self {
            ByNode::OfMost(pages) => {
                let all = pages.into_iter();
                all.for_each(|(node, item)| take(NodeIx(node), item));
            }
            ByNode::OfFew(table) => table.into_iter().for_each(|(node, item)| take(node, item)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_alike() {
        for is_outermost in [true, false] {
            let mut numbers = ByNode::new(is_outermost);
            for number in [0, 31, 32, 1000] {
                *numbers.get_or_insert_with(NodeIx(number), || 0) += number + 1;
                let again = numbers.get_or_insert_with(NodeIx(number), || 0);
                assert_eq!(*again, number + 1);
            }
            numbers.remove(NodeIx(31));
            numbers.remove(NodeIx(33));
            assert!(numbers.get(NodeIx(31)).is_none() && numbers.get_mut(NodeIx(32)).is_some());
            let mut nodes: Vec<NodeIx> = numbers.iter().map(|(node, _)| node).collect();
            nodes.sort_unstable();
            assert_eq!(
                (numbers.len(), nodes),
                (3, [0, 32, 1000].map(NodeIx).to_vec())
            );
            let mut taken = Vec::new();
            numbers.take_each(|node, item| taken.push((node.0, item)));
            taken.sort_unstable();
            assert_eq!(taken, [(0, 1), (32, 33), (1000, 1001)]);
        }
    }
}
