//! Keeps a store within its size while it is written.

use super::Collect;
use crate::store::inner::Inner;
use crate::store::usage::BYTES_AT_ONCE;

/// What the writer knows of the size of its store.
pub(in crate::store) struct Room {
    /// Not more than this is taken, as far as this process knows.
    size: u64,
}

impl Default for Room {
    fn default() -> Self {
        // Nothing is known before the first batch.
        Room { size: u64::MAX }
    }
}

impl Room {
    /// So many bytes may be written before [`keep`](Self::keep) looks again.
    pub(in crate::store) fn at_once(store: &Inner) -> u64 {
        let max = store.settings.max_size.unwrap_or(u64::MAX);
        BYTES_AT_ONCE.min(max / 8)
    }

    /// So many bytes were written. If the store has grown beyond its size, what was not used for
    /// the longest time goes, until a tenth is free.
    pub(in crate::store) fn keep(&mut self, store: &Inner, written: u64) {
        let Some(max) = store.settings.max_size else {
            return;
        };
        // Entries may take twice the room of their bytes.
        self.size = self.size.saturating_add(2 * written);
        if self.size <= max {
            return;
        }
        let Some(mut size) = store.ask(store.backend.size()) else {
            return;
        };
        if size > max {
            store.write_usages();
            let wanted = Collect::new().max_size(max - max / 10).orphans();
            store.ask(store.collect(&wanted));
            // What was there before the limit leaves more room behind than will be filled soon.
            if size > max.saturating_add(max / 4) {
                store.ask(store.backend.compact());
            }
            size = store.ask(store.backend.size()).unwrap_or(size);
        }
        // Near the limit, and where nothing more can go, it is looked again after this much only:
        // to look at all files and entries takes its time.
        self.size = size.min(max - max / 16);
    }
}
