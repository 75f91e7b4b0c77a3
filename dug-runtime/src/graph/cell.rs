//! What one layer knows of one node.

use super::dependencies::{Dependencies, Dependency, Edge};
use super::rules::PackedRuling;
use super::{NodeIx, Ruling, ValueIx};

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
    /// See [`tweak`](Self::tweak).
    tweak: Option<PackedRuling>,
    /// Of the own entry, unless absent.
    pub(crate) value: Option<ValueIx>,
    /// Of the own entry, unless absent.
    pub(crate) dependencies: Option<Dependencies>,
    edges: Edges,
    /// Whether the own entry was doubted, or what is said of the node came up: not all that depends on
    /// it has been told, so that changes must not stop here.
    pub(crate) doubted: bool,
}

/// What is known of all dependencies of the own entry, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Edges(u8);

impl Edges {
    const UNCUT: u8 = 1;
    const LISTED: u8 = 2;

    fn set(&mut self, bit: u8, on: bool) {
        self.0 = if on { self.0 | bit } else { self.0 & !bit };
    }
}

/// A tree holds about one of them for each of its nodes.
const _: () = assert!(size_of::<Cell>() <= 40);

impl Cell {
    /// The node's own tweak, not one of many nodes.
    #[inline]
    pub(crate) fn tweak(&self) -> Option<Ruling> {
        self.tweak.map(Ruling::from)
    }

    /// Gives the node a tweak of its own, or none; tells which one it had.
    pub(super) fn replace_tweak(&mut self, tweak: Option<Ruling>) -> Option<Ruling> {
        let old = self.tweak();
        self.tweak = tweak.map(PackedRuling::from);
        old
    }

    /// Whether the own entry has dependencies without cut-off.
    #[inline]
    pub(super) fn has_uncut(&self) -> bool {
        self.edges.0 & Edges::UNCUT != 0
    }

    #[inline]
    pub(super) fn set_has_uncut(&mut self, has_uncut: bool) {
        self.edges.set(Edges::UNCUT, has_uncut);
    }

    /// Whether the own entry is among the dependants of all that it depends on: it may become that
    /// [later](super::Graph::list_all_dependencies).
    #[inline]
    pub(super) fn is_listed(&self) -> bool {
        self.edges.0 & Edges::LISTED != 0
    }

    #[inline]
    pub(super) fn set_listed(&mut self, is_listed: bool) {
        self.edges.set(Edges::LISTED, is_listed);
    }

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
        self.state == State::Absent && self.tweak.is_none() && !self.ruled && !self.is_closed()
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
        self.has_uncut() && self.edges_to(node).any(|edge| edge == Edge::Uncut)
    }

    /// Whether the own entry rests on what the layer, or one above, has answered for `node`.
    pub(crate) fn rests_on(&self, node: NodeIx) -> bool {
        self.edges_to(node)
            .any(|edge| matches!(edge, Edge::Asked(_)))
    }
}
