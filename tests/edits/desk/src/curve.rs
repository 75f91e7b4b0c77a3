//! Functions, constants, statics, and tracked functions that call others.

use crate::ran;
use dug::tracked;

const RATE: i64 = 3;
static STEP: i64 = 2;

/// Reached by `discounted` only.
fn discount(x: i64) -> i64 {
    x * RATE - shift(x)
}

fn shift(x: i64) -> i64 {
    if x > 0 { STEP } else { 0 }
}

/// Reached by nobody.
#[allow(dead_code)]
fn unused(x: i64) -> i64 {
    x - 1
}

#[tracked]
fn discounted(x: i64) -> i64 {
    ran("discounted");
    discount(x)
}

#[tracked]
fn above(x: i64) -> i64 {
    ran("above");
    discounted(x) + 1
}

#[tracked]
fn leaf(x: i64) -> i64 {
    ran("leaf");
    x + 1
}

#[tracked(code = item)]
fn by_item(x: i64) -> i64 {
    ran("by_item");
    discount(x)
}

#[tracked]
fn nested(x: i64) -> i64 {
    ran("nested");
    fn inner(x: i64) -> i64 {
        x + shift(x)
    }
    inner(x)
}

/// Reaches itself, and a function that it reaches again.
#[tracked]
fn folded(x: i64) -> i64 {
    ran("folded");
    if x > 0 { even(x - 1) } else { 0 }
}

fn even(x: i64) -> i64 {
    if x > 0 { odd(x - 1) } else { 1 }
}

fn odd(x: i64) -> i64 {
    if x > 0 { even(x - 1) } else { 2 }
}

#[tracked]
fn logged(x: i64) -> i64 {
    ran("logged");
    observed(x)
}

fn observed(x: i64) -> i64 {
    tracing::debug!("observed {x}");
    debug_assert!(x < 1000);
    x + 2
}

pub fn why() {
    print!("{}", dug::node!(above(4)).explain());
    print!("{}", dug::node!(nested(1)).explain());
}

pub fn accept() {
    println!("accepted {}", dug::node!(above(4)).accept());
}

pub fn all() -> Vec<i64> {
    vec![above(4), leaf(1), by_item(1), nested(1), folded(4), logged(1)]
}
