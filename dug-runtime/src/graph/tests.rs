//! The graph by itself: no thread, no user code.

use super::*;
use crate::function::{Code, Definition, Function, Operations, Path};
use std::sync::Arc;

static DEFINITION: Definition = Definition {
    name: "f",
    path: Path {
        within: || "",
        levels: 0,
        name: "f",
    },
    fixed_path: None,
    file: "f.rs",
    line: 1,
    column: 1,
    version: None,
    code: Code {
        item: [0; 32],
        sources: None,
        is_unknown: false,
        deep: None,
    },
    by_graph: false,
};

static FUNCTION: Function = Function::new(&DEFINITION, Operations::in_memory(Err("a test")));

/// A graph with a root layer, and nodes `f(0)`, `f(1)`, ..
struct Bench {
    graph: Graph,
    root: LayerIx,
}

impl Bench {
    fn new() -> Self {
        let mut graph = Graph::default();
        let root = graph.add_layer(None, false, Role::Plain, Arc::new(Surface::new(false)));
        Bench { graph, root }
    }

    fn child(&mut self, parent: LayerIx) -> LayerIx {
        self.graph.add_layer(
            Some(parent),
            false,
            Role::Plain,
            Arc::new(Surface::new(false)),
        )
    }

    fn node(&mut self, number: u8) -> NodeIx {
        self.graph.nodes.hold(&FUNCTION, &[number], None)
    }

    /// An entry of `f(number)` that has asked for these.
    fn keep(&mut self, layer: LayerIx, number: u8, asked: &[u8]) {
        let node = self.node(number);
        let mut dependencies = Vec::new();
        for other in asked {
            let other = self.node(*other);
            let answer = self.graph.answer(layer, other).expect("it was asked for");
            self.graph.values.retain(answer.value);
            dependencies.push(Dependency::new(other, Edge::Asked(answer.value)));
        }
        let value = self.graph.values.insert(Arc::new(number), None);
        self.graph.keep(
            layer,
            node,
            value,
            Dependencies::new(dependencies.into_iter()),
        );
        self.graph.release_node(node);
    }

    fn tweak(&mut self, layer: LayerIx, number: u8) -> u64 {
        let node = self.node(number);
        let value = self.graph.values.insert(Arc::new(number), None);
        let masked = self.graph.tweak(layer, node, Ruling::Value(value));
        self.graph.release_node(node);
        masked
    }

    fn untweak(&mut self, layer: LayerIx, number: u8) {
        let node = self.node(number);
        self.graph.untweak(layer, node);
        self.graph.release_node(node);
    }

    fn with<R>(&mut self, number: u8, f: impl FnOnce(&Graph, NodeIx) -> R) -> R {
        let node = self.node(number);
        let result = f(&self.graph, node);
        self.graph.release_node(node);
        result
    }

    fn masked(&mut self, layer: LayerIx, number: u8) -> bool {
        self.with(number, |graph, node| graph.is_masked(layer, node))
    }

    fn answers(&mut self, layer: LayerIx, number: u8) -> bool {
        self.with(number, |graph, node| graph.answer(layer, node).is_some())
    }

    /// How many nodes and values are alive.
    fn alive(&self) -> (usize, usize) {
        (self.graph.nodes.len(), self.graph.values.len())
    }
}

/// `f(4)` over `f(2)` and `f(3)`, both over `f(1)`; `f(9)` apart.
fn diamond() -> Bench {
    let mut bench = Bench::new();
    let root = bench.root;
    for (number, asked) in [(1, &[][..]), (2, &[1]), (3, &[1]), (4, &[2, 3]), (9, &[])] {
        bench.keep(root, number, asked);
    }
    bench
}

#[test]
fn a_tweak_masks_its_cone_and_nothing_else() {
    let mut bench = diamond();
    let child = bench.child(bench.root);
    assert_eq!(bench.tweak(child, 1), 3);
    for number in [1, 2, 3, 4] {
        assert!(bench.masked(child, number));
    }
    assert!(!bench.masked(child, 9));
    assert!(bench.answers(child, 1) && !bench.answers(child, 4) && bench.answers(child, 9));
    bench.untweak(child, 1);
    for number in [1, 2, 3, 4] {
        assert!(!bench.masked(child, number) && bench.answers(child, number));
    }
}

#[test]
fn a_walk_stops_at_what_is_masked_already() {
    let mut bench = diamond();
    let child = bench.child(bench.root);
    assert_eq!(bench.tweak(child, 2), 1);
    assert_eq!(bench.tweak(child, 1), 1, "`f(3)` alone is new");
    bench.untweak(child, 2);
    assert!(bench.masked(child, 2) && bench.masked(child, 4));
    bench.untweak(child, 1);
    assert!(!bench.masked(child, 2) && !bench.masked(child, 4));
}

#[test]
fn own_entries_become_suspect_up_to_a_tweak() {
    let mut bench = diamond();
    let root = bench.root;
    bench.tweak(root, 2);
    assert!(!bench.answers(root, 4) && bench.answers(root, 3));
    bench.keep(root, 4, &[2, 3]);
    bench.untweak(root, 2);
    bench.tweak(root, 3);
    bench.tweak(root, 1);
    assert!(bench.answers(root, 3) && !bench.answers(root, 2));
}

#[test]
fn a_layer_takes_everything_along_that_only_it_held() {
    let mut bench = diamond();
    let before = bench.alive();
    for round in 0..10 {
        let child = bench.child(bench.root);
        bench.tweak(child, 1);
        bench.keep(child, 2, &[1]);
        bench.keep(child, 100 + round, &[2, 9]);
        let grandchild = bench.child(child);
        bench.tweak(grandchild, 200);
        bench.tweak(grandchild, 2);
        bench.keep(grandchild, 4, &[2, 9]);
        assert_eq!(bench.alive(), (before.0 + 2, before.1 + 6));
        bench.graph.remove_layer(grandchild);
        bench.graph.remove_layer(child);
        assert_eq!(bench.alive(), before);
        assert_eq!(bench.graph.garbage.drain(..).count(), 6);
    }
}

#[test]
fn clearing_and_replacing_release_what_they_drop() {
    let mut bench = diamond();
    let root = bench.root;
    let before = bench.alive();
    bench.tweak(root, 1);
    bench.keep(root, 2, &[1]);
    bench.keep(root, 2, &[9]);
    bench.untweak(root, 1);
    // `f(4)` is suspect: what `f(2)` was for it is kept to be compared.
    assert_eq!(bench.alive(), (before.0, before.1 + 1));
    bench.graph.clear(root);
    assert_eq!(bench.alive(), (0, 0));
}
