//! How good forecasts were.

use serde::{Deserialize, Serialize};

/// A forecast for a day, beside what came and what would have been said without a
/// model. Logarithms of volatilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    pub date: String,
    pub actual: f64,
    /// The volatility so far.
    pub now: f64,
    pub by: [f64; FORECASTERS],
}

/// How many ways to forecast there are.
pub const FORECASTERS: usize = 4;

/// What they are: the model, the mean of the training sample, no change, the VIX.
pub const NAMES: [&str; FORECASTERS] = ["model", "past mean", "no change", "VIX"];

/// A way to forecast, measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Root mean squared error.
    pub rmse: f64,
    /// The share of the squared error of the past mean that it avoids.
    pub r2: f64,
    /// How often it has told rightly whether volatility would rise or fall. One that
    /// always forecasts no change has nothing to tell.
    pub direction: Option<f64>,
}

/// Scores on some days, in the order of [`NAMES`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub days: usize,
    pub scores: [Score; FORECASTERS],
}

impl Evaluation {
    pub fn of(forecasts: &[Forecast]) -> Evaluation {
        let count = forecasts.len() as f64;
        let squared_error = |k: usize| {
            let errors = forecasts.iter().map(|it| (it.actual - it.by[k]).powi(2));
            errors.sum::<f64>()
        };
        let score = |k: usize| Score {
            rmse: (squared_error(k) / count).sqrt(),
            r2: 1.0 - squared_error(k) / squared_error(1),
            direction: direction(forecasts, k),
        };
        Evaluation {
            days: forecasts.len(),
            scores: std::array::from_fn(score),
        }
    }
}

fn direction(forecasts: &[Forecast], k: usize) -> Option<f64> {
    let said = forecasts.iter().filter(|it| it.by[k] != it.now);
    let right = said
        .clone()
        .filter(|it| (it.by[k] > it.now) == (it.actual > it.now));
    let (said, right) = (said.count(), right.count());
    (said > 0).then(|| right as f64 / said as f64)
}
