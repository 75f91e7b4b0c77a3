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
        untweak!(owned(_, y) if y > 1);
    });
}
