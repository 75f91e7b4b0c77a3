//! Historical-simulation risk of an option book on real market data: the work
//! for which tweaks were made.
//!
//! The value of the book is an ordinary function of quotes (`model.rs`). It is
//! computed once; then every what-if is a nested context with a tweak or a few
//! (`what_ifs.rs`), in which only what depends on them runs again:
//!
//! * every real day's moves of the file applied to the last day, which touches
//!   nearly all of the book, and gives value at risk and expected shortfall;
//! * a ladder of bumps, each quote, each pillar of the volatility term
//!   structures and each tenor of the curves moved alone, which touches little.
//!
//! At the end the report counts the functions that ran, against an evaluation
//! that shares nothing and one that caches nothing, and compares the answers.
//!
//! ```text
//! cargo run --release --example what_if -- --help
//! ```

mod book;
mod cli;
mod load;
mod market;
mod model;
mod pricing;
mod progress;
mod proof;
mod report;
mod risk;
mod text;
mod uncached;
mod what_ifs;

use std::error::Error;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::process::ExitCode;

use dug::with_context;

use crate::market::market;
use crate::proof::{Proof, Proofs, agree};
use crate::report::Report;
use crate::what_ifs::{Input, Outcome, WhatIf};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let args = cli::parse()?;
    if args.help {
        return print(cli::HELP);
    }
    market::install(load::load(&args.data)?);
    let moves = market().moves();
    let scenarios = args.scenarios.unwrap_or(moves);
    if !(1..=moves).contains(&scenarios) {
        return Err(
            format!("--scenarios {scenarios}: the file has 1 to {moves} daily moves").into(),
        );
    }

    let report = report(scenarios);
    let text = if args.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        report.to_string()
    };
    print(&text)?;
    Ok(if report.proof.hold() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Values the book, and under the last `scenarios` daily moves and all bumps.
fn report(scenarios: usize) -> Report {
    let moves = market().moves();
    let days: Vec<usize> = (moves - scenarios + 1..=moves).collect();
    let real_days: Vec<WhatIf> = days.iter().map(|&day| WhatIf::real_day(day)).collect();
    let inputs = Input::all();

    // The base first; whatever is nested in its context shares its results.
    let (base, day_outcomes, ladder, ladder_outcomes) = with_context(|| {
        let base = Outcome::here();
        let ladder: Vec<WhatIf> = inputs
            .iter()
            .flat_map(|&input| [WhatIf::bump(input, 1.0), WhatIf::bump(input, -1.0)])
            .collect();
        let day_outcomes = progress::each("real days", &real_days, WhatIf::evaluate);
        let ladder_outcomes = progress::each("bumps", &ladder, WhatIf::evaluate);
        (base, day_outcomes, ladder, ladder_outcomes)
    });

    let nothing = WhatIf::default();
    let proof = Proofs {
        real_days: Proof::new("real days", &base, &real_days, &day_outcomes),
        bump_ladder: Proof::new("bumps", &base, &ladder, &ladder_outcomes),
        base_identical: agree(&base, &nothing.evaluate(), nothing.evaluate_uncached().0),
    };
    Report::new(
        &base,
        &days,
        &day_outcomes,
        &inputs,
        &ladder_outcomes,
        proof,
    )
}

/// Prints to stdout; a reader that has gone away has seen what it wanted.
fn print(text: &str) -> Result<ExitCode, Box<dyn Error>> {
    match stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
