//! Whatever lies where a store should be: a program gets right answers from it or runs its
//! functions, and neither crashes, hangs, nor allocates what only a damaged length promises.

#![cfg(feature = "sqlite")]

mod allocator;
mod bytes;
mod program;
mod refused;
mod told;
