//! Who depends on a node.

use super::NodeIx;
use smallvec::SmallVec;
use std::collections::HashSet;

/// The own entries of a layer that are not listed among the dependants of what they depend on.
#[derive(Debug)]
pub(super) enum Unlisted {
    /// Those of these nodes; some may be gone, or listed meanwhile.
    Of(Vec<NodeIx>),
    /// All that do not say that they are listed: many.
    All,
}

impl Default for Unlisted {
    fn default() -> Self {
        Unlisted::Of(Vec::new())
    }
}

impl Unlisted {
    /// The entry of the node is not listed, in a layer of so many cells.
    pub(super) fn insert(&mut self, node: NodeIx, cells: usize) {
        if let Unlisted::Of(nodes) = self {
            nodes.push(node);
            if nodes.len() > 64 + cells / 4 {
                *self = Unlisted::All;
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Unlisted::Of(nodes) if nodes.is_empty())
    }
}

/// How many nodes lie in the set itself.
const FEW: usize = 3;

/// How many dependants are kept in a list before it becomes a table.
const LISTED: usize = 16;

/// A set of nodes. Most have a few elements, which need no memory of their own.
#[derive(Debug)]
pub(crate) enum Dependants {
    Few { len: u8, nodes: [NodeIx; FEW] },
    Many(Box<Many>),
}

/// A larger set of nodes: a short list, or a table.
#[derive(Debug)]
pub(crate) enum Many {
    List(SmallVec<[NodeIx; 8]>),
    Table(HashSet<NodeIx, foldhash::fast::RandomState>),
}

impl Default for Dependants {
    fn default() -> Self {
        Dependants::Few {
            len: 0,
            nodes: [NodeIx(0); FEW],
        }
    }
}

impl Dependants {
    pub(crate) fn insert(&mut self, node: NodeIx) {
        match self {
            Dependants::Few { len, nodes } => {
                let count = usize::from(*len);
                if nodes[..count].contains(&node) {
                    return;
                }
                match nodes.get_mut(count) {
                    Some(place) => {
                        *place = node;
                        *len += 1;
                    }
                    None => {
                        let list = nodes.iter().copied().chain([node]).collect();
                        *self = Dependants::Many(Box::new(Many::List(list)));
                    }
                }
            }
            Dependants::Many(many) => many.insert(node),
        }
    }

    pub(crate) fn remove(&mut self, node: NodeIx) {
        match self {
            Dependants::Few { len, nodes } => {
                let present = &mut nodes[..usize::from(*len)];
                if let Some(place) = present.iter().position(|other| *other == node) {
                    present.swap(place, present.len() - 1);
                    *len -= 1;
                }
            }
            Dependants::Many(many) => many.remove(node),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Dependants::Few { len, .. } => *len == 0,
            Dependants::Many(many) => many.is_empty(),
        }
    }

    pub(crate) fn for_each(&self, f: impl FnMut(NodeIx)) {
        match self {
            Dependants::Few { len, nodes } => {
                nodes[..usize::from(*len)].iter().copied().for_each(f)
            }
            Dependants::Many(many) => many.for_each(f),
        }
    }
}

impl Many {
    fn insert(&mut self, node: NodeIx) {
        match self {
            Many::List(list) if list.contains(&node) => {}
            Many::List(list) if list.len() < LISTED => list.push(node),
            Many::List(list) => {
                let table = list.drain(..).chain([node]).collect();
                *self = Many::Table(table);
            }
            Many::Table(table) => {
                table.insert(node);
            }
        }
    }

    fn remove(&mut self, node: NodeIx) {
        match self {
            Many::List(list) => {
                if let Some(place) = list.iter().position(|other| *other == node) {
                    list.swap_remove(place);
                }
            }
            Many::Table(table) => {
                table.remove(&node);
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Many::List(list) => list.is_empty(),
            Many::Table(table) => table.is_empty(),
        }
    }

    fn for_each(&self, f: impl FnMut(NodeIx)) {
        match self {
            Many::List(list) => list.iter().copied().for_each(f),
            Many::Table(table) => table.iter().copied().for_each(f),
        }
    }
}
