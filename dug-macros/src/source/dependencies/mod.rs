//! Other crates: those of a registry by name and version, those in folders by what they are made of.
//!
//! `packages` knows all of them: the `features` asked of them, what one in a `folder` is made of, with
//! its `build_script`, and what their `macros` may say.

mod build_script;
mod features;
mod folder;
mod macros;
pub(super) mod packages;
