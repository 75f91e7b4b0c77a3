//! The stores that this process has open: whoever opens one again gets a handle on it, and sees
//! what waits there to be written.

use super::{Handle, Store, StoreBuilder};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A folder, and not another that has taken its place.
#[derive(PartialEq)]
struct Place {
    path: PathBuf,
    #[cfg(unix)]
    inode: (u64, u64),
}

impl Place {
    fn of(path: &Path) -> Option<Self> {
        let path = path.canonicalize().ok()?;
        #[cfg(unix)]
        let inode = {
            use std::os::unix::fs::MetadataExt;
            let metadata = path.metadata().ok()?;
            (metadata.dev(), metadata.ino())
        };
        Some(Place {
            path,
            #[cfg(unix)]
            inode,
        })
    }
}

struct Open {
    place: Place,
    builder: StoreBuilder,
    store: Weak<Handle>,
}

fn all() -> MutexGuard<'static, Vec<Open>> {
    static OPEN: Mutex<Vec<Open>> = Mutex::new(Vec::new());
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The store in this folder, if it is open with these settings.
pub(super) fn find(path: &Path, builder: &StoreBuilder) -> Option<Store> {
    let place = Place::of(path)?;
    let all = all();
    let mut same = all
        .iter()
        .filter(|open| open.place == place && open.builder == *builder);
    let store = same.find_map(|open| open.store.upgrade());
    drop(all);
    store.map(Store)
}

/// The store is open now.
pub(super) fn add(path: &Path, builder: StoreBuilder, store: &Store) {
    let Some(place) = Place::of(path) else { return };
    let mut all = all();
    all.retain(|open| open.store.strong_count() > 0);
    all.push(Open {
        place,
        builder,
        store: Arc::downgrade(&store.0),
    });
}
