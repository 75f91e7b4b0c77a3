//! Looking without touching: what would answer, what depends on what.

use super::{
    Content, Dependencies, Dependency, Edge, Governing, Graph, LayerIx, NodeIx, State, ValueIx,
};
use crate::id::Snapshot;
use crate::value::Value;

/// What is shown of a node of one layer.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) node: NodeIx,
    pub(crate) held: bool,
    pub(crate) valid: bool,
    pub(crate) tweaked: bool,
    pub(crate) masked: bool,
    pub(crate) dependencies: Vec<NodeIx>,
}

/// Tells whether tweaks and what is read of the world are still what they were in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    change: u64,
    time: u64,
}

impl Graph {
    pub(crate) fn sight(&self) -> Sight {
        Sight {
            change: self.change,
            time: self.known_sets.time(),
        }
    }

    /// The dependencies that a user sees: not the ways that lie below others.
    pub(crate) fn shown(&self, dependencies: &[Dependency]) -> Vec<NodeIx> {
        let seen = dependencies.iter().filter(|dependency| {
            dependency.edge() != Edge::Reached && self.nodes.stands_for(dependency.node).is_none()
        });
        seen.map(|dependency| dependency.node).collect()
    }

    /// What the entry depends on, that says so here.
    pub(crate) fn dependencies_of(&self, layer: LayerIx, node: NodeIx) -> Vec<NodeIx> {
        match self.governing(layer, node) {
            Governing::Entry(place) => self.cell(place, node).map_or_else(Vec::new, |cell| {
                self.beneath_twins(layer, self.shown(cell.dependencies()))
            }),
            Governing::Tweak | Governing::Unknown => Vec::new(),
        }
    }

    /// The nodes with what they depend on themselves in the place of twins, which nobody sees.
    pub(crate) fn beneath_twins(&self, layer: LayerIx, nodes: Vec<NodeIx>) -> Vec<NodeIx> {
        if !nodes.iter().any(|node| self.nodes.is_twin(*node)) {
            return nodes;
        }
        let mut beneath = Vec::new();
        for node in nodes {
            let below = match self.nodes.is_twin(node) {
                true => self.dependencies_of(layer, node),
                false => vec![node],
            };
            for node in below {
                if !beneath.contains(&node) {
                    beneath.push(node);
                }
            }
        }
        beneath
    }

    /// The nodes whose entries, as seen from here, depend on the node.
    pub(crate) fn dependants_of(&mut self, layer: LayerIx, node: NodeIx) -> Vec<NodeIx> {
        self.list_all_dependencies(layer);
        let mut all = Vec::new();
        self.list_all_dependants(layer, node, &mut all);
        for dependant in &mut all {
            *dependant = self.nodes.original(*dependant);
        }
        all.sort_unstable();
        all.dedup();
        all.retain(|dependant| self.dependencies_of(layer, *dependant).contains(&node));
        all
    }

    /// The nodes taken out of the tree, to be printed without its lock.
    pub(crate) fn snapshots(&self, nodes: &[NodeIx]) -> Vec<Snapshot> {
        let snapshots = nodes.iter().map(|node| self.nodes.snapshot(*node));
        snapshots.collect()
    }

    /// All that the layer holds or has tweaked.
    pub(crate) fn views(&self, layer: LayerIx) -> Vec<View> {
        let cells = &self.layer(layer).cells;
        cells
            .iter()
            .filter(|(node, cell)| {
                !self.nodes.is_twin(*node)
                    && self.nodes.stands_for(*node).is_none()
                    && (cell.state != State::Absent || self.has_mask(layer, *node))
            })
            .map(|(node, cell)| View {
                node,
                held: cell.state != State::Absent,
                valid: cell.state.is_settled(),
                tweaked: self.is_tweaked(layer, node),
                masked: self.is_masked(layer, node),
                dependencies: if self.hides(layer, node) {
                    Vec::new()
                } else {
                    self.dependencies_of(layer, node)
                },
            })
            .collect()
    }

    /// Whether tweaks now in force make the node answer otherwise than in the parent, as far as is known.
    pub(crate) fn is_masked(&self, layer: LayerIx, node: NodeIx) -> bool {
        self.layer(layer).parent.is_some() && self.has_mask(layer, node)
    }

    /// The value of the own entry, if that answers.
    pub(crate) fn answer_of_own(&self, layer: LayerIx, node: NodeIx) -> Option<ValueIx> {
        let cell = self.cell(layer, node)?;
        cell.value.filter(|_| cell.state == State::Valid)
    }

    /// The value of the own entry, whatever that is worth.
    pub(crate) fn value_of_own(&self, layer: LayerIx, node: NodeIx) -> Option<ValueIx> {
        self.cell(layer, node)?.value
    }

    /// Whether there is an own entry that has to be checked before it answers.
    pub(crate) fn is_suspect(&self, layer: LayerIx, node: NodeIx) -> bool {
        self.layer(layer).state(node) == State::Suspect
    }

    /// Whether the entry that answers is known to be right without all that lies below it.
    pub(crate) fn is_by_proof(&self, layer: LayerIx, node: NodeIx) -> bool {
        let Governing::Entry(place) = self.governing(layer, node) else {
            return false;
        };
        let cell = self.cell(place, node);
        cell.is_some_and(|cell| self.stands_for_any(cell.dependencies()))
    }

    /// Whether one of the dependencies stands for all nodes of an item.
    pub(crate) fn stands_for_any(&self, dependencies: &[Dependency]) -> bool {
        let mut nodes = dependencies.iter().map(|dependency| dependency.node);
        nodes.any(|node| self.nodes.stands_for(node).is_some())
    }

    /// The value of the entry that answers in the layer, its content, and its dependencies, held.
    pub(crate) fn kept(
        &mut self,
        layer: LayerIx,
        node: NodeIx,
    ) -> Option<(ValueIx, Value, Dependencies)> {
        let Governing::Entry(place) = self.governing(layer, node) else {
            return None;
        };
        let cell = self.cell(place, node)?;
        let (value, dependencies) = (cell.value?, cell.dependencies.clone()?);
        match self.values.content(value) {
            Content::Held(content) => {
                let content = Value::clone(content);
                Some((value, content, self.hold(dependencies)))
            }
            _ => None,
        }
    }

    /// As [`answer_of_own`](Self::answer_of_own), with the content.
    pub(crate) fn own_value(&self, layer: LayerIx, node: NodeIx) -> Option<(ValueIx, Value)> {
        let value = self.answer_of_own(layer, node)?;
        match self.values.content(value) {
            Content::Held(content) => Some((value, content.clone())),
            _ => None,
        }
    }
}
