//! The graph by itself: no thread, no user code.

use super::dependants::Unlisted;
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
        let root = graph.add_layer(
            None,
            false,
            Role::Plain,
            Arc::new(Surface::new(None, false)),
        );
        Bench { graph, root }
    }

    fn child(&mut self, parent: LayerIx) -> LayerIx {
        self.graph.add_layer(
            Some(parent),
            false,
            Role::Plain,
            Arc::new(Surface::new(None, false)),
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
        let value = self.graph.values.insert(Value::new([number]), None);
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
        let value = self.graph.values.insert(Value::new([number]), None);
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

impl Bench {
    /// Invariant 3, both ways.
    fn check_dependants(&self, layer: LayerIx) {
        let state = self.graph.layer(layer);
        for (node, cell) in state.cells.iter() {
            let below = cell.dependencies();
            for dependency in below {
                let mut is_there = false;
                if let Some(dependants) = state.dependants.get(dependency.node) {
                    dependants.for_each(|it| is_there |= it == node);
                }
                assert_eq!(is_there, cell.is_listed());
            }
            assert!(
                cell.dependencies.is_none()
                    || cell.is_listed()
                    || match &state.unlisted {
                        Unlisted::Of(nodes) => nodes.contains(&node),
                        Unlisted::All => true,
                    }
            );
        }
        for (node, dependants) in state.dependants.iter() {
            assert!(state.cells.get(node).is_some());
            assert!(!dependants.is_empty());
            dependants.for_each(|dependant| {
                let other = self.graph.cell(layer, dependant).expect("it has an entry");
                let below = other.dependencies();
                assert!(other.is_listed() && below.iter().any(|it| it.node == node));
            });
        }
    }

    /// How many depend on `f(number)`, as far as that is listed by now.
    fn listed(&mut self, layer: LayerIx, number: u8) -> usize {
        let mut count = 0;
        self.with(number, |graph, node| {
            if let Some(dependants) = graph.layer(layer).dependants.get(node) {
                dependants.for_each(|_| count += 1);
            }
        });
        count
    }

    fn drop_entry(&mut self, layer: LayerIx, number: u8) {
        let node = self.node(number);
        self.graph.drop_entry(layer, node);
        self.graph.release_node(node);
    }

    /// Moves the entry of `f(number)` to its twin, or back.
    fn move_entry(&mut self, layer: LayerIx, number: u8, back: bool) {
        let node = self.node(number);
        let twin = self.graph.nodes.twin(node);
        let (from, to) = if back { (twin, node) } else { (node, twin) };
        self.graph.move_entry(layer, from, to);
        self.graph.release_nodes(vec![twin, node]);
    }
}

#[test]
fn entries_are_listed_when_somebody_wants_to_know() {
    let mut bench = diamond();
    let root = bench.root;
    bench.check_dependants(root);
    assert_eq!(bench.listed(root, 1), 0);
    bench.graph.list_all_dependencies(root);
    bench.check_dependants(root);
    assert_eq!((bench.listed(root, 1), bench.listed(root, 2)), (2, 1));
    assert!(bench.graph.layer(root).unlisted.is_empty());
    // An entry that is listed stays that, and goes from those that it no longer asks.
    bench.keep(root, 2, &[9]);
    bench.check_dependants(root);
    assert_eq!((bench.listed(root, 1), bench.listed(root, 9)), (1, 1));
}

#[test]
fn what_is_kept_again_before_it_is_listed_is_listed_once() {
    let mut bench = diamond();
    let root = bench.root;
    bench.keep(root, 2, &[9]);
    bench.drop_entry(root, 3);
    bench.keep(root, 3, &[9]);
    bench.drop_entry(root, 4);
    bench.check_dependants(root);
    bench.graph.list_all_dependencies(root);
    bench.check_dependants(root);
    let listed = [1, 2, 3, 9].map(|number| bench.listed(root, number));
    assert_eq!(listed, [0, 0, 0, 2]);
}

#[test]
fn entries_take_their_places_in_lists_along_to_a_twin() {
    for is_listed in [false, true] {
        let mut bench = diamond();
        let root = bench.root;
        let before = bench.alive();
        if is_listed {
            bench.graph.list_all_dependencies(root);
        }
        bench.move_entry(root, 4, false);
        bench.check_dependants(root);
        bench.graph.list_all_dependencies(root);
        bench.check_dependants(root);
        assert_eq!(bench.listed(root, 2), 1);
        bench.move_entry(root, 4, true);
        bench.check_dependants(root);
        assert_eq!((bench.listed(root, 2), bench.alive()), (1, before));
    }
}

#[test]
fn layers_do_not_remember_without_end_what_is_to_be_listed() {
    let mut bench = diamond();
    let root = bench.root;
    for _ in 0..1000 {
        bench.drop_entry(root, 4);
        bench.keep(root, 4, &[2, 3]);
        bench.check_dependants(root);
        match &bench.graph.layer(root).unlisted {
            Unlisted::Of(nodes) => assert!(nodes.len() < 100),
            Unlisted::All => {}
        }
    }
    assert!(matches!(bench.graph.layer(root).unlisted, Unlisted::All));
    bench.graph.list_all_dependencies(root);
    bench.check_dependants(root);
    assert_eq!((bench.listed(root, 2), bench.listed(root, 3)), (1, 1));
}

#[test]
fn lists_of_dependants_agree_with_entries_whatever_happens() {
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    let mut bench = Bench::new();
    let layers = [bench.root, bench.child(bench.root)];
    for _ in 0..20_000 {
        let layer = layers[random(2) as usize];
        let number = random(8) as u8;
        match random(6) {
            0..3 => {
                let asked: Vec<u8> = (0..number).filter(|_| random(2) == 0).collect();
                let asked: Vec<u8> = asked
                    .into_iter()
                    .filter(|asked| bench.answers(layer, *asked))
                    .collect();
                bench.keep(layer, number, &asked);
            }
            3 => bench.drop_entry(layer, number),
            4 => bench.move_entry(layer, number, random(2) == 0),
            _ => match random(4) {
                0 => bench.graph.list_all_dependencies(layer),
                1 => _ = bench.tweak(layer, number),
                2 => bench.untweak(layer, number),
                _ => bench.graph.clear(layer),
            },
        }
        for layer in layers {
            bench.check_dependants(layer);
        }
    }
    bench.graph.remove_layer(layers[1]);
    bench.graph.remove_layer(layers[0]);
    assert_eq!(bench.alive(), (0, 0));
}

#[test]
fn each_holder_of_dependencies_gives_its_own_back() {
    for count in 0..6 {
        let mut bench = Bench::new();
        let root = bench.root;
        let asked: Vec<u8> = (1..=count).collect();
        asked
            .iter()
            .for_each(|number| bench.keep(root, *number, &[]));
        bench.keep(root, 0, &asked);
        let alive = bench.alive();
        let node = bench.node(0);
        let held = bench.graph.candidates(root, node);
        let (_, _, kept) = bench.graph.kept(root, node).expect("it answers");
        bench.graph.release_node(node);
        bench.graph.free_entries(root);
        // What is held is there, whoever else gave it back.
        let (nodes, values) = bench.alive();
        assert_eq!(
            (nodes, values),
            (usize::from(count), 1 + usize::from(count))
        );
        bench.graph.release_dependencies(kept);
        assert_eq!(bench.alive().0, usize::from(count));
        held.into_iter()
            .for_each(|one| bench.graph.release_candidate(one));
        assert_eq!((bench.alive(), alive.0), ((0, 0), 1 + usize::from(count)));
    }
}
