//! The command line.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;

pub const HELP: &str = "\
What-if risk of an option book: real days, also over shifts of all rates, a ladder
of bumps, and stress scenarios of your own.

Usage: cargo run --release --example what_if -- [OPTIONS]

Options:
  --scenarios <N>  Use the last N daily moves only (default: all of the file)
  --stress <FILE>  Read stress scenarios from here (default: stress.json beside
                   the source; copy it and edit)
  --plot <FILE>    Draw the profits and losses of the daily moves, as SVG (default:
                   target/what_if.svg of the package)
  --json           Print the report as JSON
  --data <DIR>     Read indices.csv and yields.csv from here (default: the
                   examples/data of the package)
  --help           Print this
";

/// What was asked for.
pub struct Args {
    pub scenarios: Option<usize>,
    pub stress: PathBuf,
    pub plot: PathBuf,
    pub json: bool,
    pub data: PathBuf,
    pub help: bool,
}

/// Reads the arguments of the process.
pub fn parse() -> Result<Args, lexopt::Error> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut args = Args {
        scenarios: None,
        stress: package.join("examples/what_if/stress.json"),
        plot: package.join("target/what_if.svg"),
        json: false,
        data: package.join("examples/data"),
        help: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("scenarios") => args.scenarios = Some(parser.value()?.parse()?),
            Long("stress") => args.stress = parser.value()?.into(),
            Long("plot") => args.plot = parser.value()?.into(),
            Long("json") => args.json = true,
            Long("data") => args.data = parser.value()?.into(),
            Short('h') | Long("help") => args.help = true,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(args)
}
