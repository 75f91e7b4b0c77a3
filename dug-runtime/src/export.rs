//! The dependency graph of a context as data, and as DOT.

use crate::id::{NodeId, Snapshot};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a context knows of its nodes, and what they depend on.
///
/// Holds the nodes of the context's living layers, and those that they depend
/// on directly, which an outer context may hold.
///
/// ```
/// use dug::{Context, tracked, tweak, with_context};
///
/// #[tracked]
/// fn spot() -> f64 { 100.0 }
/// #[tracked]
/// fn value() -> f64 { 2.0 * spot() }
///
/// with_context(|| {
///     value();
///     with_context(|| {
///         tweak!(spot() => 120.0);
///         let graph = Context::current().unwrap().graph();
///         let masked = graph.nodes().iter().filter(|node| node.masked).count();
///         assert_eq!(masked, 2);
///     });
/// });
/// ```
#[derive(Debug, Clone, Default)]
pub struct Graph {
    nodes: Vec<GraphNode>,
    edges: Vec<(usize, usize)>,
}

/// One node of a [`Graph`].
///
/// ```
/// # use dug::{Context, tracked, with_context};
/// # #[tracked] fn one() -> u8 { 1 }
/// with_context(|| {
///     one();
///     let graph = Context::current().unwrap().graph();
///     let node = &graph.nodes()[0];
///     assert_eq!(node.id.to_string(), "one()");
///     assert!(node.held && node.valid && !node.tweaked && !node.masked);
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphNode {
    /// Which node.
    pub id: NodeId,
    /// Whether the context itself holds an entry of it.
    pub held: bool,
    /// Whether that entry answers as it stands.
    pub valid: bool,
    /// Whether the context tweaks it.
    pub tweaked: bool,
    /// Whether it may answer otherwise than in the context around.
    pub masked: bool,
}

impl Graph {
    /// The nodes, sorted by id.
    ///
    /// ```
    /// # use dug::{Context, tracked, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// with_context(|| {
    ///     one();
    ///     assert_eq!(Context::current().unwrap().graph().nodes().len(), 1);
    /// });
    /// ```
    pub fn nodes(&self) -> &[GraphNode] {
        &self.nodes
    }

    /// Pairs of places in [`nodes`](Self::nodes): the first depends on the second.
    ///
    /// ```
    /// # use dug::{Context, tracked, with_context};
    /// # #[tracked] fn leaf() -> u8 { 1 }
    /// # #[tracked] fn root() -> u8 { leaf() }
    /// with_context(|| {
    ///     root();
    ///     let graph = Context::current().unwrap().graph();
    ///     let (from, to) = graph.edges()[0];
    ///     assert_eq!(graph.nodes()[from].id.to_string(), "root()");
    ///     assert_eq!(graph.nodes()[to].id.to_string(), "leaf()");
    /// });
    /// ```
    pub fn edges(&self) -> &[(usize, usize)] {
        &self.edges
    }

    /// The graph in the language of Graphviz: tweaked nodes are boxes, masked ones
    /// dashed, what an outer context holds is grey; arrows point at dependencies.
    ///
    /// ```
    /// # use dug::{Context, tracked, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// with_context(|| {
    ///     one();
    ///     let dot = Context::current().unwrap().graph().to_dot();
    ///     assert!(dot.starts_with("digraph dug {"));
    /// });
    /// ```
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph dug {\n");
        for (place, node) in self.nodes.iter().enumerate() {
            let label = node
                .id
                .to_string()
                .replace('\\', "\\\\")
                .replace('"', "\\\"");
            let shape = if node.tweaked { "box" } else { "ellipse" };
            let style = if node.masked { "dashed" } else { "solid" };
            let color = if node.held || node.tweaked {
                "black"
            } else {
                "grey"
            };
            // Writing to a string cannot fail.
            let _ = writeln!(
                dot,
                "  n{place} [label=\"{label}\", shape={shape}, style={style}, color={color}];"
            );
        }
        for (from, to) in &self.edges {
            let _ = writeln!(dot, "  n{from} -> n{to};");
        }
        dot.push_str("}\n");
        dot
    }
}

/// A node seen under the lock, with what it depends on.
pub(crate) struct Seen {
    pub(crate) node: Snapshot,
    /// Whether it is held, valid, tweaked, masked.
    pub(crate) flags: [bool; 4],
    pub(crate) dependencies: Vec<Snapshot>,
}

impl Graph {
    /// The graph of what was seen, in one layer or in several.
    pub(crate) fn of(seen: Vec<Seen>) -> Graph {
        let mut nodes: BTreeMap<NodeId, [bool; 4]> = BTreeMap::new();
        let mut edges: Vec<(NodeId, NodeId)> = Vec::new();
        for Seen {
            node,
            flags,
            dependencies,
        } in seen
        {
            let id = node.id();
            let known = nodes.entry(id.clone()).or_default();
            known
                .iter_mut()
                .zip(flags)
                .for_each(|(known, flag)| *known |= flag);
            for dependency in dependencies {
                let dependency = dependency.id();
                nodes.entry(dependency.clone()).or_default();
                edges.push((id.clone(), dependency));
            }
        }
        let places: BTreeMap<&NodeId, usize> = nodes.keys().zip(0..).collect();
        let mut edges: Vec<(usize, usize)> = edges
            .iter()
            .map(|(from, to)| (places[from], places[to]))
            .collect();
        edges.sort_unstable();
        edges.dedup();
        let nodes = nodes
            .iter()
            .map(|(id, [held, valid, tweaked, masked])| GraphNode {
                id: id.clone(),
                held: *held,
                valid: *valid,
                tweaked: *tweaked,
                masked: *masked,
            });
        Graph {
            nodes: nodes.collect(),
            edges,
        }
    }
}
