//! Traits, their default methods and constants, trait objects, blanket impls, impls for foreign types.

use crate::ran;
use dug::tracked;

trait Shape {
    const SIDES: i64 = 0;

    fn area(&self) -> i64;

    fn doubled(&self) -> i64 {
        2 * self.area()
    }
}

struct Square(i64);
struct Strip(i64, i64);

impl Shape for Square {
    const SIDES: i64 = 4;

    fn area(&self) -> i64 {
        self.0 * self.0
    }
}

impl Shape for Strip {
    fn area(&self) -> i64 {
        self.0 * self.1
    }
}

#[tracked]
fn doubled() -> i64 {
    ran("doubled");
    Square(2).doubled()
}

#[tracked]
fn sides() -> i64 {
    ran("sides");
    <Square as Shape>::SIDES
}

trait Described {
    fn described(&self) -> i64;
}

impl<T: ToString> Described for T {
    fn described(&self) -> i64 {
        self.to_string().len() as i64
    }
}

#[tracked]
fn described() -> i64 {
    ran("described");
    12.described()
}

trait Halved {
    fn halved(self) -> i64;
}

impl Halved for i64 {
    fn halved(self) -> i64 {
        self / 2
    }
}

#[tracked]
fn halved() -> i64 {
    ran("halved");
    9_i64.halved()
}

fn strips() -> Vec<Box<dyn Fn() -> i64>> {
    vec![Box::new(|| Strip(1, 2).area())]
}

#[tracked]
fn boxed() -> i64 {
    ran("boxed");
    strips().iter().map(|strip| strip()).sum()
}

pub fn all() -> Vec<i64> {
    vec![doubled(), sides(), described(), halved(), boxed()]
}
