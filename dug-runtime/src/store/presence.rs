//! Whether records of a function may be there: most runs of a new program need not look.

use super::backend::Space;
use super::function_key;
use super::inner::{Inner, lock};
use crate::function::Function;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// Whether records of a function may be there.
pub(super) enum Presence {
    /// There were none when it was last looked: only what this process has written, and what records that it found name,
    /// by the hashes of the arguments.
    Own {
        /// When that was; `None` while it is looked for the first time.
        since: Option<Instant>,
        hashes: HashSet<u64, foldhash::fast::RandomState>,
    },
    /// It has to be looked.
    Others,
}

/// What is stored of a function.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredFunction {
    pub(super) path: String,
    /// The process that has written all records of it, or [`SEVERAL`].
    pub(super) writer: u64,
}

/// Stands for more than one process.
pub(super) const SEVERAL: u64 = 0;

impl Inner {
    /// Whether records of the node may be there.
    pub(super) fn expects(&self, function: &'static Function, hash: u64) -> bool {
        /// After this time it is looked again whether other processes have written records.
        const TRUSTED: Duration = Duration::from_secs(1);
        if self.given_up.load(Relaxed) {
            return false;
        }
        let address = std::ptr::from_ref(function).addr();
        let mut presence = lock(&self.presence);
        // What this process writes from now on is noted.
        let entry = presence.entry(address).or_insert_with(|| Presence::Own {
            since: None,
            hashes: HashSet::default(),
        });
        match entry {
            Presence::Others => return true,
            Presence::Own { since, hashes } => {
                if since.is_some_and(|since| since.elapsed() < TRUSTED) {
                    return hashes.contains(&hash);
                }
            }
        }
        drop(presence);
        let key = function_key(function.path());
        let stored: Option<StoredFunction> = self.read_sealed(Space::Function, &key);
        let mut presence = lock(&self.presence);
        let Some(Presence::Own { since, hashes }) = presence.get_mut(&address) else {
            return true;
        };
        // Records that this process wrote before it first looked have not been noted.
        let all_noted = |stored: StoredFunction| stored.writer == self.token && since.is_some();
        if !stored.is_none_or(all_noted) {
            presence.insert(address, Presence::Others);
            return true;
        }
        *since = Some(Instant::now());
        hashes.contains(&hash)
    }

    /// Records of these nodes are there, or about to be. Tells of each whether it is one that nothing is
    /// expected of: as a rule there is nothing yet.
    pub(super) fn expect_records(
        &self,
        nodes: impl Iterator<Item = (&'static Function, u64)>,
    ) -> Vec<bool> {
        /// Beyond this many it is simpler to look.
        const MOST: usize = 1 << 20;
        let mut presence = lock(&self.presence);
        let mut expect = |function: &'static Function, hash: u64| {
            let address = std::ptr::from_ref(function).addr();
            let Some(Presence::Own { hashes, .. }) = presence.get_mut(&address) else {
                return false;
            };
            let is_new = hashes.insert(hash);
            if hashes.len() > MOST {
                presence.insert(address, Presence::Others);
            }
            is_new
        };
        nodes
            .map(|(function, hash)| expect(function, hash))
            .collect()
    }
}
