//! How stale results are treated.

/// What a context does with stored results whose code or inputs have changed.
///
/// A policy excuses changed code and inputs, never tweaks: what is served is the newest result
/// whose run met no tweak, and never past a tweak that changes what it rests on. A tweak of another node of a function
/// below it ends the serving as well, but for what has answered in that context before. What an outermost context
/// binds by [`external`](crate::external()) is an input: with a store, later processes find it;
/// further in it is a tweak. Served, too, by [`RecomputeTo`](Policy::RecomputeTo), is nothing of which what lies
/// below is known only by runs that met a tweak, or that ran on what was served.
///
/// Each node that a body asks for is a question of its own: below what runs, `RecomputeTo(1)` looks one level down
/// from what is asked there. So one answer may rest on both what was and what is.
///
/// Questions such as [`is_stale`](crate::Node::is_stale) and [`explain`](crate::Node::explain) read files that look
/// changed, and what they have read is seen by the calls that come after: these may rest on it, where they would
/// have been served an older text.
///
/// What was served may answer in the contexts inside as well, whatever their policy, and
/// [`is_stale`](crate::Node::is_stale) may take it for right there. Ask for what is to be right in a context
/// of its own with the same store.
///
/// ```
/// use dug::{Context, Policy, Store};
///
/// let store = Store::in_memory();
/// let draft = Context::builder().store(store).policy(Policy::OnlyMissing).build();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Policy {
    /// What is stale runs again.
    #[default]
    Recompute,
    /// What has changed deeper than so many levels is not looked at; 0 is the node's own code.
    RecomputeTo(usize),
    /// What is stored, or in memory, is served, stale or not: only what is missing runs.
    OnlyMissing,
}
