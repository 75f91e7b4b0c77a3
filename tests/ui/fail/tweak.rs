//! What `tweak!` and `untweak!` refuse.

#![allow(unused)]

use dug::{tracked, tweak, untweak, with_context};

#[tracked]
fn f(x: u8, y: u8) -> u8 {
    x + y
}

#[tracked]
fn nested(x: Option<u8>) -> u8 {
    1
}

#[derive(serde::Serialize)]
struct Curve;

#[tracked]
impl Curve {
    fn rate(&self, x: u8) -> u8 {
        x
    }
}

fn main() {
    with_context(|| {
        tweak!();
        tweak!(in);
        tweak!(f(1, 2));
        tweak!(f(1, 2) =>);
        tweak!(f(1, 2) = 3);
        tweak!(f(1, 2), 3);
        tweak!(f(1, 2) => 3, 4);
        tweak!(f(1, 2) *= 3 => 4);
        tweak!(f(1, 2) /= 3);
        tweak!(f(_, 2) <<= 3);
        tweak!(1 => 2);
        tweak!(f(.., 1) => 2);
        tweak!(nested(Some(_)) => 3);
        tweak!(Curve.rate(_) => 1);
        tweak!(Curve.rate(..) => 1);
        tweak!(Curve.rate(x) if x > 1 => 1);
        tweak!(f(a, _) if a > 3);
        tweak!(f(a, _) if => 3);
        tweak!(f(..) if true => 3);
        untweak!(in f(1, 2));
        untweak!(f(1, 2) => 3);
        untweak!(f(_, ..));
        untweak!(nested(Some(_)));
        untweak!(Curve.rate(_));
        untweak!(Curve.rate(x) if x > 1);
    });
}
