//! Writes what waits when the process ends while stores are open: in a `static`, as that of an
//! installed context, or because it ends by `std::process::exit`.
//!
//! Nothing drops such a store. But what is local to a thread is dropped when the thread ends, also
//! the main one, or whichever calls `exit`; so a guard there waits for the writers. Not on
//! Windows: there the other threads, the writers too, are gone by then.

use super::inner::Inner;
use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The stores that may be open.
static OPEN: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

fn open() -> MutexGuard<'static, Vec<Weak<Inner>>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits, where it is dropped, until all stores have written what they were given.
struct Guard {
    /// Whether it does. Most threads end while the process, and with it the writers, go on: the
    /// main one waits, and those that opened a store.
    waits: Cell<bool>,
}

thread_local! {
    static GUARD: Guard = Guard {
        waits: Cell::new(std::thread::current().name() == Some("main")),
    };
}

/// This thread has opened a store that outlives the process.
pub(super) fn opened(store: &Arc<Inner>) {
    let mut open = open();
    open.retain(|other| other.strong_count() > 0);
    open.push(Arc::downgrade(store));
    drop(open);
    let _ = GUARD.try_with(|guard| guard.waits.set(true));
}

/// This thread gives a store something to write.
pub(super) fn used() {
    // Makes the guard.
    let _ = GUARD.try_with(|_| ());
}

impl Drop for Guard {
    fn drop(&mut self) {
        if cfg!(windows) || !self.waits.get() {
            return;
        }
        let stores: Vec<Arc<Inner>> = open().iter().filter_map(Weak::upgrade).collect();
        for store in stores {
            store.queue.wait_unless_stuck();
        }
    }
}
