//! The formulas: pure functions of their arguments, with no idea of where the
//! arguments come from.
//!
//! Units throughout the example: money in US dollars, indices in points, times
//! in days (a year has 365 of them), volatilities and rates as fractions a year
//! (0.25 is 25 %).

use serde::{Deserialize, Serialize};

/// Calendar days from the last day of the data.
pub type Days = u32;

/// A number of days as a year fraction, ACT/365.
pub fn years(days: Days) -> f64 {
    f64::from(days) / 365.0
}

/// Call or put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OptionKind {
    /// The right to buy at the strike.
    Call,
    /// The right to sell at the strike.
    Put,
}

/// The standard normal distribution function, accurate in both tails.
fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The price of a European option on a forward (Black 1976, which is
/// Black-Scholes written on the forward), per index point.
///
/// `volatility` is annualised, `expiry` is in years, `discount_factor` is that
/// of the expiry.
pub fn black_scholes(
    kind: OptionKind,
    forward: f64,
    strike: f64,
    expiry: f64,
    volatility: f64,
    discount_factor: f64,
) -> f64 {
    let deviation = volatility * expiry.sqrt();
    let d1 = (forward / strike).ln() / deviation + 0.5 * deviation;
    let d2 = d1 - deviation;
    let undiscounted = match kind {
        OptionKind::Call => forward * normal_cdf(d1) - strike * normal_cdf(d2),
        OptionKind::Put => strike * normal_cdf(-d2) - forward * normal_cdf(-d1),
    };
    discount_factor * undiscounted
}

/// The forward of an index that pays a continuous dividend yield.
pub fn forward(spot: f64, dividend_yield: f64, discount_factor: f64, expiry: f64) -> f64 {
    spot * (-dividend_yield * expiry).exp() / discount_factor
}

/// The discount factor of a yield that compounds twice a year (the convention
/// in which corporate bond yields are quoted).
pub fn discount_factor(bond_yield: f64, time: f64) -> f64 {
    (1.0 + 0.5 * bond_yield).powf(-2.0 * time)
}

/// The volatility to an expiry when the variance rate starts at `short`², as
/// quoted for [`QUOTED_EXPIRY`], and reverts to `long_run`²: the square root of
/// the average expected variance, as in the Heston model.
pub fn mean_reverting_volatility(short: f64, long_run: f64, expiry: f64) -> f64 {
    let weight = |time: f64| -(-REVERSION * time).exp_m1() / (REVERSION * time);
    let decay = weight(expiry) / weight(years(QUOTED_EXPIRY));
    (long_run.powi(2) + (short.powi(2) - long_run.powi(2)) * decay).sqrt()
}

/// The horizon of the quoted volatilities: VIX looks 30 days ahead.
pub const QUOTED_EXPIRY: Days = 30;

/// The speed, a year, at which variance reverts to its long-run level: half of
/// the way in about three months.
const REVERSION: f64 = 3.0;

/// Where a day falls among the pillars of a curve.
pub enum Place {
    /// On a pillar, or beyond the first or the last one, where the curve is flat.
    At(Days),
    /// Between two neighbours.
    Between(Days, Days),
}

/// Finds the place of a day among pillars in ascending order.
pub fn place(pillars: &[Days], day: Days) -> Place {
    let next = pillars.partition_point(|&pillar| pillar < day);
    match (next.checked_sub(1), pillars.get(next)) {
        (_, Some(&right)) if right == day => Place::At(day),
        (Some(left), Some(&right)) => Place::Between(pillars[left], right),
        (None, Some(&first)) => Place::At(first),
        (_, None) => Place::At(pillars[pillars.len() - 1]),
    }
}

/// The straight line through (`left.0`, `left.1`) and (`right.0`, `right.1`) at `x`.
pub fn linear(x: f64, left: (f64, f64), right: (f64, f64)) -> f64 {
    left.1 + (right.1 - left.1) * (x - left.0) / (right.0 - left.0)
}
