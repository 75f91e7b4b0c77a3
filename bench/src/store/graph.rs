//! The functions whose results are stored, and what they come to by hand.

use crate::dag::{self, Layered, Shape};
use crate::harness::mix;
use dug::tracked;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// A small result that rests on nothing.
#[tracked]
pub fn small(n: u64) -> u64 {
    small_by_hand(n)
}

pub fn small_by_hand(n: u64) -> u64 {
    n.rotate_left(7) ^ 3
}

/// A small result that rests on two others.
#[tracked]
pub fn link(i: u64) -> u64 {
    match i {
        0 | 1 => i,
        _ => link(i - 1).wrapping_add(link(i - 2)),
    }
}

/// The file that one leaf of [`sum`] reads.
pub static FILE: OnceLock<String> = OnceLock::new();

/// The version that one leaf of [`sum`] pretends its code to be.
pub static VERSION: AtomicU8 = AtomicU8::new(0);

/// For [`pretend_code`](dug::__private::pretend_code).
pub fn pretend(path: &str) -> Option<[u8; 32]> {
    let version = VERSION.load(Relaxed);
    (version != 0 && path.ends_with("::rewritten")).then_some([version; 32])
}

#[tracked]
fn leaf(place: u32) -> u64 {
    mix(u64::from(place))
}

/// What the file says.
#[tracked]
fn read(path: &str) -> u64 {
    let text = dug::input::text(path).expect("the file of the benchmark");
    text.trim().parse().expect("a number")
}

#[tracked]
fn rewritten() -> u64 {
    rewritten_by_hand()
}

fn rewritten_by_hand() -> u64 {
    u64::from(VERSION.load(Relaxed))
}

/// A node of a graph with so many leaves, each level half as wide as the one beneath: it adds
/// up the two beneath it and one that its neighbour adds up too. With
/// the functions that the lowest level asks it has three times as many nodes as leaves.
#[tracked]
pub fn sum(leaves: u32, level: u32, place: u32) -> u64 {
    match (level, place) {
        (0, 0) => read(FILE.get().expect("a file")),
        (0, 1) => rewritten(),
        (0, _) => leaf(place),
        _ => beneath(leaves, level, place).fold(0, |all, place| {
            sum(leaves, level - 1, place).wrapping_add(all)
        }),
    }
}

fn beneath(leaves: u32, level: u32, place: u32) -> impl Iterator<Item = u32> {
    let last = width(leaves, level - 1) - 1;
    (2 * place..=last).take(3)
}

fn width(leaves: u32, level: u32) -> u32 {
    leaves.div_ceil(1 << level)
}

fn levels(leaves: u32) -> u32 {
    leaves.next_power_of_two().ilog2()
}

pub fn top(leaves: u32) -> u64 {
    sum(leaves, levels(leaves), 0)
}

/// What [`top`] gives if the file says `read`.
pub fn top_by_hand(leaves: u32, read: u64) -> u64 {
    let leaf = |place: u32| match place {
        0 => read,
        1 => rewritten_by_hand(),
        _ => mix(u64::from(place)),
    };
    let mut values: Vec<u64> = (0..leaves).map(leaf).collect();
    for level in 1..=levels(leaves) {
        let sums = (0..width(leaves, level)).map(|place| {
            let beneath = beneath(leaves, level, place);
            beneath.fold(0u64, |all, place| values[place as usize].wrapping_add(all))
        });
        values = sums.collect();
    }
    values[0]
}

/// A layered graph over reads of the environment, of which there is none: a thousand
/// different inputs below five thousand nodes.
#[tracked]
pub fn over_inputs(layer: u32, place: u32) -> u64 {
    dag::sum_of_three::<Layered>(layer as usize, place as usize, |other| match layer {
        1 => {
            let unset = dug::input::env(format!("DUG_BENCH_UNSET_{other}")).is_err();
            dag::input(other) + u64::from(unset)
        }
        _ => over_inputs(layer - 1, other as u32),
    })
}

/// The same over tracked functions.
#[tracked]
pub fn over_functions(layer: u32, place: u32) -> u64 {
    dag::sum_of_three::<Layered>(layer as usize, place as usize, |other| match layer {
        1 => small(other as u64),
        _ => over_functions(layer - 1, other as u32),
    })
}

/// The sum of the last layer, which asks for all of it.
pub fn all(of: impl Fn(u32, u32) -> u64) -> u64 {
    let width = Layered::WIDTH as u32;
    dag::sum((0..width).map(|place| of(Layered::LAYERS as u32, place)))
}
