//! What stored results have cost, and what keeping them has saved.

use super::backend::{Failure, Space};
use super::inner::Inner;
use super::key::RecordKey;
use super::record::{Kept, Record};
use super::usage::Usage;
use super::{Store, function_key};
use crate::id::NodeId;
use crate::stamp::Stamp;
use serde::Serialize;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a store knows of a stored result: its size, what it has cost, and how often it was used.
///
/// A result is *called* once to be run, and then once for each load and each hit. The figures of
/// usage are those of all processes. A thread tells its hits when it leaves its context, when it
/// asks for metadata, and on [`Store::flush`](crate::Store::flush).
///
/// ```
/// use dug::{Context, Store, node, tracked};
///
/// #[tracked]
/// fn square(x: u64) -> u64 { x * x }
///
/// let store = Store::in_memory();
/// let session = || Context::builder().store(store.clone()).build();
/// session().enter(|| square(4));
/// session().enter(|| {
///     square(4);
///     let metadata = node!(square(4)).metadata().unwrap();
///     assert_eq!((metadata.loads, metadata.calls()), (1, 2));
///     assert!(metadata.to_string().starts_with("value"));
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Metadata {
    /// Whether this result answers where it was asked for; else it is the newest of its node.
    pub answers_here: bool,
    /// The encoded value, in bytes; `None` if it is not stored, as after a run that took less
    /// than the store's [`min_cost`](crate::StoreBuilder::min_cost).
    pub value_size: Option<u64>,
    /// What lies in the store for this result alone, in bytes: the value, and the trace of its run.
    /// Large values that are equal lie there once.
    pub stored_size: u64,
    /// When it was stored.
    pub saved_at: SystemTime,
    /// Encoding, checking and tracing the result, behind the caller.
    pub save_time: Duration,
    /// How often the value was loaded for a call. (What [`Store::tagged`](crate::Store::tagged) gives is not counted.)
    pub loads: u64,
    /// What the loads took together.
    pub load_time: Duration,
    /// Answers from memory. They are not timed.
    pub hits: u64,
    /// The run, with the tracked functions that it called.
    pub call_time: Duration,
    /// Of that, the time in tracked functions that it called.
    pub subcall_time: Duration,
    /// What the run would have taken without memoization: its own time, and the estimate of each
    /// dependency.
    pub estimated_time: Duration,
}

impl Metadata {
    fn new(record: &Record, stored_size: u64, usage: &Usage) -> Self {
        let run = &record.run;
        Metadata {
            answers_here: false,
            value_size: record.value.bytes(),
            stored_size,
            saved_at: UNIX_EPOCH + Duration::from_millis(run.saved_at),
            save_time: Duration::from_nanos(run.saving),
            loads: usage.loads,
            load_time: Duration::from_nanos(usage.load_time),
            hits: usage.hits,
            call_time: Duration::from_nanos(run.own.saturating_add(run.below)),
            subcall_time: Duration::from_nanos(run.below),
            estimated_time: Duration::from_nanos(run.estimate),
        }
    }

    /// How often it was asked for: 1 + `loads` + `hits`.
    ///
    /// ```
    /// # use dug::{Context, Store, node, tracked};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// # Context::builder().store(Store::in_memory()).build().enter(|| {
    /// (one(), one(), one());
    /// assert_eq!(node!(one()).metadata().unwrap().calls(), 3);
    /// # });
    /// ```
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.loads.saturating_add(self.hits).saturating_add(1)
    }

    /// The body by itself: `call_time` - `subcall_time`.
    ///
    /// ```
    /// # use dug::{Context, Store, node, tracked};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// # Context::builder().store(Store::in_memory()).build().enter(|| {
    /// one();
    /// let metadata = node!(one()).metadata().unwrap();
    /// assert_eq!(metadata.own_time(), metadata.call_time);
    /// # });
    /// ```
    #[must_use]
    pub fn own_time(&self) -> Duration {
        self.call_time.saturating_sub(self.subcall_time)
    }

    /// All that was spent on it: `call_time` + `save_time` + `load_time`.
    ///
    /// ```
    /// # use dug::{Context, Store, node, tracked};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// # Context::builder().store(Store::in_memory()).build().enter(|| {
    /// one();
    /// let metadata = node!(one()).metadata().unwrap();
    /// assert_eq!(metadata.total_time(), metadata.call_time + metadata.save_time);
    /// # });
    /// ```
    #[must_use]
    pub fn total_time(&self) -> Duration {
        self.call_time
            .saturating_add(self.save_time)
            .saturating_add(self.load_time)
    }

    /// What one call has cost: `total_time` / `calls`.
    ///
    /// ```
    /// # use dug::{Context, Store, node, tracked};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// # Context::builder().store(Store::in_memory()).build().enter(|| {
    /// (one(), one());
    /// let metadata = node!(one()).metadata().unwrap();
    /// assert_eq!(metadata.average_total(), metadata.total_time() / 2);
    /// # });
    /// ```
    #[must_use]
    pub fn average_total(&self) -> Duration {
        divided(self.total_time(), self.calls())
    }

    /// What one call has cost beside running and loading: `save_time` / `calls`.
    ///
    /// ```
    /// # use dug::{Context, Store, node, tracked};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// # Context::builder().store(Store::in_memory()).build().enter(|| {
    /// one();
    /// let metadata = node!(one()).metadata().unwrap();
    /// assert_eq!(metadata.average_overhead(), metadata.save_time);
    /// # });
    /// ```
    #[must_use]
    pub fn average_overhead(&self) -> Duration {
        divided(self.save_time, self.calls())
    }

    /// What one load has cost: `load_time` / `loads`; zero if there was none.
    ///
    /// ```
    /// # use dug::{Context, Store, node, tracked};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// # Context::builder().store(Store::in_memory()).build().enter(|| {
    /// one();
    /// assert!(node!(one()).metadata().unwrap().average_load().is_zero());
    /// # });
    /// ```
    #[must_use]
    pub fn average_load(&self) -> Duration {
        divided(self.load_time, self.loads)
    }

    /// What memoization has saved: (`estimated_time` - `average_total`) * `calls`; zero where it has
    /// cost more than that.
    ///
    /// ```
    /// # use dug::{Context, Store, node, tracked};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// # Context::builder().store(Store::in_memory()).build().enter(|| {
    /// for _ in 0..1_000_000 { one(); }
    /// assert!(!node!(one()).metadata().unwrap().estimated_saved_time().is_zero());
    /// # });
    /// ```
    #[must_use]
    pub fn estimated_saved_time(&self) -> Duration {
        let nanoseconds = self.estimated_time.as_nanos() * u128::from(self.calls());
        let without = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        without.saturating_sub(self.total_time())
    }
}

fn divided(time: Duration, by: u64) -> Duration {
    let nanoseconds = time.as_nanos().checked_div(u128::from(by));
    Duration::from_nanos(nanoseconds.map_or(0, |time| u64::try_from(time).unwrap_or(u64::MAX)))
}

/// A short table, one figure a line.
impl fmt::Display for Metadata {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self.value_size {
            Some(bytes) => format!("{bytes} bytes"),
            None => "not stored".to_owned(),
        };
        let age = self.saved_at.elapsed().unwrap_or_default();
        let age = match age.as_secs() {
            0 => "less than 1s".to_owned(),
            seconds => format!("{:?}", Duration::from_secs(seconds)),
        };
        let standing = match self.answers_here {
            true => "answers here",
            false => "the newest, does not answer here",
        };
        writeln!(out, "value         {value}")?;
        writeln!(out, "in the store  {} bytes", self.stored_size)?;
        writeln!(out, "stored        {age} ago, {standing}")?;
        writeln!(out, "storing took  {:.2?}", self.save_time)?;
        writeln!(
            out,
            "loads         {}, in {:.2?}, {:.2?} each",
            self.loads,
            self.load_time,
            self.average_load()
        )?;
        writeln!(out, "hits          {}", self.hits)?;
        writeln!(
            out,
            "running took  {:.2?}, {:.2?} of it in functions that it called",
            self.call_time, self.subcall_time
        )?;
        writeln!(
            out,
            "without dug   {:.2?} for each call",
            self.estimated_time
        )?;
        writeln!(
            out,
            "with dug      {:.2?} for each call, {:.2?} in all",
            self.average_total(),
            self.total_time()
        )?;
        write!(out, "time saved    {:.2?}", self.estimated_saved_time())
    }
}

impl Store {
    /// Of the record that the stamp speaks of, else of the newest of the node.
    pub(crate) fn metadata(&self, node: &NodeId, stamp: Option<&Stamp>) -> Option<Metadata> {
        let _ = self.settle();
        let inner = self.inner();
        let answering = stamp.and_then(|stamp| {
            let (key, fingerprint) = stamp.stored()?;
            let (record, size) = inner.sized_record(&key)?;
            // Another run may have taken its place meanwhile.
            (record.fingerprint == fingerprint).then_some((key, record, size))
        });
        let answers_here = answering.is_some();
        let newest = || inner.ask(inner.newest_record(node)).flatten();
        let (key, record, size) = answering.or_else(newest)?;
        Some(Metadata {
            answers_here,
            ..Metadata::new(&record, size, &inner.usage(&key, &record))
        })
    }
}

impl Inner {
    /// The record under the key, and its bytes with those of its value.
    fn sized_record(&self, key: &RecordKey) -> Option<(Record, u64)> {
        let read = self.backend.read(&[(Space::Record, key.bytes())]);
        let bytes = self.ask(read)?.pop().flatten()?;
        let record = self.decode(key, &bytes)?;
        let size = stored_size(&record, key.bytes(), &bytes);
        Some((record, size))
    }

    /// The record of the node that was stored last.
    fn newest_record(&self, node: &NodeId) -> Result<Option<(RecordKey, Record, u64)>, Failure> {
        let function = function_key(node.function());
        let mut newest: Option<(RecordKey, Record, u64)> = None;
        let prefix = RecordKey::prefix(node.function(), node.arguments());
        self.each_entry(Space::Record, &prefix, |key, bytes| {
            let key = RecordKey::from_bytes(key);
            let Some((key, record)) =
                key.and_then(|key| Some((key, self.decode_now(&key, bytes)?)))
            else {
                return;
            };
            let of_node = record.functions().first() == Some(&function)
                && record.arguments == node.arguments();
            let newer = newest
                .as_ref()
                .is_none_or(|(_, other, _)| record.run.saved_at >= other.run.saved_at);
            if of_node && newer {
                let size = stored_size(&record, key.bytes(), bytes);
                newest = Some((key, record, size));
            }
        })?;
        Ok(newest)
    }
}

/// What lies in the store for this record alone, in bytes.
pub(super) fn stored_size(record: &Record, key: &[u8], bytes: &[u8]) -> u64 {
    let apart = match &record.value {
        Kept::Blob { bytes, .. } => *bytes,
        _ => 0,
    };
    (key.len() + bytes.len()) as u64 + apart
}
