//! dug
pub use dug_runtime::*;
#[doc(hidden)]
pub use dug_runtime::private as __private;
