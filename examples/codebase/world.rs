//! The world around the functions: where their results are kept.
//!
//! The functions know nothing of it: they run, or need not, in the context that is
//! made here.

use std::path::Path;
use std::time::Instant;

use dug::{Context, Error, Store};
use serde::Serialize;

/// Where results are kept.
pub struct World {
    context: Context,
    store: Store,
}

/// How the functions that an answer stands on were answered.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Counts {
    /// Bodies that ran; reading a file is not counted.
    pub ran: u64,
    /// Results that came from the store.
    pub loaded: u64,
    /// Results in the store that were found to be right, and whose values nobody needed.
    pub checked: u64,
}

impl World {
    /// Opens the store in this folder, or makes it.
    pub fn open(store: &Path) -> Result<World, Error> {
        let store = Store::open(store)?;
        Ok(World {
            context: Context::builder()
                .label("codebase")
                .store(store.clone())
                .build(),
            store,
        })
    }

    /// What there was to say when the store was opened.
    pub fn notices(&self) -> &[String] {
        self.store.notices()
    }

    /// Does some work in it.
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        self.context.enter(work)
    }

    /// What was done for the work so far; to be asked while inside.
    pub fn counts(&self) -> Counts {
        let stats = self.context.stats();
        Counts {
            ran: stats.executions,
            loaded: stats.loaded,
            checked: stats.restored - stats.loaded,
        }
    }

    /// Waits until all results are on disk, or cannot be, and tells how many seconds that took:
    /// they are written while the functions run, and these do not wait for it.
    pub fn flush(&self) -> (f64, Result<(), Error>) {
        let start = Instant::now();
        let flushed = self.store.flush();
        (start.elapsed().as_secs_f64(), flushed)
    }
}
