//! Which thread waits for which: so that no wait ever closes a circle.
//!
//! A thread is needed by those who wait for a node that it computes. It needs,
//! in turn, whom it waits for itself, and the threads that work for its nodes
//! (it may be blocked in their join). If a wait would close a circle over
//! these, the node is computed a second time instead.
//!
//! Where a node has been carried to other threads, not all of this can be seen:
//! a thread of a pool may hold a part of its work, waiting in a join of its
//! own, and take up other work meanwhile. So such nodes are not waited for, and
//! whoever waits already when that begins does so no longer.

use crate::graph::{Graph, RunRef, ThreadNumber};
use crate::tree::Tree;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// A computation, and the depth of the shared layer that seeks its result, if one waits for that only.
pub(crate) type Awaited = (RunRef, Option<u32>);

/// What a thread waits for.
struct Wait {
    tree: Arc<Tree>,
    awaited: Awaited,
    /// The one that computes it.
    thread: ThreadNumber,
}

#[derive(Default)]
struct Record {
    waits_for: Option<Wait>,
    /// The threads whose nodes this thread works for at present.
    works_for: Vec<ThreadNumber>,
    /// How many of the nodes that this thread computes have been carried to other threads.
    carried: usize,
}

static RECORDS: LazyLock<Mutex<HashMap<ThreadNumber, Record>>> = LazyLock::new(Mutex::default);

fn records() -> MutexGuard<'static, HashMap<ThreadNumber, Record>> {
    RECORDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `me` is about to wait, or to wait on, for `awaited`, which `thread` computes in the locked tree. Tells whether it may.
pub(crate) fn begin(
    graph: &Graph,
    tree: &Arc<Tree>,
    me: ThreadNumber,
    awaited: Awaited,
    thread: ThreadNumber,
) -> bool {
    let mut records = records();
    let mut pending = vec![thread];
    let mut seen = vec![thread];
    while let Some(next) = pending.pop() {
        if next == me || records.get(&next).is_some_and(|record| record.carried > 0) {
            return false;
        }
        let waited_for = records
            .get(&next)
            .and_then(|record| record.waits_for.as_ref());
        let needed = waited_for
            // A run of this tree that is over is waited for no longer, only not yet woken from.
            .filter(|wait| {
                let (run, shared) = wait.awaited;
                !Arc::ptr_eq(&wait.tree, tree) || graph.runs.is_awaited(run, shared)
            })
            .map(|wait| wait.thread);
        let workers = records
            .iter()
            .filter(|(_, record)| record.works_for.contains(&next))
            .map(|(worker, _)| *worker);
        for thread in needed.into_iter().chain(workers) {
            if !seen.contains(&thread) {
                seen.push(thread);
                pending.push(thread);
            }
        }
    }
    let tree = Arc::clone(tree);
    records.entry(me).or_default().waits_for = Some(Wait {
        tree,
        awaited,
        thread,
    });
    true
}

/// `me` waits no longer.
pub(crate) fn end(me: ThreadNumber) {
    change(me, |record| record.waits_for = None);
}

/// `me` begins to work for a node of `thread`.
pub(crate) fn begin_work(me: ThreadNumber, thread: ThreadNumber) {
    change(me, |record| record.works_for.push(thread));
}

/// `me` no longer works for a node of `thread`.
pub(crate) fn end_work(me: ThreadNumber, thread: ThreadNumber) {
    change(me, |record| {
        if let Some(place) = record.works_for.iter().rposition(|other| *other == thread) {
            record.works_for.remove(place);
        }
    });
}

/// A node that `me` computes has been carried to other threads for the first time. Those who wait for `me` look again
/// whether they may: they may be the very threads that are to work for the node. Called without any lock.
pub(crate) fn begin_carrying(me: ThreadNumber) {
    change(me, |record| record.carried += 1);
    let waits: Vec<Arc<Tree>> = {
        let records = records();
        let waits = records
            .values()
            .filter_map(|record| record.waits_for.as_ref());
        let waits = waits.filter(|wait| wait.thread == me);
        waits.map(|wait| Arc::clone(&wait.tree)).collect()
    };
    waits.iter().for_each(|tree| tree.wake_all());
}

/// The node is finished.
pub(crate) fn end_carrying(me: ThreadNumber) {
    change(me, |record| record.carried -= 1);
}

fn change(me: ThreadNumber, change: impl FnOnce(&mut Record)) {
    let mut records = records();
    let record = records.entry(me).or_default();
    change(record);
    if record.waits_for.is_none() && record.works_for.is_empty() && record.carried == 0 {
        records.remove(&me);
    }
}
