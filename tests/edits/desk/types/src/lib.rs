//! A generic tracked function, which is called with types from elsewhere.

use dug::tracked;
use serde::Serialize;
use std::fmt;

#[derive(Clone, Serialize)]
pub struct Near(pub i64);

impl fmt::Display for Near {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0 + 2)
    }
}

#[tracked]
pub fn shown<T: fmt::Display + Serialize + 'static>(item: &T) -> String {
    let name = std::any::type_name::<T>().rsplit("::").next();
    println!("ran shown<{}>", name.unwrap());
    item.to_string()
}
