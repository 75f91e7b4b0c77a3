//! Removing what is not worth its room. Whatever is removed runs again if it is asked for.
//!
//! What is there is read first ([`survey`]), then it is decided what goes ([`choose`]), then that
//! is removed. Other processes may write meanwhile: what they write together with its record
//! is never taken for something that nothing names, and large values that nothing names are
//! left for an hour; those that handles of this process may load are left, too. A record whose value or proof went in spite of that counts as missing.

mod choose;
mod room;
mod survey;

pub(super) use room::Room;

use super::Store;
use super::backend::{Failure, Hold, Space, Write};
use super::inner::Inner;
use super::record;
use crate::error::Error;
use serde::Serialize;
use std::fmt;
use std::time::Duration;
use survey::Survey;

/// What is to be collected; without further words only what is damaged.
///
/// Tagged nodes are spared, with all that is stored of them. Of the results of one node under one
/// version of the code, those by whose traces others are found stay as long as these.
///
/// ```
/// use dug::{Collect, Store};
/// use std::time::Duration;
///
/// let store = Store::in_memory();
/// let week = Duration::from_secs(7 * 24 * 60 * 60);
/// let collected = store.collect_garbage(Collect::new().stale().max_age(week).orphans())?;
/// assert_eq!(collected.records, 0);
/// # Ok::<(), dug::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "nothing is collected until it is given to `Store::collect_garbage`"]
pub struct Collect {
    max_size: Option<u64>,
    max_age: Option<Duration>,
    stale: bool,
    orphans: bool,
}

impl Collect {
    /// Only what is damaged.
    ///
    /// ```
    /// # use dug::{Collect, Store};
    /// let collected = Store::in_memory().collect_garbage(Collect::new())?;
    /// assert_eq!(collected.damaged, 0);
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn new() -> Self {
        Collect::default()
    }

    /// So many results that the store takes no more than this many bytes; those go first that were
    /// not used for the longest time.
    ///
    /// ```
    /// # use dug::{Collect, Store};
    /// let collected = Store::in_memory().collect_garbage(Collect::new().max_size(1 << 30))?;
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = Some(bytes);
        self
    }

    /// Results that were neither stored nor used within this time. An hour more or less may not be told.
    ///
    /// ```
    /// # use dug::{Collect, Store};
    /// # use std::time::Duration;
    /// let month = Duration::from_secs(30 * 24 * 60 * 60);
    /// let collected = Store::in_memory().collect_garbage(Collect::new().max_age(month))?;
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Results of functions that this program has with other code than they ran with.
    ///
    /// ```
    /// # use dug::{Collect, Store};
    /// let collected = Store::in_memory().collect_garbage(Collect::new().stale())?;
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn stale(mut self) -> Self {
        self.stale = true;
        self
    }

    /// What no result needs: large values, names of functions, sets of functions and inputs, how inputs looked,
    /// and counts of use.
    ///
    /// ```
    /// # use dug::{Collect, Store};
    /// let collected = Store::in_memory().collect_garbage(Collect::new().orphans())?;
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn orphans(mut self) -> Self {
        self.orphans = true;
        self
    }
}

/// What was collected.
///
/// ```
/// # use dug::{Collect, Store};
/// let collected = Store::in_memory().collect_garbage(Collect::new())?;
/// assert_eq!(collected.to_string(), "0 results, 0 large values, 0 other entries, 0 bytes");
/// # Ok::<(), dug::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Collected {
    /// Results, with the traces of their runs.
    pub records: u64,
    /// Large values, which lie apart from their records.
    pub blobs: u64,
    /// Names of functions, sets of functions and inputs, looks of inputs, and counts of use.
    pub others: u64,
    /// How many of all these were damaged.
    pub damaged: u64,
    /// The bytes of all these. How much smaller the store becomes depends on how they lay in it.
    pub bytes: u64,
}

impl fmt::Display for Collected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Collected {
            records,
            blobs,
            others,
            damaged,
            bytes,
        } = self;
        write!(
            out,
            "{records} results, {blobs} large values, {others} other entries, {bytes} bytes"
        )?;
        match damaged {
            0 => Ok(()),
            _ => write!(out, "; {damaged} of them were damaged"),
        }
    }
}

impl Store {
    /// Removes what is asked for, and what is damaged; gives the room back where that is
    /// possible. Reads the store once, without its large values. What this process and
    /// others have to write waits meanwhile.
    ///
    /// # Errors
    /// [`Error::Store`]: the store cannot be read or changed.
    ///
    /// ```
    /// use dug::{Collect, Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// let store = Store::in_memory();
    /// Context::builder().store(store.clone()).build().enter(|| {
    ///     (1..10).for_each(|x| _ = square(x));
    ///     node!(square(3)).tag("nine");
    /// });
    /// let collected = store.collect_garbage(Collect::new().max_size(0))?;
    /// assert_eq!(collected.records, 8);
    /// assert_eq!(store.nodes()?[0].to_string(), "square(3)");
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn collect_garbage(&self, wanted: Collect) -> Result<Collected, Error> {
        let inner = self.inner();
        let collected = self.settle().and_then(|()| {
            inner.write_usages();
            let collected = inner.collect(&wanted)?;
            inner.backend.compact()?;
            Ok(collected)
        });
        collected.map_err(|failure| super::failed(inner.place.as_deref(), &failure))
    }
}

/// Counts how often things that records name were removed: processes that took them for
/// written look here.
pub(super) const COLLECTIONS: &[u8] = b"collections";

impl Inner {
    fn collect(&self, wanted: &Collect) -> Result<Collected, Failure> {
        let _alone = self.write_alone();
        let _lease = self.backend.lease(Hold::Alone)?;
        let survey = Survey::of(self)?;
        let mut blobs = self.backend.blobs()?;
        blobs.retain(|blob| !self.pins.is_pinned(&blob.digest));
        let size = match wanted.max_size {
            Some(_) => self.backend.size()?,
            None => 0,
        };
        let chosen = choose::choose(survey, blobs, wanted, size);
        // Who writes from now on does not rely on what is about to go.
        if chosen.is_named_elsewhere {
            self.count_collection()?;
            self.forget_written();
        }
        self.remove(chosen.removals)?;
        // A handle on one may have been made since it was looked.
        let unpinned = |digest: &&[u8; 32]| !self.pins.is_pinned(digest);
        for digest in chosen.blobs.iter().filter(unpinned) {
            self.backend.remove_blob(digest)?;
        }
        self.counters.add_removed(chosen.collected.records);
        Ok(chosen.collected)
    }

    fn count_collection(&self) -> Result<(), Failure> {
        let stored = self.backend.read(&[(Space::Count, COLLECTIONS)])?.pop();
        let count: u64 = stored
            .flatten()
            .and_then(|bytes| record::open(COLLECTIONS, &bytes))
            .unwrap_or_default();
        let Some(value) = record::seal(COLLECTIONS, &count.wrapping_add(1)) else {
            return Ok(());
        };
        let (space, key, value) = (Space::Count, COLLECTIONS.into(), value.into());
        self.backend
            .write(&[Write::Put { space, key, value }])
            .map(drop)
    }

    pub(super) fn remove(&self, removals: Vec<(Space, Box<[u8]>)>) -> Result<(), Failure> {
        const AT_ONCE: usize = 1024;
        let mut removals = removals.into_iter().peekable();
        while removals.peek().is_some() {
            let batch = removals.by_ref().take(AT_ONCE);
            let batch: Vec<Write> = batch
                .map(|(space, key)| Write::Remove { space, key })
                .collect();
            self.backend.write(&batch)?;
            self.ahead.clear();
        }
        Ok(())
    }
}
