//! Macros: in expressions, and where they declare items.

use crate::ran;
use dug::tracked;

#[tracked]
fn quoted() -> i64 {
    ran("quoted");
    twice!(base())
}

fn base() -> i64 {
    4
}

fn offset() -> i64 {
    1
}

getter!(made_up, 5);

#[tracked]
fn got() -> i64 {
    ran("got");
    made_up()
}

thread_local! {
    static LIMIT: i64 = const { 9 };
}

#[tracked]
fn limited() -> i64 {
    ran("limited");
    LIMIT.with(|limit| *limit)
}

pub fn all() -> Vec<i64> {
    vec![quoted(), got(), limited()]
}
