//! Results, with their types erased.

mod erased;
mod shared;

use crate::codec::{self, CodecError};
use serde::Serialize;
use std::any::Any;

pub use erased::Erased;
pub(crate) use shared::Value;

/// The canonical encoding of an erased value, for a function whose results have one.
pub(crate) type EncodeValue = fn(&(dyn Any + Send + Sync)) -> Result<Vec<u8>, CodecError>;

/// Encodes a value that is known to be an `R`.
pub(crate) fn encode_value<R: Serialize + 'static>(
    value: &(dyn Any + Send + Sync),
) -> Result<Vec<u8>, CodecError> {
    codec::encode_result(expect_ref::<R>(value))
}

/// The value as the type that its function returns.
///
/// # Panics
/// If it is of another type, which no path through the public interface can bring about.
#[inline]
pub(crate) fn expect_ref<R: 'static>(value: &(dyn Any + Send + Sync)) -> &R {
    match value.downcast_ref() {
        Some(value) => value,
        None => unreachable!("a node's value is always of its function's result type"),
    }
}
