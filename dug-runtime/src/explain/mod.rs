//! Why a node runs or does not, and what of all that is stored is stale. Nothing here runs a body.
//!
//! `change` compares codes part by part, which is pure; `look` finds out how a node would be answered
//! and what stands in the way, in what is `stored` of it as well; `report` goes through all that a store has; `write` prints.

mod change;
mod look;
mod report;
mod stored;
mod write;

pub use change::{CodeChange, CodePart, PartChange};
pub(crate) use look::explain;
pub use report::{StaleCause, StaleFunction, StaleReport};

use crate::id::NodeId;
use serde::Serialize;

/// How a node would be answered, and why not otherwise;
/// [`Node::explain`](crate::Node::explain) makes it.
///
/// It is data (`Serialize`) and text (`Display`: a short tree).
///
/// ```
/// use dug::{node, tracked, tweak, with_context};
///
/// #[tracked]
/// fn dec() -> i64 { 1 }
/// #[tracked]
/// fn bar(x: i64) -> i64 { x - dec() }
///
/// with_context(|| {
///     bar(4);
///     tweak!(dec() => 2);
///     assert_eq!(
///         node!(bar(4)).explain().to_string(),
///         "bar(4) would run\n\
///          \u{20} dec() answers otherwise: it is tweaked\n"
///     );
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Which node.
    pub node: NodeId,
    /// How it would be answered.
    pub answer: Answer,
    /// Why it would run, or has run; of what is below another explanation and answers, why otherwise than it did.
    pub reasons: Vec<Reason>,
    /// Whether the reasons are left out, as they stand elsewhere in the tree, or lie too deep.
    pub is_shortened: bool,
}

/// How a node would be answered.
///
/// ```
/// # use dug::{Answer, node, tracked, with_context};
/// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
/// with_context(|| {
///     assert_eq!(node!(foo(4)).explain().answer, Answer::Run);
///     foo(4);
///     assert_eq!(node!(foo(4)).explain().answer, Answer::Memory);
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum Answer {
    /// Its body would run, as far as can be known without running any.
    Run,
    /// By what a body gave that ran in this process, or by what an input was read as.
    Memory,
    /// By a stored result that is right here.
    Store,
    /// By a stored result that may be stale, which the context's policy excuses.
    Policy,
    /// By a tweak.
    Tweak,
}

/// Why a node runs.
///
/// ```
/// # use dug::{Context, Reason, Store, node, tracked};
/// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
/// Context::builder().store(Store::in_memory()).build().enter(|| {
///     assert_eq!(node!(foo(4)).explain().reasons, [Reason::NeverStored]);
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Reason {
    /// It is not in memory, and no context around has a store.
    NoStore,
    /// The results of its function stay in memory, or have no name outside this process.
    NotStored,
    /// Nothing is stored of it.
    NeverStored,
    /// Nothing is there of it, as a run of it in this process gave what is not kept: an `Err`, what rests on one, or
    /// what was withdrawn meanwhile.
    Unkept {
        /// Why not.
        why: String,
    },
    /// What a run of it in this process gave was not stored: it cannot be, or is too large.
    Unstored {
        /// Why not.
        why: String,
    },
    /// It was invalidated, and has not run since.
    Invalidated,
    /// The code of a function is not what it was.
    Code {
        /// Its path: the node's own function, or one below it.
        function: String,
        /// What is different; empty where that is not known.
        changes: Vec<CodeChange>,
    },
    /// A function below it is not in this program; or it is a method that is tracked alone and was not used yet.
    Gone {
        /// Its path.
        function: String,
    },
    /// A cell, or an instantiation of a generic function, that it asks was not used yet in this process: it
    /// cannot be asked again before.
    Unused {
        /// Its path.
        function: String,
    },
    /// Something that it asks would run, or answers otherwise than it did.
    Dependency {
        /// What, and why.
        of: Box<Explanation>,
        /// Whether it is known to answer otherwise; else it would have to run.
        differs: bool,
    },
    /// A file or a variable is not what it was.
    Input {
        /// The node of the read.
        node: NodeId,
    },
    /// A tweak or an invalidation in force is about a function below it, where its trace does not
    /// say enough.
    Tweaked {
        /// The function's name; of what is bound to a name, or read from outside, the node of the read.
        function: String,
    },
    /// It is tweaked relative to what it would answer otherwise, which is not known.
    Relative,
    /// Its trace is right, but its value is not there: it was too cheap to be kept, is of another type, or damaged.
    NoValue,
    /// What is stored cannot be read back far enough to say why.
    Unknown,
}
