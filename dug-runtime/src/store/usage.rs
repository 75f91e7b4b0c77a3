//! How often stored results are loaded and answered, and when last, and which are right as the
//! world is now: kept in memory, and added to what is stored now and then.
//!
//! Two processes that add at once may lose what one of them has counted. No answer rests on it.

use super::backend::{Failure, FailureKind, Space, Write};
use super::inner::{Inner, lock};
use super::key::RecordKey;
use super::record::Record;
use super::{latest, layout};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// A record that was stored or used within this time counts as used now: sessions
/// that only look at records would otherwise write as much as they read.
const RECENT: Duration = Duration::from_secs(60 * 60);

/// So many wait in memory before they are added.
const MOST_WAITING: usize = 1 << 14;

/// As many are read at once.
const AT_ONCE: usize = 1024;

/// About as many bytes are written at once. Digests lie in no order: each of many small batches
/// would write nearly all pages again.
pub(super) const BYTES_AT_ONCE: u64 = 4 << 20;

/// How a record was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) loads: u64,
    /// What the loads took, in nanoseconds.
    pub(super) load_time: u64,
    /// Answers from memory.
    pub(super) hits: u64,
    /// In milliseconds since 1970.
    pub(super) last_used: u64,
}

impl Usage {
    pub(super) fn add(&mut self, more: &Usage) {
        self.loads = self.loads.saturating_add(more.loads);
        self.load_time = self.load_time.saturating_add(more.load_time);
        self.hits = self.hits.saturating_add(more.hits);
        self.last_used = self.last_used.max(more.last_used);
    }

    /// Whether it tells more than that a record of this age was looked at.
    fn adds_to(&self, stored: &Usage) -> bool {
        let recent = u64::try_from(RECENT.as_millis()).unwrap_or(u64::MAX);
        self.loads + self.hits > 0 || self.last_used.saturating_sub(stored.last_used) > recent
    }
}

/// What was counted since it was last added to what is stored.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Mutex<HashMap<RecordKey, Usage, foldhash::fast::RandomState>>,
    /// Those that were found behind the first records of their nodes, by these.
    latest: Mutex<HashMap<RecordKey, RecordKey, foldhash::fast::RandomState>>,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, HashMap<RecordKey, Usage, foldhash::fast::RandomState>> {
        lock(&self.entries)
    }

    pub(super) fn note_latest(&self, first: &RecordKey, key: &RecordKey) {
        lock(&self.latest).insert(*first, *key);
    }

    fn add(&self, key: &RecordKey, used: Usage) {
        let last_used = super::now_in_milliseconds();
        let mut entries = self.entries();
        entries
            .entry(*key)
            .or_default()
            .add(&Usage { last_used, ..used });
    }

    pub(super) fn add_load(&self, key: &RecordKey, took: Duration) {
        let load_time = super::nanoseconds(took);
        self.add(
            key,
            Usage {
                loads: 1,
                load_time,
                ..Usage::default()
            },
        );
    }

    pub(crate) fn add_hits(&self, key: &RecordKey, hits: u64) {
        self.add(
            key,
            Usage {
                hits,
                ..Usage::default()
            },
        );
    }

    /// A record was found to be right; it was last used at this time, in milliseconds since 1970.
    pub(super) fn touch(&self, key: &RecordKey, last_used: u64) {
        let stored = Usage {
            last_used,
            ..Usage::default()
        };
        let now = Usage {
            last_used: super::now_in_milliseconds(),
            ..Usage::default()
        };
        if now.adds_to(&stored) {
            self.add(key, now);
        }
    }

    /// Whether it is time to add what was counted to what is stored.
    pub(super) fn is_full(&self) -> bool {
        self.entries().len() + lock(&self.latest).len() >= MOST_WAITING
    }

    fn get(&self, key: &RecordKey) -> Option<Usage> {
        self.entries().get(key).copied()
    }
}

impl Inner {
    /// How the record was used, by this process until now, and by all of them as far as they have told.
    pub(super) fn usage(&self, key: &RecordKey, record: &Record) -> Usage {
        let mut usage = record.usage;
        if let Some(counted) = self.ledger.get(key) {
            usage.add(&counted);
        }
        usage
    }

    /// Has what was counted added to what is stored, once it is much.
    pub(super) fn write_usages_soon(&self) {
        if self.ledger.is_full() {
            self.queue.nudge();
        }
    }

    /// Adds what was counted to what is stored.
    pub(super) fn write_usages(&self) {
        let counted = std::mem::take(&mut *self.ledger.entries());
        let latest = std::mem::take(&mut *lock(&self.ledger.latest));
        let is_empty = counted.is_empty() && latest.is_empty();
        if is_empty || self.unwritable.get().is_some() {
            return;
        }
        let _alone = self.write_alone();
        let mut counted: Vec<(RecordKey, Usage)> = counted.into_iter().collect();
        // Those that stand side by side in the index, one after the other.
        counted.sort_unstable_by_key(|(key, _)| *key.bytes());
        let latest = latest
            .iter()
            .filter_map(|(first, key)| latest::write(first, key));
        match self.add_usages(&counted, latest.collect()) {
            Ok(()) => {}
            // Who may only read has nothing to tell.
            Err(failure) if failure.kind == FailureKind::Denied => {}
            Err(failure) => self.report(&failure),
        }
    }

    /// Writes the records again, with what was counted; those that another process has changed
    /// meanwhile are left as they are. The other writes go with them.
    fn add_usages(
        &self,
        counted: &[(RecordKey, Usage)],
        mut writes: Vec<Write>,
    ) -> Result<(), Failure> {
        let mut bytes = 0;
        for counted in counted.chunks(AT_ONCE) {
            let more = self.with_usages(counted)?;
            bytes += more.iter().map(Write::bytes).sum::<u64>();
            writes.extend(more);
            if bytes >= BYTES_AT_ONCE {
                self.backend.write(&writes)?;
                writes.clear();
                bytes = 0;
            }
        }
        if writes.is_empty() {
            return Ok(());
        }
        self.backend.write(&writes).map(drop)
    }

    fn with_usages(&self, counted: &[(RecordKey, Usage)]) -> Result<Vec<Write>, Failure> {
        let keys = counted
            .iter()
            .map(|(key, _)| (Space::Record, key.bytes().as_slice()));
        let stored = self.backend.read(&keys.collect::<Vec<_>>())?;
        let mut writes = Vec::new();
        for ((key, counted), before) in counted.iter().zip(stored) {
            let Some(before) = before else {
                continue;
            };
            let added = layout::with_usage(key, &before, |mut usage| {
                counted.adds_to(&usage).then(|| {
                    usage.add(counted);
                    usage
                })
            });
            writes.extend(added.map(|value| Write::Replace {
                space: Space::Record,
                key: key.bytes().as_slice().into(),
                before: before.into(),
                value: value.into(),
            }));
        }
        Ok(writes)
    }
}
