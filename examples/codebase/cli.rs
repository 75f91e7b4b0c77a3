//! The command line.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;

pub const HELP: &str = "\
Metrics of Rust sources: lines, items, complexity, documentation, who uses whom.

Usage: cargo run --release --example codebase -- [OPTIONS] [PATH]...

Arguments:
  [PATH]...          Folders with sources (default: this workspace)

Options:
  --top <N>          How many lines each table has (default: 12)
  --no-dependencies  Leave out the packages in the Cargo.lock of each folder, whose
                     sources are taken from cargo's registry folder
  --store <PATH>     Keep results here, for the next time (default: target/codebase-store
                     of this workspace). If that fails, the report is made all the same,
                     and a warning on stderr says why; where there can be no store, as
                     where there is a file, it is an error
  --json             Print all of the report as JSON
  --help             Print this
";

/// What was asked for.
pub struct Args {
    pub trees: Vec<PathBuf>,
    pub top: usize,
    pub dependencies: bool,
    pub store: PathBuf,
    pub json: bool,
    pub help: bool,
}

/// Reads the arguments of the process.
pub fn parse() -> Result<Args, lexopt::Error> {
    let mut args = Args {
        trees: Vec::new(),
        top: 12,
        dependencies: true,
        store: Path::new(env!("CARGO_MANIFEST_DIR")).join("target/codebase-store"),
        json: false,
        help: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(path) => args.trees.push(path.into()),
            Long("top") => args.top = parser.value()?.parse()?,
            Long("no-dependencies") => args.dependencies = false,
            Long("store") => args.store = parser.value()?.into(),
            Long("json") => args.json = true,
            Short('h') | Long("help") => args.help = true,
            _ => return Err(argument.unexpected()),
        }
    }
    if args.trees.is_empty() {
        args.trees
            .push(Path::new(env!("CARGO_MANIFEST_DIR")).into());
    }
    Ok(args)
}
