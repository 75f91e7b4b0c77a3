//! Types with their fields, operators, derives, `Drop`, `Deref`, `Default` and conversions.

use crate::ran;
use dug::tracked;
use std::ops::{Add, Deref};

#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Money {
    pub cents: i64,
}

impl Add for Money {
    type Output = Money;

    fn add(self, other: Money) -> Money {
        Money { cents: self.cents + other.cents }
    }
}

impl Default for Money {
    fn default() -> Self {
        Money { cents: 7 }
    }
}

impl From<i64> for Money {
    fn from(cents: i64) -> Self {
        Money { cents }
    }
}

fn wallet() -> Vec<Money> {
    vec![Money { cents: 1 }, 2.into(), Default::default()]
}

#[tracked]
fn summed() -> i64 {
    ran("summed");
    let total = wallet().into_iter().reduce(|a, b| a + b);
    total.map_or(0, |total| total.cents)
}

struct Guarded(Vec<i64>);

impl Deref for Guarded {
    type Target = Vec<i64>;

    fn deref(&self) -> &Vec<i64> {
        &self.0
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.0.clear();
    }
}

fn guarded() -> Guarded {
    Guarded(vec![1, 2])
}

#[tracked]
fn lengths() -> i64 {
    ran("lengths");
    guarded().len() as i64
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Low,
    High,
}

fn levels() -> [Level; 2] {
    [Level::High, Level::Low]
}

#[tracked]
fn highest() -> i64 {
    ran("highest");
    levels().into_iter().max().map_or(0, |level| level as i64)
}

type Ledger = Vec<Money>;

#[tracked]
fn entries() -> i64 {
    ran("entries");
    Ledger::new().len() as i64
}

pub fn all() -> Vec<i64> {
    vec![summed(), lengths(), highest(), entries()]
}
