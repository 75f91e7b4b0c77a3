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

struct Made {
    made_up: i64,
}

fn literal() -> i64 {
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

#[allow(non_camel_case_types)]
fn least<LIMIT: Into<i64>>(x: LIMIT) -> i64 {
    LIMIT.with(|limit| *limit).min(x.into())
}

#[tracked]
fn limited() -> i64 {
    ran("limited");
    least::<i64>(100)
}

pub fn all() -> Vec<i64> {
    vec![quoted(), got(), limited()]
}
