//! What goes wrong behind the caller stays there: a store goes on, and nobody waits for ever.

use dug::{Context, Store, tracked};
use serde::{Deserialize, Serialize};

/// Panics if the store is the last to drop it.
#[derive(Clone, Serialize, Deserialize)]
struct Brittle(u32);

impl Drop for Brittle {
    fn drop(&mut self) {
        assert_ne!(std::thread::current().name(), Some("dug-store"));
    }
}

#[tracked]
fn brittle(n: u32) -> Brittle {
    Brittle(n)
}

#[tracked]
fn plain(n: u32) -> u32 {
    n
}

#[test]
fn values_that_panic_when_dropped_do_not_stop_the_writer() {
    let store = Store::in_memory();
    let session = || Context::builder().store(store.clone()).build();
    for round in 0..3 {
        session().enter(|| (0..20).for_each(|n| assert_eq!(brittle(n).0, n)));
        session().enter(|| assert_eq!(plain(round), round));
        store.flush().unwrap();
    }
    let again = session();
    again.enter(|| (0..3).for_each(|round| assert_eq!(plain(round), round)));
    assert_eq!(again.stats().executions, 0);
}
