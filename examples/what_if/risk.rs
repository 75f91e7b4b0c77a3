//! Value at risk and expected shortfall of equally likely profits and losses.

use serde::Serialize;

/// The risk at one level of confidence. Losses are positive.
#[derive(Clone, Copy, Serialize)]
pub struct Risk {
    /// The level, per cent.
    pub confidence_percent: u32,
    /// The least loss that is not exceeded with this confidence.
    pub value_at_risk: f64,
    /// The mean of the worst outcomes that make up the rest.
    pub expected_shortfall: f64,
}

/// The risk of the outcomes, of which there is at least one.
///
/// With `n` outcomes the tail weighs `n (1 - confidence)` of them, in general
/// not a whole number: value at risk is the outcome in which the tail ends (the
/// lower empirical quantile), and the shortfall counts that outcome in part.
pub fn risk(profits: &[f64], confidence_percent: u32) -> Risk {
    let mut losses: Vec<f64> = profits.iter().map(|profit| -profit).collect();
    losses.sort_by(|a, b| b.total_cmp(a));

    let hundredths = losses.len() * (100 - confidence_percent as usize);
    let whole = hundredths / 100;
    let tail = hundredths as f64 / 100.0;
    let value_at_risk = losses[whole];
    let beyond: f64 = losses[..whole].iter().sum();
    let expected_shortfall = (beyond + (tail - whole as f64) * value_at_risk) / tail;
    Risk {
        confidence_percent,
        value_at_risk,
        expected_shortfall,
    }
}
