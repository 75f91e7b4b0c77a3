//! What is known of macros, derives and attributes.
//!
//! `known` lists those that make and use only what they are given, `origins` says whether one is
//! certainly such a one, `attributes` what the others see. `library` reads what those of another
//! crate may say, `macro_use` which of them come in unnamed. `prelude` has names that need no import.

pub(super) mod attributes;
pub(super) mod known;
pub(super) mod library;
pub(super) mod macro_use;
pub(super) mod origins;
pub(super) mod prelude;
