//! Whatever lies where a store should be: a program gets right answers from it or runs its
//! functions, and neither crashes, hangs, nor allocates what only a damaged length promises.
//!
//! By default a sample is tried; with `DUG_DAMAGE=all` in the environment every byte and every
//! length, far more of what is random, and a lock that outlasts all patience, which takes half a minute.

#![cfg(feature = "sqlite")]

mod allocator;
mod bytes;
mod once;
mod program;
mod refused;
mod rows;
mod told;

/// Whether there is time for everything.
fn all() -> bool {
    std::env::var_os("DUG_DAMAGE").is_some_and(|value| value == "all")
}
