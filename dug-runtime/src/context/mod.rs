//! Contexts: tweaks and statistics, by themselves; entering one makes a layer.
//!
//! A context knows its living layers, so that a tweak reaches all of them.
//! Locks are taken in the order context, then tree; no user code runs under either.

mod builder;
mod scenarios;
mod tweaks;

pub use builder::ContextBuilder;
pub use scenarios::Retained;
pub(crate) use tweaks::changing;

use crate::error::{AlreadyInstalled, Error};
use crate::export::{Graph, Seen};
use crate::id::NodeId;
use crate::layer::Layer;
use crate::policy::Policy;
use crate::retention::Retention;
use crate::scope::{self, Standing};
use crate::stats::{Counters, Stats, Tally};
use crate::store::Store;
use crate::trace;
use crate::tree::Locked;
use crate::tweak::{InForce, Tweak};
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

/// How many layers running functions may open inside each other.
const DEEPEST_IN_RUNS: u32 = 2_000;

/// A set of tweaks, with statistics; entering it makes a layer that holds results.
///
/// A `Context` is a cheap handle: clones are the same context. Its tweaks
/// survive leaving it, what was cached in it does not.
///
/// ```
/// use dug::{Context, tracked, tweak};
///
/// #[tracked]
/// fn spot() -> f64 { 100.0 }
///
/// let crash = Context::new();
/// crash.enter(|| tweak!(spot() => 80.0));
///
/// dug::with_context(|| {
///     assert_eq!(spot(), 100.0);
///     assert_eq!(crash.enter(|| spot()), 80.0);
///     assert_eq!(spot(), 100.0);
/// });
/// ```
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    label: Option<String>,
    retention: Retention,
    store: Option<Store>,
    policy: Option<Policy>,
    /// The run of the tracked function that made the context.
    made_in: Option<u64>,
    tally: Option<Arc<Tally>>,
    counters: Counters,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tweaks: InForce,
    layers: Vec<Weak<Layer>>,
}

/// Runs `f` in a new context under the current one; what was cached in it is freed on the way out.
///
/// # Panics
/// If running tracked functions have nested contexts beyond the limit of 2000; and when `f` does.
///
/// ```
/// use dug::{tracked, tweak, with_context};
///
/// #[tracked]
/// fn rate() -> f64 { 0.02 }
///
/// with_context(|| {
///     with_context(|| {
///         tweak!(rate() => 0.03);
///         assert_eq!(rate(), 0.03);
///     });
///     assert_eq!(rate(), 0.02);
/// });
/// ```
#[track_caller]
pub fn with_context<R>(f: impl FnOnce() -> R) -> R {
    Context::new().enter(f)
}

impl Default for Context {
    fn default() -> Self {
        Context::new()
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tweaks = self.state().tweaks.len();
        out.debug_struct("Context")
            .field("label", &self.0.label)
            .field("tweaks", &tweaks)
            .finish()
    }
}

impl Context {
    /// A context without tweaks.
    ///
    /// ```
    /// assert!(dug::Context::new().tweaks().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        ContextBuilder::default().build()
    }

    /// Settings for a new context.
    ///
    /// ```
    /// let context = dug::Context::builder().label("desk").build();
    /// assert_eq!(context.label(), Some("desk"));
    /// ```
    #[must_use]
    pub fn builder() -> ContextBuilder {
        ContextBuilder::default()
    }

    /// The name that the builder gave.
    ///
    /// ```
    /// assert_eq!(dug::Context::new().label(), None);
    /// ```
    pub fn label(&self) -> Option<&str> {
        self.0.label.as_deref()
    }

    /// The context in which this thread stands, the installed one included.
    ///
    /// ```
    /// use dug::Context;
    ///
    /// assert!(Context::current().is_none());
    /// dug::with_context(|| assert!(Context::current().is_some()));
    /// ```
    pub fn current() -> Option<Context> {
        trace::with(|thread| thread.current_layer()).map(|layer| layer.context.clone())
    }

    /// Makes `context` the one in which every thread stands that has entered none.
    ///
    /// A tracked function that asks others on threads of its own has to hand them [`here`](crate::here) or
    /// [`inherit`](crate::inherit): else they stand in this context, and what they ask is no dependency of the
    /// function, which then keeps its answer when that changes.
    ///
    /// # Errors
    /// [`AlreadyInstalled`]: a process can do this once.
    ///
    /// ```
    /// use dug::{Context, tracked};
    ///
    /// #[tracked]
    /// fn one() -> u8 { 1 }
    ///
    /// Context::install(Context::new()).unwrap();
    /// assert_eq!(std::thread::spawn(|| one()).join().unwrap(), 1);
    /// ```
    pub fn install(context: Context) -> Result<(), AlreadyInstalled> {
        let layer = context.layer_under(None, false);
        INSTALLED.set(layer).map_err(|_| AlreadyInstalled)
    }

    /// Runs `f` in this context, under the one in which this thread stands.
    ///
    /// Threads that enter it under the same parent share what is cached; it is
    /// freed when the last of them leaves, by return or by panic.
    ///
    /// # Panics
    /// Inside a running tracked function, if the context was made outside of
    /// it; if running tracked functions have nested contexts beyond the limit of 2000; and when `f` does.
    ///
    /// ```
    /// use dug::{Context, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u32) -> u32 { x * x }
    ///
    /// let context = Context::new();
    /// assert_eq!(context.enter(|| square(4)), 16);
    /// ```
    #[track_caller]
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        self.enter_for(Location::caller(), f)
    }

    /// As [`enter`](Self::enter), for one who names the caller.
    pub(crate) fn enter_for<R>(
        &self,
        caller: &'static Location<'static>,
        f: impl FnOnce() -> R,
    ) -> R {
        let _standing = Standing::inside(self.enter_layer(caller));
        scope::grow(f)
    }

    fn enter_layer(&self, caller: &'static Location<'static>) -> Arc<Layer> {
        let run = trace::with(|thread| thread.current_run());
        if let Some(run) = run
            && self.0.made_in != Some(run.uid)
        {
            trace::raise(impure("entering a context that was made outside", caller));
        }
        let parent = trace::with(|thread| thread.current_layer());
        let layer = self.layer_under(parent, run.is_some());
        if layer.depth_in_runs > DEEPEST_IN_RUNS {
            trace::raise(Error::Depth {
                depth: layer.depth_in_runs,
                caller,
            });
        }
        layer
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn retention(&self) -> Retention {
        self.0.retention
    }

    pub(crate) fn store(&self) -> Option<&Store> {
        self.0.store.as_ref()
    }

    pub(crate) fn policy(&self) -> Option<Policy> {
        self.0.policy
    }

    pub(crate) fn tally(&self) -> Option<Arc<Tally>> {
        self.0.tally.clone()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// Calls `f` for each living layer, with its tree locked.
    pub(crate) fn each_layer(&self, mut f: impl FnMut(&Layer, &mut Locked<'_>)) {
        let layers = living(&self.state());
        for layer in &layers {
            f(layer, &mut layer.lock());
        }
    }

    /// The tweaks in force, in the order in which they were applied; a node that is tweaked
    /// again keeps its place.
    ///
    /// ```
    /// use dug::{Context, tracked, tweak, untweak};
    ///
    /// #[tracked]
    /// fn rate(years: u32) -> f64 { f64::from(years) / 100.0 }
    ///
    /// let context = Context::new();
    /// context.enter(|| {
    ///     tweak!(rate(1) => 0.0);
    ///     tweak!(rate(2) => 0.0);
    ///     untweak!(rate(1));
    /// });
    /// assert_eq!(context.tweaks().len(), 1);
    /// ```
    pub fn tweaks(&self) -> Vec<Tweak> {
        self.state().tweaks.in_order()
    }

    /// Frees all results that the living layers of this context hold. Tweaks stay, and so does what was
    /// read of files and the environment: [`refresh`](Self::refresh) reads it again.
    ///
    /// # Panics
    /// Inside a running tracked function, unless that function made the context.
    ///
    /// ```
    /// use dug::{Context, node, tracked, with_context};
    ///
    /// #[tracked]
    /// fn one() -> u8 { 1 }
    ///
    /// with_context(|| {
    ///     one();
    ///     Context::current().unwrap().clear();
    ///     assert!(!node!(one()).is_cached());
    /// });
    /// ```
    #[track_caller]
    pub fn clear(&self) {
        self.forbid_in_run("clearing a context", Location::caller());
        self.each_layer(|layer, graph| graph.clear(layer.ix));
        trace::freed();
    }

    /// Reads files and the environment again, as they are asked for: what depends on those
    /// that have changed runs again. That goes for all contexts under the same outermost one.
    ///
    /// # Panics
    /// Inside a running tracked function, unless that function made the context.
    ///
    /// ```
    /// use dug::{Context, tracked, with_context};
    ///
    /// #[tracked]
    /// fn size(path: &str) -> usize { dug::input::file(path).map_or(0, |bytes| bytes.len()) }
    ///
    /// # let path = std::env::temp_dir().join(format!("dug-doc-{}-refresh", std::process::id()));
    /// # let path = path.to_str().unwrap();
    /// std::fs::write(path, "one")?;
    /// with_context(|| {
    ///     assert_eq!(size(path), 3);
    ///     std::fs::write(path, "three")?;
    ///     assert_eq!(size(path), 3);
    ///     Context::current().unwrap().refresh();
    ///     assert_eq!(size(path), 5);
    /// #   std::fs::remove_file(path)
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn refresh(&self) {
        self.forbid_in_run("refreshing a context", Location::caller());
        for layer in living(&self.state()) {
            let outermost = layer.outermost();
            outermost.lock().refresh(outermost.ix);
        }
        trace::freed();
    }

    /// What happened in this context so far.
    ///
    /// # Panics
    /// Inside a running tracked function, unless that function made the context.
    ///
    /// ```
    /// use dug::{Context, tracked, with_context};
    ///
    /// #[tracked]
    /// fn one() -> u8 { 1 }
    ///
    /// with_context(|| {
    ///     one();
    ///     assert_eq!(Context::current().unwrap().stats().executions, 1);
    /// });
    /// ```
    #[track_caller]
    pub fn stats(&self) -> Stats {
        self.forbid_in_run("asking for the statistics of a context", Location::caller());
        trace::with(|thread| thread.flush_hits());
        self.0.counters.read()
    }

    /// The nodes that the living layers of this context hold results of, sorted.
    ///
    /// # Panics
    /// Inside a running tracked function, unless that function made the context.
    ///
    /// ```
    /// use dug::{Context, tracked, with_context};
    ///
    /// #[tracked]
    /// fn fib(n: u64) -> u64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
    ///
    /// with_context(|| {
    ///     assert_eq!(fib(8), 21);
    ///     assert_eq!(Context::current().unwrap().nodes().len(), 9);
    /// });
    /// ```
    #[track_caller]
    pub fn nodes(&self) -> Vec<NodeId> {
        self.forbid_in_run("asking which nodes a context holds", Location::caller());
        let mut nodes = Vec::new();
        self.each_layer(|layer, graph| {
            let views = graph.views(layer.ix);
            let held = views.iter().filter(|view| view.held);
            nodes.extend(held.map(|view| graph.nodes.snapshot(view.node)));
        });
        let mut nodes: Vec<NodeId> = nodes.iter().map(crate::id::Snapshot::id).collect();
        nodes.sort();
        nodes.dedup();
        nodes
    }

    /// The nodes of the living layers of this context and what they depend on, as data.
    ///
    /// # Panics
    /// Inside a running tracked function, unless that function made the context.
    ///
    /// ```
    /// use dug::{Context, tracked, with_context};
    ///
    /// #[tracked]
    /// fn leaf() -> u8 { 1 }
    /// #[tracked]
    /// fn root() -> u8 { leaf() + 1 }
    ///
    /// with_context(|| {
    ///     root();
    ///     let graph = Context::current().unwrap().graph();
    ///     assert_eq!((graph.nodes().len(), graph.edges().len()), (2, 1));
    ///     assert!(graph.to_dot().contains("root()"));
    /// });
    /// ```
    #[track_caller]
    pub fn graph(&self) -> Graph {
        self.forbid_in_run("asking for the graph of a context", Location::caller());
        let mut seen = Vec::new();
        self.each_layer(|layer, graph| {
            for view in graph.views(layer.ix) {
                seen.push(Seen {
                    node: graph.nodes.snapshot(view.node),
                    flags: [view.held, view.valid, view.tweaked, view.masked],
                    dependencies: graph.snapshots(&view.dependencies),
                });
            }
        });
        Graph::of(seen)
    }

    fn forbid_in_run(&self, operation: &'static str, caller: &'static Location<'static>) {
        let run = trace::with(|thread| thread.current_run());
        if run.is_some_and(|run| self.0.made_in != Some(run.uid)) {
            trace::raise(impure(operation, caller));
        }
    }
}

fn living(state: &State) -> Vec<Arc<Layer>> {
    state.layers.iter().filter_map(Weak::upgrade).collect()
}

/// The error for an operation that a running function must not do.
pub(crate) fn impure(operation: &'static str, caller: &'static Location<'static>) -> Error {
    let node = trace::with(|thread| {
        let frame = thread.frame();
        frame.as_ref().map(|frame| {
            let graph = frame.layer.lock();
            let run = graph.runs.get(frame.run)?;
            Some(graph.nodes.snapshot(run.node))
        })
    });
    let node = node
        .flatten()
        .map_or_else(String::new, |snapshot| snapshot.print());
    Error::Impure {
        operation,
        node,
        instead: "do it outside, or inside a context that the function opens itself",
        caller,
    }
}

static INSTALLED: OnceLock<Arc<Layer>> = OnceLock::new();

/// The layer in which threads stand that have entered no context.
pub(crate) fn installed_layer() -> Option<Arc<Layer>> {
    INSTALLED.get().cloned()
}
