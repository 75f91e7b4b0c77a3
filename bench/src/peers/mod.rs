//! What dug is measured beside: one file for each crate.
//!
//! A hit is the same everywhere: a key comes in as a reference, a `u64` goes out. Caches that are
//! values are owned by who measures them; caches that a macro makes belong to the process or the thread.

pub mod cached;
pub mod comemo;
pub mod dashmap;
pub mod memoize;
pub mod moka;
pub mod quick_cache;
pub mod salsa;
pub mod salsa_graphs;

/// What can answer the links of a chain.
pub trait Chain {
    const NAME: &'static str;

    /// Calls `work` where no link is known.
    fn fresh<R>(work: impl FnOnce(&Self) -> R) -> R;

    fn ask(&self, link: u64) -> u64;
}
