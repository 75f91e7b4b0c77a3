//! The graph in dug, and the what-if steps on it and on salsa's.

use crate::dag::{self, Layered, Shape};
use crate::harness::mix;
use crate::peers::salsa_graphs::Salsa;
use dug::{Here, here, tracked, tweak, with_context};

pub const WIDTH: usize = Layered::WIDTH;

#[tracked]
pub fn input(place: u32) -> u64 {
    dag::input(place as usize)
}

#[tracked]
pub fn node(layer: u32, place: u32) -> u64 {
    dag::sum_of_three::<Layered>(layer as usize, place as usize, |other| match layer {
        1 => input(other as u32),
        _ => node(layer - 1, other as u32),
    })
}

#[tracked]
pub fn root() -> u64 {
    dag::sum((0..WIDTH as u32).map(|place| node(Layered::LAYERS as u32, place)))
}

/// Which input the `nth` what-if is about.
pub fn chosen(nth: usize) -> usize {
    (mix(nth as u64 + 77) % WIDTH as u64) as usize
}

/// A context whose root is computed.
pub fn base() -> Here {
    with_context(|| {
        root();
        here()
    })
}

pub fn step(place: usize) -> (u64, u64) {
    let inside = with_context(|| {
        tweak!(input(place as u32) => dag::input(place) + 1);
        root()
    });
    (inside, root())
}

pub fn salsa_step(salsa: &mut Salsa, place: usize) -> (u64, u64) {
    let before = salsa.input(place);
    salsa.set(place, before + 1);
    let inside = salsa.root();
    salsa.set(place, before);
    (inside, salsa.root())
}

/// A database whose root is computed.
pub fn salsa_base() -> Salsa {
    let salsa = Salsa::new::<Layered>();
    salsa.root();
    salsa
}
