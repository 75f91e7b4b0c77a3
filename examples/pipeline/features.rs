//! From closes and yields to what a model is fitted to: for each day what was
//! known at its close, and what came after.

use serde::{Deserialize, Serialize};

use crate::table::{Day, Month};

/// How many numbers a forecast is made from.
pub const FEATURES: usize = 6;

/// What they are.
pub const NAMES: [&str; FEATURES] = [
    "volatility, last week",
    "volatility, last window",
    "VIX",
    "S&P 500, last window",
    "NASDAQ, last window",
    "Baa over Aaa yield",
];

/// A day. Volatilities are logarithms of what daily returns come to in a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub date: String,
    /// What was known at its close, in the order of [`NAMES`].
    pub features: [f64; FEATURES],
    /// Volatility of the S&P 500 over the window that ends with it.
    pub now: f64,
    /// Volatility over the window that begins on the next day; unknown at the end of the file.
    pub target: Option<f64>,
}

impl Row {
    pub fn year(&self) -> i32 {
        self.date
            .get(..4)
            .and_then(|it| it.parse().ok())
            .unwrap_or(0)
    }

    /// The VIX taken for a forecast.
    pub fn vix(&self) -> f64 {
        self.features[2]
    }
}

const WEEK: usize = 5;
const TRADING_DAYS: f64 = 252.0;

/// The days of which enough of the past is in the files.
///
/// A month's yields are averages up to its last day: they count as known `lag`
/// months later. `window` is in trading days.
pub fn rows(days: &[Day], months: &[Month], window: usize, lag: usize) -> Vec<Row> {
    let row = |at: usize| {
        let day = &days[at];
        let spread = spread(months, &day.date, lag)?;
        let now = volatility(days, at, window)?;
        Some(Row {
            date: day.date.clone(),
            features: [
                volatility(days, at, WEEK)?,
                now,
                libm::log(day.vix / 100.0),
                libm::log(day.sp500 / days[at - window].sp500),
                libm::log(day.nasdaq / days[at - window].nasdaq),
                spread,
            ],
            now,
            target: volatility(days, at + window, window),
        })
    };
    (0..days.len()).filter_map(row).collect()
}

/// The logarithm of the volatility a year of the S&P 500, from the daily returns of
/// the window that ends on a day. A mean of zero is assumed, as is usual.
fn volatility(days: &[Day], last: usize, window: usize) -> Option<f64> {
    let closes = days.get(last.checked_sub(window)?..=last)?;
    let squares = closes.windows(2).map(|pair| {
        let log_return = libm::log(pair[1].sp500 / pair[0].sp500);
        log_return * log_return
    });
    let variance = squares.sum::<f64>() / window as f64;
    // A window without any move has no logarithm.
    Some(libm::log((variance * TRADING_DAYS).sqrt().max(1e-4)))
}

/// What risky borrowers paid above safe ones, in percentage points, by the yields
/// that were known on a date.
fn spread(months: &[Month], date: &str, lag: usize) -> Option<f64> {
    let month = date.get(.."2018-12".len())?;
    let this = months.iter().position(|it| it.month == month)?;
    let known = &months[this.checked_sub(lag)?];
    Some(known.baa - known.aaa)
}
