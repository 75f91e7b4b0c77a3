//! What `tweak!` refuses; much of it comes with scenarios.

#![allow(unused)]

use dug::{tracked, tweak, with_context};

#[tracked]
fn f(x: u8, y: u8) -> u8 {
    x + y
}

fn main() {
    with_context(|| {
        tweak!();
        tweak!(f(1, 2));
        tweak!(f(1, 2) =>);
        tweak!(f(1, 2) = 3);
        tweak!(f(1, 2), 3);
        tweak!(f(1, 2) => 3, 4);
        tweak!(f(1, 2) => "3");
        tweak!(f(..) => 3);
        tweak!(f(_, 2) => 3);
        tweak!(f(x, _) if x > 1 => 3);
        tweak!(f(1, 2) => |old| old + 1);
        tweak!(f(1, 2) *= 2);
        tweak!(f(1, 2) += 2);
        tweak!(in f(1, 2) => 3);
        tweak!(1 => 2);
    });
}
