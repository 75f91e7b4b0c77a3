//! The macros of dug.
