//! What one layer knows of one node.

use super::{NodeIx, Ruling, ValueIx};
use smallvec::SmallVec;
use std::collections::HashSet;
use std::sync::Arc;

/// How an entry's node depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// It asked and was given this value. An equal value leaves it right.
    Asked(ValueIx),
    /// As `Asked`, in a context that the node opened and did not tweak: `Reached` edges lead
    /// to all that lies below it, which the layer need not know.
    Inside(ValueIx),
    /// Asked inside a context that the node opened and tweaked: any change below it makes the node run again.
    Uncut,
    /// Asked below an `Inside` one, in a context that is gone: changes reach the node through it.
    Reached,
}

/// One dependency of an entry; eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Dependency {
    pub(crate) node: NodeIx,
    answer: u32,
}

impl Dependency {
    const UNCUT: u32 = u32::MAX;
    const REACHED: u32 = u32::MAX - 1;
    /// Set in the number of a value that was asked for inside.
    const INSIDE: u32 = 1 << 31;

    pub(crate) fn new(node: NodeIx, edge: Edge) -> Self {
        let answer = match edge {
            Edge::Asked(value) => value.0,
            Edge::Inside(value) => value.0 | Self::INSIDE,
            Edge::Uncut => Self::UNCUT,
            Edge::Reached => Self::REACHED,
        };
        Dependency { node, answer }
    }

    #[inline]
    pub(crate) fn edge(self) -> Edge {
        match self.answer {
            Self::UNCUT => Edge::Uncut,
            Self::REACHED => Edge::Reached,
            value if value & Self::INSIDE == 0 => Edge::Asked(ValueIx(value)),
            value => Edge::Inside(ValueIx(value & !Self::INSIDE)),
        }
    }

    /// The value that was given, where an equal one leaves the entry right.
    #[inline]
    pub(crate) fn answer(self) -> Option<ValueIx> {
        match self.edge() {
            Edge::Asked(value) | Edge::Inside(value) => Some(value),
            Edge::Uncut | Edge::Reached => None,
        }
    }
}

/// The dependencies of an entry in the order of asking. Shared by the entries
/// that were adopted from one another; cloned and released under the lock only.
pub(crate) type Dependencies = Arc<[Dependency]>;

/// What an own entry is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum State {
    /// There is no own entry.
    #[default]
    Absent,
    /// It answers.
    Valid,
    /// It is right, and its value is not in memory.
    Unloaded,
    /// Something below it has changed; adopted if its dependencies answer as they did.
    Suspect,
    /// As suspect, and its value cannot be used again.
    Broken,
}

impl State {
    /// Whether the entry is right as it stands.
    #[inline]
    pub(crate) fn is_settled(self) -> bool {
        matches!(self, State::Valid | State::Unloaded)
    }
}

/// One node in one layer.
#[derive(Debug, Default)]
pub(crate) struct Cell {
    pub(crate) state: State,
    /// By tweaks: the parent's entry may not answer here.
    pub(crate) masked: bool,
    /// By an invalidation below it in this layer: the parent's entry must be checked first.
    pub(crate) unsettled: bool,
    /// Invalidated: nothing but a run answers here.
    pub(crate) forbidden: bool,
    /// Answered by a tweak of many nodes of this layer: those who asked name the node, which nothing else may hold.
    pub(crate) ruled: bool,
    /// Whether the own entry is made by relative tweaks; see [`Graph::is_computed`](super::Graph::is_computed).
    pub(crate) computed: bool,
    /// The node's own tweak, not one of many nodes.
    pub(crate) tweak: Option<Ruling>,
    /// Of the own entry, unless absent.
    pub(crate) value: Option<ValueIx>,
    /// Of the own entry, unless absent.
    pub(crate) dependencies: Option<Dependencies>,
    /// Whether the own entry has dependencies without cut-off.
    pub(crate) has_uncut: bool,
    /// Whether the own entry was doubted, or what is said of the node came up: not all that depends on
    /// it has been told, so that changes must not stop here.
    pub(crate) doubted: bool,
    /// Whose own entries in this layer depend on this node.
    pub(crate) dependants: Dependants,
}

impl Cell {
    /// Whether the parent must not be asked.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.masked || self.unsettled || self.forbidden
    }

    /// Whether there is an own entry that may be right in a layer further in, or here after all.
    pub(crate) fn may_be_adopted(&self) -> bool {
        matches!(self.state, State::Valid | State::Suspect | State::Unloaded)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.state == State::Absent
            && self.tweak.is_none()
            && !self.ruled
            && !self.is_closed()
            && self.dependants.is_empty()
    }

    pub(crate) fn dependencies(&self) -> &[Dependency] {
        self.dependencies.as_deref().unwrap_or(&[])
    }

    /// How the own entry depends on `node`.
    fn edges_to(&self, node: NodeIx) -> impl Iterator<Item = Edge> {
        let all = self.dependencies().iter();
        all.filter(move |dependency| dependency.node == node)
            .map(|dependency| dependency.edge())
    }

    /// Whether the own entry depends on `node` without cut-off.
    pub(crate) fn is_uncut_from(&self, node: NodeIx) -> bool {
        self.has_uncut && self.edges_to(node).any(|edge| edge == Edge::Uncut)
    }

    /// Whether the own entry rests on what the layer, or one above, has answered for `node`.
    pub(crate) fn rests_on(&self, node: NodeIx) -> bool {
        self.edges_to(node)
            .any(|edge| matches!(edge, Edge::Asked(_)))
    }
}

/// How many dependants are kept in a list before it becomes a table.
const FEW: usize = 16;

/// A set of nodes: a short list, or a table.
#[derive(Debug)]
pub(crate) enum Dependants {
    Few(SmallVec<[NodeIx; 4]>),
    Many(HashSet<NodeIx, foldhash::fast::RandomState>),
}

impl Default for Dependants {
    fn default() -> Self {
        Dependants::Few(SmallVec::new())
    }
}

impl Dependants {
    pub(crate) fn insert(&mut self, node: NodeIx) {
        match self {
            Dependants::Few(list) if list.contains(&node) => {}
            Dependants::Few(list) if list.len() < FEW => list.push(node),
            Dependants::Few(list) => {
                let table = list.drain(..).chain([node]).collect();
                *self = Dependants::Many(table);
            }
            Dependants::Many(table) => {
                table.insert(node);
            }
        }
    }

    pub(crate) fn remove(&mut self, node: NodeIx) {
        match self {
            Dependants::Few(list) => {
                if let Some(place) = list.iter().position(|other| *other == node) {
                    list.swap_remove(place);
                }
            }
            Dependants::Many(table) => {
                table.remove(&node);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Dependants::Few(list) => list.is_empty(),
            Dependants::Many(table) => table.is_empty(),
        }
    }

    pub(crate) fn for_each(&self, f: impl FnMut(NodeIx)) {
        match self {
            Dependants::Few(list) => list.iter().copied().for_each(f),
            Dependants::Many(table) => table.iter().copied().for_each(f),
        }
    }
}
