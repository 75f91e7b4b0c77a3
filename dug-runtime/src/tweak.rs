//! Tweaks as a context lists them.

use crate::id::NodeId;
use crate::value::Value;

/// A tweak that is in force in a context; see [`Context::tweaks`](crate::Context::tweaks).
///
/// ```
/// use dug::{Context, tracked, tweak};
///
/// #[tracked]
/// fn spot(name: &str) -> f64 { name.len() as f64 }
///
/// let context = Context::new();
/// context.enter(|| tweak!(spot("AAPL") => 120.0));
/// let tweaks = context.tweaks();
/// assert_eq!(tweaks[0].node().to_string(), "spot(\"AAPL\")");
/// assert_eq!(tweaks[0].value::<f64>(), Some(120.0));
/// ```
#[derive(Clone)]
pub struct Tweak {
    node: NodeId,
    value: Value,
}

impl Tweak {
    pub(crate) fn new(node: NodeId, value: Value) -> Self {
        Tweak { node, value }
    }

    /// The node that is tweaked.
    ///
    /// ```
    /// # use dug::{Context, tracked, tweak};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// let context = Context::new();
    /// context.enter(|| tweak!(one() => 2));
    /// assert_eq!(context.tweaks()[0].node().to_string(), "one()");
    /// ```
    pub fn node(&self) -> &NodeId {
        &self.node
    }

    /// What it answers, if that is an `R`.
    ///
    /// ```
    /// # use dug::{Context, tracked, tweak};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// let context = Context::new();
    /// context.enter(|| tweak!(one() => 2));
    /// assert_eq!(context.tweaks()[0].value::<u8>(), Some(2));
    /// assert_eq!(context.tweaks()[0].value::<i64>(), None);
    /// ```
    pub fn value<R: Clone + 'static>(&self) -> Option<R> {
        self.value.downcast_ref().cloned()
    }
}

impl std::fmt::Debug for Tweak {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Tweak({})", self.node)
    }
}
