//! A type of a crate without tracked functions.

use serde::Serialize;
use std::fmt;

#[derive(Clone, Serialize)]
pub struct Far(pub i64);

impl fmt::Display for Far {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0 + 1)
    }
}
