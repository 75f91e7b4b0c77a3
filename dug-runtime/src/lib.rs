//! The runtime of dug. Programs use it through the crate `dug`, whose
//! documentation is the guide; the names here are the same.

mod arguments;
#[macro_use]
mod arity;
mod attribution;
mod bounds;
mod cell;
mod codec;
mod context;
mod decide;
mod diff;
mod digest;
mod engine;
mod error;
mod explain;
mod export;
mod external;
mod function;
mod graph;
mod handle;
mod here;
mod hits;
mod id;
mod inline;
pub mod input;
mod key;
mod layer;
mod levels;
mod node;
mod policy;
mod proof;
mod registry;
mod retention;
mod scenario;
mod scope;
mod staleness;
mod stamp;
mod stats;
mod store;
mod sweep;
mod trace;
mod tree;
mod tweak;
mod unkept;
mod value;
mod waits;

#[doc(hidden)]
pub mod private;

pub use attribution::{Attribution, Contribution, attribution, attribution_by};
pub use bounds::{
    ClonedResult, InMemoryResult, SharedResult, StoredResult, TrackedArgument, TrackedResult,
    TweakAsValue,
};
pub use context::{Context, ContextBuilder, Retained, with_context};
pub use diff::{Change, ChangeKind, Diff, DiffTweak, Side, diff};
pub use digest::Fingerprint;
pub use error::{AlreadyInstalled, Error};
pub use explain::{
    Answer, CodeChange, CodePart, Explanation, PartChange, Reason, StaleCause, StaleFunction,
    StaleReport,
};
pub use export::{Graph, GraphNode};
pub use external::{external, external_value, forget_external};
pub use handle::Tracked;
pub use here::{Here, here, inherit};
pub use id::NodeId;
pub use node::Node;
pub use policy::Policy;
pub use retention::Retention;
pub use scenario::Scenario;
pub use stats::Stats;
pub use store::{Collect, Collected, Metadata, Store, StoreBuilder, StoreStats, Verified};
pub use sweep::{Cancel, Failure, Figures, Outcome, Panic, Progress, Sweep, Swept, sweep};
pub use tweak::{Target, Tweak};
pub use value::Erased;
