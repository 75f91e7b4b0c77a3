//! A program that gives an answer whatever it is asked, since libFuzzer ends at the first panic.

use dug::{external_value, tracked, tweak, with_context};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    Nothing,
    Point(i32, f64),
    Named { name: String, inside: Vec<Shape> },
}

#[tracked]
pub fn leaf(n: u32) -> u64 {
    u64::from(n) * 7
}

#[tracked]
pub fn sum(from: u32, to: u32) -> u64 {
    if to <= from || to - from > 64 {
        return 0;
    }
    if to - from == 1 {
        return leaf(from);
    }
    let middle = from + (to - from) / 2;
    sum(from, middle).wrapping_add(sum(middle, to))
}

#[tracked]
pub fn choice(text: &str, given: Option<&u64>) -> Result<String, String> {
    let sum = sum(0, 4);
    match given {
        Some(given) if *given > sum => Err(format!("{text} {given}")),
        _ => Ok(format!("{text} {sum}")),
    }
}

#[tracked(cache_err)]
pub fn shapes(shape: Shape, by_name: BTreeMap<String, (char, i8)>) -> Vec<Shape> {
    let count = by_name.len();
    let shape = match external_value::<u64>("name") {
        Some(_) => Shape::Nothing,
        None => shape,
    };
    vec![shape; count.min(3)]
}

#[tracked(fingerprint = graph)]
pub fn by_graph() -> f64 {
    sum(1, 3) as f64
}

/// Only its proof can vouch for it.
#[tracked]
pub fn what_if() -> u64 {
    with_context(|| {
        tweak!(leaf(1) => 1);
        tweak!(leaf(2) => |old| old.wrapping_add(1));
        sum(0, 4)
    })
}

#[tracked]
pub fn top() -> u64 {
    what_if().wrapping_add(by_graph() as u64)
}

/// All answers.
#[derive(Debug, PartialEq)]
pub struct Answers(u64, u64, Result<String, String>, Vec<Shape>);

/// Asks for everything in the context in which the thread stands.
pub fn ask() -> Answers {
    let name = "a name".to_owned();
    let inside = vec![Shape::Point(-1, 0.5), Shape::Nothing];
    let by_name = BTreeMap::from([("one".to_owned(), ('1', 1)), ("two".to_owned(), ('2', -2))]);
    with_context(|| {
        tweak!(leaf(3) => 0);
        top();
    });
    Answers(
        top(),
        sum(0, 4),
        choice("text", Some(&3)),
        shapes(Shape::Named { name, inside }, by_name),
    )
}
