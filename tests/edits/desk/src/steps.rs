//! Iterators, associated constants, names in texts, ambiguous names.

use crate::ran;
use dug::tracked;

struct Steps(i64);

impl Iterator for Steps {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        self.0 -= 1;
        (self.0 >= Steps::LEAST).then_some(self.0)
    }
}

impl Steps {
    const LEAST: i64 = 0;
}

fn steps() -> impl Iterator<Item = i64> {
    Steps(4)
}

#[tracked]
fn walked() -> i64 {
    ran("walked");
    let mut sum = 0;
    for step in steps() {
        sum += step;
    }
    sum
}

const GREETING: &str = "hello";

#[tracked]
fn greeting() -> i64 {
    ran("greeting");
    format!("{GREETING}, you").len() as i64
}

mod left {
    pub fn side() -> i64 {
        1
    }
}

mod right {
    #[allow(dead_code)]
    pub fn side() -> i64 {
        2
    }
}

use left::side;

#[tracked]
fn sided() -> i64 {
    ran("sided");
    side()
}

pub fn all() -> Vec<i64> {
    vec![walked(), greeting(), sided()]
}
