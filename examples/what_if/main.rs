//! Risk of an option book on real market data: the work for which tweaks and
//! scenarios were made.
//!
//! The value of the book is an ordinary function of quotes (`model.rs`). It is
//! computed once; then every what-if is a scenario, a tweak or a few as data
//! (`scenarios.rs`). `dug::sweep` enters them on top of that, in parallel
//! (`parts.rs`), and only what depends on their tweaks runs again:
//!
//! * every real day's moves of the file applied to the last day, which touches
//!   nearly all of the book, and gives value at risk and expected shortfall;
//! * the same days over parallel shifts of all rates: nested scenarios;
//! * the worst day by kind of quote (`dug::attribution_by`), and how it came to the
//!   position that loses most (`dug::diff`);
//! * a ladder of bumps, each quote, each pillar of the volatility term
//!   structures and each tenor of the curves moved alone, which touches little;
//! * stress scenarios that the user writes, in `stress.json`.
//!
//! At the end the report counts the functions that ran, against an evaluation
//! that shares nothing and one that caches nothing, and compares the answers.
//! `plot.rs` draws the profits and losses.
//!
//! ```text
//! cargo run --release --example what_if -- --help
//! ```

mod book;
mod cli;
mod load;
mod market;
mod model;
mod names;
mod outcome;
mod parts;
mod plot;
mod pricing;
mod progress;
mod proof;
mod report;
mod risk;
mod rules;
mod scenarios;
mod stress;
mod text;
mod uncached;

use std::error::Error;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::process::ExitCode;

use crate::market::market;
use crate::parts::Parts;
use crate::report::Report;
use crate::scenarios::Input;

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

    let stress = stress::load(&args.stress)?;

    let days: Vec<usize> = (moves - scenarios + 1..=moves).collect();
    let inputs = Input::all();
    let parts = Parts::run(&days, &inputs, stress)?;
    if let Some(scenario) = parts.stress.without_value() {
        let file = args.stress.display();
        return Err(
            format!("{file}: scenario `{scenario}`: the book has no value under it").into(),
        );
    }
    let report = Report::new(&days, &inputs, parts);
    let text = if args.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        report.to_string()
    };
    print(&text)?;
    plot::draw(&report, &args.plot)?;
    Ok(if report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints to stdout; a reader that has gone away has seen what it wanted.
fn print(text: &str) -> Result<ExitCode, Box<dyn Error>> {
    match stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
