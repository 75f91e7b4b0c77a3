//! dug
pub use dug_macros::{node, register, tracked, tweak, untracked, untweak};
#[doc(hidden)]
pub use dug_runtime::private as __private;
pub use dug_runtime::*;
