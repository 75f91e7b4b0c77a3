//! The pipeline: how the evaluation of a forecast follows from two files.
//!
//! ```text
//! indices + yields -> rows -> training -> fold_error -> penalty -> fit -> bootstrap
//!                          -> testing -----------------------------+-> forecasts -> evaluate -> overall
//! ```
//!
//! Nothing that became known after a day goes into its forecast: features end
//! with the day's close, yields count from the next month on, and a model for a
//! year is trained, scaled and tuned on days whose targets ended before it.

use std::sync::Arc;

use dug::{here, input, tracked};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::{self, FEATURES, Row};
use crate::inputs;
use crate::random::Random;
use crate::ridge::{self, Model, Scale};
use crate::score::{Evaluation, Forecast};
use crate::table::{self, Day, Month};

/// The years of which forecasts are made. Before the first there must be enough to learn from.
pub const YEARS: [i32; 3] = [2016, 2017, 2018];

/// How many trading days a forecast looks ahead, and a feature back.
#[tracked]
pub fn window() -> usize {
    21
}

/// After how many months a month's average yields are known.
#[tracked]
pub fn publication_lag() -> usize {
    1
}

/// How many days before a test are left out of training: the targets of the last
/// ones reach into it.
#[tracked]
pub fn gap() -> usize {
    window()
}

/// The penalties to choose from.
#[tracked]
pub fn penalties() -> Vec<f64> {
    vec![0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
}

/// How many samples the bootstrap draws.
#[tracked]
pub fn resamples() -> usize {
    10_000
}

/// The closes, loaded.
#[tracked]
pub fn indices() -> Arc<Vec<Day>> {
    loaded(inputs::INDICES, table::indices)
}

/// The yields, loaded.
#[tracked]
pub fn yields() -> Arc<Vec<Month>> {
    loaded(inputs::YIELDS, table::yields)
}

/// # Panics
/// If the file makes no sense, which it did when it was copied.
fn loaded<T>(path: &str, read: impl Fn(&str) -> Result<Vec<T>, String>) -> Arc<Vec<T>> {
    let text = input::text(path).map_err(|error| format!(" {error}"));
    let rows = text.and_then(|text| read(&text));
    Arc::new(rows.unwrap_or_else(|problem| panic!("{path}:{problem}")))
}

/// Clean: the days of which all that a forecast needs is known.
#[tracked]
pub fn rows() -> Arc<Vec<Row>> {
    let rows = features::rows(&indices(), &yields(), window(), publication_lag());
    Arc::new(rows)
}

/// Split: what a model for a year may learn from.
#[tracked]
pub fn training(year: i32) -> Arc<Vec<Row>> {
    let mut rows = rows().to_vec();
    let before = rows.partition_point(|row| row.year() < year);
    rows.truncate(before.saturating_sub(gap()));
    rows.retain(|row| row.target.is_some());
    Arc::new(rows)
}

/// Split: the days of a year, but for those whose target is not known yet.
#[tracked]
pub fn testing(year: i32) -> Arc<Vec<Row>> {
    let rows = rows();
    let days = rows
        .iter()
        .filter(|row| row.year() == year && row.target.is_some());
    Arc::new(days.cloned().collect())
}

const FOLDS: usize = 5;

/// The mean squared error of a model on a part of the training sample, trained
/// on what came before that part.
#[tracked]
pub fn fold_error(year: i32, fold: usize, penalty: f64) -> f64 {
    let training = training(year);
    let part = training.len() / (FOLDS + 1);
    let first = (fold + 1) * part;
    let sample: Vec<&Row> = training[..first.saturating_sub(gap())].iter().collect();
    let model = Model::fit(&sample, penalty);
    let errors = training[first..first + part].iter().map(|row| {
        let actual = row.target.expect("the training sample has targets");
        (actual - model.forecast(row)).powi(2)
    });
    errors.sum::<f64>() / part as f64
}

/// Tune: the penalty with the least error over all parts of the training sample.
#[tracked]
pub fn penalty(year: i32) -> f64 {
    let error = |penalty: f64| {
        (0..FOLDS)
            .map(|fold| fold_error(year, fold, penalty))
            .sum::<f64>()
    };
    let errors = penalties()
        .into_iter()
        .map(|penalty| (error(penalty), penalty));
    let least = errors.min_by(|a, b| a.0.total_cmp(&b.0));
    least.map_or(0.0, |(_, penalty)| penalty)
}

/// Fit: the model for a year.
#[tracked]
pub fn fit(year: i32) -> Model {
    let training = training(year);
    Model::fit(&training.iter().collect::<Vec<_>>(), penalty(year))
}

/// What a coefficient could as well have been.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub from: f64,
    pub to: f64,
}

/// Bootstrap: for each coefficient, where 90 % of those lie that are fitted to
/// samples drawn from the training sample.
#[tracked]
pub fn bootstrap(year: i32) -> [Interval; FEATURES] {
    const BATCH: usize = 500;
    let batches: Vec<usize> = (0..resamples().div_ceil(BATCH)).collect();
    let here = here();
    let drawn = batches.par_iter();
    let drawn = drawn.map(|&batch| here.run(|| resampled(year, batch, BATCH)));
    let drawn: Vec<Vec<[f64; FEATURES]>> = drawn.collect();
    std::array::from_fn(|k| {
        let mut values: Vec<f64> = drawn.iter().flatten().map(|it| it[k]).collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        Interval {
            from: at(0.05),
            to: at(0.95),
        }
    })
}

/// Coefficients of so many samples. They are drawn in blocks, since the targets of
/// days next to each other overlap and are anything but independent.
#[tracked]
pub fn resampled(year: i32, batch: usize, count: usize) -> Vec<[f64; FEATURES]> {
    let (training, penalty) = (training(year), penalty(year));
    let training: Vec<&Row> = training.iter().collect();
    let scale = Scale::of(&training);
    let points: Vec<_> = training.iter().map(|row| scale.point(row)).collect();
    let block = (2 * window()).min(points.len());
    let mut random = Random::new((year as u64) << 32 | batch as u64);
    let mut sample = || {
        let blocks: Vec<usize> = (0..points.len().div_ceil(block))
            .map(|_| random.below(points.len() - block + 1))
            .collect();
        let drawn = blocks
            .iter()
            .flat_map(|&first| &points[first..first + block]);
        ridge::solve(drawn.take(points.len()), penalty).1
    };
    (0..count).map(|_| sample()).collect()
}

/// Forecast: each day of a year by the model for it, and by those without one.
#[tracked]
pub fn forecasts(year: i32) -> Vec<Forecast> {
    let (training, model) = (training(year), fit(year));
    let targets = training.iter().filter_map(|row| row.target);
    let mean = targets.sum::<f64>() / training.len() as f64;
    let forecast = |row: &Row| {
        Some(Forecast {
            date: row.date.clone(),
            actual: row.target?,
            now: row.now,
            by: [model.forecast(row), mean, row.now, row.vix()],
        })
    };
    testing(year).iter().filter_map(forecast).collect()
}

/// Evaluate: the forecasts of a year.
#[tracked]
pub fn evaluate(year: i32) -> Evaluation {
    Evaluation::of(&forecasts(year))
}

/// Evaluate: the forecasts of all years.
#[tracked]
pub fn overall() -> Evaluation {
    let forecasts: Vec<Forecast> = YEARS.into_iter().flat_map(forecasts).collect();
    Evaluation::of(&forecasts)
}
