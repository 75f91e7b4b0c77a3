//! Layered graphs, and what one would write by hand for them: inputs, layers of
//! nodes that add up three nodes of the layer beneath, and the sum of the last
//! layer. All of it is a sum: no change is cut off on its way.

use crate::floor::Map;
use crate::harness::{mix, time_ns};
use std::hint::black_box;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How large a graph is, and what is connected to what.
pub trait Shape {
    /// Inputs, and nodes of each layer.
    const WIDTH: usize;
    const LAYERS: usize;

    /// The `nth` node of the layer beneath that a node adds up.
    fn below(layer: usize, place: usize, nth: usize) -> usize;
}

/// Small and mixed: an input reaches a good part of the upper layers.
pub struct Layered;

impl Shape for Layered {
    const WIDTH: usize = 1000;
    const LAYERS: usize = 5;

    fn below(layer: usize, place: usize, nth: usize) -> usize {
        drawn(layer, place, nth, Self::WIDTH)
    }
}

/// Large and local: a node adds up the one beneath it and two near to that, so
/// that an input reaches a few hundred nodes.
pub struct Wide;

impl Wide {
    /// How far to either side a node looks.
    const NEAR: usize = 4;
    /// Places that a node of the tree of sums over the last layer adds up.
    pub const FAN: usize = 10;
    /// Levels of that tree, without the top.
    pub const LEVELS: usize = 3;

    /// What a place of that tree adds up, by its places in the level beneath.
    pub fn beneath(place: u32) -> impl Iterator<Item = u32> {
        let fan = Self::FAN as u32;
        fan * place..fan * (place + 1)
    }
}

impl Shape for Wide {
    const WIDTH: usize = 10_000;
    const LAYERS: usize = 9;

    fn below(layer: usize, place: usize, nth: usize) -> usize {
        match nth {
            0 => place,
            _ => {
                let shift = drawn(layer, place, nth, 2 * Self::NEAR + 1);
                (place + Self::WIDTH - Self::NEAR + shift) % Self::WIDTH
            }
        }
    }
}

fn drawn(layer: usize, place: usize, nth: usize, of: usize) -> usize {
    let bits = (layer as u64) << 40 | (place as u64) << 8 | nth as u64;
    (mix(bits) % of as u64) as usize
}

static TURNS: AtomicU32 = AtomicU32::new(0);

/// Turns of work on top of adding up: what is measured.
pub const WORK: [u32; 2] = [0, 250];

/// How much each node works on top of adding up.
pub fn set_work(turns: u32) {
    TURNS.store(turns, Relaxed);
}

/// The work of a node; it gives back the sum.
pub fn work(sum: u64) -> u64 {
    let mixed = (0..TURNS.load(Relaxed)).fold(sum, |mixed, _| mix(mixed));
    // Never so, but the compiler does not know.
    if mixed == 42 { sum ^ 1 } else { sum }
}

/// What `turns` of work come to, in words.
pub fn work_of(turns: u32) -> String {
    let time = time_ns(1000, || {
        for sum in 0..1000 {
            black_box(work(black_box(sum)));
        }
    });
    match turns {
        0 => "nodes only add up".into(),
        _ => format!("{time:.0} ns of work per node"),
    }
}

pub fn sum_of_three<S: Shape>(layer: usize, place: usize, ask: impl Fn(usize) -> u64) -> u64 {
    work((0..3).fold(0, |sum, nth| {
        ask(S::below(layer, place, nth)).wrapping_add(sum)
    }))
}

pub fn sum(values: impl IntoIterator<Item = u64>) -> u64 {
    values.into_iter().fold(0, u64::wrapping_add)
}

pub fn input(place: usize) -> u64 {
    10 * place as u64
}

pub fn inputs<S: Shape>() -> Vec<u64> {
    (0..S::WIDTH).map(input).collect()
}

/// Computes every node once, layer by layer, and keeps nothing.
pub fn recompute<S: Shape>(inputs: &[u64]) -> u64 {
    let mut values = inputs.to_vec();
    for layer in 1..=S::LAYERS {
        let next = |place| sum_of_three::<S>(layer, place, |other| values[other]);
        values = (0..S::WIDTH).map(next).collect();
    }
    sum(values)
}

/// A memo that is thrown away at every change.
#[derive(Default)]
pub struct Memo(Map<(u32, u32), u64>);

impl Memo {
    pub fn root(&mut self, inputs: &[u64]) -> u64 {
        self.0.clear();
        sum((0..Layered::WIDTH).map(|place| self.node(inputs, Layered::LAYERS, place)))
    }

    fn node(&mut self, inputs: &[u64], layer: usize, place: usize) -> u64 {
        if layer == 0 {
            return inputs[place];
        }
        let key = (layer as u32, place as u32);
        if let Some(value) = self.0.get(&key) {
            return *value;
        }
        let below = |nth| Layered::below(layer, place, nth);
        let added = (0..3).map(|nth| self.node(inputs, layer - 1, below(nth)));
        let value = work(sum(added));
        self.0.insert(key, value);
        value
    }
}

/// An input, and its new value.
pub type Change = (usize, u64);

/// Values and reverse edges, written for these graphs alone: a change runs what
/// lies above it, layer by layer. The limit of what tracing can reach.
pub struct Push<S> {
    values: Vec<Vec<u64>>,
    above: Vec<Vec<Vec<u32>>>,
    /// The last change that reached a node.
    reached: Vec<Vec<u64>>,
    changes: u64,
    shape: PhantomData<S>,
}

impl<S: Shape> Push<S> {
    pub fn new() -> Self {
        let mut values = vec![inputs::<S>()];
        let mut above = vec![vec![Vec::new(); S::WIDTH]; S::LAYERS];
        for layer in 1..=S::LAYERS {
            for place in 0..S::WIDTH {
                for nth in 0..3 {
                    above[layer - 1][S::below(layer, place, nth)].push(place as u32);
                }
            }
            let beneath = &values[layer - 1];
            let next = |place| sum_of_three::<S>(layer, place, |other| beneath[other]);
            values.push((0..S::WIDTH).map(next).collect());
        }
        Push {
            values,
            above,
            reached: vec![vec![0; S::WIDTH]; S::LAYERS + 1],
            changes: 0,
            shape: PhantomData,
        }
    }

    pub fn input(&self, place: usize) -> u64 {
        self.values[0][place]
    }

    /// Changes inputs; the root, and how many nodes ran, the root included.
    pub fn set(&mut self, changes: &[Change]) -> (u64, usize) {
        self.changes += 1;
        let mut dirty = Vec::with_capacity(changes.len());
        for (place, value) in changes {
            self.values[0][*place] = *value;
            dirty.push(*place as u32);
        }
        let mut ran = 1;
        for layer in 1..=S::LAYERS {
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
                let beneath = &beneath[layer - 1];
                own[0][place] = sum_of_three::<S>(layer, place, |other| beneath[other]);
            }
            dirty = next;
        }
        (sum(self.values[S::LAYERS].iter().copied()), ran)
    }

    /// Which places of the last layer the last change has reached, from the first to the last.
    pub fn reached(&self) -> impl Iterator<Item = usize> {
        let last = &self.reached[S::LAYERS];
        (0..S::WIDTH).filter(|place| last[*place] == self.changes)
    }
}
