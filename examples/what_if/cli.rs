//! The command line.

use std::path::PathBuf;

use lexopt::prelude::*;

pub const HELP: &str = "\
What-if risk of an option book: historical simulation and a ladder of bumps.

Usage: cargo run --release --example what_if -- [OPTIONS]

Options:
  --scenarios <N>  Use the last N daily moves only (default: all of the file)
  --json           Print the report as JSON
  --data <DIR>     Read indices.csv and yields.csv from here (default: the
                   examples/data of the package)
  --help           Print this
";

/// What was asked for.
pub struct Args {
    pub scenarios: Option<usize>,
    pub json: bool,
    pub data: PathBuf,
    pub help: bool,
}

/// Reads the arguments of the process.
pub fn parse() -> Result<Args, lexopt::Error> {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data").into();
    let mut args = Args {
        scenarios: None,
        json: false,
        data,
        help: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("scenarios") => args.scenarios = Some(parser.value()?.parse()?),
            Long("json") => args.json = true,
            Long("data") => args.data = parser.value()?.into(),
            Short('h') | Long("help") => args.help = true,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(args)
}
