//! The world around the functions: where their results are kept, and the files
//! that they read.
//!
//! Results are kept in memory, while the program runs.

use std::io;
use std::path::Path;
use std::sync::Arc;

use dug::{Context, tracked};
use serde::Serialize;

/// Where results are kept.
pub struct World {
    context: Context,
}

/// How the functions that an answer stands on were answered.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Counts {
    /// Bodies that ran; reading a file is not counted.
    pub ran: u64,
    /// Results that came from the store.
    pub loaded: u64,
}

impl World {
    /// Opens a store, if one is named.
    pub fn open(store: Option<&Path>) -> io::Result<World> {
        if let Some(path) = store {
            let problem = format!("{}: there are no stores on disk yet", path.display());
            return Err(io::Error::new(io::ErrorKind::Unsupported, problem));
        }
        Ok(World {
            context: Context::builder().label("codebase").build(),
        })
    }

    /// Does some work in it.
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        self.context.enter(work)
    }

    /// What was done for the work so far; to be asked while inside.
    pub fn counts(&self) -> Counts {
        let reads = self.context.nodes().into_iter();
        let reads = reads.filter(|node| node.function() == READ).count() as u64;
        Counts {
            ran: self.context.stats().executions - reads,
            loaded: 0,
        }
    }

    /// How many bodies have run, files that were read included.
    pub fn executions(&self) -> u64 {
        self.context.stats().executions
    }
}

/// The text of a file, which becomes a dependency of the function that asks.
pub fn text(path: &str) -> io::Result<Arc<str>> {
    read(path).map_err(|(kind, problem)| io::Error::new(kind, problem))
}

const READ: &str = "read";

/// Each file is read once; that it cannot be read is an answer, too.
#[tracked(in_memory, cache_err, name = "read")]
fn read(path: &str) -> Result<Arc<str>, (io::ErrorKind, String)> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err((error.kind(), error.to_string())),
    }
}
