//! Arguments that do not serialize, explained on their types.

#![allow(unused)]

use dug::{tracked, with_context};
use std::rc::Rc;

struct Opaque(u8);

#[tracked]
fn owned(x: Opaque) -> u8 {
    x.0
}

#[tracked]
fn borrowed(y: u8, x: &Opaque) -> u8 {
    x.0 + y
}

#[tracked]
fn nested(x: &[Option<Opaque>]) -> usize {
    x.len()
}

#[tracked]
fn generic<T>(x: T) -> u8 {
    1
}

#[tracked]
fn anonymous(x: impl Clone) -> u8 {
    1
}

#[tracked]
fn function(f: fn(u8) -> u8, r: Rc<Opaque>) -> u8 {
    f(1)
}

#[tracked]
impl Opaque {
    fn method(&self) -> u8 {
        self.0
    }
}

fn main() {
    with_context(|| owned(Opaque(1)));
}
