//! `comemo`: memoized functions of the process, and the graph of [`dag`] with its inputs as
//! one tracked argument. comemo compares what a result has read of tracked arguments; calls from one
//! memoized function to another are no dependencies, what they read counts for the caller as well.

use super::Chain;
use crate::bodies;
use crate::dag::{self, Layered, Shape};
use crate::harness::ran;
use comemo::{Track, Tracked, evict, memoize, track};

#[memoize]
pub fn number(key: u64) -> u64 {
    bodies::of_number(key)
}

#[memoize]
pub fn text(key: &str) -> u64 {
    bodies::of_text(key)
}

#[memoize]
fn link(i: u64) -> u64 {
    bodies::link(i, link)
}

/// Links that read nothing tracked.
pub struct Plain;

impl Chain for Plain {
    const NAME: &'static str = "comemo (keeps its tables)";

    fn fresh<R>(work: impl FnOnce(&Self) -> R) -> R {
        evict(0);
        let result = work(&Plain);
        evict(0);
        result
    }

    fn ask(&self, i: u64) -> u64 {
        link(i)
    }
}

struct Base(u64);

#[track]
impl Base {
    fn get(&self) -> u64 {
        self.0
    }
}

#[memoize]
fn reading_link(i: u64, base: Tracked<Base>) -> u64 {
    bodies::link(i, |i| reading_link(i, base)).wrapping_add(base.get())
}

/// Links that each read one tracked value.
pub struct Reading(Tracked<'static, Base>);

impl Chain for Reading {
    const NAME: &'static str = "comemo, each link with a tracked read (keeps its tables)";

    fn fresh<R>(work: impl FnOnce(&Self) -> R) -> R {
        static BASE: Base = Base(1);
        evict(0);
        let result = work(&Reading(BASE.track()));
        evict(0);
        result
    }

    fn ask(&self, i: u64) -> u64 {
        reading_link(i, self.0)
    }
}

struct Inputs(Vec<u64>);

#[track]
impl Inputs {
    fn get(&self, place: u32) -> u64 {
        self.0[place as usize]
    }
}

#[memoize]
fn node(inputs: Tracked<Inputs>, layer: u32, place: u32) -> u64 {
    ran();
    dag::sum_of_three::<Layered>(layer as usize, place as usize, |other| match layer {
        1 => inputs.get(other as u32),
        _ => node(inputs, layer - 1, other as u32),
    })
}

#[memoize]
fn root(inputs: Tracked<Inputs>) -> u64 {
    ran();
    let last = Layered::LAYERS as u32;
    dag::sum((0..Layered::WIDTH as u32).map(|place| node(inputs, last, place)))
}

/// The small graph. Nothing of it is evicted while it is there, as nothing is of the others.
pub struct Graph {
    inputs: Inputs,
    changes: u64,
}

impl Graph {
    pub fn new() -> Self {
        evict(0);
        Graph {
            inputs: Inputs(dag::inputs::<Layered>()),
            changes: 0,
        }
    }

    pub fn set(&mut self, place: usize, value: u64) {
        self.inputs.0[place] = value;
    }

    pub fn root(&self) -> u64 {
        root(self.inputs.track())
    }

    /// Changes an input and restores it; the roots. Each change is to a value that was not there
    /// before: comemo would find it again.
    pub fn step(&mut self, place: usize) -> (u64, u64) {
        self.changes += 1;
        let before = self.inputs.0[place];
        self.set(place, before + self.changes);
        let inside = self.root();
        self.set(place, before);
        (inside, self.root())
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        evict(0);
    }
}
