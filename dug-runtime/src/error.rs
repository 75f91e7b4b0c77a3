//! The one error type of dug. It owns the texts that users read.
//!
//! A text says what is wrong, why, and what to do instead. Calls of tracked
//! functions are plain Rust calls: they panic with the text that is displayed
//! here, and [`Node::try_call`](crate::Node::try_call) returns the value.

use std::panic::Location;

/// What can go wrong in dug itself; never an error of the functions that it runs.
///
/// ```
/// use dug::{node, tracked};
///
/// #[tracked]
/// fn double(x: i64) -> i64 { 2 * x }
///
/// let error = node!(double(4)).try_call().unwrap_err();
/// assert!(error.to_string().starts_with("`double(4)` was called outside every context"));
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tracked function was called, or a node was asked about, where no context is current.
    #[error(
        "`{node}` was called outside every context (at {caller}); \
         wrap the work in `dug::with_context(|| ..)`, or install a context for all threads with `Context::install`"
    )]
    NoContext {
        /// The node, printed.
        node: String,
        /// Where the call stands in the source.
        caller: &'static Location<'static>,
    },
    /// A tracked function was called inside a guard.
    #[error(
        "`{node}` was called inside the guard of a tweak (at {caller}), which sees the arguments only; \
         ask for it before, and let the guard compare with what it answered"
    )]
    InGuard {
        /// The node, printed.
        node: String,
        /// Where the call stands in the source.
        caller: &'static Location<'static>,
    },
    /// A node was asked for while it was being computed.
    #[error("`{}` depends on itself (asked for at {caller}): {}", circle.first().map_or("", String::as_str), print_circle(circle))]
    Cycle {
        /// The nodes of the circle, each asked for by the one before it; the first is the last one's dependency.
        circle: Vec<String>,
        /// Where the call that closes the circle stands in the source.
        caller: &'static Location<'static>,
    },
    /// Tracked functions opened contexts inside each other beyond the limit.
    #[error(
        "contexts that tracked functions opened inside each other are nested {depth} deep (at {caller}); \
         a recursion through ever new contexts does not end"
    )]
    Depth {
        /// The number of layers, one in another.
        depth: u32,
        /// Where the innermost context was entered.
        caller: &'static Location<'static>,
    },
    /// Something was done inside a tracked function that would make it impure.
    #[error(
        "{operation} inside the running tracked function `{node}` (at {caller}) would make it impure; {instead}"
    )]
    Impure {
        /// What was attempted.
        operation: &'static str,
        /// The running node, printed.
        node: String,
        /// What to do instead.
        instead: &'static str,
        /// Where it stands in the source.
        caller: &'static Location<'static>,
    },
    /// An argument, or a value given to a tweak, refused to be serialized.
    #[error(
        "`{function}` cannot be keyed (at {caller}): serializing an argument failed: {message}"
    )]
    Encode {
        /// The function's name.
        function: String,
        /// What the argument's `Serialize` implementation said.
        message: String,
        /// Where the call stands in the source.
        caller: &'static Location<'static>,
    },
    /// No tracked function of this name is part of the program.
    #[error(
        "`{node}` is not known: this program knows no tracked function `{function}`; \
         a generic one, or a method that is tracked alone, is known after its first call"
    )]
    UnknownFunction {
        /// The node, printed.
        node: String,
        /// The function's path.
        function: String,
    },
    /// The node cannot be run from its id alone.
    #[error("`{node}` cannot be called by its id: {reason}")]
    NotCallable {
        /// The node, printed.
        node: String,
        /// Why not.
        reason: String,
    },
    /// `clamp` was given bounds between which nothing lies.
    #[error("`{node}` cannot be clamped: {low} is not at most {high}; write the lower bound first")]
    EmptyClamp {
        /// The nodes, printed.
        node: String,
        /// The first bound, printed.
        low: String,
        /// The second bound, printed.
        high: String,
    },
    /// A scenario names one node twice, so that it does not say what the node answers.
    #[error(
        "the scenario tweaks `{node}` twice; leave one of the two out, or nest scenarios with `over`"
    )]
    TweakedTwice {
        /// The node, printed.
        node: String,
    },
    /// What a tweak gives refused to be serialized.
    #[error("the tweak of `{node}` cannot be part of a scenario: serializing it failed: {message}")]
    Unencodable {
        /// The nodes, printed.
        node: String,
        /// What the `Serialize` implementation said.
        message: String,
    },
    /// A tweak cannot leave the process.
    #[error("`{tweak}` cannot be serialized: {reason}")]
    Unwritable {
        /// The tweak, printed.
        tweak: String,
        /// Why not.
        reason: String,
    },
    /// A serialized scenario does not say what this program can do.
    #[error("{what} cannot be read: {reason}")]
    Unreadable {
        /// What of it: a node, printed, where it is known.
        what: String,
        /// Why not.
        reason: String,
    },
    /// A node was asked for under a guarded tweak of which nobody can tell whether it is about that
    /// node: the guard panicked, or the arguments cannot be read back for it.
    #[error("the guard of a tweak cannot test `{node}`: {reason}")]
    Unguarded {
        /// The node, printed.
        node: String,
        /// Why not.
        reason: String,
    },
    /// A result was asked for as another type than it has.
    #[error("the result of `{node}` is not a `{wanted}`")]
    WrongType {
        /// The node, printed.
        node: String,
        /// The type that was asked for.
        wanted: &'static str,
    },
    /// A store cannot be opened, read or written.
    #[error("the store at {place} failed: {reason}")]
    Store {
        /// Its folder, or `memory`.
        place: String,
        /// What went wrong.
        reason: String,
    },
    /// A handle was to be treated as that of a node, and no node has returned it.
    #[error(
        "`Tracked(..)` cannot be {done}: no node has returned it, so that it has no name; \
         return it from a tracked function"
    )]
    Unnamed {
        /// What was to be done.
        done: &'static str,
    },
    /// Something was done to the current context where there is none.
    #[error(
        "{operation} `{node}` needs a context, and there is none (at {caller}); wrap the work in \
         `dug::with_context(|| ..)`{}",
        otherwise(operation)
    )]
    Contextless {
        /// What was attempted.
        operation: &'static str,
        /// The nodes, printed.
        node: String,
        /// Where it stands in the source.
        caller: &'static Location<'static>,
    },
}

/// A context is installed for all threads already; see [`Context::install`](crate::Context::install).
///
/// ```
/// use dug::Context;
///
/// Context::install(Context::new()).unwrap();
/// let refused = Context::install(Context::new()).unwrap_err();
/// assert_eq!(refused.to_string(), "a context is installed for all threads already");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a context is installed for all threads already")]
pub struct AlreadyInstalled;

/// What may be written instead of a change of the current context.
fn otherwise(operation: &str) -> &'static str {
    match operation {
        "tweaking" => ", or write `tweak!(in ..)` for a tweak that a scenario takes",
        _ => ", or install a context for all threads with `Context::install`",
    }
}

/// How many nodes of a long circle are printed at either end.
const CIRCLE_ENDS: usize = 8;

fn print_circle(circle: &[String]) -> String {
    let mut text = String::new();
    for (place, node) in circle.iter().enumerate() {
        let hidden = circle.len().saturating_sub(2 * CIRCLE_ENDS);
        if hidden > 0 && place >= CIRCLE_ENDS && place < CIRCLE_ENDS + hidden {
            if place == CIRCLE_ENDS {
                text.push_str(&format!(".. {hidden} more .. -> "));
            }
            continue;
        }
        text.push_str(node);
        text.push_str(" -> ");
    }
    text.push_str(circle.first().map_or("", String::as_str));
    text
}
