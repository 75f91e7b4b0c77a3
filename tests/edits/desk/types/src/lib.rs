//! A generic tracked function, which is called with types from elsewhere.

use dug::tracked;
use serde::{Deserialize, Serialize};
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

/// Calls it with a type of its own.
#[tracked]
pub fn inside() -> String {
    #[derive(Clone, Serialize)]
    struct Inner(i64);

    impl fmt::Display for Inner {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(out, "{}", self.0 + 4)
        }
    }

    println!("ran inside");
    shown(&Inner(10))
}

/// What [`paid`] answers, which edits make another type.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Paid {
    rate: u64,
    units: u64,
}

/// Its code, as far as it is looked at, is the same for all types.
#[tracked(code = item)]
pub fn paid() -> Paid {
    println!("ran paid");
    made()
}

fn made() -> Paid {
    Paid { rate: 1, units: 2 }
}
