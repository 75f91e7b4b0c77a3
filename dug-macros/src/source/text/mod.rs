//! One text as tokens (`lexer`, by its `blanks`), and what these say: `keywords`, `literals`, identifiers as numbers
//! (`names`), what is said of macros (`patterns`); `hashing`: digests of several.

mod blanks;
pub(super) mod hashing;
pub(super) mod keywords;
pub(super) mod lexer;
pub(super) mod literals;
pub(super) mod names;
mod patterns;
