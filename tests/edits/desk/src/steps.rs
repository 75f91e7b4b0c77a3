//! Iterators, associated constants, names in texts, names that mean several things.

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

mod ours {
    pub fn greater(x: i64, y: i64) -> i64 {
        if x > y { x } else { y }
    }
}

mod theirs {
    #[allow(unused_imports)]
    pub use std::cmp::max as greater;
}

use ours::greater;

#[tracked]
fn bounded() -> i64 {
    ran("bounded");
    greater(3, 4)
}

struct Range(i64, i64);

mod first {
    use std::cmp::min as end;

    impl super::Range {
        pub fn of(&self) -> i64 {
            end(self.0, self.1)
        }
    }

    pub fn zero() -> i64 {
        end(0, 0)
    }
}

mod last {
    use std::cmp::max as end;

    pub fn zero() -> i64 {
        end(0, 0)
    }
}

#[tracked]
fn ended() -> i64 {
    ran("ended");
    Range(4, 4).of()
}

pub fn all() -> Vec<i64> {
    let zero = first::zero() + last::zero();
    vec![walked(), greeting(), sided(), bounded(), ended(), zero]
}
