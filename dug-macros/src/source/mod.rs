//! The code of a tracked item, as digests.

mod tokens;

pub(crate) use tokens::of_function;
