//! Arguments that cannot be tracked.

#![allow(unused)]

use dug::tracked;

#[tracked]
fn mutable(x: &mut u8) {}

#[tracked]
fn mutable_inside(x: Option<&mut u8>) {}

#[tracked]
fn mutable_pattern((x, _): (&mut u8, u8)) {}

#[tracked]
fn conditional(#[cfg(unix)] x: u8, y: u8) {}

#[tracked]
fn conditional_attribute(#[cfg_attr(unix, allow(unused))] x: u8) {}

struct A;

#[tracked]
impl A {
    fn changes(&mut self) {}

    fn changes_typed(self: &mut Self) {}

    fn changes_other(&self, other: &mut A) {}
}

fn main() {}
