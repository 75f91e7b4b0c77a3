//! Tracked methods: of a block, and one alone; renamed imports.

use crate::curve as lines;
use crate::money::Money as Cash;
use crate::ran;
use dug::tracked;
use serde::Serialize;

#[derive(Serialize)]
struct Book {
    lines: Vec<i64>,
}

#[tracked]
impl Book {
    fn sum(&self) -> i64 {
        ran("sum");
        self.scaled().iter().sum()
    }

    #[dug::untracked]
    fn scaled(&self) -> Vec<i64> {
        self.lines.iter().map(|line| line * FACTOR).collect()
    }
}

const FACTOR: i64 = 10;

#[derive(Serialize)]
struct Position {
    amount: i64,
}

impl Position {
    #[tracked]
    fn worth(&self) -> i64 {
        ran("worth");
        self.fee() + self.amount
    }

    fn fee(&self) -> i64 {
        self.amount / 2
    }
}

#[tracked]
fn cash() -> i64 {
    ran("cash");
    Cash { cents: 3 }.cents
}

pub fn all() -> Vec<i64> {
    let _ = lines::all;
    let book = Book { lines: vec![1, 2] };
    vec![book.sum(), Position { amount: 4 }.worth(), cash()]
}
