//! Tweaks whose types do not fit.

#![allow(unused)]

use dug::{tracked, tweak, untweak, with_context};

#[tracked]
fn f(x: u8, y: u8) -> u8 {
    x + y
}

#[tracked]
fn text(x: &str) -> String {
    x.to_owned()
}

fn plain(x: u8) -> u8 {
    x
}

fn main() {
    with_context(|| {
        tweak!(f(1, 2) => "3");
        tweak!(f(..) => "3");
        tweak!(f("1", _) => 3);
        tweak!(f(_) => 3);
        tweak!(f(x) if x > 1 => 3);
        tweak!(f("1", _) if true => 3);
        tweak!(f(x, _) if x => 3);
        tweak!(f(1, 2) => |old| "3");
        tweak!(f(1, 2) *= "3");
        tweak!(text(..) *= 2);
        tweak!(plain(..) => 1);
    });
}
