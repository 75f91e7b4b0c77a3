//! Carrying the current layer and the running node into other threads.

use crate::graph::{RunRef, ThreadNumber};
use crate::layer::Layer;
use crate::scope::{self, Standing};
use crate::trace::{self, Shared};
use crate::waits;
use std::sync::Arc;
use std::time::Duration;

/// Where a thread stands: its layer, and the node that it computes.
///
/// Made by [`here`]. What is asked inside [`run`](Here::run), on whichever
/// thread, is answered in that layer, and is a dependency of that node. After
/// the node has finished it still runs in the layer, and is recorded for
/// nobody. A handle keeps its layer alive.
///
/// A tracked function that uses a handle made outside of it reads behind dug's back: what is
/// asked inside is recorded for the node that the handle carries, not for the one that uses it.
/// And a node that has been carried to other threads is not waited for by those who ask for it
/// meanwhile, since a pool's threads may hold parts of its work: they run it once more.
///
/// ```
/// use dug::{here, node, tracked, with_context};
///
/// #[tracked]
/// fn part(n: u64) -> u64 { n * n }
///
/// #[tracked]
/// fn total() -> u64 {
///     let here = here();
///     std::thread::scope(|scope| {
///         let parts: Vec<_> = (0..4).map(|n| {
///             let here = &here;
///             scope.spawn(move || here.run(|| part(n)))
///         }).collect();
///         parts.into_iter().map(|part| part.join().unwrap()).sum()
///     })
/// }
///
/// with_context(|| {
///     assert_eq!(total(), 14);
///     assert_eq!(node!(total()).dependencies().len(), 4);
/// });
/// ```
#[derive(Clone)]
pub struct Here {
    layer: Option<Arc<Layer>>,
    frame: Option<Carried>,
}

/// A frame, seen from other threads.
#[derive(Clone)]
struct Carried {
    run: RunRef,
    layer: Arc<Layer>,
    shared: Arc<Shared>,
}

/// Where this thread stands now.
///
/// See [`Here`]. Outside every context there is nothing to carry.
///
/// ```
/// dug::with_context(|| {
///     let here = dug::here();
///     std::thread::scope(|scope| {
///         scope.spawn(|| here.run(|| assert!(dug::Context::current().is_some())));
///     });
/// });
/// ```
#[must_use]
pub fn here() -> Here {
    trace::with(|thread| {
        let layer = thread.current_layer();
        let frame = thread.frame();
        let frame = frame.as_ref().map(|frame| {
            // Others may note for the frame from now on.
            thread.notes_here.set(0);
            let mut shared = frame.shared.borrow_mut();
            let shared = shared.get_or_insert_with(|| Arc::new(Shared::new(thread.number)));
            Carried {
                run: frame.run,
                layer: Arc::clone(&frame.layer),
                shared: Arc::clone(shared),
            }
        });
        Here { layer, frame }
    })
}

/// Wraps `f` so that it runs where this thread stands now, on whichever thread it is called.
///
/// See [`Here`].
///
/// ```
/// use dug::{inherit, tracked, with_context};
///
/// #[tracked]
/// fn answer() -> u64 { 42 }
///
/// with_context(|| {
///     let worker = std::thread::spawn(inherit(|| answer()));
///     assert_eq!(worker.join().unwrap(), 42);
/// });
/// ```
pub fn inherit<F: FnOnce() -> R, R>(f: F) -> impl FnOnce() -> R + use<F, R> {
    let here = here();
    move || here.run(f)
}

impl Here {
    /// Runs `f` in the layer, and for the node, of this handle.
    ///
    /// ```
    /// use dug::{here, tracked, tweak, with_context};
    ///
    /// #[tracked]
    /// fn price() -> u64 { 100 }
    ///
    /// with_context(|| {
    ///     let base = here();
    ///     with_context(|| {
    ///         tweak!(price() => 120);
    ///         assert_eq!((price(), base.run(|| price())), (120, 100));
    ///     });
    /// });
    /// ```
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        let carried = self
            .frame
            .as_ref()
            .filter(|frame| !frame.shared.lock().closed);
        let _work = carried.map(|frame| Work::begin(frame.shared.home));
        let frame = carried.map(|frame| {
            trace::with(|thread| {
                thread.new_frame(
                    frame.run,
                    Arc::clone(&frame.layer),
                    Some(Arc::clone(&frame.shared)),
                )
            })
        });
        let _called = carried.map(|frame| Called::begin(&frame.shared));
        let _standing = Standing::elsewhere(self.layer.clone(), frame);
        scope::grow(f)
    }
}

/// While it lives, what this thread's calls take is taken for the node of another.
struct Called<'a> {
    shared: &'a Shared,
    before: Duration,
}

impl<'a> Called<'a> {
    fn begin(shared: &'a Shared) -> Self {
        let before = trace::with(|thread| thread.called.replace(Duration::ZERO));
        Called { shared, before }
    }
}

impl Drop for Called<'_> {
    fn drop(&mut self) {
        let called = trace::with(|thread| thread.called.replace(self.before));
        if !called.is_zero() {
            self.shared.lock().called += called;
        }
    }
}

impl std::fmt::Debug for Here {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Here")
            .field("context", &self.layer.as_ref().map(|layer| &layer.context))
            .field("in_node", &self.frame.is_some())
            .finish()
    }
}

/// While it lives, this thread works for a node of another.
struct Work(ThreadNumber);

impl Work {
    fn begin(home: ThreadNumber) -> Self {
        trace::with(|thread| waits::begin_work(thread.number, home));
        Work(home)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        trace::with(|thread| waits::end_work(thread.number, self.0));
    }
}
