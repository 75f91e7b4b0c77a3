//! The layers of scenarios, which are kept under the layer that they were entered from.

use super::Context;
use super::tweaks::Preparations;
use crate::graph::Role;
use crate::layer::{Keeping, Layer, Purpose};
use std::panic::Location;
use std::sync::Arc;

/// What a context keeps of scenarios that nobody stands in; see [`Context::retained`].
///
/// ```
/// let context = dug::Context::new();
/// assert_eq!((context.retained().scenarios, context.retained().bytes), (0, 0));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Retained {
    /// How many scenarios, each level of one that lies over another being one.
    pub scenarios: usize,
    /// Their size in bytes, an estimate; see [`Retention`](crate::Retention).
    pub bytes: usize,
}

impl Context {
    /// What the living layers of this context keep of the scenarios that were entered from them
    /// and left again.
    ///
    /// # Panics
    /// Inside a running tracked function, unless that function made the context.
    ///
    /// ```
    /// use dug::{Context, Scenario, tracked, tweak, with_context};
    ///
    /// #[tracked]
    /// fn one() -> u8 { 1 }
    ///
    /// let two = Scenario::new().with(tweak!(in one() => 2)).unwrap();
    /// with_context(|| {
    ///     two.enter(|| one());
    ///     assert_eq!(Context::current().unwrap().retained().scenarios, 1);
    ///     Context::current().unwrap().clear();
    ///     assert_eq!(Context::current().unwrap().retained().scenarios, 0);
    /// });
    /// ```
    #[track_caller]
    pub fn retained(&self) -> Retained {
        self.forbid_in_run("asking what a context keeps", Location::caller());
        let mut retained = Retained::default();
        self.each_layer(|layer, graph| {
            let (scenarios, bytes) = graph.asleep_below(layer.ix);
            retained.scenarios += scenarios;
            retained.bytes += bytes;
        });
        retained
    }

    /// A layer of this context under another.
    pub(crate) fn layer_inside(&self, layer: &Arc<Layer>) -> Arc<Layer> {
        self.layer_under(Some(Arc::clone(layer)), false)
    }

    /// A layer of this context under none.
    pub(crate) fn outermost_layer(&self) -> Arc<Layer> {
        self.layer_under(None, false)
    }

    /// The layer of this context, which is that of a scenario, below `around`: the one
    /// that was kept, or a new one. If it is `shared`, all who want it at one time get the same.
    pub(crate) fn scenario_layer(
        &self,
        around: &Arc<Layer>,
        digest: [u8; 32],
        shared: bool,
    ) -> Arc<Layer> {
        let limits = around.context.retention().limits();
        let purpose = |role, key| Purpose {
            notes_questions: false,
            in_run: false,
            role,
            keeping: Some(Keeping { key, limits }),
        };
        let above = around.shared_below(None, || {
            let context = Context::builder()
                .retention(around.context.retention())
                .build();
            context.wake_or_make(around, purpose(Role::Shared, None))
        });
        let _preparations = Preparations::of(self, &above);
        let purpose = purpose(Role::Scenario, Some(digest));
        match shared {
            true => above.shared_below(Some(digest), || self.wake_or_make(&above, purpose)),
            false => self.wake_or_make(&above, purpose),
        }
    }

    /// The sleeper that `purpose` names, or a new layer with the tweaks of this context, for
    /// which the tree is prepared.
    fn wake_or_make(&self, parent: &Arc<Layer>, purpose: Purpose) -> Arc<Layer> {
        let mut state = self.state();
        let layer = Layer::wake(self.clone(), parent, purpose);
        let make = || self.make_layer(&state, Some(Arc::clone(parent)), purpose);
        let layer = layer.unwrap_or_else(make);
        state.layers.push(Arc::downgrade(&layer));
        layer
    }
}
