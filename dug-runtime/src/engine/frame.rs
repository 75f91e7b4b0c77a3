//! A frame on the trace stack, and what it has noted by its end.

use crate::graph::{Dependencies, Edge, RunRef};
use crate::layer::Layer;
use crate::scope::release_notes;
use crate::trace::{self, Frame, Noted, Thread};
use crate::tree::Locked;
use crate::waits;
use std::ops::Range;
use std::sync::Arc;

/// A frame on this thread's trace stack; dropping it takes it off, and with it what it has noted.
pub(super) struct OnStack<'l> {
    before: Option<Frame>,
    layer: &'l Arc<Layer>,
    start: usize,
    is_off: bool,
}

impl<'l> OnStack<'l> {
    pub(super) fn push(run: RunRef, layer: &'l Arc<Layer>) -> Self {
        trace::with(|thread| {
            let frame = thread.new_frame(run, Arc::clone(layer), None);
            let start = frame.start;
            let before = thread.replace_frame(Some(frame));
            thread.begin_notes_here();
            OnStack {
                before,
                layer,
                start,
                is_off: false,
            }
        })
    }

    /// Takes the frame off: what it has noted, and whether its result may not be kept.
    pub(super) fn leave(mut self) -> (Notes, bool) {
        let (left, notes, tainted) = trace::with(|thread| self.take_off(thread));
        drop(left);
        (notes, tainted)
    }

    fn take_off(&mut self, thread: &Thread) -> (Option<Frame>, Notes, bool) {
        self.is_off = true;
        let (notes, tainted) = self.close(thread);
        (thread.replace_frame(self.before.take()), notes, tainted)
    }

    /// Closes the frame: what it has noted, and whether its result may not be kept.
    fn close(&self, thread: &Thread) -> (Notes, bool) {
        let mut noted = thread.noted.borrow_mut();
        let frame = thread.frame();
        let mut tainted = frame.as_ref().is_none_or(|frame| frame.tainted.get());
        if let Some(frame) = frame.as_ref()
            && let Some(shared) = &*frame.shared.borrow()
        {
            let home = shared.home;
            let mut shared = shared.lock();
            if !std::mem::replace(&mut shared.closed, true) {
                waits::end_carrying(home);
            }
            noted.append(&mut shared.noted);
            // A thread that is still inside may have handed over what is not noted yet.
            tainted |= shared.tainted || shared.inside > 0;
        }
        (Notes(self.start..noted.len()), tainted)
    }
}

impl Drop for OnStack<'_> {
    fn drop(&mut self) {
        if self.is_off {
            return;
        }
        let left = trace::with(|thread| {
            let (left, notes, _) = self.take_off(thread);
            if notes.with(|noted| noted.iter().any(|note| note.pinned)) {
                notes.release(&mut self.layer.lock());
            }
            if std::thread::panicking() {
                // Whoever catches this panic has read something that is not kept.
                thread.taint();
            }
            left
        });
        drop(left);
    }
}

/// What a frame has noted. It stays in the list of this thread until this is dropped; what the frame around notes
/// meanwhile lies behind it, and stays.
pub(super) struct Notes(Range<usize>);

impl Notes {
    /// Calls `f` with the notes.
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut [Noted]) -> R) -> R {
        trace::with(|thread| f(&mut thread.noted.borrow_mut()[self.0.clone()]))
    }

    /// Gives back the references of notes that nobody wants.
    pub(super) fn release(self, graph: &mut Locked<'_>) {
        self.with(|noted| release_notes(graph, noted.iter().copied()));
    }

    /// Each dependency once, where it was first asked for, with references of its own.
    pub(super) fn settle(self, graph: &mut Locked<'_>) -> Dependencies {
        self.with(|noted| {
            let mut settled = 0;
            graph.nodes.begin_list();
            for place in 0..noted.len() {
                let Noted {
                    dependency, pinned, ..
                } = noted[place];
                let kind = match dependency.edge() {
                    Edge::Asked(_) => 0,
                    Edge::Uncut => 1,
                    Edge::Reached => 2,
                    Edge::Inside(_) => 3,
                };
                if graph.nodes.is_first(dependency.node, kind, !pinned) {
                    if !pinned && let Some(value) = dependency.answer() {
                        graph.values.retain(value);
                    }
                    noted[settled].dependency = dependency;
                    settled += 1;
                } else if pinned {
                    graph.release_dependency(dependency);
                }
            }
            Dependencies::new(noted[..settled].iter().map(|note| note.dependency))
        })
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        trace::with(|thread| drop(thread.noted.borrow_mut().drain(self.0.clone())));
    }
}
