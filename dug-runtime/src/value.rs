//! Results, with their types erased.

use crate::codec::{self, CodecError};
use crate::error::Error;
use serde::Serialize;
use std::any::{Any, type_name};
use std::sync::Arc;

/// A result that is shared between entries, threads and callers.
pub(crate) type Value = Arc<dyn Any + Send + Sync>;

/// The canonical encoding of an erased value, for a function whose results have one.
pub(crate) type EncodeValue = fn(&(dyn Any + Send + Sync)) -> Result<Vec<u8>, CodecError>;

/// Encodes a value that is known to be an `R`.
pub(crate) fn encode_value<R: Serialize + 'static>(
    value: &(dyn Any + Send + Sync),
) -> Result<Vec<u8>, CodecError> {
    codec::encode_result(expect_ref::<R>(value))
}

/// Whether the encodings of two results are equal, where these need not be made: of numbers and the like.
pub(crate) fn equal_numbers(
    a: &(dyn Any + Send + Sync),
    b: &(dyn Any + Send + Sync),
) -> Option<bool> {
    /// The first of the types that the values are of, and what is compared of one.
    macro_rules! of_one_of {
        ($($ty:ty => $compared:expr),* $(,)?) => {
            $(if let (Some(a), Some(b)) = (a.downcast_ref::<$ty>(), b.downcast_ref::<$ty>()) {
                let compared: fn(&$ty) -> _ = $compared;
                return Some(compared(a) == compared(b));
            })*
        };
    }
    of_one_of!(
        u64 => |it| *it,
        f64 => |it| it.to_bits(),
        i64 => |it| *it,
        u32 => |it| *it,
        i32 => |it| *it,
        usize => |it| *it,
        bool => |it| *it,
    );
    None
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

/// A result whose type is known to the one who asked for it.
///
/// ```
/// use dug::{node, tracked, with_context};
///
/// #[tracked]
/// fn double(x: i64) -> i64 { 2 * x }
///
/// with_context(|| {
///     let id = node!(double(4)).id().clone();
///     assert_eq!(id.call_erased().unwrap().downcast::<i64>().unwrap(), 8);
/// });
/// ```
pub struct Erased {
    value: Box<dyn Any + Send>,
    type_name: &'static str,
    node: String,
}

impl Erased {
    /// Erases the type of `value`. Called by what `#[tracked]` expands to.
    #[doc(hidden)]
    pub fn new<R: Send + 'static>(value: R) -> Self {
        Erased {
            value: Box::new(value),
            type_name: type_name::<R>(),
            node: String::new(),
        }
    }

    /// Says whose result it is, for messages.
    pub(crate) fn of_node(mut self, node: String) -> Self {
        self.node = node;
        self
    }

    /// The result as an `R`.
    ///
    /// # Errors
    /// [`Error::WrongType`] if the function returns another type.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// #[tracked]
    /// fn name() -> String { "dug".into() }
    ///
    /// with_context(|| {
    ///     let result = node!(name()).id().call_erased().unwrap();
    ///     assert!(result.downcast::<u8>().is_err());
    /// });
    /// ```
    pub fn downcast<R: 'static>(self) -> Result<R, Error> {
        match self.value.downcast() {
            Ok(value) => Ok(*value),
            Err(_) => Err(Error::WrongType {
                node: self.node,
                wanted: type_name::<R>(),
            }),
        }
    }

    /// The result itself.
    pub(crate) fn into_any(self) -> Box<dyn Any + Send> {
        self.value
    }

    /// The name of the type that the function returns, for messages.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// with_context(|| {
    ///     assert_eq!(node!(one()).id().call_erased().unwrap().type_name(), "u8");
    /// });
    /// ```
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }
}

impl std::fmt::Debug for Erased {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Erased({})", self.type_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Debug;

    /// Compares each value with each, by what is seen at a glance and by encodings.
    fn compare<R: Serialize + Debug + Send + Sync + 'static>(values: &[R]) {
        let encoded = |value: &R| encode_value::<R>(value).unwrap();
        for a in values {
            for b in values {
                let equal = equal_numbers(a, b);
                assert_eq!(equal, Some(encoded(a) == encoded(b)), "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn numbers_are_equal_as_their_encodings_are() {
        compare(&[0_u64, 1, 250, 251, u64::MAX]);
        compare(&[0_i64, 1, -1, i64::MIN]);
        compare(&[0_u32, 1, u32::MAX]);
        compare(&[0_i32, 1, -1]);
        compare(&[0_usize, 1]);
        compare(&[false, true]);
        let quiet = f64::NAN;
        let other = f64::from_bits(quiet.to_bits() ^ 1);
        compare(&[0.0, -0.0, 1.5, f64::INFINITY, quiet, other]);
    }

    #[test]
    fn others_are_not_compared_at_a_glance() {
        assert_eq!(equal_numbers(&0_u64, &0_u32), None);
        assert_eq!(equal_numbers(&"text", &"text"), None);
        assert_eq!(equal_numbers(&Some(1_u64), &Some(1_u64)), None);
    }
}
