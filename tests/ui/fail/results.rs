//! Results that cannot be tracked.

#![allow(unused)]

use dug::tracked;
use std::borrow::Cow;

#[tracked]
fn borrowed(x: &str) -> &str {
    x
}

#[tracked]
fn borrowed_with_a_name<'a>(x: &'a str, y: &str) -> Option<&'a str> {
    Some(x)
}

#[tracked]
fn lifetime(x: &str) -> Cow<'_, str> {
    Cow::Borrowed(x)
}

#[tracked]
fn anonymous() -> impl Iterator<Item = u8> {
    0..3
}

#[tracked]
fn anonymous_inside() -> Option<impl Copy> {
    Some(1)
}

#[tracked]
fn static_text() -> &'static str {
    "text"
}

struct A(String);

#[tracked]
impl A {
    fn text(&self) -> &str {
        &self.0
    }
}

fn main() {}
