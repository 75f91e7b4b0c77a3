//! The layered graph, and what one would write by hand for it: 1000 inputs,
//! five layers of 1000 nodes that add up three nodes of the layer beneath, a
//! root that adds up the last layer.

use crate::floor::Map;
use crate::harness::mix;
use std::cell::Cell;

pub const WIDTH: usize = 1000;
pub const LAYERS: usize = 5;

thread_local!(static WORK: Cell<u32> = const { Cell::new(0) });

/// How much each node works on top of adding up.
pub fn set_work(turns: u32) {
    WORK.set(turns);
}

/// The work of a node; it gives back the sum.
pub fn work(sum: u64) -> u64 {
    let mixed = (0..WORK.get()).fold(sum, |mixed, _| mix(mixed));
    // Never so, but the compiler does not know.
    if mixed == 42 { sum ^ 1 } else { sum }
}

/// The `nth` node of the layer beneath that a node adds up.
pub fn below(layer: usize, place: usize, nth: usize) -> usize {
    let bits = (layer as u64) << 40 | (place as u64) << 8 | nth as u64;
    (mix(bits) % WIDTH as u64) as usize
}

pub fn sum_of_three(layer: usize, place: usize, ask: impl Fn(usize) -> u64) -> u64 {
    work((0..3).fold(0, |sum, nth| {
        ask(below(layer, place, nth)).wrapping_add(sum)
    }))
}

pub fn sum(values: impl IntoIterator<Item = u64>) -> u64 {
    values.into_iter().fold(0, u64::wrapping_add)
}

pub fn input(place: usize) -> u64 {
    10 * place as u64
}

pub fn inputs() -> Vec<u64> {
    (0..WIDTH).map(input).collect()
}

/// Computes every node once, layer by layer, and keeps nothing.
pub fn recompute(inputs: &[u64]) -> u64 {
    let mut values = inputs.to_vec();
    for layer in 1..=LAYERS {
        let next = |place| sum_of_three(layer, place, |other| values[other]);
        values = (0..WIDTH).map(next).collect();
    }
    sum(values)
}

/// A memo that is thrown away at every change.
#[derive(Default)]
pub struct Memo(Map<(u32, u32), u64>);

impl Memo {
    pub fn root(&mut self, inputs: &[u64]) -> u64 {
        self.0.clear();
        sum((0..WIDTH).map(|place| self.node(inputs, LAYERS, place)))
    }

    fn node(&mut self, inputs: &[u64], layer: usize, place: usize) -> u64 {
        if layer == 0 {
            return inputs[place];
        }
        let key = (layer as u32, place as u32);
        if let Some(value) = self.0.get(&key) {
            return *value;
        }
        let added = (0..3).map(|nth| self.node(inputs, layer - 1, below(layer, place, nth)));
        let value = work(sum(added));
        self.0.insert(key, value);
        value
    }
}

/// Values and reverse edges, written for this graph alone: a change runs what
/// lies above it, layer by layer. The limit of what tracing can reach.
pub struct Push {
    values: Vec<Vec<u64>>,
    above: Vec<Vec<Vec<u32>>>,
    /// The last change that reached a node.
    reached: Vec<Vec<u64>>,
    changes: u64,
}

impl Push {
    pub fn new() -> Self {
        let mut values = vec![inputs()];
        let mut above = vec![vec![Vec::new(); WIDTH]; LAYERS];
        for layer in 1..=LAYERS {
            for place in 0..WIDTH {
                for nth in 0..3 {
                    above[layer - 1][below(layer, place, nth)].push(place as u32);
                }
            }
            let beneath = &values[layer - 1];
            let next = |place| sum_of_three(layer, place, |other| beneath[other]);
            values.push((0..WIDTH).map(next).collect());
        }
        Push {
            values,
            above,
            reached: vec![vec![0; WIDTH]; LAYERS + 1],
            changes: 0,
        }
    }

    pub fn input(&self, place: usize) -> u64 {
        self.values[0][place]
    }

    /// Changes an input; the root, and how many nodes ran, the root included.
    pub fn set(&mut self, place: usize, value: u64) -> (u64, usize) {
        self.changes += 1;
        self.values[0][place] = value;
        let mut dirty = vec![place as u32];
        let mut ran = 1;
        for layer in 1..=LAYERS {
            let mut next = Vec::new();
            for node in dirty {
                for above in &self.above[layer - 1][node as usize] {
                    let reached = &mut self.reached[layer][*above as usize];
                    if std::mem::replace(reached, self.changes) != self.changes {
                        next.push(*above);
                    }
                }
            }
            ran += next.len();
            let (beneath, own) = self.values.split_at_mut(layer);
            for node in &next {
                let place = *node as usize;
                own[0][place] = sum_of_three(layer, place, |other| beneath[layer - 1][other]);
            }
            dirty = next;
        }
        (sum(self.values[LAYERS].iter().copied()), ran)
    }
}
