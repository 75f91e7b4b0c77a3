//! What answers rest on, as a layer answers: for questions about whole cones.

use super::layers::Table;
use super::lookup::Answer;
use super::{Cell, Dependencies, Dependency, Governing, Graph, LayerIx, NodeIx, ValueIx};
use crate::tweak::Wide;

/// A node that an answer rests on.
#[derive(Debug)]
pub(crate) struct Explored {
    pub(crate) node: NodeIx,
    /// What it answers, if it needs no run for that.
    pub(crate) value: Option<ValueIx>,
    /// What it depends on, by place among those explored.
    pub(crate) dependencies: Vec<usize>,
}

impl Graph {
    /// Whether a tweak of many nodes, which is in force in the tree, is about the node.
    pub(crate) fn is_meant(&self, wide: &Wide, node: NodeIx) -> bool {
        self.is_about(wide, node)
    }

    /// All that the answers of `roots` rest on, `roots` included: each node once, behind those
    /// that it depends on.
    pub(crate) fn explore(&self, layer: LayerIx, roots: &[NodeIx]) -> Vec<Explored> {
        let mut places: Table<usize> = Table::default();
        let mut explored = Vec::new();
        // Nodes whose dependencies are still being explored, with those that are left.
        let mut open: Vec<(NodeIx, Vec<NodeIx>, usize)> = Vec::new();
        let begin = |node| (node, self.dependencies_of(layer, node), 0);
        let mut seen: Table<()> = Table::default();
        for root in roots {
            if seen.insert(*root, ()).is_none() {
                open.push(begin(*root));
            }
            while let Some((node, dependencies, next)) = open.last_mut() {
                match dependencies.get(*next).copied() {
                    Some(dependency) => {
                        *next += 1;
                        if seen.insert(dependency, ()).is_none() {
                            open.push(begin(dependency));
                        }
                    }
                    None => {
                        let known = dependencies.iter().filter_map(|node| places.get(node));
                        explored.push(Explored {
                            node: *node,
                            value: self.answer(layer, *node).map(|answer| answer.value),
                            dependencies: known.copied().collect(),
                        });
                        places.insert(*node, explored.len() - 1);
                        open.pop();
                    }
                }
            }
        }
        explored
    }

    /// Whether the entry that answers is known to be right, and does not say what lies below.
    pub(crate) fn is_unexplored(&self, layer: LayerIx, node: NodeIx) -> bool {
        let dependencies = self.edges_of(layer, node);
        self.stands_for_any(dependencies) && self.shown(dependencies).is_empty()
    }

    /// The twins that the node depends on, itself first.
    pub(crate) fn with_twins(&self, layer: LayerIx, node: NodeIx) -> Vec<NodeIx> {
        let mut found = vec![node];
        let mut next = 0;
        while let Some(node) = found.get(next) {
            let below = self.shown(self.edges_of(layer, *node)).into_iter();
            found.extend(below.filter(|below| self.nodes.is_twin(*below)));
            next += 1;
        }
        found
    }

    /// Whether the entry that answers has asked for what cannot be asked by its id, and whose value
    /// is not in memory.
    pub(crate) fn lacks_unaskable(&self, layer: LayerIx, node: NodeIx) -> bool {
        self.edges_of(layer, node).iter().any(|edge| {
            edge.answer().is_some()
                && !self.nodes.function(edge.node).may_be_called()
                && self.answer(layer, edge.node).is_none()
        })
    }

    fn edges_of(&self, layer: LayerIx, node: NodeIx) -> &[Dependency] {
        match self.governing(layer, node) {
            Governing::Entry(place) => self.cell(place, node).map(Cell::dependencies),
            Governing::Tweak | Governing::Unknown => None,
        }
        .unwrap_or_default()
    }

    /// The entry that answers is the layer's own from now on, and depends on these as well. Takes
    /// over the caller's references.
    pub(crate) fn depend_too(&mut self, layer: LayerIx, node: NodeIx, more: Vec<Dependency>) {
        let known = self.edges_of(layer, node).to_vec();
        let Some(Answer { value }) = self.standing(layer, node).filter(|_| !known.is_empty())
        else {
            for dependency in more {
                self.release_dependency(dependency);
            }
            return;
        };
        self.values.retain(value);
        for dependency in &known {
            self.retain_dependency(*dependency);
        }
        let all = [known, more].concat().into_iter();
        self.keep_checked(layer, node, value, Dependencies::new(all));
    }
}
