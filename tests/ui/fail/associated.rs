//! An associated function that is tracked alone.

#![allow(unused)]

use dug::tracked;

struct A(u8);

impl A {
    #[tracked]
    fn new() -> Self {
        A(1)
    }

    #[tracked]
    fn one() -> u8 {
        Self::two()
    }

    fn two() -> u8 {
        2
    }
}

fn main() {}
