//! Tweaks of a context come and go, in all of its living layers at once.
//!
//! What a pattern or a guard has to find out about the nodes that are known is
//! found out first, without any lock; from then on it is found out of each new
//! node before that is used.

use super::{Context, State, impure, living};
use crate::decide::Prepared;
use crate::error::Error;
use crate::layer::{Layer, Purpose};
use crate::trace;
use crate::tree::Locked;
use crate::tweak::{Selector, Target, Tweak, Wide};
use std::panic::Location;
use std::sync::{Arc, MutexGuard};

/// The wide tweaks for which trees have been prepared.
#[derive(Default)]
pub(super) struct Preparations(Vec<Prepared>);

impl Preparations {
    /// Of the layer's tree, for all tweaks of the context.
    pub(super) fn of(context: &Context, layer: &Arc<Layer>) -> Self {
        let mut preparations = Preparations::default();
        let wide: Vec<Wide> = context.state().tweaks.wide().cloned().collect();
        for wide in &wide {
            if !preparations.include(layer, wide) {
                preparations.add(layer, wide);
            }
        }
        preparations
    }

    /// Whether the layer's tree is prepared for the tweak.
    fn include(&self, layer: &Layer, wide: &Wide) -> bool {
        !wide.needs_decisions() || self.0.iter().any(|prepared| prepared.is_for(layer, wide))
    }

    fn add(&mut self, layer: &Arc<Layer>, wide: &Wide) {
        self.0.push(Prepared::new(Arc::clone(layer), wide.clone()));
    }
}

impl Context {
    /// The living layer of this context under `parent`, or a new one.
    pub(crate) fn layer_under(&self, parent: Option<Arc<Layer>>, in_run: bool) -> Arc<Layer> {
        let mut preparations = Preparations::default();
        loop {
            let mut state = self.state();
            state.layers.retain(|layer| layer.strong_count() > 0);
            let uid = parent.as_ref().map(|parent| parent.uid);
            let mut passed = Vec::new();
            for layer in &state.layers {
                if let Some(layer) = layer.upgrade() {
                    if layer.parent().map(|parent| parent.uid) == uid {
                        drop(state);
                        return layer;
                    }
                    passed.push(layer);
                }
            }
            if let Some(parent) = &parent
                && let Some(wide) = unprepared(&state, parent, &preparations)
            {
                drop(state);
                preparations.add(parent, &wide);
                continue;
            }
            let layer = self.make_layer(&state, parent, Purpose::plain(in_run));
            state.layers.push(Arc::downgrade(&layer));
            drop(state);
            return layer;
        }
    }

    /// A new layer with the context's tweaks, for which all is prepared.
    pub(super) fn make_layer(
        &self,
        state: &State,
        parent: Option<Arc<Layer>>,
        purpose: Purpose,
    ) -> Arc<Layer> {
        let layer = Layer::new(self.clone(), parent, purpose);
        if !state.tweaks.is_empty() {
            let mut graph = layer.lock();
            for tweak in state.tweaks.in_order() {
                self.apply(&layer, &mut graph, &tweak);
            }
        }
        layer
    }

    /// Applies a tweak to one layer. For a wide one, the tree is prepared.
    fn apply(&self, layer: &Layer, graph: &mut Locked<'_>, tweak: &Tweak) {
        let Ok(selector) = &tweak.selector else {
            return;
        };
        let ruling = graph.ruling_of(&tweak.action, selector);
        let masked = match (selector.rule(), selector) {
            (Some(rule), _) => graph.tweak_wide(layer.ix, rule, ruling),
            (None, Selector::Exact(exact)) => {
                let (function, described) = (exact.function, exact.described.as_ref());
                let arguments = exact.arguments.as_slice();
                let node = graph
                    .nodes
                    .intern(function, exact.hash, arguments, described);
                let masked = graph.tweak(layer.ix, node, ruling);
                graph.release_node(node);
                masked
            }
            (None, Selector::Wide(_)) => 0,
        };
        self.counters().add_masked(masked);
    }

    /// Tweaks, in all layers of this context.
    pub(crate) fn tweak(&self, tweak: Tweak) {
        let selector = match &tweak.selector {
            Ok(selector) => selector.clone(),
            Err(error) => trace::raise(error.clone()),
        };
        let mut preparations = Preparations::default();
        let (mut state, layers) = self.prepared_for(tweak.wide(), &mut preparations);
        let replaced = state.tweaks.add(tweak.clone(), &selector);
        for layer in &layers {
            layer.set_changed();
            let mut graph = layer.lock();
            if replaced.is_some()
                && let Some(rule) = selector.rule()
            {
                graph.untweak_wide(layer.ix, |other| other.is_same(&rule));
            }
            self.apply(layer, &mut graph, &tweak);
        }
        drop(state);
        drop((replaced, layers));
    }

    /// The state, locked, and the living layers, whose trees are prepared.
    fn prepared_for(
        &self,
        wide: Option<&Wide>,
        preparations: &mut Preparations,
    ) -> (MutexGuard<'_, State>, Vec<Arc<Layer>>) {
        loop {
            let state = self.state();
            let layers = living(&state);
            let missing = wide.and_then(|wide| {
                let missing = layers
                    .iter()
                    .find(|layer| !preparations.include(layer, wide));
                Some((missing?, wide))
            });
            let Some((layer, wide)) = missing else {
                return (state, layers);
            };
            drop(state);
            preparations.add(layer, wide);
        }
    }

    /// Takes tweaks back, in all layers of this context.
    pub(crate) fn untweak(&self, selector: &Selector) {
        let mut state = self.state();
        let removed = state.tweaks.remove(selector);
        let layers = living(&state);
        for layer in layers.iter().filter(|_| !removed.is_empty()) {
            layer.set_changed();
            let mut graph = layer.lock();
            match (selector.rule(), selector) {
                (Some(rule), _) => {
                    graph.untweak_wide(layer.ix, |other| other.is_taken_back_by(&rule));
                }
                (None, Selector::Exact(exact)) => {
                    let arguments = exact.arguments.as_slice();
                    let node = graph.nodes.find(exact.function, exact.hash, arguments);
                    if let Some(node) = node {
                        graph.untweak(layer.ix, node);
                    }
                }
                (None, Selector::Wide(_)) => {}
            }
        }
        drop(state);
        drop((removed, layers));
    }
}

/// Some wide tweak for which the tree of a new layer is not prepared.
fn unprepared(state: &State, parent: &Layer, preparations: &Preparations) -> Option<Wide> {
    let mut wide = state.tweaks.wide();
    wide.find(|wide| !preparations.include(parent, wide))
        .cloned()
}

impl Tweak {
    /// Applies the tweak to the current context.
    ///
    /// # Panics
    /// As [`Node::tweak`](crate::Node::tweak).
    ///
    /// ```
    /// # use dug::{tracked, tweak, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// with_context(|| {
    ///     tweak!(in one() => 2).apply();
    ///     assert_eq!(one(), 2);
    /// });
    /// ```
    #[track_caller]
    pub fn apply(self) {
        if let Err(error) = &self.selector {
            trace::raise(error.clone());
        }
        let layer = changing("tweaking", Location::caller(), || self.to_string());
        layer.context.tweak(self);
    }
}

impl<R: Clone + Send + Sync + 'static> Target<R> {
    /// Takes the tweak of these very nodes back in the current context, if there is one.
    ///
    /// One node's own tweak, a pattern's or a whole function's is found by what it is about. A
    /// guarded one cannot be told from others: all guarded tweaks of the function go.
    ///
    /// # Panics
    /// As [`Node::tweak`](crate::Node::tweak).
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn rate(years: u32) -> f64 { f64::from(years) }
    /// with_context(|| {
    ///     node!(rate(2)).tweak(0.5);
    ///     node!(rate(2)).target().untweak();
    ///     assert_eq!(rate(2), 2.0);
    /// });
    /// ```
    #[track_caller]
    pub fn untweak(self) {
        let selector = match self.selector {
            Ok(selector) => selector,
            Err(error) => trace::raise(error),
        };
        let what = || selector.to_string();
        let layer = changing("taking back a tweak", Location::caller(), what);
        layer.context.untweak(&selector);
    }
}

/// The current layer, for a change of its context.
pub(crate) fn changing(
    operation: &'static str,
    caller: &'static Location<'static>,
    what: impl FnOnce() -> String,
) -> Arc<Layer> {
    let Some(layer) = trace::with(|thread| thread.current_layer()) else {
        trace::raise(Error::Contextless {
            operation,
            node: what(),
            caller,
        });
    };
    let outside = trace::with(|thread| {
        let frame = thread.frame();
        frame
            .as_ref()
            .is_some_and(|frame| layer.is_at_or_above(&frame.layer))
    });
    if outside {
        trace::raise(impure(operation, caller));
    }
    layer
}
