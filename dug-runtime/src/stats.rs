//! Counters of a context.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What happened in a context since it was made, in all its layers.
///
/// Hits in memory are counted per thread and merged when the thread leaves the
/// context or asks for the figures; other threads that are inside may hold back theirs.
///
/// ```
/// use dug::{Context, tracked};
///
/// #[tracked]
/// fn double(x: i64) -> i64 { 2 * x }
///
/// let context = Context::new();
/// context.enter(|| (double(4), double(4)));
/// let stats = context.stats();
/// assert_eq!((stats.executions, stats.misses, stats.hits), (1, 1, 1));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Calls that were answered by a tweak or an entry, here or in a parent.
    pub hits: u64,
    /// Calls that were not: a body ran, an entry was adopted, a stored result was found, an input was read, or
    /// another thread was waited for.
    pub misses: u64,
    /// Bodies that ran, to their end or not; but for those that a handle runs again, in a context of its own, where its
    /// stored value is lost.
    pub executions: u64,
    /// Entries that were found to be right after all, or right here too, by checking their dependencies.
    pub adopted: u64,
    /// Nodes that a tweak has masked.
    pub masked: u64,
    /// Stored results that were found to be right, loaded or not.
    pub restored: u64,
    /// Values that were loaded from a store. A [handle](crate::Tracked) counts when it is found, though what it
    /// stands for is loaded when it is dereferenced first, if it is.
    pub loaded: u64,
}

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    executions: AtomicU64,
    adopted: AtomicU64,
    masked: AtomicU64,
    restored: AtomicU64,
    loaded: AtomicU64,
}

impl Counters {
    pub(crate) fn add_restored(&self) {
        self.restored.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_load(&self) {
        self.loaded.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_hits(&self, hits: u64) {
        self.hits.fetch_add(hits, Relaxed);
    }

    pub(crate) fn add_miss(&self) {
        self.misses.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_execution(&self) {
        self.executions.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_adoption(&self) {
        self.adopted.fetch_add(1, Relaxed);
    }

    pub(crate) fn add_masked(&self, masked: u64) {
        self.masked.fetch_add(masked, Relaxed);
    }

    pub(crate) fn read(&self) -> Stats {
        Stats {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            executions: self.executions.load(Relaxed),
            adopted: self.adopted.load(Relaxed),
            masked: self.masked.load(Relaxed),
            restored: self.restored.load(Relaxed),
            loaded: self.loaded.load(Relaxed),
        }
    }
}

/// Counters of all that happens under a context, in whichever contexts inside it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counters: Counters,
    /// That of the contexts around.
    outer: Option<Arc<Tally>>,
}

impl Tally {
    pub(crate) fn new(outer: Option<Arc<Tally>>) -> Arc<Self> {
        Arc::new(Tally {
            counters: Counters::default(),
            outer,
        })
    }

    pub(crate) fn count(&self, count: impl Fn(&Counters)) {
        let mut next = Some(self);
        while let Some(tally) = next {
            count(&tally.counters);
            next = tally.outer.as_deref();
        }
    }

    pub(crate) fn read(&self) -> Stats {
        self.counters.read()
    }
}
