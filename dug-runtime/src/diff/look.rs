//! Asks a node in both scenarios, and takes out of the tree what the answers
//! rest on. Under the lock, things are only taken; comparing and printing are
//! user code, and come after.

use super::travel::{Asked, Comparison, Fact, Ways};
use super::{DiffTweak, Side};
use crate::decide::decide;
use crate::engine::{self, have_equal_encodings};
use crate::error::Error;
use crate::graph::{Content, Graph, NodeIx, ValueIx};
use crate::id::{NodeId, Snapshot};
use crate::layer::Layer;
use crate::registry;
use crate::scenario::Scenario;
use crate::scope::{self, Standing};
use crate::tree::Locked;
use crate::tweak::{Selector, Tweak, Wide};
use crate::value::{EncodeValue, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// All that the two answers rest on, apart from any tree.
pub(super) struct Looked {
    nodes: Vec<Taken>,
    graphs: [Asked; 2],
    tweaks: Vec<DiffTweak>,
}

/// A node taken out of the tree.
struct Taken {
    snapshot: Snapshot,
    values: [Option<Value>; 2],
    encode: Option<EncodeValue>,
    known_equal: bool,
    tweaks: Vec<usize>,
    valued: bool,
}

/// Asks `node` in the base and in the scenario.
pub(super) fn look(scenarios: [&Scenario; 2], node: &NodeId) -> Result<Looked, Error> {
    let [base, scenario] = scenarios;
    let layers = [base.layer(None), scenario.layer(None)];
    for layer in &layers {
        ask_all(layer, node)?;
    }
    take(&layers, node, &Tweaks::of(scenarios)?)
}

/// Asks the node in the layer, and all that its answer rests on.
///
/// It ends although other threads may go on changing the contexts around.
fn ask_all(layer: &Arc<Layer>, node: &NodeId) -> Result<(), Error> {
    /// So often are those asked again whose answers were withdrawn.
    const ROUNDS: usize = 16;
    let _standing = Standing::inside(Arc::clone(layer));
    scope::grow(|| node.call_erased()).map(drop)?;
    let function = registry::find(node.function()).ok_or_else(|| unkept(node))?;
    let mut graph = layer.lock();
    let root = graph.nodes.hold(function, node.arguments(), None);
    let mut seen = HashSet::new();
    let mut stood = Vec::new();
    // What a body asks for first comes first, with all that lies below: the contexts that functions
    // open find what they would find if bodies ran.
    let mut pending = vec![root];
    for _ in 0..ROUNDS {
        while let Some(node) = pending.pop() {
            if !seen.insert(node) {
                graph.release_node(node);
                continue;
            }
            let below = engine::ask_with_below(&mut graph, layer, node);
            pending.extend(below.into_iter().rev());
            if graph.answer(layer.ix, node).is_some() {
                stood.push(node);
            }
        }
        // What was asked for inside such contexts, and is known only now, may mask those who asked.
        stood.retain(|node| graph.answer(layer.ix, *node).is_none());
        for node in &stood {
            seen.remove(node);
        }
        // They are asked again, those that others rest on first.
        pending.append(&mut stood);
    }
    graph.release_nodes(pending);
    graph.release_nodes(seen.into_iter().collect());
    Ok(())
}

/// The tweaks of both, and in which order they rule in each.
struct Tweaks {
    all: Vec<(DiffTweak, [u8; 32])>,
    /// Of the base and of the scenario, the innermost level first: by place, in order of ruling.
    levels: [Vec<Vec<usize>>; 2],
}

impl Tweaks {
    fn of([base, scenario]: [&Scenario; 2]) -> Result<Tweaks, Error> {
        let mut all = Vec::new();
        let mut levels_of = |scenario: &Scenario, side: Side| {
            let mut levels = Vec::new();
            for level in scenario.levels().iter().rev() {
                let mut places = Vec::new();
                for tweak in level.tweaks() {
                    let digest = tweak.digest()?;
                    places.push(all.len());
                    all.push((DiffTweak { tweak, side }, digest));
                }
                // Of equal rank, the latest rules.
                places.reverse();
                places.sort_by_key(|place| rank(&all[*place].0.tweak));
                levels.push(places);
            }
            Ok::<_, Error>(levels)
        };
        let scenario = levels_of(scenario, Side::Scenario)?;
        let base = levels_of(base, Side::Base)?;
        let levels = [base, scenario];
        Ok(Tweaks { all, levels })
    }

    /// The tweaks that are about each node, from the inside out, up to the first that gives a value.
    fn line(&self, graph: &Graph, side: usize, exact: &ExactTweaks, node: NodeIx) -> Vec<usize> {
        let mut line = Vec::new();
        for (depth, level) in self.levels[side].iter().enumerate() {
            let own = exact.get(&(side, depth, node)).copied();
            let wide = level.iter().copied().filter(|place| {
                let wide = self.all[*place].0.tweak.wide();
                wide.is_some_and(|wide| graph.is_meant(wide, node))
            });
            for place in own.into_iter().chain(wide) {
                line.push(place);
                if self.is_value(place) {
                    return line;
                }
            }
        }
        line
    }

    fn is_value(&self, place: usize) -> bool {
        self.all[place].0.tweak.action.value().is_some()
    }

    /// Where the nodes with tweaks of their own are in the tree.
    fn find_exact(&self, graph: &Graph) -> ExactTweaks {
        let mut found = ExactTweaks::new();
        for (side, levels) in self.levels.iter().enumerate() {
            for (depth, level) in levels.iter().enumerate() {
                for place in level {
                    if let Ok(Selector::Exact(exact)) = &self.all[*place].0.tweak.selector {
                        let nodes = graph.nodes.meant_by(exact).into_iter();
                        found.extend(nodes.map(|node| ((side, depth, node), *place)));
                    }
                }
            }
        }
        found
    }

    /// What is left of two lines without what both have at their outer ends.
    fn different(&self, lines: &[Vec<usize>; 2]) -> Vec<usize> {
        let [base, scenario] = lines;
        let mut pairs = base.iter().rev().zip(scenario.iter().rev());
        let common = pairs
            .by_ref()
            .take_while(|(a, b)| self.all[**a].1 == self.all[**b].1)
            .count();
        let inner = |line: &[usize]| line[..line.len() - common].to_vec();
        [inner(scenario), inner(base)].concat()
    }
}

/// The tweak of one node in a level, counted from the inside.
type ExactTweaks = HashMap<(usize, usize, NodeIx), usize>;

fn rank(tweak: &Tweak) -> u8 {
    match &tweak.selector {
        Ok(Selector::Exact(_)) => 0,
        Ok(Selector::Wide(wide)) => 1 + u8::from(Wide::is_whole(wide)),
        Err(_) => 3,
    }
}

/// Takes all that the answers of `node` rest on out of the tree.
fn take(layers: &[Arc<Layer>; 2], node: &NodeId, tweaks: &Tweaks) -> Result<Looked, Error> {
    let function = registry::find(node.function()).ok_or_else(|| unkept(node))?;
    let [base, _] = layers;
    let mut graph = base.lock();
    let root = graph.nodes.hold(function, node.arguments(), None);
    decide(&mut graph, root);
    let is_kept = layers
        .iter()
        .all(|layer| graph.answer(layer.ix, root).is_some());
    let looked = take_all(&mut graph, layers, root, tweaks);
    graph.release_node(root);
    drop(graph);
    match is_kept {
        true => Ok(looked),
        false => Err(unkept(node)),
    }
}

fn take_all(
    graph: &mut Locked<'_>,
    layers: &[Arc<Layer>; 2],
    root: NodeIx,
    tweaks: &Tweaks,
) -> Looked {
    let mut numbers: HashMap<NodeIx, usize> = HashMap::new();
    let mut nodes: Vec<(NodeIx, [Option<ValueIx>; 2])> = Vec::new();
    let mut graphs = [Asked::default(), Asked::default()];
    for (side, layer) in layers.iter().enumerate() {
        let explored = graph.explore(layer.ix, &[root]);
        let mut order = Vec::with_capacity(explored.len());
        for seen in &explored {
            let number = *numbers.entry(seen.node).or_insert_with(|| {
                nodes.push((seen.node, [None; 2]));
                nodes.len() - 1
            });
            nodes[number].1[side] = seen.value;
            order.push(number);
        }
        let asked = &mut graphs[side];
        asked.dependencies.resize(nodes.len(), None);
        for (number, seen) in order.iter().zip(&explored) {
            let dependencies = seen.dependencies.iter().map(|place| order[*place]);
            asked.dependencies[*number] = Some(dependencies.collect());
        }
        asked.order = order;
    }
    let exact = tweaks.find_exact(graph);
    let taken = nodes
        .iter()
        .map(|(node, values)| taken(graph, *node, values, tweaks, &exact));
    Looked {
        nodes: taken.collect(),
        graphs,
        tweaks: tweaks.all.iter().map(|(tweak, _)| tweak.clone()).collect(),
    }
}

fn taken(
    graph: &Graph,
    node: NodeIx,
    values: &[Option<ValueIx>; 2],
    tweaks: &Tweaks,
    exact: &ExactTweaks,
) -> Taken {
    let content = |value: Option<ValueIx>| match graph.values.content(value?) {
        Content::Held(value) => Some(Value::clone(value)),
        Content::Unloaded(_) => None,
    };
    let [a, b] = *values;
    let lines = [0, 1].map(|side| tweaks.line(graph, side, exact, node));
    let ends_in_value = |line: &Vec<usize>| line.last().is_some_and(|end| tweaks.is_value(*end));
    Taken {
        snapshot: graph.nodes.snapshot(node),
        values: values.map(content),
        encode: graph.nodes.function(node).encode_result(),
        known_equal: matches!((a, b), (Some(a), Some(b)) if graph.values.known_equal(a, b)),
        tweaks: tweaks.different(&lines),
        valued: lines.iter().any(ends_in_value),
    }
}

fn unkept(node: &NodeId) -> Error {
    Error::Unreadable {
        what: format!("the answer of `{node}`"),
        reason: "it is not kept: it is an `Err`, or rests on one, or on a panic that was caught; \
                 `#[tracked(cache_err)]` keeps an `Err`"
            .to_owned(),
    }
}

impl Looked {
    /// The nodes as numbers, compared. Runs user code.
    pub(super) fn ways(&self) -> Ways {
        let facts = self.nodes.iter().map(|taken| Fact {
            answers: taken.compare(),
            tweaks: taken.tweaks.clone(),
            valued: taken.valued,
        });
        Ways {
            nodes: facts.collect(),
            graphs: self.graphs.clone(),
        }
    }

    pub(super) fn id(&self, node: usize) -> NodeId {
        self.nodes[node].snapshot.id()
    }

    /// What the node answers in the base and in the scenario, printed. Runs user code.
    pub(super) fn print(&self, node: usize) -> [Option<String>; 2] {
        let taken = &self.nodes[node];
        [0, 1].map(|side| {
            self.graphs[side].dependencies.get(node)?.as_ref()?;
            let print = |value: &Value| taken.snapshot.function.print_result(value);
            let value = taken.values[side].as_ref();
            Some(value.map_or_else(|| "..".to_owned(), print))
        })
    }

    pub(super) fn tweak(&self, place: usize) -> DiffTweak {
        self.tweaks[place].clone()
    }
}

impl Taken {
    fn compare(&self) -> Comparison {
        let [Some(a), Some(b)] = &self.values else {
            return match self.known_equal {
                true => Comparison::Same,
                false => Comparison::Unknown,
            };
        };
        let held = |value: &Value| Content::Held(Value::clone(value));
        let equal = self.known_equal
            || a.is_same_as(b)
            || have_equal_encodings(self.encode, &held(a), &held(b));
        match equal {
            true => Comparison::Same,
            false => Comparison::Different,
        }
    }
}
