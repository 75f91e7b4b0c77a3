//! Large values that handles of this process may still load: they outlive their records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

type Digest = [u8; 32];

/// How many handles there are on each large value.
#[derive(Debug, Default)]
pub(super) struct Pins(Arc<Mutex<HashMap<Digest, usize>>>);

impl Pins {
    /// Keeps the value until what is returned is dropped.
    pub(super) fn pin(&self, digest: Digest) -> Pin {
        let mut pins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *pins.entry(digest).or_insert(0) += 1;
        Pin {
            digest,
            pins: Arc::clone(&self.0),
        }
    }

    pub(super) fn is_pinned(&self, digest: &Digest) -> bool {
        let pins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pins.contains_key(digest)
    }
}

/// A large value that is kept while this lives.
#[derive(Debug)]
pub(crate) struct Pin {
    digest: Digest,
    pins: Arc<Mutex<HashMap<Digest, usize>>>,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = pins.get_mut(&self.digest) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&self.digest);
            }
        }
    }
}
