//! Signatures as people write them: hidden lifetimes, bounds, parentheses, many arguments, bodies of one line.

#![deny(warnings, clippy::all)]

use dug::{node, tracked, tweak, untweak, with_context};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::fmt::Debug;

struct View<'a>(&'a str);

#[tracked(skip(out))]
fn written(x: u8, out: &mut std::fmt::Formatter) -> u8 {
    let _ = out.write_str("x");
    x
}

#[tracked(skip(view))]
fn viewed(view: &View, x: u8) -> usize {
    view.0.len() + usize::from(x)
}

#[tracked(skip(log))]
fn logged(x: u8, log: &RefCell<Vec<&str>>) -> u8 {
    log.borrow_mut().push("logged");
    x
}

fn tweaked_with<'a>(log: &RefCell<Vec<&'a str>>) -> u8 {
    tweak!(logged(_, log) => 3);
    logged(1, log)
}

struct Shown;

impl std::fmt::Display for Shown {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        with_context(|| {
            assert_eq!(written(1, out), 1);
            tweak!(written(_, out) => 2);
            assert_eq!(written(1, out), 2);
            untweak!(written(_, _));
            tweak!(written(x, _) if x > 1 => 4);
            assert_eq!((written(1, out), written(2, out)), (1, 4));
        });
        Ok(())
    }
}

#[tracked]
fn equal<'a, T: Serialize + PartialEq<&'a str>>(x: &T, y: &'a str) -> bool {
    *x == y
}

#[tracked]
fn added<'a, T: Serialize>(x: T, y: &'a u8) -> u8
where
    T: std::ops::Add<&'a u8, Output = u8>,
{
    x + y
}

trait Dump: Debug + erased::Serialize {}

mod erased {
    pub trait Serialize {}
}

impl Serialize for dyn Dump + Send + Sync + '_ {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{self:?}"))
    }
}

#[derive(Debug)]
struct Dumped(#[allow(dead_code)] u8);

impl erased::Serialize for Dumped {}
impl Dump for Dumped {}

#[tracked]
fn dumped(x: &(dyn Dump + Send + Sync)) -> String {
    format!("{x:?}")
}

#[derive(Serialize, Deserialize)]
struct Table(u32);

trait Lookup {
    type Item;
    fn get(&self, i: Self::Item) -> Self::Item;
    fn count(&self, items: &[Self::Item]) -> usize;
}

#[tracked]
impl Lookup for Table {
    type Item = u32;

    fn get(&self, i: Self::Item) -> Self::Item {
        self.0 + i
    }

    fn count(&self, items: &[Self::Item]) -> usize {
        items.len()
    }
}

#[tracked]
#[allow(clippy::too_many_arguments)]
fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> u8 {
    a + b + c + d + e + f + g + h
}

#[rustfmt::skip]
#[tracked]
fn short(x: u64) -> u64 { x + 1 }

#[rustfmt::skip]
#[tracked]
fn shorter() -> u64 { short(1) }

/// The constant has the name of the argument.
#[tracked]
#[allow(non_upper_case_globals, unused_variables)]
fn limited(limit: u8, x: u8) -> u8 {
    const limit: u8 = 3;
    x.min(limit)
}

#[tracked]
fn allowed(
    #[allow(non_snake_case)] X: u32,
    #[allow(unused_mut)] mut y: u32,
    #[expect(unused_variables)] z: u32,
    #[expect(unused_mut, reason = "a pattern")] (mut a, _): (u32, u32),
) -> u32 {
    X + y + a
}

fn main() {
    println!("{Shown}");
    with_context(|| {
        tweak!(viewed(_, 1) => 7);
        assert_eq!((viewed(&View("abc"), 1), viewed(&View("abc"), 2)), (7, 5));
        tweak!(viewed(&View("any"), _) => 8);
        assert_eq!(viewed(&View("abc"), 2), 8);
        assert_eq!(tweaked_with(&RefCell::new(vec!["a"])), 3);
        assert!(equal(&"a", "a"));
        tweak!(equal::<&str>(_, "a") => false);
        assert!(!equal(&"a", "a"));
        assert_eq!(added(1, &2), 3);
        assert!(node!(added(1, &2)).id().call_erased().is_err());
        assert_eq!(dumped(&Dumped(1)), "Dumped(1)");
        assert_eq!((Table(1).get(2), Table(1).count(&[1, 2])), (3, 2));
        tweak!(Table::get(_, 2) => 9);
        assert_eq!((Table(1).get(2), Table(1).get(3)), (9, 4));
        tweak!(Table::count(_, items) if items.len() > 1 => 5);
        assert_eq!(many(1, 1, 1, 1, 1, 1, 1, 1), 8);
        assert_eq!(shorter(), 2);
        assert_eq!((limited(1, 9), limited(2, 1)), (3, 1));
        assert_eq!(allowed(1, 2, 3, (4, 5)), 7);
    });
}
