//! A crate of the workspace that knows nothing of dug.

mod base;

/// A rate for a year.
pub fn rate(year: u32) -> i64 {
    let checked = i64::from(cfg!(debug_assertions)) + env!("RATES_TITLE").len() as i64;
    base::RATE + i64::from(year) + checked / 100
}

/// What this mentions is where it is called.
#[macro_export]
macro_rules! levy {
    ($times:expr) => {
        $times * crate::inputs::levied()
    };
}
