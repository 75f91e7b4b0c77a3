//! The runtime of dug. Programs use it through the crate `dug`, whose
//! documentation is the guide; the names here are the same.

mod arguments;
mod bounds;
mod codec;
mod context;
mod engine;
mod error;
mod export;
mod function;
mod graph;
mod here;
mod hits;
mod id;
mod key;
mod layer;
mod node;
mod registry;
mod scope;
mod stats;
mod trace;
mod tree;
mod tweak;
mod value;
mod waits;

#[doc(hidden)]
pub mod private;

pub use bounds::{
    ClonedResult, InMemoryResult, SharedResult, StoredResult, TrackedArgument, TrackedResult,
};
pub use context::{Context, ContextBuilder, with_context};
pub use error::{AlreadyInstalled, Error};
pub use export::{Graph, GraphNode};
pub use here::{Here, here, inherit};
pub use id::NodeId;
pub use node::Node;
pub use stats::Stats;
pub use tweak::Tweak;
pub use value::Erased;
