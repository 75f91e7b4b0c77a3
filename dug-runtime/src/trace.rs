//! The thread-local trace stack: in which layer the thread stands, which node
//! it computes, and what that node has asked for so far.
//!
//! A *frame* is a node while its body runs. What it asks for is noted in the
//! order of asking, all frames of a thread sharing one list. Threads that work
//! for a frame from elsewhere (see [`here`](crate::here)) note into what the frame shares.

use crate::error::Error;
use crate::graph::{Dependency, Edge, Graph, NodeIx, RunRef, ThreadNumber, ValueIx};
use crate::hits::{Hits, Line};
use crate::layer::Layer;
use crate::levels::Fallen;
use crate::value::Value;
use crate::waits;
use std::cell::{Cell, Ref, RefCell};
use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A dependency that a frame has noted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noted {
    pub(crate) dependency: Dependency,
    /// Whether the note holds references of its own: what it names may go before the frame ends.
    pub(crate) pinned: bool,
    /// Whether it was made in a context that the function has opened and not left yet.
    pub(crate) inside: bool,
}

impl Noted {
    /// Of an answer that this thread remembers.
    #[inline]
    pub(crate) fn remembered(answer: &Line) -> Self {
        let (node, value) = answer.node();
        Noted {
            dependency: Dependency::new(node, Edge::Asked(value)),
            pinned: false,
            inside: false,
        }
    }
}

/// A node that is being computed by this thread, or for which it works.
pub(crate) struct Frame {
    pub(crate) run: RunRef,
    /// Where the node is computed.
    pub(crate) layer: Arc<Layer>,
    /// Where its notes begin.
    pub(crate) start: usize,
    /// Distinguishes the frames of this thread.
    pub(crate) stamp: u64,
    /// Something was read that was not kept: neither will this be.
    pub(crate) tainted: Cell<bool>,
    /// Made when the frame is first carried to another thread.
    pub(crate) shared: RefCell<Option<Arc<Shared>>>,
    /// What was lifted out of contexts that the node has opened, each kind of edge once.
    #[allow(
        clippy::box_collection,
        reason = "frames are moved about, and few have any"
    )]
    pub(crate) lifted: RefCell<Option<Box<HashSet<Dependency>>>>,
    /// Whether the body runs elsewhere, and this thread only works for it.
    pub(crate) remote: bool,
}

impl Frame {
    pub(crate) fn taint(&self) {
        self.tainted.set(true);
        if self.remote
            && let Some(shared) = &*self.shared.borrow()
        {
            shared.lock().tainted = true;
        }
    }
}

/// What the threads that work for one frame have in common.
pub(crate) struct Shared {
    /// The thread that runs the body.
    pub(crate) home: ThreadNumber,
    state: Mutex<SharedNotes>,
}

#[derive(Default)]
pub(crate) struct SharedNotes {
    /// The node has finished: what is noted now is noted for nobody.
    pub(crate) closed: bool,
    pub(crate) tainted: bool,
    /// How many threads stand in contexts that were opened for the frame, with notes of their own.
    pub(crate) inside: usize,
    pub(crate) noted: Vec<Noted>,
    /// How long the tracked functions took that were called for the node from elsewhere.
    pub(crate) called: Duration,
}

impl Shared {
    pub(crate) fn new(home: ThreadNumber) -> Self {
        waits::begin_carrying(home);
        Shared {
            home,
            state: Mutex::default(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, SharedNotes> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that has been claimed for the next call of a node, which must run its body.
pub(crate) struct Forced {
    pub(crate) run: RunRef,
    pub(crate) layer: Arc<Layer>,
}

/// The state of one thread.
pub(crate) struct Thread {
    pub(crate) number: ThreadNumber,
    pub(crate) layer: RefCell<Option<Arc<Layer>>>,
    frame: RefCell<Option<Frame>>,
    /// The stamp of the innermost frame; zero without one.
    recorder: Cell<u64>,
    /// The same, where it is known that the frame notes what is asked in the current layer, and for itself alone.
    pub(crate) notes_here: Cell<u64>,
    pub(crate) noted: RefCell<Vec<Noted>>,
    frames: Cell<u64>,
    pub(crate) hits: RefCell<Hits>,
    /// Hits that the current layer's context has not counted yet.
    pending_hits: Cell<u64>,
    pub(crate) forced: RefCell<Option<Forced>>,
    /// What has fallen, as far as the question is concerned that this thread answers.
    pub(crate) fallen: RefCell<Fallen>,
    /// What the last call returned that ran the body of a claimed node.
    pub(crate) returned: RefCell<Option<Value>>,
    /// How long the tracked functions took that the running one has called, where a store wants to know.
    pub(crate) called: Cell<Duration>,
    /// Whether a guard is being asked: it sees the arguments only.
    pub(crate) nowhere: Cell<bool>,
    /// Above zero, errors of dug unwind without being printed.
    pub(crate) quiet: Cell<u32>,
    /// When the remembered answers were last compared with what has been freed everywhere.
    frees_seen: Cell<u64>,
}

/// Counts how often values were freed while their layers live on.
static FREES: AtomicU64 = AtomicU64::new(0);

/// Values were freed while their layers live on: no thread shall go on remembering them.
pub(crate) fn freed() {
    FREES.fetch_add(1, Ordering::Relaxed);
    with(|thread| thread.forget_freed());
}

thread_local! {
    static THREAD: Thread = Thread {
        number: {
            static NEXT: AtomicU64 = AtomicU64::new(1);
            ThreadNumber(NEXT.fetch_add(1, Ordering::Relaxed))
        },
        layer: RefCell::default(),
        frame: RefCell::default(),
        recorder: Cell::new(0),
        notes_here: Cell::new(0),
        noted: RefCell::default(),
        frames: Cell::new(0),
        hits: RefCell::default(),
        pending_hits: Cell::new(0),
        forced: RefCell::default(),
        fallen: RefCell::default(),
        returned: RefCell::default(),
        called: Cell::new(Duration::ZERO),
        nowhere: Cell::new(false),
        quiet: Cell::new(0),
        frees_seen: Cell::new(0),
    };
}

/// Gives back what a thread remembers before its state goes: drops of values are user code, which may
/// call dug.
struct Leaving;

impl Drop for Leaving {
    fn drop(&mut self) {
        let gone = THREAD.try_with(|thread| {
            let hits = thread.hits.try_borrow_mut();
            hits.map(|mut hits| hits.clear())
        });
        drop(gone);
    }
}

thread_local! {
    static LEAVING: Leaving = const { Leaving };
}

thread_local! {
    /// Where the state of this thread is, if it remembers anything: found without asking whether it has been made.
    static PLACE: Cell<*const Thread> = const { Cell::new(std::ptr::null()) };
}

impl Drop for Thread {
    fn drop(&mut self) {
        PLACE.set(std::ptr::null());
    }
}

/// Where the state of this thread is, as long as that stays; null until this thread has remembered something.
#[inline]
pub(crate) fn place() -> *const Thread {
    PLACE.get()
}

/// This thread remembers something from now on, which is given back when it ends; unless it is ending, and has given
/// all back already. (What is first used last goes first.)
#[inline]
pub(crate) fn begins_remembering() -> bool {
    let begins = LEAVING.try_with(|_| ()).is_ok();
    if begins {
        PLACE.set(with(std::ptr::from_ref));
    }
    begins
}

/// Calls `f` with this thread's state.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&Thread) -> R) -> R {
    THREAD.with(f)
}

impl Thread {
    /// The layer in which this thread stands, the installed one included.
    pub(crate) fn current_layer(&self) -> Option<Arc<Layer>> {
        if let Some(layer) = &*self.layer.borrow() {
            return Some(Arc::clone(layer));
        }
        if self.nowhere.get() {
            return None;
        }
        let installed = crate::context::installed_layer()?;
        self.replace_layer(Some(Arc::clone(&installed)));
        Some(installed)
    }

    /// Forgets what this thread remembers, where some context was cleared or unloaded since:
    /// remembered values are freed with the others.
    pub(crate) fn forget_freed(&self) {
        let frees = FREES.load(Ordering::Relaxed);
        // Borrowed while a remembered value is cloned: then they go later.
        if self.frees_seen.get() != frees
            && let Ok(mut hits) = self.hits.try_borrow_mut()
        {
            self.frees_seen.set(frees);
            let gone = hits.clear();
            drop(hits);
            drop(gone);
        }
    }

    /// The innermost frame.
    pub(crate) fn frame(&self) -> Ref<'_, Option<Frame>> {
        self.frame.borrow()
    }

    /// Makes another frame the innermost one. Returns what was that.
    pub(crate) fn replace_frame(&self, frame: Option<Frame>) -> Option<Frame> {
        let stamp = frame.as_ref().map_or(0, |frame| frame.stamp);
        self.recorder.set(stamp);
        self.notes_here.set(0);
        self.frame.replace(frame)
    }

    /// The stamp of the innermost frame; zero without one.
    #[inline]
    pub(crate) fn recorder(&self) -> u64 {
        self.recorder.get()
    }

    /// Finds out whether the innermost frame notes what is asked where this thread stands, and for itself alone: then that
    /// is [known](Self::notes_here).
    #[inline]
    pub(crate) fn begin_notes_here(&self) {
        if let (Ok(layer), Ok(frame)) = (self.layer.try_borrow(), self.frame.try_borrow())
            && let (Some(layer), Some(frame)) = (&*layer, &*frame)
            && Arc::ptr_eq(layer, &frame.layer)
            && frame.shared.try_borrow().is_ok_and(|it| it.is_none())
        {
            self.notes_here.set(frame.stamp);
        }
    }

    /// This thread stands in another layer from now on. Returns the one before.
    pub(crate) fn replace_layer(&self, layer: Option<Arc<Layer>>) -> Option<Arc<Layer>> {
        self.notes_here.set(0);
        self.layer.replace(layer)
    }

    /// The run of the innermost frame.
    pub(crate) fn current_run(&self) -> Option<RunRef> {
        self.frame.borrow().as_ref().map(|frame| frame.run)
    }

    /// A frame on top of what this thread has noted so far.
    pub(crate) fn new_frame(
        &self,
        run: RunRef,
        layer: Arc<Layer>,
        elsewhere: Option<Arc<Shared>>,
    ) -> Frame {
        self.frames.set(self.frames.get() + 1);
        Frame {
            run,
            layer,
            start: self.noted.borrow().len(),
            stamp: self.frames.get(),
            tainted: Cell::new(false),
            remote: elsewhere.is_some(),
            shared: RefCell::new(elsewhere),
            lifted: RefCell::default(),
        }
    }

    /// Counts a hit of the current layer.
    #[inline]
    pub(crate) fn count_hit(&self) {
        self.pending_hits.set(self.pending_hits.get() + 1);
    }

    /// Tells stores how often each answer that this thread remembers was given.
    pub(crate) fn tell_hits(&self) {
        if let Ok(hits) = self.hits.try_borrow() {
            hits.tell();
        }
    }

    /// Gives the hits counted so far to the context of the current layer.
    pub(crate) fn flush_hits(&self) {
        let hits = self.pending_hits.take();
        if hits > 0
            && let Some(layer) = &*self.layer.borrow()
        {
            layer.count(|counters| counters.add_hits(hits));
        }
    }

    /// Notes, under the lock of its tree, that the running node was given `value` by `node`.
    pub(crate) fn note(&self, graph: &mut Graph, layer: &Arc<Layer>, node: NodeIx, value: ValueIx) {
        if let Some(frame) = &*self.frame.borrow() {
            let at_home = Arc::ptr_eq(layer, &frame.layer);
            let edge = if at_home { Edge::Asked } else { Edge::Inside };
            let dependency = Dependency::new(node, edge(value));
            if !at_home {
                // The function may change the answer itself, in a context of its own, before its frame ends.
                graph.retain_dependency(dependency);
            }
            let note = Noted {
                dependency,
                pinned: !at_home,
                inside: !at_home,
            };
            self.note_for(frame, note);
        }
    }

    /// Notes an answer that was remembered, once for each frame, where that can be done without a lock.
    pub(crate) fn note_remembered(&self, layer: &Arc<Layer>, answer: &Line) -> bool {
        let frame = self.frame.borrow();
        let Some(frame) = &*frame else { return true };
        if answer.recorded_by().get() == frame.stamp {
            return true;
        }
        if !Arc::ptr_eq(layer, &frame.layer) {
            return false;
        }
        answer.recorded_by().set(frame.stamp);
        self.note_for(frame, Noted::remembered(answer));
        true
    }

    fn note_for(&self, frame: &Frame, note: Noted) {
        if let Some(shared) = &*frame.shared.borrow()
            && !(frame.remote && note.inside)
        {
            let mut shared = shared.lock();
            if frame.remote {
                if !shared.closed {
                    shared.noted.push(note);
                }
                return;
            }
            // What others asked for the frame until now comes before what it asks next.
            self.noted.borrow_mut().append(&mut shared.noted);
        }
        self.noted.borrow_mut().push(note);
    }

    /// How long the tracked functions took that other threads have called for the running one.
    pub(crate) fn called_elsewhere(&self) -> Duration {
        let frame = self.frame.borrow();
        let shared = frame
            .as_ref()
            .and_then(|frame| frame.shared.borrow().clone());
        shared.map_or(Duration::ZERO, |shared| shared.lock().called)
    }

    /// The frame reads something that is not kept.
    pub(crate) fn taint(&self) {
        if let Some(frame) = &*self.frame.borrow() {
            frame.taint();
        }
    }
}

/// Ends the call with an error of dug: a panic with its text, printed unless
/// [`Node::try_call`](crate::Node::try_call) waits for the error.
#[cold]
pub(crate) fn raise(error: Error) -> ! {
    let text = error.to_string();
    let quiet = with(|thread| {
        // Whoever catches it has read something that is not kept.
        thread.taint();
        thread.quiet.get() > 0
    });
    remember_raised(error);
    if quiet {
        // The payload that the panic below has: bodies that catch it see no difference.
        resume_unwind(Box::new(text));
    }
    panic!("{text}");
}

/// The last errors that ended calls, on any thread: a panic may cross a join.
static RAISED: Mutex<VecDeque<Error>> = Mutex::new(VecDeque::new());

const REMEMBERED: usize = 64;

fn remember_raised(error: Error) {
    let mut raised = RAISED.lock().unwrap_or_else(PoisonError::into_inner);
    raised.truncate(REMEMBERED - 1);
    raised.push_front(error);
}

/// The text of a panic with this payload, if it has one.
pub(crate) fn text_of(payload: &(dyn std::any::Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied())
}

/// The error of dug whose panic had this payload, if it was one.
pub(crate) fn raised(payload: &(dyn std::any::Any + Send)) -> Option<Error> {
    let text = payload.downcast_ref::<String>()?;
    let raised = RAISED.lock().unwrap_or_else(PoisonError::into_inner);
    let error = raised.iter().find(|error| error.to_string() == *text);
    error.cloned()
}

/// Goes on with a panic that a check has caught. An error of dug was not printed there, and is now,
/// as where it is met first.
#[cold]
pub(crate) fn resume(payload: Box<dyn std::any::Any + Send>) -> ! {
    match raised(&*payload) {
        Some(error) => raise(error),
        None => resume_unwind(payload),
    }
}

/// What `f`, which is user code, gives, unless it panics. What the panic carries is left where it is: to drop
/// it may panic.
pub(crate) fn contained<R>(f: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(f))
        .map_err(std::mem::forget)
        .ok()
}

/// Calls `f`; errors of dug in it unwind without a message.
pub(crate) fn quietly<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            with(|thread| thread.quiet.set(self.0));
        }
    }
    let _restore = Restore(with(|thread| thread.quiet.replace(thread.quiet.get() + 1)));
    f()
}

/// Calls `f`; an error of dug that ends it is returned, any other panic goes on.
pub(crate) fn caught<R>(f: impl FnOnce() -> R) -> Result<R, Error> {
    // What unwinds has put its own state in order: frames and contexts are guards.
    match catch_unwind(AssertUnwindSafe(|| quietly(f))) {
        Ok(result) => Ok(result),
        Err(payload) => match raised(&*payload) {
            Some(error) => Err(error),
            None => resume_unwind(payload),
        },
    }
}
