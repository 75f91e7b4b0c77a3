//! Records that were read a moment ago, or will be asked for next if it goes on like this:
//! a session often asks for what an earlier one has stored, in the same order.
//!
//! What is found here may have been replaced by another process; a record is right by what it
//! says, whether it is still there or not.

use super::backend::Entry;
use super::key::RecordKey;
use super::record::Record;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After this time it is looked again what there is.
const TRUSTED: Duration = Duration::from_secs(1);

/// As many records stay at hand: one is asked for several times until its value is loaded.
const RECENT: usize = 4;

#[derive(Default)]
pub(super) struct Ahead(Mutex<State>);

#[derive(Default)]
struct State {
    read: HashMap<RecordKey, Vec<u8>, foldhash::fast::RandomState>,
    since: Option<Instant>,
    recent: [Option<(RecordKey, Arc<Record>)>; RECENT],
    next: usize,
    /// How often something was written or removed.
    changes: u64,
}

impl State {
    fn is_trusted(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() < TRUSTED)
    }

    fn clear(&mut self) {
        self.read.clear();
        self.recent = Default::default();
        self.since = None;
    }

    /// Whether what was read after so many changes is as it was read.
    fn stands(&mut self, changes: u64) -> bool {
        if !self.is_trusted() {
            self.clear();
            self.since = Some(Instant::now());
        }
        self.changes == changes
    }
}

impl Ahead {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record, if it was asked for just now.
    pub(super) fn recent(&self, key: &RecordKey) -> Option<Arc<Record>> {
        let state = self.state();
        if !state.is_trusted() {
            return None;
        }
        let mut recent = state.recent.iter().flatten();
        let (_, record) = recent.find(|(other, _)| other == key)?;
        Some(Arc::clone(record))
    }

    /// The bytes of the record, if they were read with others.
    pub(super) fn take(&self, key: &RecordKey) -> Option<Vec<u8>> {
        let mut state = self.state();
        let trusted = state.is_trusted();
        state.read.remove(key).filter(|_| trusted)
    }

    /// How often something was written or removed, for what is about to be read.
    pub(super) fn changes(&self) -> u64 {
        self.state().changes
    }

    /// These were read with another; what was read before and not asked for goes.
    pub(super) fn fill(&self, changes: u64, entries: Vec<Entry>) {
        let entries = entries.into_iter();
        let entries =
            entries.filter_map(|(key, bytes)| Some((RecordKey::from_bytes(&key)?, bytes)));
        let mut state = self.state();
        if state.stands(changes) {
            state.read.clear();
            state.read.extend(entries);
            state.since = Some(Instant::now());
        }
    }

    /// The record was asked for.
    pub(super) fn note(&self, changes: u64, key: RecordKey, record: &Arc<Record>) {
        let mut state = self.state();
        if state.stands(changes) {
            let place = state.next % RECENT;
            state.recent[place] = Some((key, Arc::clone(record)));
            state.next = place + 1;
        }
    }

    /// Something was written or removed.
    pub(super) fn clear(&self) {
        let mut state = self.state();
        state.clear();
        state.changes += 1;
    }
}
