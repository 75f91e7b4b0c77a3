//! What the example finds, as data; `text.rs` prints it.

use std::error::Error;
use std::iter;
use std::time::Instant;

use dug::node;
use serde::Serialize;

use crate::features;
use crate::inputs;
use crate::score::Evaluation;
use crate::steps::{self, Interval, YEARS};
use crate::walk::{self, Call, Check, Known, Look, Standing};
use crate::what_ifs::{self, WhatIf};
use crate::world::World;

/// The year whose steps are shown.
pub const LAST: i32 = YEARS[YEARS.len() - 1];

/// Everything that is printed.
#[derive(Serialize)]
pub struct Report {
    pub answers: Answers,
    pub what_ifs: Vec<WhatIf>,
    /// What it took to get the answers, and to get them once more.
    pub runs: [Run; 2],
    /// The steps of the last year.
    pub steps: Vec<Known>,
    pub revision: Revision,
}

/// What the pipeline is for. The same to the bit on every run.
#[derive(Serialize)]
pub struct Answers {
    /// How many trading days a forecast looks ahead.
    pub window: usize,
    pub years: Vec<Year>,
    pub overall: Evaluation,
    /// Of the model for the last year.
    pub coefficients: Vec<Coefficient>,
}

/// A year that was forecast.
#[derive(Serialize)]
pub struct Year {
    pub year: i32,
    pub training_days: usize,
    pub penalty: f64,
    pub evaluation: Evaluation,
}

/// What the forecast rises by with a standard deviation of a feature.
#[derive(Serialize)]
pub struct Coefficient {
    pub feature: &'static str,
    pub value: f64,
    pub interval: Interval,
}

/// All steps of all years, called one by one.
#[derive(Serialize)]
pub struct Run {
    pub functions_run: u64,
    pub seconds: f64,
}

/// What a change of an input comes to.
#[derive(Serialize)]
pub struct Revision {
    pub month: &'static str,
    /// After the change, before anything is called.
    pub standing: Vec<Standing>,
    /// By then calling them one after the other.
    pub functions_run: Vec<u64>,
    pub overall: Evaluation,
    /// When the file is as it was before.
    pub back: Run,
}

impl Report {
    /// Runs the pipeline, and then asks about it.
    pub fn new(world: &World) -> Result<Report, Box<dyn Error>> {
        let first = Run::all_steps();
        for year in YEARS {
            node!(steps::fit(year)).tag(&tag(year));
        }
        let again = Run::all_steps();
        Ok(Report {
            answers: Answers::collect(world),
            runs: [first, again],
            steps: walk::each(&[LAST], &Look),
            what_ifs: what_ifs::ask()?,
            revision: Revision::make(world)?,
        })
    }

    /// A digest of the answers.
    pub fn digest(&self) -> String {
        let answers = serde_json::to_vec(&self.answers).expect("answers are plain data");
        blake3::hash(&answers).to_hex()[..16].to_owned()
    }
}

/// The name under which the model for a year is found.
pub fn tag(year: i32) -> String {
    format!("model-{year}")
}

impl Run {
    fn all_steps() -> Run {
        let start = Instant::now();
        let functions_run = walk::each(&YEARS, &Call).into_iter().sum();
        Run {
            functions_run,
            seconds: start.elapsed().as_secs_f64(),
        }
    }
}

impl Answers {
    /// From steps that ran before.
    fn collect(world: &World) -> Answers {
        let fitted = node!(steps::fit(LAST)).tracked();
        // Where the store cannot be used, no model has the name, or still an older one.
        let named = world.model(&tag(LAST));
        let named = named.filter(|model| model.fingerprint() == fitted.fingerprint());
        let model = named.unwrap_or(fitted);
        let values = iter::zip(model.coefficients, steps::bootstrap(LAST));
        let coefficients = iter::zip(features::NAMES, values);
        let coefficients = coefficients.map(|(feature, (value, interval))| Coefficient {
            feature,
            value,
            interval,
        });
        let year = |year| Year {
            year,
            training_days: steps::training(year).len(),
            penalty: steps::penalty(year),
            evaluation: steps::evaluate(year),
        };
        Answers {
            window: steps::window(),
            years: YEARS.into_iter().map(year).collect(),
            overall: steps::overall(),
            coefficients: coefficients.collect(),
        }
    }
}

impl Revision {
    /// Changes a file, and changes it back.
    fn make(world: &World) -> std::io::Result<Revision> {
        let (standing, functions_run, overall) = inputs::with_revision(|| {
            world.refresh();
            let standing = walk::each(&[LAST], &Check);
            let functions_run = walk::each(&[LAST], &Call);
            (standing, functions_run, steps::overall())
        })?;
        world.refresh();
        Ok(Revision {
            month: inputs::REVISED,
            standing,
            functions_run,
            overall,
            back: Run::all_steps(),
        })
    }
}
