//! Guards on arguments that they cannot be given: refused where the guard is, and not before.

#![allow(unused)]

use dug::{tracked, tweak, untweak, with_context};
use serde::Serialize;
use std::borrow::Cow;

#[derive(Serialize)]
struct Opaque(u8);

#[tracked]
fn owned(x: Opaque, y: u8) -> u8 {
    x.0 + y
}

#[tracked]
fn borrowed(x: Option<&Opaque>, y: &[Opaque]) -> usize {
    y.len()
}

#[tracked]
fn in_a_way(x: (&str, u8), y: Cow<'_, str>) -> u8 {
    x.1
}

#[tracked]
fn generic<T: Serialize>(x: T) -> u8 {
    1
}

#[tracked]
fn anonymous(x: impl Serialize, y: u8) -> u8 {
    y
}

#[tracked]
fn anonymous_result<T: dug::TrackedResult>(x: T, y: impl Serialize) -> Option<T> {
    Some(x)
}

#[tracked(skip(log))]
fn skipped(x: u8, log: &mut Vec<u8>) -> u8 {
    x
}

#[tracked]
fn cow(x: Cow<'_, str>) -> usize {
    x.len()
}

#[tracked]
#[rustfmt::skip]
fn many(
    a1: u8, a2: u8, a3: u8, a4: u8, a5: u8, a6: u8, a7: u8, a8: u8,
    a9: u8, a10: u8, a11: u8, a12: u8, a13: u8, a14: u8, a15: u8, a16: u8,
    a17: u8, a18: u8, a19: u8, a20: u8, a21: u8, a22: u8, a23: u8, a24: u8,
    a25: u8,
) -> u8 {
    a1 + a25
}

#[tracked]
impl Opaque {
    fn get(&self, y: u8) -> u8 {
        y
    }
}

trait Price {
    #[tracked]
    fn price(&self, y: u8) -> u8
    where
        Self: Serialize,
    {
        y
    }
}

impl Price for Opaque {}

fn main() {
    with_context(|| {
        tweak!(owned(_, y) if y > 1 => 3);
        tweak!(borrowed(_, y) if y.len() > 1 => 3);
        tweak!(in_a_way(_, _) if true => 3);
        tweak!(generic::<Opaque>(_) if true => 3);
        tweak!(anonymous(_, y) if y > 1 => 3);
        tweak!(anonymous(_, 1) => 3);
        tweak!(anonymous_result::<u8>(..) => None);
        tweak!(skipped(_, log) if log.len() > 1 => 3);
        tweak!(Opaque::get(_, y) if y > 1 => 3);
        tweak!(Opaque::price(_, y) if y > 1 => 3);
        tweak!(cow(_) if true => 3);
        tweak!(many(1, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _) => 3);
        untweak!(owned(_, y) if y > 1);
    });
}
