//! Nodes that the user holds: what can be done with a call before it is made.

mod kept;

use crate::context::{self, Context, impure};
use crate::decide::decide;
use crate::digest::Fingerprint;
use crate::engine;
use crate::error::Error;
use crate::graph::{Content, Graph, NodeIx};
use crate::handle::Tracked;
use crate::id::{NodeId, Snapshot};
use crate::key::Key;
use crate::layer::Layer;
use crate::registry;
use crate::trace;
use crate::tweak::{Exact, Selector, Target};
use crate::value::{Erased, Value, expect_ref};
use std::cell::{Cell, OnceCell};
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;

/// One call of a tracked function that has not been made: [`node!`](https://docs.rs/dug) gives it
/// without running anything. Its methods speak of the current context.
///
/// It borrows the arguments that the function borrows; [`NodeId`] is the owned part.
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
///     assert!(!node!(bar(4)).is_cached());
///     assert_eq!(node!(bar(4)).call(), 3);
///     assert!(node!(bar(4)).is_cached());
///     tweak!(dec() => 4);
///     assert!(!node!(bar(4)).is_cached());
/// });
/// ```
#[must_use = "a node does nothing until it is called"]
pub struct Node<'a, R>(Call<'a, R>);

/// What a node is made of. It is where `tracked` is found for all results but handles, whose
/// nodes have a `tracked` of their own: a trait could not tell the two apart.
#[doc(hidden)]
pub struct Call<'a, R> {
    key: Key,
    id: OnceCell<NodeId>,
    call: Cell<Option<Box<dyn FnOnce() -> R + 'a>>>,
}

impl<'a, R> Deref for Node<'a, R> {
    type Target = Call<'a, R>;

    fn deref(&self) -> &Call<'a, R> {
        &self.0
    }
}

impl<R> std::fmt::Debug for Node<'_, R> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Node({})", self.make_id())
    }
}

impl<R: Clone + Send + Sync + 'static> Call<'_, R> {
    /// See [`Node::tracked`].
    ///
    /// # Panics
    /// If it is called twice, and as the call does.
    #[track_caller]
    pub fn tracked(&self) -> Tracked<R> {
        let result = self.make();
        engine::handle_on(&self.key, self.make_id(), result)
    }
}

impl<T: Send + Sync + 'static> Node<'_, Tracked<T>> {
    /// Runs or fetches: the handle that the function returns.
    ///
    /// # Panics
    /// As [`call`](Node::call).
    ///
    /// ```
    /// use dug::{Tracked, node, tracked, with_context};
    ///
    /// #[tracked]
    /// fn numbers(n: u64) -> Tracked<Vec<u64>> { Tracked::new((0..n).collect()) }
    ///
    /// with_context(|| {
    ///     let handle: Tracked<Vec<u64>> = node!(numbers(3)).tracked();
    ///     assert_eq!(*handle, [0, 1, 2]);
    /// });
    /// ```
    #[cfg(not(doc))]
    #[track_caller]
    pub fn tracked(self) -> Tracked<T> {
        self.make()
    }
}

impl<R> Call<'_, R> {
    #[track_caller]
    fn make(&self) -> R {
        self.make_at(Location::caller())
    }

    /// Calls the function, for who asks for it there: it would itself take its own place for that.
    fn make_at(&self, caller: &'static Location<'static>) -> R {
        if self.key.refusal().is_none() {
            engine::require_context(|| self.make_id().to_string(), caller);
        }
        match self.call.take() {
            Some(call) => call(),
            None => panic!(
                "`{}` was called already: a node makes one call",
                self.make_id()
            ),
        }
    }

    fn make_id(&self) -> &NodeId {
        self.id.get_or_init(|| {
            let described = self.key.described();
            let text = described.map(|described| &*described.text);
            NodeId::of(self.key.function, &self.key.arguments, text)
        })
    }
}

impl<R> AsRef<NodeId> for Node<'_, R> {
    fn as_ref(&self) -> &NodeId {
        self.make_id()
    }
}

impl<'a, R> Node<'a, R> {
    /// Called by what `#[tracked]` expands to; `call` calls the tracked function.
    #[doc(hidden)]
    pub fn new(key: Key, call: Box<dyn FnOnce() -> R + 'a>) -> Self {
        Node(Call {
            key,
            id: OnceCell::new(),
            call: Cell::new(Some(call)),
        })
    }
}

impl<'a, R: Clone + Send + Sync + 'static> Node<'a, R> {
    /// The node's identity.
    ///
    /// ```
    /// # use dug::{node, tracked};
    /// # #[tracked] fn foo(x: i64) -> i64 { x }
    /// assert_eq!(node!(foo(4)).id().to_string(), "foo(4)");
    /// ```
    pub fn id(&self) -> &NodeId {
        self.make_id()
    }

    /// Runs or fetches: the call itself.
    ///
    /// # Panics
    /// As the call does: outside every context, in a cycle, and when the function panics.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// with_context(|| assert_eq!(node!(foo(4)).call(), 8));
    /// ```
    #[track_caller]
    pub fn call(self) -> R {
        self.make()
    }

    /// Runs or fetches, and returns the errors that a call itself can meet.
    ///
    /// # Errors
    /// [`Error::NoContext`], [`Error::Cycle`], [`Error::Depth`], [`Error::Impure`],
    /// [`Error::Encode`], also from calls that this one makes.
    ///
    /// # Panics
    /// When the function does.
    ///
    /// ```
    /// use dug::{Error, node, tracked, with_context};
    ///
    /// #[tracked]
    /// fn even(n: u32) -> bool { !even(n) }
    ///
    /// with_context(|| {
    ///     let error = node!(even(1)).try_call().unwrap_err();
    ///     assert!(error.to_string().ends_with("even(1) -> even(1)"));
    /// });
    /// ```
    #[track_caller]
    pub fn try_call(self) -> Result<R, Error> {
        let caller = Location::caller();
        trace::caught(|| self.make_at(caller))
    }

    /// Fetches only: the answer, if the call would run no body.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// with_context(|| {
    ///     assert_eq!(node!(foo(4)).get(), None);
    ///     foo(4);
    ///     assert_eq!(node!(foo(4)).get(), Some(8));
    /// });
    /// ```
    #[track_caller]
    pub fn get(&self) -> Option<R> {
        let layer = self.asking("asking what is cached");
        let value = engine::would_answer(&layer, &self.key)?;
        Some(expect_ref::<R>(&*value).clone())
    }

    /// Whether the call would run no body, as far as can be known without running any. What a relative
    /// tweak makes of an answer is not known before it is called, and a large value is not read: if its file is
    /// damaged, that is found by the call, which then runs the body.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// with_context(|| assert!(!node!(foo(4)).is_cached()));
    /// ```
    #[track_caller]
    pub fn is_cached(&self) -> bool {
        let layer = self.asking("asking what is cached");
        engine::would_rest_on(&layer, &self.key).is_some()
    }

    /// Answers `value` in the current context and in those inside it, from now on.
    ///
    /// # Panics
    /// Outside every context; and inside a running tracked function, unless in a
    /// context that the function has opened.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// with_context(|| {
    ///     node!(foo(4)).tweak(10);
    ///     assert_eq!(foo(4), 10);
    /// });
    /// ```
    #[track_caller]
    pub fn tweak(&self, value: R) {
        self.target().value(value).apply();
    }

    /// What a tweak of this node alone is about.
    ///
    /// ```
    /// # use dug::{node, tracked};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// let tweak = node!(foo(4)).target().value(10);
    /// assert_eq!(tweak.to_string(), "foo(4) => 10");
    /// ```
    pub fn target(&self) -> Target<R> {
        Target::new(match self.key.refusal() {
            Some(error) => Err(error),
            None => Ok(Selector::Exact(Exact::of(&self.key))),
        })
    }

    /// Takes the tweak of the current context back, if there is one.
    ///
    /// # Panics
    /// As [`tweak`](Self::tweak).
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// with_context(|| {
    ///     node!(foo(4)).tweak(10);
    ///     node!(foo(4)).untweak();
    ///     assert_eq!(foo(4), 8);
    /// });
    /// ```
    #[track_caller]
    pub fn untweak(&self) {
        self.target().untweak();
    }

    /// Forbids to answer the node, in the current context, from what was kept:
    /// its body runs at the next call, and what depends on it is checked again.
    ///
    /// # Panics
    /// As [`tweak`](Self::tweak).
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// with_context(|| {
    ///     foo(4);
    ///     node!(foo(4)).invalidate();
    ///     assert!(!node!(foo(4)).is_cached());
    /// });
    /// ```
    #[track_caller]
    pub fn invalidate(&self) {
        let layer = self.changing("invalidating");
        self.key.invalidate_in(&layer.context);
    }

    /// Frees the value that the current context holds. When the node is asked for it is loaded from the store;
    /// without one, or where that has no value of it, it runs again.
    ///
    /// # Panics
    /// As [`tweak`](Self::tweak).
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// with_context(|| {
    ///     foo(4);
    ///     node!(foo(4)).unload();
    ///     assert!(!node!(foo(4)).is_cached());
    /// });
    /// ```
    #[track_caller]
    pub fn unload(&self) {
        let layer = self.changing("unloading");
        layer.context.each_layer(|layer, graph| {
            let Some(node) = self.key.find(graph) else {
                return;
            };
            let Some((value, content)) = graph.own_value(layer.ix, node) else {
                return;
            };
            let encode = graph.values.encode(value);
            let stamp = graph.values.stamp(value).cloned();
            let (snapshot, hash) = (graph.nodes.snapshot(node), graph.nodes.hash(node));
            let left = graph.unlocked(move || {
                // What waits to be written is not found by who asks for it.
                layer
                    .stores()
                    .for_each(|store| store.await_runs_of(&snapshot, hash));
                if let Some(stamp) = stamp {
                    stamp.let_go_of_content();
                }
                left_of(encode, &content)
            });
            // The node may have gone meanwhile, or have another value.
            let again = self.key.find(graph).filter(|again| *again == node);
            if again
                .and_then(|node| graph.own_value(layer.ix, node))
                .is_some_and(|(now, _)| now == value)
            {
                graph.unload(layer.ix, node, left);
            }
        });
        trace::freed();
    }

    /// Runs or fetches, as a handle that shares the value with the cache (but for numbers and the like, which are copied).
    ///
    /// # Panics
    /// As [`call`](Self::call).
    ///
    /// ```
    /// use dug::{node, tracked, with_context};
    ///
    /// #[tracked]
    /// fn numbers(n: u64) -> Vec<u64> { (0..n).collect() }
    ///
    /// with_context(|| {
    ///     let handle = node!(numbers(3)).tracked();
    ///     assert_eq!(*handle, [0, 1, 2]);
    ///     assert_eq!(handle.node_id().unwrap().to_string(), "numbers(3)");
    /// });
    /// ```
    #[cfg(doc)]
    pub fn tracked(self) -> Tracked<R> {
        Call::tracked(&self)
    }

    /// Whether the current context, or one around it, tweaks the node.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// # use dug::{node, tracked, tweak, with_context};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// with_context(|| {
    ///     tweak!(foo(4) => 10);
    ///     with_context(|| assert!(node!(foo(4)).is_tweaked()));
    /// });
    /// ```
    #[track_caller]
    pub fn is_tweaked(&self) -> bool {
        let layer = self.asking("asking what is tweaked");
        self.look(&layer, |graph, node| {
            graph.is_tweaked_around(layer.ix, node)
        })
    }

    /// Whether, by tweaks now in force in the current context, the node may
    /// answer otherwise than in the context around it. False without one around it.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
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
    ///     with_context(|| {
    ///         tweak!(dec() => 4);
    ///         assert!(node!(bar(4)).is_masked());
    ///     });
    /// });
    /// ```
    #[track_caller]
    pub fn is_masked(&self) -> bool {
        let layer = self.asking("asking what is masked");
        self.look(&layer, |graph, node| graph.is_masked(layer.ix, node))
    }

    /// What the entry that answers here depends on, in the order of asking; empty if there is none.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn dec() -> i64 { 1 }
    /// # #[tracked] fn bar(x: i64) -> i64 { x - dec() }
    /// with_context(|| {
    ///     bar(4);
    ///     assert_eq!(node!(bar(4)).dependencies()[0].to_string(), "dec()");
    /// });
    /// ```
    #[track_caller]
    pub fn dependencies(&self) -> Vec<NodeId> {
        let layer = self.asking("asking what depends on what");
        let found = engine::would_rest_on(&layer, &self.key);
        found.iter().flatten().map(Snapshot::id).collect()
    }

    /// The nodes whose entries, as seen from here, depend on this one, sorted. (Entries that only scenarios have
    /// are not seen from the context around these.)
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn dec() -> i64 { 1 }
    /// # #[tracked] fn bar(x: i64) -> i64 { x - dec() }
    /// with_context(|| {
    ///     bar(4);
    ///     assert_eq!(node!(dec()).dependants()[0].to_string(), "bar(4)");
    /// });
    /// ```
    #[track_caller]
    pub fn dependants(&self) -> Vec<NodeId> {
        let layer = self.asking("asking what depends on what");
        let found = self.look(&layer, |graph, node| {
            let dependants = graph.dependants_of(layer.ix, node);
            graph.snapshots(&dependants)
        });
        let mut ids: Vec<NodeId> = found.iter().map(Snapshot::id).collect();
        ids.sort();
        ids
    }

    fn look<T>(&self, layer: &Layer, f: impl FnOnce(&mut Graph, NodeIx) -> T) -> T {
        let mut graph = layer.lock();
        let node = self.key.intern(&mut graph);
        decide(&mut graph, node);
        let seen = f(&mut graph, node);
        graph.release_node(node);
        seen
    }

    /// The current layer, for a question about the cache.
    #[track_caller]
    fn asking(&self, operation: &'static str) -> Arc<Layer> {
        let caller = Location::caller();
        if trace::with(|thread| thread.current_run()).is_some() {
            trace::raise(impure(operation, caller));
        }
        self.current_layer(caller)
    }

    /// The current layer, for a change of its context.
    #[track_caller]
    fn changing(&self, operation: &'static str) -> Arc<Layer> {
        if let Some(error) = self.key.refusal() {
            trace::raise(error);
        }
        context::changing(operation, Location::caller(), || self.id().to_string())
    }

    fn current_layer(&self, caller: &'static Location<'static>) -> Arc<Layer> {
        if let Some(error) = self.key.refusal() {
            trace::raise(error);
        }
        trace::with(|thread| thread.current_layer()).unwrap_or_else(|| {
            trace::raise(Error::NoContext {
                node: self.id().to_string(),
                caller,
            })
        })
    }
}

impl Key {
    /// Forbids to answer the node from what was kept, in all layers of the context.
    pub(crate) fn invalidate_in(&self, context: &Context) {
        context.each_layer(|layer, graph| {
            let node = self.intern(graph);
            decide(graph, node);
            layer.set_changed();
            graph.invalidate(layer.ix, node);
            graph.release_node(node);
        });
    }
}

/// What is left of an unloaded value: the digest of its encoding, if it has one.
fn left_of(encode: Option<crate::value::EncodeValue>, value: &Value) -> Content {
    match encode.map(|encode| encode(&**value)) {
        Some(Ok(bytes)) => Content::of(Fingerprint::of_encoding(&bytes)),
        _ => Content::Unloaded(None),
    }
}

impl NodeId {
    /// Calls the node in the current context, through the registry of tracked functions.
    ///
    /// # Errors
    /// - [`Error::UnknownFunction`]: the program has no such function, or it is a
    ///   generic one that was not called yet with these types.
    /// - [`Error::NotCallable`]: an argument is skipped, or cannot be read back.
    /// - [`Error::NoContext`], [`Error::Cycle`]: as [`Node::try_call`](crate::Node::try_call).
    ///
    /// # Panics
    /// When the function does.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// with_context(|| {
    ///     let result = node!(foo(4)).id().call_erased().unwrap();
    ///     assert_eq!(result.downcast::<i64>().unwrap(), 8);
    /// });
    /// ```
    #[track_caller]
    pub fn call_erased(&self) -> Result<Erased, Error> {
        let caller = Location::caller();
        let function = registry::find(self.function()).ok_or_else(|| Error::UnknownFunction {
            node: self.to_string(),
            function: self.function().to_owned(),
        })?;
        let called = trace::caught(|| {
            function.read_arguments(self.arguments())?;
            engine::require_context(|| self.to_string(), caller);
            function.call_by_id(self.arguments())
        });
        match called? {
            Ok(result) => Ok(result.of_node(self.to_string())),
            Err(Error::NotCallable { reason, .. }) => Err(Error::NotCallable {
                node: self.to_string(),
                reason,
            }),
            Err(error) => Err(error),
        }
    }
}
