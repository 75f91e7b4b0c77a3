//! A crate of the workspace that knows nothing of dug.

mod base;

/// A rate for a year.
pub fn rate(year: u32) -> i64 {
    base::RATE + i64::from(year)
}
