//! Trait impls whose companions have no place.

#![allow(unused)]

use dug::tracked;

trait Price {
    fn price(&self) -> u8;
}

#[tracked]
impl Price for u8 {
    fn price(&self) -> u8 {
        *self
    }
}

#[tracked]
impl Price for (u8, u8) {
    fn price(&self) -> u8 {
        self.0
    }
}

trait Blanket {
    fn blanket(&self) -> u8;
}

#[tracked]
impl<T: serde::Serialize> Blanket for T {
    fn blanket(&self) -> u8 {
        1
    }
}

trait Of<T> {
    fn of(&self, x: T) -> u8;
}

#[derive(serde::Serialize)]
struct A;

#[tracked]
impl<T: serde::Serialize> Of<T> for A {
    fn of(&self, x: T) -> u8 {
        1
    }
}

fn main() {}
