//! How much is kept of scenarios that nobody stands in.

use crate::graph::Limits;
use std::time::Duration;

/// How much a context keeps of the scenarios that were entered from it, while nobody stands in
/// them: entering an equal scenario again then runs nothing.
///
/// The scenarios that were left longest ago give way first. What a scenario holds goes at the
/// latest when the context around it is left. Results that no scenario's tweaks can touch are held
/// once for all of them. They may take as many bytes again: if they take more, they are freed, though
/// not before 64 scenarios were left since the last time. The context around is not touched by that.
///
/// A size is an estimate: the entries themselves, and the encoded length of results that own heap memory.
///
/// ```
/// use dug::{Context, Retention, Scenario, tracked, tweak};
///
/// #[tracked]
/// fn spot() -> f64 { 100.0 }
/// #[tracked]
/// fn value() -> f64 { 2.0 * spot() }
///
/// let crash = Scenario::new().with(tweak!(in spot() => 80.0)).unwrap();
/// let ran_again = |retention| {
///     Context::builder().retention(retention).build().enter(|| {
///         crash.enter(|| value());
///         crash.enter(|| {
///             value();
///             Context::current().unwrap().stats().executions
///         })
///     })
/// };
/// assert_eq!(ran_again(Retention::new()), 0);
/// assert_eq!(ran_again(Retention::none()), 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Retention(Limits);

impl std::fmt::Debug for Retention {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Retention")
            .field("bytes", &self.0.bytes)
            .field("scenarios", &self.0.layers)
            .field("idle", &self.0.idle)
            .finish()
    }
}

impl Default for Retention {
    fn default() -> Self {
        Retention::new()
    }
}

impl Retention {
    /// At most 4096 scenarios and 256 MiB, for any time.
    ///
    /// ```
    /// assert_eq!(dug::Retention::new(), dug::Retention::default());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Retention(Limits {
            bytes: 256 << 20,
            layers: 4096,
            idle: None,
        })
    }

    /// Nothing is kept: what a scenario holds is freed when it is left.
    ///
    /// ```
    /// assert_ne!(dug::Retention::none(), dug::Retention::new());
    /// ```
    #[must_use]
    pub const fn none() -> Self {
        Retention(Limits {
            bytes: 0,
            layers: 0,
            idle: None,
        })
    }

    /// At most this many bytes.
    ///
    /// ```
    /// let small = dug::Retention::new().bytes(1 << 20);
    /// ```
    #[must_use]
    pub const fn bytes(mut self, bytes: usize) -> Self {
        self.0.bytes = bytes;
        self
    }

    /// At most this many scenarios; each level of one that lies over another counts.
    ///
    /// ```
    /// let few = dug::Retention::new().scenarios(10);
    /// ```
    #[must_use]
    pub const fn scenarios(mut self, scenarios: usize) -> Self {
        self.0.layers = scenarios;
        self
    }

    /// At most this long after a scenario was left. What is too old goes when the next one is entered or left.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let fresh = dug::Retention::new().idle(Duration::from_secs(60));
    /// ```
    #[must_use]
    pub const fn idle(mut self, idle: Duration) -> Self {
        self.0.idle = Some(idle);
        self
    }

    pub(crate) const fn limits(self) -> Limits {
        self.0
    }
}
