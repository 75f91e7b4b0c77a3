//! What is memoized, the same for dug and for its peers.

use crate::harness::stack_address;
use std::cell::Cell;

pub fn of_number(key: u64) -> u64 {
    key.rotate_left(7) ^ 3
}

pub fn of_text(key: &str) -> u64 {
    key.len() as u64
}

thread_local!(static LOWEST: Cell<usize> = const { Cell::new(usize::MAX) });

/// A link of a chain, which asks for the two before it.
#[inline(always)]
pub fn link(i: u64, ask: impl Fn(u64) -> u64) -> u64 {
    LOWEST.set(LOWEST.get().min(stack_address()));
    match i {
        0 | 1 => i,
        _ => ask(i - 1).wrapping_add(ask(i - 2)),
    }
}

/// How far down the stack links go in `f`, on this thread.
pub fn stack_of_links(f: impl FnOnce()) -> usize {
    let top = stack_address();
    LOWEST.set(usize::MAX);
    f();
    top - LOWEST.get()
}
