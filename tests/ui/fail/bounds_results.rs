//! Results that cannot be kept or stored, explained on their types.

#![allow(unused)]

use dug::tracked;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::rc::Rc;

#[derive(Serialize, Deserialize)]
struct NotClone(u8);

#[derive(Clone)]
struct NotSerde(u8);

#[derive(Clone, Serialize)]
struct NotDeserialize(u8);

#[derive(Clone, Serialize, Deserialize)]
struct NotShared(Rc<u8>);

#[tracked]
fn not_shared() -> Vec<Rc<u8>> {
    Vec::new()
}

#[tracked]
fn not_shared_inside() -> NotShared {
    NotShared(Rc::new(1))
}

#[tracked(in_memory)]
fn cell() -> Cell<u8> {
    Cell::new(1)
}

#[tracked]
fn not_clone() -> NotClone {
    NotClone(1)
}

#[tracked]
fn not_serde(x: &str) -> Option<NotSerde> {
    Some(NotSerde(x.len() as u8))
}

#[tracked]
fn not_deserialize() -> Result<NotDeserialize, String> {
    Ok(NotDeserialize(1))
}

#[tracked]
fn generic<T: Serialize + Clone>(x: &T) -> T {
    x.clone()
}

#[tracked]
fn nothing_fits() -> Box<dyn Fn()> {
    Box::new(|| ())
}

#[tracked]
impl NotSerde {
    fn new() -> Self {
        NotSerde(1)
    }
}

fn main() {}
