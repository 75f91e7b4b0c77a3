//! Which bodies ran on this thread.

use std::cell::RefCell;

thread_local!(static RAN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) });

/// Called by a body when it runs.
pub fn ran(node: impl Into<String>) {
    RAN.with_borrow_mut(|ran| ran.push(node.into()));
}

/// What ran since the last time, in the order of starting, separated by blanks.
pub fn take() -> String {
    RAN.take().join(" ")
}
