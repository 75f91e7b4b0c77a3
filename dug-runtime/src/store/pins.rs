//! Large values that handles of this process may still load: they outlive their records, and are
//! in memory once, however many contexts load them.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

type Digest = [u8; 32];

#[derive(Default)]
struct Pinned {
    /// How many handles there are.
    handles: usize,
    /// What was loaded, by type.
    loaded: HashMap<TypeId, Weak<dyn Any + Send + Sync>>,
}

type All = Mutex<HashMap<Digest, Pinned>>;

fn lock(all: &All) -> MutexGuard<'_, HashMap<Digest, Pinned>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The large values on which there are handles.
#[derive(Default)]
pub(super) struct Pins(Arc<All>);

impl Pins {
    /// Keeps the value until what is returned is dropped.
    pub(super) fn pin(&self, digest: Digest) -> Pin {
        lock(&self.0).entry(digest).or_default().handles += 1;
        Pin {
            digest,
            all: Arc::clone(&self.0),
        }
    }

    pub(super) fn is_pinned(&self, digest: &Digest) -> bool {
        lock(&self.0).contains_key(digest)
    }
}

/// A large value that is kept while this lives.
pub(crate) struct Pin {
    digest: Digest,
    all: Arc<All>,
}

impl Pin {
    /// The value, if another handle has it in memory.
    pub(crate) fn loaded<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let all = lock(&self.all);
        let loaded = all.get(&self.digest)?.loaded.get(&TypeId::of::<T>())?;
        let value = loaded.upgrade();
        drop(all);
        value?.downcast().ok()
    }

    /// The value was loaded.
    pub(crate) fn set_loaded<T: Send + Sync + 'static>(&self, value: &Arc<T>) {
        let value: Arc<dyn Any + Send + Sync> = Arc::<T>::clone(value);
        if let Some(pinned) = lock(&self.all).get_mut(&self.digest) {
            pinned
                .loaded
                .insert(TypeId::of::<T>(), Arc::downgrade(&value));
        }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pin").finish_non_exhaustive()
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut all = lock(&self.all);
        if let Some(pinned) = all.get_mut(&self.digest) {
            pinned.handles -= 1;
            if pinned.handles == 0 {
                all.remove(&self.digest);
            }
        }
    }
}
