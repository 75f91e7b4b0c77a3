//! What answers rest on, as a layer answers: for questions about whole cones.

use super::layers::Table;
use super::{Graph, LayerIx, NodeIx, ValueIx};
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
}
