//! Nodes that are being computed, and who asked for them.

use super::outcomes::Unkept;
use super::{Graph, LayerIx, NodeIx, narrow};
use crate::id::Snapshot;
use slab::Slab;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};

/// A thread, for finding out who waits for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ThreadNumber(pub(crate) u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunIx(u32);

/// One computation of a node: while it lasts, and to be recognised as over later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunRef {
    ix: RunIx,
    /// Unique in the process.
    pub(crate) uid: u64,
}

#[derive(Debug)]
pub(crate) struct Run {
    uid: u64,
    pub(crate) node: NodeIx,
    pub(crate) layer: LayerIx,
    /// The computation that asked for this one.
    pub(crate) parent: Option<RunRef>,
    pub(crate) start: Moment,
    pub(crate) thread: ThreadNumber,
    /// The depth of the outermost shared layer that may come to hold the result, or [`NOWHERE`].
    pub(super) sought: u32,
    pub(super) outcomes: Vec<Unkept>,
}

/// What a tree has counted at some time. While that stays, what has an answer keeps it, in each layer.
/// (Threads may remember answers to which the way was closed before.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The count of changes.
    pub(crate) change: u64,
    closings: u64,
}

/// Deeper than all layers.
pub(super) const NOWHERE: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Runs {
    records: Slab<Run>,
    /// How many threads wait for a computation of this tree to end.
    pub(crate) waiting: usize,
}

impl Runs {
    /// The computation, unless it is over.
    pub(crate) fn get(&self, run: RunRef) -> Option<&Run> {
        let record = self.records.get(run.ix.0 as usize)?;
        (record.uid == run.uid).then_some(record)
    }

    pub(super) fn get_mut(&mut self, run: RunRef) -> Option<&mut Run> {
        let record = self.records.get_mut(run.ix.0 as usize)?;
        (record.uid == run.uid).then_some(record)
    }

    /// How far out its result may come to be held; see [`Run`].
    pub(super) fn sought(&self, run: RunRef) -> u32 {
        self.get(run).map_or(NOWHERE, |record| record.sought)
    }

    pub(super) fn set_sought(&mut self, run: RunRef, outermost: u32) {
        if let Some(record) = self.get_mut(run) {
            record.sought = outermost;
        }
    }

    /// Whether the computation goes on, and the shared layer of this depth may come to hold its result.
    pub(super) fn is_sought(&self, run: RunRef, depth: u32) -> bool {
        self.sought(run) <= depth
    }

    /// Whether there is something to wait for: that the computation ends or, for one who waits on
    /// behalf of the shared layer of this depth, that it gives that up.
    pub(crate) fn is_awaited(&self, run: RunRef, shared: Option<u32>) -> bool {
        match shared {
            Some(depth) => self.is_sought(run, depth),
            None => self.get(run).is_some(),
        }
    }

    /// No shared layer further out than `depth` will hold the result of `run`, nor those of who asked for it.
    pub(super) fn give_up(&mut self, run: RunRef, depth: u32) {
        let mut next = Some(run);
        while let Some(record) = next.and_then(|run| self.get_mut(run))
            // Who gave up earlier has told the rest.
            && record.sought < depth
        {
            record.sought = depth;
            next = record.parent;
        }
    }
}

impl Graph {
    pub(crate) fn moment(&self) -> Moment {
        Moment {
            change: self.change,
            closings: self.closings,
        }
    }

    /// Begins to compute `node` in `layer`.
    pub(crate) fn start_run(
        &mut self,
        layer: LayerIx,
        node: NodeIx,
        parent: Option<RunRef>,
        thread: ThreadNumber,
    ) -> RunRef {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let uid = NEXT.fetch_add(1, Ordering::Relaxed);
        let ix = RunIx(narrow(self.runs.records.insert(Run {
            uid,
            node,
            layer,
            parent,
            start: self.moment(),
            thread,
            sought: NOWHERE,
            outcomes: Vec::new(),
        })));
        self.retain_node(node);
        self.layer_mut(layer)
            .running
            .entry(node)
            .or_default()
            .push(ix);
        let run = RunRef { ix, uid };
        self.seek(layer, node, run);
        run
    }

    /// The computation is over, whatever came of it.
    pub(crate) fn end_run(&mut self, run: RunRef) {
        if self.runs.get(run).is_none() {
            return;
        }
        self.end_search(run);
        let record = self.runs.records.remove(run.ix.0 as usize);
        let layer = self.layer_mut(record.layer);
        if let Entry::Occupied(mut runs) = layer.running.entry(record.node) {
            runs.get_mut().retain(|other| *other != run.ix);
            if runs.get().is_empty() {
                runs.remove();
            }
        }
        if layer.running.is_empty() && !layer.touched.is_empty() {
            layer.touched.clear();
        }
        self.release_node(record.node);
        self.release_outcomes(record.outcomes);
    }

    /// Who computes `node` in exactly this layer.
    pub(crate) fn runs_of(&self, layer: LayerIx, node: NodeIx) -> impl Iterator<Item = RunRef> {
        let running = self.layer(layer).running.get(&node);
        running.into_iter().flatten().map(|ix| RunRef {
            ix: *ix,
            uid: self.runs.records[ix.0 as usize].uid,
        })
    }

    /// Whether `run` is `from` or asked for it, directly or not.
    pub(crate) fn is_in_chain(&self, from: Option<RunRef>, run: RunRef) -> bool {
        self.chain(from).any(|link| link == run)
    }

    /// `from`, who asked for it, who asked for that, and so on.
    fn chain(&self, from: Option<RunRef>) -> impl Iterator<Item = RunRef> {
        std::iter::successors(from.filter(|run| self.runs.get(*run).is_some()), |run| {
            let parent = self.runs.get(*run)?.parent?;
            self.runs.get(parent).map(|_| parent)
        })
    }

    /// The computation, among those that asked for `from`, of the same node in
    /// this layer, or in an outer one with no tweak between: a real cycle.
    pub(crate) fn closes_cycle(
        &self,
        layer: LayerIx,
        node: NodeIx,
        from: Option<RunRef>,
    ) -> Option<RunRef> {
        from?;
        let mut at = layer;
        loop {
            let mut runs = self.runs_of(at, node);
            if let Some(run) = runs.find(|run| self.is_in_chain(from, *run)) {
                return Some(run);
            }
            let state = self.layer(at);
            match state.parent {
                Some(parent) if state.tweaks == 0 => at = parent,
                _ => return None,
            }
        }
    }

    /// The nodes from `run` down to `from`.
    pub(crate) fn circle(&self, from: Option<RunRef>, run: RunRef) -> Vec<Snapshot> {
        let mut circle = Vec::new();
        for link in self.chain(from) {
            if let Some(record) = self.runs.get(link)
                && !self.nodes.is_twin(record.node)
            {
                circle.push(self.nodes.snapshot(record.node));
            }
            if link == run {
                break;
            }
        }
        circle.reverse();
        circle
    }
}
