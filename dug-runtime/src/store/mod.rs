//! What outlives a process.

mod backend;
