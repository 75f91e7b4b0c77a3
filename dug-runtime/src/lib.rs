//! The runtime of dug. Programs use it through the crate `dug`, whose
//! documentation is the guide; the names here are the same.

mod bounds;
mod codec;
mod error;
mod function;
mod key;
mod node;
mod registry;
mod value;

#[doc(hidden)]
pub mod private;

pub use bounds::{InMemoryResult, TrackedArgument, TrackedResult};
pub use error::{AlreadyInstalled, Error};
pub use node::Node;
pub use value::Erased;
