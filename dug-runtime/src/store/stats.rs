//! What happened in a store since this process opened it.

use super::Store;
use serde::Serialize;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a process has done with a store since it opened it.
///
/// ```
/// use dug::{Context, Store, tracked};
///
/// #[tracked]
/// fn square(x: u64) -> u64 { x * x }
///
/// let store = Store::in_memory();
/// let session = || Context::builder().store(store.clone()).build();
/// session().enter(|| square(4));
/// session().enter(|| square(4));
/// let stats = store.stats();
/// assert_eq!((stats.records_written, stats.values_read), (1, 1));
/// assert_eq!((stats.failures, stats.waiting), (0, 0));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoreStats {
    /// Records that were read: results, with the traces of their runs.
    pub records_read: u64,
    /// Values that were read, from their records or apart from them.
    pub values_read: u64,
    /// Bytes of the records and of the values that lie apart.
    pub bytes_read: u64,
    /// Records that were written, new or again.
    pub records_written: u64,
    /// Bytes of what was written with them, too.
    pub bytes_written: u64,
    /// Records that were collected.
    pub records_removed: u64,
    /// How often something could not be read or written.
    pub failures: u64,
    /// Results that could not be stored: nothing can be written there, writing them failed, or the
    /// writer was stuck.
    pub dropped: u64,
    /// How much there was to be said when it was opened: see [`Store::notices`].
    pub notices: u64,
    /// Runs, and results that were found, that wait for the writer to look at them.
    pub waiting: u64,
}

impl fmt::Display for StoreStats {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StoreStats {
            records_read,
            values_read,
            bytes_read,
            records_written,
            bytes_written,
            records_removed,
            failures,
            dropped,
            notices,
            waiting,
        } = self;
        writeln!(
            out,
            "read     {records_read} records, {values_read} values, {bytes_read} bytes"
        )?;
        writeln!(
            out,
            "written  {records_written} records, {bytes_written} bytes; {waiting} wait, {dropped} dropped"
        )?;
        write!(
            out,
            "removed  {records_removed} records; {failures} failures, {notices} notices"
        )
    }
}

impl Store {
    /// What this process has done with the store since it opened it.
    ///
    /// ```
    /// # use dug::Store;
    /// println!("{}", Store::in_memory().stats());
    /// ```
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        let inner = self.inner();
        StoreStats {
            waiting: inner.queue.waiting(),
            notices: inner.notices.len() as u64,
            ..inner.counters.read()
        }
    }
}

/// The counters behind [`StoreStats`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) records_read: AtomicU64,
    pub(super) values_read: AtomicU64,
    bytes_read: AtomicU64,
    records_written: AtomicU64,
    bytes_written: AtomicU64,
    records_removed: AtomicU64,
    pub(super) failures: AtomicU64,
    dropped: AtomicU64,
}

impl Counters {
    pub(super) fn add_read(&self, bytes: &[u8]) {
        self.bytes_read.fetch_add(bytes.len() as u64, Relaxed);
    }

    pub(super) fn add_written(&self, records: u64, bytes: u64) {
        self.records_written.fetch_add(records, Relaxed);
        self.bytes_written.fetch_add(bytes, Relaxed);
    }

    pub(super) fn add_removed(&self, records: u64) {
        self.records_removed.fetch_add(records, Relaxed);
    }

    pub(super) fn add_dropped(&self, results: u64) {
        self.dropped.fetch_add(results, Relaxed);
    }

    fn read(&self) -> StoreStats {
        StoreStats {
            records_read: self.records_read.load(Relaxed),
            values_read: self.values_read.load(Relaxed),
            bytes_read: self.bytes_read.load(Relaxed),
            records_written: self.records_written.load(Relaxed),
            bytes_written: self.bytes_written.load(Relaxed),
            records_removed: self.records_removed.load(Relaxed),
            failures: self.failures.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            notices: 0,
            waiting: 0,
        }
    }
}
