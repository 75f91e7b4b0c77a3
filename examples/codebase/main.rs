//! Metrics of a tree of Rust sources, by default of this workspace and of all
//! that it depends on: the work for which results are kept from run to run.
//!
//! Files are read, parsed and measured by small functions (`metrics.rs`), each of
//! which asks the one before: file, folder, crate, all. They look as they would
//! without dug. What there is to measure is found anew at each start (`tree.rs`).
//! Where results are kept is told in `world.rs`.
//!
//! A tree that has not changed is answered by one result, the report. Where one
//! file has changed, it is parsed again, and what was made from it runs again as
//! far as something differs: after a comment was edited, the lines of the file,
//! its folder and its crate are counted, and the complexity of its functions is not.
//!
//! The last lines of the report tell how many functions ran, how many results were
//! loaded, how many were only found to be right, and how many functions nobody
//! had to look at.
//!
//! ```text
//! cargo run --release --example codebase -- --help
//! ```

mod cli;
mod complexity;
mod lines;
mod manifest;
mod metrics;
mod progress;
mod report;
mod syntax;
mod text;
mod tree;
mod world;

use std::error::Error;
use std::fmt::Display;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;

use crate::report::Report;
use crate::text::{Text, grouped};
use crate::world::{Counts, World};

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
    let start = Instant::now();
    let crates = tree::find(&args.trees, args.dependencies)?;
    let finding = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let world = World::open(&args.store)?;
    world.notices().iter().for_each(warn);
    let all = metrics::functions_below_report(&crates);
    let ran = || world.counts().ran;
    let (report, counts) = world.enter(|| {
        let report = progress::watch(all, ran, || metrics::report(&crates, args.top));
        (report, world.counts())
    });
    let seconds = start.elapsed().as_secs_f64();
    let (seconds_to_write, flushed) = world.flush();
    let output = Output {
        functions: counts,
        never_looked_at: all.saturating_sub(counts.ran + counts.loaded + counts.checked),
        seconds_to_find_files: finding,
        seconds,
        seconds_to_write,
        report: &report,
    };
    if args.json {
        print(&(serde_json::to_string_pretty(&output)? + "\n"))?;
    } else {
        print(&format!("{}{}", Text(&report, args.top), output.summary()))?;
    }
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

/// The report, and what it took.
#[derive(Serialize)]
struct Output<'a> {
    functions: Counts,
    /// The other functions that the report stands on: nobody asked for them, since
    /// what stands on them was known to be right.
    never_looked_at: u64,
    seconds_to_find_files: f64,
    seconds: f64,
    /// What was left to write when the report was there.
    seconds_to_write: f64,
    report: &'a Report,
}

impl Output<'_> {
    fn summary(&self) -> String {
        format!(
            "Functions: {} ran, {} were loaded, {} were checked, {} were never looked at\n\
             Seconds: {:.2} to find the files, {:.2} for the report, {:.2} to write what was left\n",
            grouped(self.functions.ran),
            grouped(self.functions.loaded),
            grouped(self.functions.checked),
            grouped(self.never_looked_at),
            self.seconds_to_find_files,
            self.seconds,
            self.seconds_to_write
        )
    }
}

/// Prints to stdout; a reader that has gone away has seen what it wanted.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    match stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
