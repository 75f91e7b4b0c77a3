//! The command line.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;

pub const HELP: &str = "\
A data pipeline: forecasts of stock market volatility, from two files to an evaluation.

It reads copies of the two CSV files, which it writes to target/pipeline of this workspace, also
with --store; one of them is changed for a moment, to see what is stale then.

Usage: cargo run --release --example pipeline -- [OPTIONS]

Options:
  --store <PATH>  Keep results here, for the next time (default: target/pipeline/store
                  of this workspace). If that fails, the report is made all the same, and
                  a warning on stderr says why; where there can be no store, as where
                  there is a file, it is an error
  --json          Print the report as JSON
  --stale         Print what of the stored results is stale and why, and run nothing: try it
                  after an edit of a step, or of what it calls
  --accept        Take all that is stored for fresh, whatever was edited since, and run nothing
  --help          Print this
";

/// What was asked for.
pub struct Args {
    pub store: PathBuf,
    pub json: bool,
    pub stale: bool,
    pub accept: bool,
    pub help: bool,
}

/// Reads the arguments of the process.
pub fn parse() -> Result<Args, lexopt::Error> {
    let mut args = Args {
        store: Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pipeline/store"),
        json: false,
        stale: false,
        accept: false,
        help: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("store") => args.store = parser.value()?.into(),
            Long("json") => args.json = true,
            Long("stale") => args.stale = true,
            Long("accept") => args.accept = true,
            Short('h') | Long("help") => args.help = true,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(args)
}
