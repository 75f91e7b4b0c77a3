//! What stands in one source file, by its tokens: nothing is known here of what a name means.
//!
//! `parser` finds the `items`, `uses` what they import; `attributes`, `parameters` and `paths` are about parts of
//! them; `read` about what the compiler's own macros read.

pub(super) mod attributes;
pub(super) mod items;
pub(super) mod parameters;
pub(super) mod parser;
pub(super) mod paths;
pub(super) mod read;
pub(super) mod uses;
