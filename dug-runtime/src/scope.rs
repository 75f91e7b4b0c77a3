//! Where a thread stands: entering a layer, leaving it, and what a running
//! function takes along from a context that it opened.

use crate::graph::{Dependency, Edge, Garbage, Graph, LayerIx, NodeIx};
use crate::hits::Mark;
use crate::layer::Layer;
use crate::trace::{self, Frame, Noted, Thread};
use smallvec::SmallVec;
use std::collections::HashSet;
use std::sync::Arc;

/// Stack that is left for user code between two checks, in bytes.
const RED_ZONE: usize = 1 << 20;
/// Size of a further piece of stack, in bytes.
const PIECE: usize = 16 << 20;

/// Calls `f` with enough stack: recursion ends where memory does.
#[inline]
pub(crate) fn grow<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(RED_ZONE, PIECE, f)
}

/// While it lives, the thread stands in a layer; dropping it, also in a panic, goes back.
pub(crate) struct Standing {
    /// What was before, and comes back.
    layer: Option<Arc<Layer>>,
    frame: Option<Option<Frame>>,
    mark: Mark,
    /// Where the notes made in the layer begin.
    start: usize,
    /// Whether the thread stood in no context before, where it is to stand in none.
    was_nowhere: Option<bool>,
}

impl Standing {
    /// Enters `layer` as the running node, if there is one, does.
    pub(crate) fn inside(layer: Arc<Layer>) -> Self {
        Self::begin(Some(layer), None)
    }

    /// Stands where another thread stood.
    pub(crate) fn elsewhere(layer: Option<Arc<Layer>>, frame: Option<Frame>) -> Self {
        Self::begin(layer, Some(frame))
    }

    /// Stands in no context, not even in the installed one, and works for nobody.
    pub(crate) fn nowhere() -> Self {
        let mut standing = Self::begin(None, Some(None));
        standing.was_nowhere = Some(trace::with(|thread| thread.nowhere.replace(true)));
        standing
    }

    fn begin(layer: Option<Arc<Layer>>, frame: Option<Option<Frame>>) -> Self {
        trace::with(|thread| {
            thread.flush_hits();
            let frame = frame.map(|frame| thread.replace_frame(frame));
            let standing = Standing {
                layer: thread.replace_layer(layer),
                frame,
                mark: thread.hits.borrow().mark(),
                start: thread.noted.borrow().len(),
                was_nowhere: None,
            };
            if standing.goes_inside(thread)
                && let Some(frame) = &*thread.frame()
                && let Some(shared) = &*frame.shared.borrow()
            {
                shared.lock().inside += 1;
            }
            standing
        })
    }

    /// Whether a thread that works for a frame from elsewhere goes, with this,
    /// from where its notes are the frame's at once into where they are not.
    fn goes_inside(&self, thread: &Thread) -> bool {
        let frame = thread.frame();
        let Some(frame) = frame.as_ref().filter(|frame| frame.remote) else {
            return false;
        };
        let is_home = |layer: &Option<Arc<Layer>>| {
            layer
                .as_ref()
                .is_some_and(|layer| Arc::ptr_eq(layer, &frame.layer))
        };
        !is_home(&thread.layer.borrow()) && (self.frame.is_some() || is_home(&self.layer))
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        let gone = trace::with(|thread| {
            if let Some(was_nowhere) = self.was_nowhere {
                thread.nowhere.set(was_nowhere);
            }
            thread.flush_hits();
            let layer = thread.layer.borrow().clone();
            let garbage = match (&layer, &*thread.frame()) {
                (Some(layer), Some(frame)) => {
                    lift(thread, frame, layer, self.start, self.goes_inside(thread))
                }
                _ => Vec::new(),
            };
            // Borrowed while a remembered value is cloned: then they answer no more, and go later.
            let hits = layer.as_ref().and(thread.hits.try_borrow_mut().ok());
            let answers = hits.map(|mut hits| {
                let around = self.layer.iter().flat_map(|layer| layer.outward());
                let around: SmallVec<[u64; 8]> = around.map(|layer| layer.uid).collect();
                hits.purge(|layer| around.contains(&layer), self.mark)
            });
            let left = thread.replace_layer(self.layer.take());
            let frame = self.frame.take().map(|before| thread.replace_frame(before));
            (garbage, answers, left, layer, frame)
        });
        // Values and layers are dropped when nothing is borrowed: drops are user code.
        drop(gone);
    }
}

/// Turns what `frame` noted in `layer`, which this thread leaves, into dependencies that
/// outlive the layer: with tweaks in between, all that was asked inside, without cut-off;
/// without, the frame's own questions as ordinary dependencies, and the way to what lies below them.
/// Returns the values that nothing holds any more.
fn lift(
    thread: &Thread,
    frame: &Frame,
    layer: &Arc<Layer>,
    start: usize,
    to_shared: bool,
) -> Vec<Garbage> {
    if Arc::ptr_eq(layer, &frame.layer) {
        return Vec::new();
    }
    let mut graph = layer.lock();
    graph.note_asked_in_parent(layer.ix);
    let notes = thread.noted.borrow_mut().split_off(start);
    let above = layer.parent();
    let last = to_shared || above.is_some_and(|above| Arc::ptr_eq(above, &frame.layer));
    let mut seen = frame.lifted.borrow_mut();
    let seen_so_far = seen.get_or_insert_default();
    let notes = lifted(
        &mut graph,
        notes,
        layer.ix,
        frame.layer.ix,
        last,
        seen_so_far,
    );
    drop(seen);
    match &*frame.shared.borrow() {
        Some(shared) if to_shared => {
            let mut shared = shared.lock();
            shared.inside -= 1;
            if shared.closed {
                drop(shared);
                release_notes(&mut graph, notes);
            } else {
                shared.noted.extend(notes);
            }
        }
        _ => thread.noted.borrow_mut().extend(notes),
    }
    std::mem::take(&mut graph.garbage)
}

/// The notes of a thread that leaves `from` for a frame at `home`; `last` if it is home then.
fn lifted(
    graph: &mut Graph,
    notes: Vec<Noted>,
    from: LayerIx,
    home: LayerIx,
    last: bool,
    seen: &mut HashSet<Dependency>,
) -> Vec<Noted> {
    let tweaked = graph.is_tweaked_between(from, home);
    let mut kept = Vec::with_capacity(notes.len());
    for mut note in notes {
        if tweaked && note.inside && note.dependency.answer().is_some() {
            graph.release_dependency(note.dependency);
        } else {
            note.inside &= !last;
            kept.push(note);
        }
    }
    let known: HashSet<NodeIx> = kept.iter().map(|note| note.dependency.node).collect();
    let depth = graph.layer(home).depth;
    let inside: Vec<NodeIx> = match &graph.layer(from).asked {
        Some(asked) => asked.outside(depth).collect(),
        None => Vec::new(),
    };
    // What lies below an answer that is uncut further in may have been found out here.
    let is_uncut = |note: &Noted| note.dependency.edge() == Edge::Uncut;
    let edge = match tweaked || kept.iter().any(is_uncut) {
        true => Edge::Uncut,
        false => Edge::Reached,
    };
    // First: what was asked outside meanwhile may not be asked at all once these answer otherwise.
    let mut all = Vec::with_capacity(inside.len() + kept.len());
    for node in inside {
        let dependency = Dependency::new(node, edge);
        if (tweaked || !known.contains(&node)) && seen.insert(dependency) {
            graph.retain_dependency(dependency);
            all.push(Noted {
                dependency,
                pinned: true,
                inside: !last,
            });
        }
    }
    all.append(&mut kept);
    all
}

/// Gives back the references of notes that nobody wants.
pub(crate) fn release_notes(graph: &mut Graph, notes: impl IntoIterator<Item = Noted>) {
    for note in notes {
        if note.pinned {
            graph.release_dependency(note.dependency);
        }
    }
}
