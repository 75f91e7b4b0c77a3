//! What user code has said of nodes, for the tweaks that need it: where the
//! arguments end in their encoding, and which guards accept them.
//!
//! Reading arguments back and testing them is user code, which never runs
//! under the lock. So it is done once for each node, before the node is used;
//! what is decided is kept here while some layer has use for it.

use super::layers::Table;
use super::{Graph, NodeIx};
use crate::function::Definition;
use crate::tweak::{Guard, Wide};
use smallvec::SmallVec;
use std::sync::Arc;

/// Where the arguments of a node end in their encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ends {
    At(Box<[u32]>),
    /// They cannot be told apart: no pattern is about the node.
    Unknown,
}

/// What a guard has said of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Rejected,
    /// It panicked, or could not read the arguments: whoever asks for the node under its tweak hears why.
    Failed(Arc<str>),
}

/// What the tweaks of one source item need to know of its nodes.
#[derive(Debug)]
struct Wanted {
    item: &'static Definition,
    /// How many patterns there are.
    patterns: usize,
    /// The guards, and how often each is in use.
    guards: Vec<(Arc<Guard>, usize)>,
}

/// What is known of one node.
#[derive(Debug, Default)]
struct Known {
    ends: Option<Ends>,
    guards: SmallVec<[(u64, Verdict); 2]>,
}

/// What has still to be found out about a node, without the lock.
#[derive(Debug)]
pub(crate) struct Undecided {
    pub(crate) ends: bool,
    pub(crate) guards: Vec<Arc<Guard>>,
}

#[derive(Debug, Default)]
pub(crate) struct Decisions {
    wanted: Vec<Wanted>,
    known: Table<Known>,
}

impl Decisions {
    /// Whether any tweak of the tree needs to know anything.
    #[inline]
    pub(crate) fn is_needed(&self) -> bool {
        !self.wanted.is_empty()
    }

    pub(super) fn ends(&self, node: NodeIx) -> Option<&Ends> {
        self.known.get(&node)?.ends.as_ref()
    }

    pub(super) fn verdict(&self, node: NodeIx, guard: u64) -> Option<&Verdict> {
        let mut guards = self.known.get(&node)?.guards.iter();
        guards
            .find(|(uid, _)| *uid == guard)
            .map(|(_, verdict)| verdict)
    }

    /// The node's number is free: another may get it.
    pub(super) fn forget(&mut self, node: NodeIx) {
        if self.is_needed() {
            self.known.remove(&node);
        }
    }
}

impl Graph {
    /// A tweak is about to need decisions.
    pub(crate) fn want(&mut self, wide: &Wide) {
        let item = wide.item();
        let wanted = &mut self.decisions.wanted;
        let place = match wanted
            .iter()
            .position(|other| std::ptr::eq(other.item, item))
        {
            Some(place) => place,
            None if !wide.needs_decisions() => return,
            None => {
                wanted.push(Wanted {
                    item,
                    patterns: 0,
                    guards: Vec::new(),
                });
                wanted.len() - 1
            }
        };
        match wide {
            Wide::Identity(_) | Wide::Whole(_) | Wide::Every(_) => {}
            Wide::Pattern { .. } => wanted[place].patterns += 1,
            Wide::Guard { guard, .. } => {
                let guards = &mut wanted[place].guards;
                match guards.iter_mut().find(|(other, _)| other.uid == guard.uid) {
                    Some((_, uses)) => *uses += 1,
                    None => guards.push((Arc::clone(guard), 1)),
                }
            }
        }
    }

    /// A tweak no longer needs decisions.
    pub(crate) fn unwant(&mut self, wide: &Wide) {
        let item = wide.item();
        let wanted = &mut self.decisions.wanted;
        let Some(place) = wanted
            .iter()
            .position(|other| std::ptr::eq(other.item, item))
        else {
            return;
        };
        let mut gone = None;
        match wide {
            Wide::Identity(_) | Wide::Whole(_) | Wide::Every(_) => return,
            Wide::Pattern { .. } => wanted[place].patterns -= 1,
            Wide::Guard { guard, .. } => {
                let guards = &mut wanted[place].guards;
                if let Some(at) = guards.iter().position(|(other, _)| other.uid == guard.uid) {
                    guards[at].1 -= 1;
                    if guards[at].1 == 0 {
                        gone = Some(guards.remove(at).0);
                    }
                }
            }
        }
        let none_left = wanted[place].patterns == 0 && wanted[place].guards.is_empty();
        if none_left {
            wanted.swap_remove(place);
        }
        if none_left || gone.is_some() {
            let nodes = self.nodes.of_item(item);
            for node in nodes {
                if none_left {
                    self.decisions.known.remove(&node);
                } else if let (Some(gone), Some(known)) =
                    (&gone, self.decisions.known.get_mut(&node))
                {
                    known.guards.retain(|(uid, _)| *uid != gone.uid);
                }
            }
        }
        self.garbage.extend(gone.map(super::Garbage::Guard));
    }

    /// What must be found out about the node before it is used.
    #[inline]
    pub(crate) fn undecided(&self, node: NodeIx) -> Option<Undecided> {
        match self.decisions.is_needed() {
            true => self.find_undecided(node),
            false => None,
        }
    }

    fn find_undecided(&self, node: NodeIx) -> Option<Undecided> {
        if self.nodes.is_twin(node) {
            return None;
        }
        let item = self.nodes.function(node).item();
        let wanted = self
            .decisions
            .wanted
            .iter()
            .find(|other| std::ptr::eq(other.item, item))?;
        let known = self.decisions.known.get(&node);
        let ends = wanted.patterns > 0 && known.is_none_or(|known| known.ends.is_none());
        let is_new = |guard: &Guard| {
            known.is_none_or(|known| !known.guards.iter().any(|(uid, _)| *uid == guard.uid))
        };
        let guards: Vec<Arc<Guard>> = wanted
            .guards
            .iter()
            .filter(|(guard, _)| is_new(guard))
            .map(|(guard, _)| Arc::clone(guard))
            .collect();
        (ends || !guards.is_empty()).then_some(Undecided { ends, guards })
    }

    /// The nodes that the tweak may be about, and of which something must be found out first.
    pub(crate) fn undecided_nodes(&self, wide: &Wide) -> Vec<NodeIx> {
        if !self.decisions.is_needed() {
            return Vec::new();
        }
        let nodes = self.nodes.of_item(wide.item()).into_iter();
        nodes
            .filter(|node| self.undecided(*node).is_some())
            .collect()
    }

    /// Remembers what was found out. Guards that are no longer in use are left out.
    pub(crate) fn decide(&mut self, node: NodeIx, ends: Option<Ends>, guards: Vec<(u64, Verdict)>) {
        let item = self.nodes.function(node).item();
        let mut wanted = self.decisions.wanted.iter();
        let Some(wanted) = wanted.find(|other| std::ptr::eq(other.item, item)) else {
            return;
        };
        let known = self.decisions.known.entry(node).or_default();
        if wanted.patterns > 0 && known.ends.is_none() {
            known.ends = ends;
        }
        for (uid, verdict) in guards {
            let in_use = wanted.guards.iter().any(|(guard, _)| guard.uid == uid);
            if in_use && !known.guards.iter().any(|(other, _)| *other == uid) {
                known.guards.push((uid, verdict));
            }
        }
    }
}
