//! A data pipeline whose results are kept: from two files of market data to the
//! evaluation of a forecast.
//!
//! The steps are ordinary functions (`steps.rs`): load, clean, split, tune, fit,
//! bootstrap, forecast, evaluate. With `#[tracked]` each remembers its results and
//! what they were made from, so one knows of any result
//!
//! * whether it is stale: after a file was corrected, which steps might be wrong,
//!   and which of those run when they are asked for, because what they read is
//!   not the same any more (`Revision` in `report.rs`);
//! * why it is stale, before anything runs: which helper was edited, which file has changed
//!   (`--stale`); and that an edit does not matter can be said (`--accept`);
//! * what it has cost, and what keeping it has saved;
//! * by which name to find it again: `model-2018` is a tag;
//! * what it would be if a parameter were another (`what_ifs.rs`).
//!
//! All of it is in a store (`world.rs`), so a second run of the program runs nothing: it
//! finds the answers for the files as they are, for the what-ifs, and for the
//! revised file too. The model is simple, and has to
//! show that it is better than none: the tables say where it is not.
//!
//! ```text
//! cargo run --release --example pipeline -- --help
//! ```

mod cli;
mod features;
mod inputs;
mod random;
mod report;
mod ridge;
mod score;
mod steps;
mod table;
mod text;
mod walk;
mod what_ifs;
mod world;

use std::error::Error;
use std::fmt::Display;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::process::ExitCode;

use crate::report::Report;
use crate::world::World;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let args = cli::parse()?;
    if args.help {
        return print(cli::HELP);
    }
    inputs::copy()?;
    let world = World::open(&args.store)?;
    world.notices().iter().for_each(warn);
    if args.accept {
        return print(&format!("{} results accepted\n", world.accept()?));
    }
    if args.stale {
        return print(&world.stale()?.to_string());
    }
    let report = world.enter(|| Report::new(&world))?;
    let flushed = world.flush();
    print(&if args.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        report.to_string()
    })?;
    // The report is right all the same.
    if let Err(error) = flushed {
        warn(&error);
    }
    Ok(())
}

/// Tells of what is amiss, but stops nothing.
fn warn(what: &impl Display) {
    let _ = writeln!(stderr(), "warning: {what}");
}

/// Prints to stdout; a reader that has gone away has seen what it wanted.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    match stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
