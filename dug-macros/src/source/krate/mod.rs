//! All items of a crate, and where they stand.
//!
//! `attached` says which files are part of it, `tree` and `placed` which modules these are, `cfgs`
//! what is compiled; `index` puts it together. `origins` says where the names of macros come from,
//! `tracked` which functions are, `macros` what those of the crate do; `namesakes`,
//! `hiding` and `textual_scope` are about names that several things have. `by_file` is for crates
//! whose sources are taken file by file.

mod attached;
pub(super) mod by_file;
pub(super) mod cfgs;
mod everywhere;
mod hiding;
pub(super) mod index;
pub(super) mod macros;
pub(super) mod namesakes;
mod origins;
mod placed;
pub(super) mod textual_scope;
mod tracked;
mod tree;
