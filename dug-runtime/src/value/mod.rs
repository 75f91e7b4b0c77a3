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
