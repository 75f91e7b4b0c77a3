//! The command line.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;

pub const HELP: &str = "\
A data pipeline: forecasts of stock market volatility, from two files to an evaluation.

Usage: cargo run --release --example pipeline -- [OPTIONS]

Options:
  --store <PATH>  Keep results here, for the next time (default: target/pipeline/store
                  of this workspace)
  --json          Print the report as JSON
  --help          Print this
";

/// What was asked for.
pub struct Args {
    pub store: PathBuf,
    pub json: bool,
    pub help: bool,
}

/// Reads the arguments of the process.
pub fn parse() -> Result<Args, lexopt::Error> {
    let mut args = Args {
        store: Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pipeline/store"),
        json: false,
        help: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("store") => args.store = parser.value()?.into(),
            Long("json") => args.json = true,
            Short('h') | Long("help") => args.help = true,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(args)
}
