//! Least squares with a penalty: a linear model, fitted by the normal equations.

use serde::{Deserialize, Serialize};

use crate::features::{FEATURES, Row};

/// A fitted model. Coefficients are for features that are scaled to a standard
/// deviation of 1 in the sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub penalty: f64,
    pub intercept: f64,
    pub coefficients: [f64; FEATURES],
    pub scale: Scale,
}

impl Model {
    /// Fits all of a sample, whose targets are known.
    pub fn fit(sample: &[&Row], penalty: f64) -> Model {
        let scale = Scale::of(sample);
        let points: Vec<Point> = sample.iter().map(|row| scale.point(row)).collect();
        let (intercept, coefficients) = solve(points.iter(), penalty);
        Model {
            penalty,
            intercept,
            coefficients,
            scale,
        }
    }

    pub fn forecast(&self, row: &Row) -> f64 {
        let scaled = self.scale.features(row);
        let terms = std::iter::zip(&self.coefficients, &scaled);
        self.intercept + terms.map(|(a, b)| a * b).sum::<f64>()
    }
}

/// Mean and standard deviation of each feature in a sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    means: [f64; FEATURES],
    deviations: [f64; FEATURES],
}

/// A row, scaled: its features and its target.
pub type Point = ([f64; FEATURES], f64);

impl Scale {
    pub fn of(sample: &[&Row]) -> Scale {
        let count = sample.len() as f64;
        let mean =
            |value: &dyn Fn(&Row) -> f64| sample.iter().map(|row| value(row)).sum::<f64>() / count;
        let means: [f64; FEATURES] = std::array::from_fn(|k| mean(&|row| row.features[k]));
        let deviations = std::array::from_fn(|k| {
            let variance = mean(&|row| (row.features[k] - means[k]).powi(2));
            // One that never moves says nothing, on whatever scale.
            if variance > 0.0 { variance.sqrt() } else { 1.0 }
        });
        Scale { means, deviations }
    }

    fn features(&self, row: &Row) -> [f64; FEATURES] {
        std::array::from_fn(|k| (row.features[k] - self.means[k]) / self.deviations[k])
    }

    /// # Panics
    /// If the target of the row is not known.
    pub fn point(&self, row: &Row) -> Point {
        (
            self.features(row),
            row.target.expect("a sample has targets"),
        )
    }
}

/// The intercept and the coefficients that make the mean squared error, plus the
/// penalty times the coefficients' squares, least. The intercept is free.
pub fn solve<'a>(points: impl Iterator<Item = &'a Point>, penalty: f64) -> (f64, [f64; FEATURES]) {
    const SIZE: usize = FEATURES + 1;
    let mut matrix = [[0.0; SIZE]; SIZE];
    let mut right = [0.0; SIZE];
    for (features, target) in points {
        let mut row = [1.0; SIZE];
        row[1..].copy_from_slice(features);
        for i in 0..SIZE {
            for j in 0..=i {
                matrix[i][j] += row[i] * row[j];
            }
            right[i] += row[i] * target;
        }
    }
    let count = matrix[0][0];
    for (i, row) in matrix.iter_mut().enumerate().skip(1) {
        row[i] += count * penalty;
    }
    let [intercept, coefficients @ ..] = cholesky(matrix, right);
    (intercept, coefficients)
}

/// Solves a symmetric system, of which the lower half is given. What depends
/// linearly on what comes before it gets no weight.
fn cholesky<const N: usize>(mut matrix: [[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    const NEGLIGIBLE: f64 = 1e-12;
    let mut is_free = [false; N];
    for i in 0..N {
        let whole = matrix[i][i];
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - known;
            matrix[i][j] = match (i == j, is_free[j]) {
                (_, true) => 0.0,
                (false, false) => rest / matrix[j][j],
                (true, false) => rest.max(0.0).sqrt(),
            };
        }
        is_free[i] = matrix[i][i] * matrix[i][i] <= NEGLIGIBLE * whole;
    }
    for i in 0..N {
        let known: f64 = (0..i).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = if is_free[i] {
            0.0
        } else {
            (right[i] - known) / matrix[i][i]
        };
    }
    for i in (0..N).rev() {
        let known: f64 = (i + 1..N).map(|k| matrix[k][i] * right[k]).sum();
        right[i] = if is_free[i] {
            0.0
        } else {
            (right[i] - known) / matrix[i][i]
        };
    }
    right
}
