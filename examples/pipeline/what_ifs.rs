//! What if a parameter were another? Each is a tweak, on top of what is known.

use dug::{Context, Error, Scenario, tweak};
use serde::Serialize;

use crate::score::Evaluation;
use crate::steps::{gap, overall, penalty, publication_lag, window};

/// An answer to one of them.
#[derive(Debug, Serialize)]
pub struct WhatIf {
    pub name: String,
    pub evaluation: Evaluation,
    pub functions_run: u64,
}

/// Asks all of them.
pub fn ask() -> Result<Vec<WhatIf>, Error> {
    Ok(scenarios()?.iter().map(answer).collect())
}

fn scenarios() -> Result<Vec<Scenario>, Error> {
    let all = Scenario::new;
    Ok(vec![
        all().named("a week ahead").with(tweak!(in window() => 5))?,
        all()
            .named("ten times the penalty")
            .with(tweak!(in penalty(_) *= 10.0))?,
        all()
            .named("unpenalised")
            .with(tweak!(in penalty(_) => 0.0))?,
        // The two that follow look ahead, to see how much better that would seem.
        all()
            .named("cheating: no gap")
            .with(tweak!(in gap() => 0))?,
        all()
            .named("cheating: yields at once")
            .with(tweak!(in publication_lag() => 0))?,
    ])
}

fn answer(scenario: &Scenario) -> WhatIf {
    scenario.enter(|| {
        let evaluation = overall();
        let context = Context::current().expect("a scenario is entered");
        WhatIf {
            name: scenario.to_string(),
            evaluation,
            functions_run: context.stats().executions,
        }
    })
}
