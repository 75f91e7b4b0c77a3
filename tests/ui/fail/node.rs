//! What `node!`, `tweak!` and `untweak!` refuse.

#![allow(unused)]

use dug::{node, tracked, tweak, untweak, with_context};

#[tracked]
fn f(x: u8, y: u8) -> u8 {
    x + y
}

fn plain(x: u8) -> u8 {
    x
}

fn main() {
    with_context(|| {
        node!();
        node!(f);
        node!(1 + f(1, 2));
        node!(f(1, _));
        node!(f(..));
        node!(f(1, 2), 3);
        node!(f(1, 2) => 3);
        node!(plain(1));
        node!(f(1));
        node!(f("1", 2));
        node!(1.plain());
        untweak!(f);
        untweak!(f(_, ..));
        untweak!(f(1, 2) => 3);
        untweak!(in f(1, 2));
    });
}
