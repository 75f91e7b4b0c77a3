//! One text as tokens (`lexer`), and what these say: `keywords`, `literals`, identifiers as numbers
//! (`names`).

pub(super) mod keywords;
pub(super) mod lexer;
pub(super) mod literals;
pub(super) mod names;
