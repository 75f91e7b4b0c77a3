//! What is read while the crate is compiled: files, features, the environment, other crates.

use crate::ran;
use codec as decimal;
use dug::tracked;
use serde::{Deserialize, Serialize};

const NOTE: &str = include_str!("note.txt");
const MOTE: &str = include_str!("mote.txt");

#[tracked]
fn noted() -> i64 {
    ran("noted");
    NOTE.len() as i64 - MOTE.len() as i64 / 100
}

include!(concat!(env!("OUT_DIR"), "/table.rs"));

#[tracked]
fn generated() -> i64 {
    ran("generated");
    row(1)
}

#[tracked]
fn titled() -> i64 {
    ran("titled");
    env!("DESK_TITLE").len() as i64
}

#[cfg(feature = "fast")]
fn speed() -> i64 {
    1 + 1
}

#[cfg(not(feature = "fast"))]
fn speed() -> i64 {
    2
}

#[tracked]
fn featured() -> i64 {
    ran("featured");
    speed()
}

#[tracked]
fn rated() -> i64 {
    ran("rated");
    rates::rate(3)
}

#[tracked]
fn paced() -> i64 {
    ran("paced");
    desk::pace()
}

#[tracked]
fn distant() -> i64 {
    ran("distant");
    crate::shared::far::away::distance()
}

fn levied() -> i64 {
    6
}

#[tracked]
fn taxed() -> i64 {
    ran("taxed");
    rates::levy!(2)
}

#[derive(Serialize, Deserialize)]
struct Wire {
    #[serde(default = "fallback")]
    id: i64,
    #[serde(default, with = "decimal")]
    count: i64,
}

mod codec {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(*value)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<i64, D::Error> {
        Ok(i64::deserialize(deserializer)? + 1)
    }
}

fn fallback() -> i64 {
    11
}

fn wire() -> Wire {
    parse("{}")
}

fn parse<T: for<'a> Deserialize<'a>>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

#[tracked]
fn wired() -> i64 {
    ran("wired");
    wire().id + wire().count
}

pub fn all() -> Vec<i64> {
    vec![
        noted(),
        generated(),
        titled(),
        featured(),
        rated(),
        paced(),
        distant(),
        taxed(),
        wired(),
    ]
}
