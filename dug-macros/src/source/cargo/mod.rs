//! What cargo and the compiler say while a crate is compiled.
//!
//! `compilation` reads the compiler's arguments, `dep_info` what it has written of other crates;
//! `document` reads TOML, `lock`, `manifest` and `configuration` what cargo is told; `folders` finds
//! the packages in folders, and `externs` the package of each crate that sources can name.

pub(super) mod compilation;
pub(super) mod configuration;
pub(super) mod dep_info;
pub(super) mod document;
pub(super) mod externs;
pub(super) mod folders;
pub(super) mod lock;
pub(super) mod manifest;
