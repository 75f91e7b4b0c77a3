//! The cells of one layer.

use super::layers::Table;
use super::pages::Pages;
use super::{Cell, NodeIx};

/// What a layer knows of nodes. The outermost layer of a tree knows of nearly all of them, and
/// finds them by their numbers; those further in know of few.
#[derive(Debug)]
pub(super) enum Cells {
    OfMost(Pages<Cell>),
    OfFew(Table<Cell>),
}

impl Cells {
    pub(super) fn new(is_outermost: bool) -> Self {
        match is_outermost {
            true => Cells::OfMost(Pages::default()),
            false => Cells::OfFew(Table::default()),
        }
    }

    #[inline]
    pub(super) fn get(&self, node: NodeIx) -> Option<&Cell> {
        match self {
            Cells::OfMost(pages) => pages.get(node.0),
            Cells::OfFew(table) => table.get(&node),
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, node: NodeIx) -> Option<&mut Cell> {
        match self {
            Cells::OfMost(pages) => pages.get_mut(node.0),
            Cells::OfFew(table) => table.get_mut(&node),
        }
    }

    pub(super) fn get_or_insert_with(
        &mut self,
        node: NodeIx,
        new: impl FnOnce() -> Cell,
    ) -> &mut Cell {
        match self {
            Cells::OfMost(pages) => pages.get_or_insert_with(node.0, new),
            Cells::OfFew(table) => table.entry(node).or_insert_with(new),
        }
    }

    pub(super) fn remove(&mut self, node: NodeIx) {
        match self {
            Cells::OfMost(pages) => drop(pages.remove(node.0)),
            Cells::OfFew(table) => drop(table.remove(&node)),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Cells::OfMost(pages) => pages.len(),
            Cells::OfFew(table) => table.len(),
        }
    }

    /// The cells, in any order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeIx, &Cell)> {
        let (pages, table) = match self {
            Cells::OfMost(pages) => (Some(pages), None),
            Cells::OfFew(table) => (None, Some(table)),
        };
        let pages = pages.into_iter().flat_map(Pages::iter);
        let table = table.into_iter().flatten();
        pages
            .map(|(node, cell)| (NodeIx(node), cell))
            .chain(table.map(|(node, cell)| (*node, cell)))
    }

    /// Takes the cells out, in any order.
    pub(super) fn take_each(self, mut take: impl FnMut(NodeIx, Cell)) {
        match self {
            Cells::OfMost(pages) => {
                let all = pages.into_iter();
                all.for_each(|(node, cell)| take(NodeIx(node), cell));
            }
            Cells::OfFew(table) => table.into_iter().for_each(|(node, cell)| take(node, cell)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_hold_cells_alike() {
        for is_outermost in [true, false] {
            let mut cells = Cells::new(is_outermost);
            for number in [0, 31, 32, 1000] {
                let cell = cells.get_or_insert_with(NodeIx(number), Cell::default);
                cell.ruled = true;
                let again = cells.get_or_insert_with(NodeIx(number), Cell::default);
                assert!(again.ruled);
            }
            cells.remove(NodeIx(31));
            cells.remove(NodeIx(33));
            assert!(cells.get(NodeIx(31)).is_none() && cells.get_mut(NodeIx(32)).is_some());
            let mut nodes: Vec<NodeIx> = cells.iter().map(|(node, _)| node).collect();
            nodes.sort_unstable();
            assert_eq!(
                (cells.len(), nodes),
                (3, [0, 32, 1000].map(NodeIx).to_vec())
            );
            let mut taken = Vec::new();
            cells.take_each(|node, cell| taken.push((node.0, cell.ruled)));
            taken.sort_unstable();
            assert_eq!(taken, [(0, true), (32, true), (1000, true)]);
        }
    }
}
