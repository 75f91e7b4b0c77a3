//! Settings of a context.

use super::{Context, Inner, State};
use crate::policy::Policy;
use crate::retention::Retention;
use crate::stats::{Counters, Tally};
use crate::store::Store;
use crate::trace;
use crate::tweak::InForce;
use std::sync::{Arc, Mutex};

/// Makes a [`Context`] with settings.
///
/// ```
/// let context = dug::Context::builder().label("risk").build();
/// assert_eq!(context.label(), Some("risk"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ContextBuilder {
    label: Option<String>,
    retention: Retention,
    store: Option<Store>,
    policy: Option<Policy>,
    tweaks: InForce,
    tally: Option<Arc<Tally>>,
}

impl ContextBuilder {
    /// A name for messages and exports.
    ///
    /// ```
    /// assert!(dug::Context::builder().label("risk").build().label().is_some());
    /// ```
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// How much is kept of scenarios that are entered from this context, while nobody stands in them.
    ///
    /// ```
    /// use dug::{Context, Retention};
    ///
    /// let context = Context::builder().retention(Retention::new().bytes(1 << 20)).build();
    /// ```
    #[must_use]
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Where results are looked for and kept beyond the process, in this context and in those
    /// inside it that have no store of their own.
    ///
    /// ```
    /// use dug::{Context, Store, tracked};
    ///
    /// #[tracked]
    /// fn one() -> u8 { 1 }
    ///
    /// let store = Store::in_memory();
    /// Context::builder().store(store.clone()).build().enter(|| one());
    /// assert_eq!(store.nodes()?[0].to_string(), "one()");
    /// # Ok::<(), dug::Error>(())
    /// ```
    #[must_use]
    pub fn store(mut self, store: Store) -> Self {
        self.store = Some(store);
        self
    }

    /// What is done with stored results that are stale, in this context and in those inside it
    /// that have no policy of their own. [`Policy::Recompute`] unless given.
    ///
    /// ```
    /// use dug::{Context, Policy};
    ///
    /// let context = Context::builder().policy(Policy::RecomputeTo(1)).build();
    /// ```
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Tweaks that the context has from the beginning.
    pub(crate) fn tweaks(mut self, tweaks: InForce) -> Self {
        self.tweaks = tweaks;
        self
    }

    /// Counts all that happens in its layers and below.
    pub(crate) fn tally(mut self, tally: Option<Arc<Tally>>) -> Self {
        self.tally = tally;
        self
    }

    /// The context.
    ///
    /// ```
    /// assert_eq!(dug::Context::builder().build().label(), None);
    /// ```
    #[must_use]
    pub fn build(self) -> Context {
        Context(Arc::new(Inner {
            label: self.label,
            retention: self.retention,
            store: self.store,
            policy: self.policy,
            made_in: trace::with(|thread| thread.current_run()).map(|run| run.uid),
            tally: self.tally,
            counters: Counters::default(),
            state: Mutex::new(State {
                tweaks: self.tweaks,
                layers: Vec::new(),
            }),
        }))
    }
}
