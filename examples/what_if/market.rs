//! The market data: what was observed, day by day, and how far each day moved.
//!
//! Loaded once, and never changed afterwards. That is why tracked functions may
//! read it: for dug it is a constant. What-ifs do not touch it either; they
//! tweak the functions that read it.

use std::sync::OnceLock;

use crate::pricing::Days;
use serde::{Deserialize, Serialize};

/// A stock index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Index {
    /// The S&P 500.
    Sp500,
    /// The NASDAQ Composite.
    Nasdaq,
}

impl Index {
    pub const ALL: [Index; 2] = [Index::Sp500, Index::Nasdaq];

    /// The series of its closes.
    pub fn spot(self) -> Series {
        match self {
            Index::Sp500 => Series::Sp500,
            Index::Nasdaq => Series::Nasdaq,
        }
    }

    /// The series of its short-dated volatility.
    pub fn volatility(self) -> Series {
        match self {
            Index::Sp500 => Series::Vix,
            Index::Nasdaq => Series::NasdaqVol,
        }
    }

    /// The dividend yield, a year, continuously paid: an assumption, kept fixed.
    pub fn dividend_yield(self) -> f64 {
        match self {
            Index::Sp500 => 0.020,
            Index::Nasdaq => 0.011,
        }
    }
}

/// A yield curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Curve {
    /// Corporate bonds rated Aaa: the near riskless rate that discounts options.
    Aaa,
    /// Corporate bonds rated Baa: what the bonds of the book are worth.
    Baa,
}

impl Curve {
    pub const ALL: [Curve; 2] = [Curve::Aaa, Curve::Baa];

    /// The series of its quoted yield.
    pub fn quoted(self) -> Series {
        match self {
            Curve::Aaa => Series::AaaYield,
            Curve::Baa => Series::BaaYield,
        }
    }

    /// The tenors that make up the curve.
    pub fn tenors(self) -> &'static [Days] {
        match self {
            Curve::Aaa => &[91, 182, 365, 730],
            Curve::Baa => &[365, 730, 1095, 1825, 2555, 3650, 5475, 7300],
        }
    }
}

/// Expiries of the pillars of each volatility term structure.
pub const VOL_PILLARS: [Days; 7] = [30, 91, 182, 273, 365, 547, 730];

/// One observed number a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Series {
    /// Close of the S&P 500, index points.
    Sp500,
    /// Close of the NASDAQ Composite, index points.
    Nasdaq,
    /// Close of VIX, the 30-day implied volatility of the S&P 500, per cent.
    Vix,
    /// Realised volatility of the NASDAQ, exponentially weighted, per cent.
    NasdaqVol,
    /// Moody's Aaa yield, average of the month, per cent.
    AaaYield,
    /// Moody's Baa yield, average of the month, per cent.
    BaaYield,
}

impl Series {
    pub const ALL: [Series; 6] = [
        Series::Sp500,
        Series::Nasdaq,
        Series::Vix,
        Series::NasdaqVol,
        Series::AaaYield,
        Series::BaaYield,
    ];
}

/// Every series on every day of the file, in order of date.
pub struct Market {
    /// The days, as `2018-12-31`.
    pub dates: Vec<String>,
    /// The values, by series, in the order of [`Series::ALL`].
    pub values: [Vec<f64>; Series::ALL.len()],
}

impl Market {
    fn series(&self, series: Series) -> &[f64] {
        &self.values[series as usize]
    }

    /// The value on the last day, which is the day of valuation.
    pub fn last(&self, series: Series) -> f64 {
        self.series(series)[self.dates.len() - 1]
    }

    /// The average over all days.
    pub fn average(&self, series: Series) -> f64 {
        let values = self.series(series);
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// The number of daily moves: one less than there are days.
    pub fn moves(&self) -> usize {
        self.dates.len() - 1
    }

    /// The log return of a series from the day before to `day`.
    pub fn log_return(&self, series: Series, day: usize) -> f64 {
        let values = self.series(series);
        (values[day] / values[day - 1]).ln()
    }

    /// The change of a series from the day before to `day`.
    pub fn change(&self, series: Series, day: usize) -> f64 {
        let values = self.series(series);
        values[day] - values[day - 1]
    }
}

/// The exponentially weighted realised volatility that follows from closes, in
/// per cent a year: variance(t) = 0.94 variance(t-1) + 0.06 return(t)², 252
/// trading days a year, started from the mean of the first month.
pub fn realised_volatility(closes: &[f64]) -> Vec<f64> {
    const LAMBDA: f64 = 0.94;
    const MONTH: usize = 21;
    const YEAR: f64 = 252.0;

    let squares: Vec<f64> = closes
        .windows(2)
        .map(|pair| (pair[1] / pair[0]).ln().powi(2))
        .collect();
    let first_month = &squares[..MONTH.min(squares.len())];
    let mut variance = first_month.iter().sum::<f64>() / first_month.len() as f64;

    let percent = |variance: f64| 100.0 * (YEAR * variance).sqrt();
    let mut volatility = vec![percent(variance)];
    for square in squares {
        variance = LAMBDA * variance + (1.0 - LAMBDA) * square;
        volatility.push(percent(variance));
    }
    volatility
}

static MARKET: OnceLock<Market> = OnceLock::new();

/// Makes the data available to [`market`], once for the whole run.
pub fn install(data: Market) {
    assert!(MARKET.set(data).is_ok(), "the market data is loaded once");
}

/// The market data of this run.
pub fn market() -> &'static Market {
    MARKET
        .get()
        .expect("main loads the market data before anything is priced")
}
