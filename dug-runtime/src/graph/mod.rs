//! The dependency graph of a tree of layers: nodes, their entries in each
//! layer, tweaks, masks and running nodes, as plain data.
//!
//! Nothing here locks, runs user code or knows a thread: [`Tree`](crate::tree::Tree)
//! puts a lock around it, and the engine decides what to do.
//!
//! Invariants, for a layer `X` with parent `P`:
//! 1. A *valid* own entry answers what running the node here would answer. It
//!    has no tweak at or above `X` over it: a tweak makes own entries suspect.
//! 2. If an entry that governs a node in `P` depends on a node that is masked
//!    in `X`, the node is masked in `X`. So what is not masked may be answered by `P`.
//! 3. For every entry, each dependency lists the node among its dependants in the layer of the entry, or will
//!    before these are asked for. So a walk over dependants reaches all that depends.
//! 4. A suspect entry's dependants in the same layer are suspect too. So walks may stop at it.

mod arguments;
mod binding;
mod by_node;
mod cell;
mod decisions;
mod dependants;
mod dependencies;
mod entry;
mod explore;
mod layers;
mod lookup;
mod mask;
mod nodes;
mod numbered;
mod outcomes;
mod pages;
mod query;
mod rules;
mod runs;
mod share;
mod sleep;
mod surface;
#[cfg(test)]
mod tests;
mod tweak;
mod values;

pub(crate) use cell::{Cell, State};
pub(crate) use decisions::{Ends, Undecided, Verdict};
pub(crate) use dependencies::{Dependencies, Dependency, Edge};
use layers::LayerState;
pub(crate) use lookup::Candidate;
use lookup::Governing;
pub(crate) use nodes::UNKNOWN;
pub(crate) use outcomes::Outcome;
pub(crate) use query::Sight;
pub(crate) use rules::{ActionIx, End, Ruling};
pub(crate) use runs::{Moment, RunRef, ThreadNumber};
pub(crate) use sleep::{Limits, Role, SleeperKey};
pub(crate) use surface::Surface;
pub(crate) use values::Content;

use crate::proof::KnownSets;
use crate::stamp::Stamp;
use crate::tweak::{Action, Guard, Wide};
use crate::value::Value;
use decisions::Decisions;
use nodes::Nodes;
use runs::Runs;
use slab::Slab;
use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use values::Values;

/// A node, in one tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeIx(u32);

impl NodeIx {
    /// The lowest number, to stand where there is no node.
    pub(crate) const LEAST: Self = NodeIx(0);
}

/// A value, in one tree: its number, plus one, so that `None` takes no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValueIx(NonZeroU32);

impl ValueIx {
    /// The lowest number, to stand where there is no value.
    pub(crate) const LEAST: Self = ValueIx(NonZeroU32::MIN);

    #[inline]
    fn new(number: u32) -> Self {
        ValueIx(NonZeroU32::MIN.saturating_add(number))
    }

    #[inline]
    fn number(self) -> u32 {
        self.0.get() - 1
    }
}

/// A layer, in one tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LayerIx(u32);

/// Narrows a slab's index: two billion of a kind are the limit of one tree.
fn narrow(index: usize) -> u32 {
    match u32::try_from(index) {
        // The highest bit marks edges of other kinds; see `Dependency`.
        Ok(index) if index < (1 << 31) - 8 => index,
        _ => panic!("a tree of contexts holds more than two billion nodes or values"),
    }
}

/// What may run user code when it is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "it is only dropped")]
pub(crate) enum Garbage {
    Value(Value),
    Stamp(Arc<Stamp>),
    Action(Action),
    Guard(Arc<Guard>),
    Rule(Wide),
    Outcome(Outcome),
}

/// The graph of one tree of layers.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Nodes,
    pub(crate) values: Values,
    layers: Slab<LayerState>,
    pub(crate) runs: Runs,
    /// Counts tweaks, untweaks, invalidations and clears.
    change: u64,
    /// Counts what else has closed the way to an answer, or taken one away.
    closings: u64,
    /// Counts the layers that fell asleep.
    turn: u64,
    /// Counts the nodes that tweaks have masked.
    masked: u64,
    /// The actions of relative tweaks.
    actions: Slab<Action>,
    /// How many layers of scenarios there are.
    scenarios: usize,
    /// How many tweaks of many nodes are in force.
    rules: usize,
    /// How many relative tweaks are in force.
    relatives: usize,
    decisions: Decisions,
    /// The items of the inputs that have given more than one thing, by address.
    changed_inputs: HashSet<usize, foldhash::fast::RandomState>,
    pub(crate) known_sets: KnownSets,
    /// What nothing holds any more; dropped when the lock is released, since drops are user code.
    pub(crate) garbage: Vec<Garbage>,
}

impl Graph {
    pub(crate) fn layer(&self, layer: LayerIx) -> &LayerState {
        &self.layers[layer.0 as usize]
    }

    pub(crate) fn layer_mut(&mut self, layer: LayerIx) -> &mut LayerState {
        &mut self.layers[layer.0 as usize]
    }

    /// A way to an answer is closed, which those who remember the answer are not told: it stays right.
    fn close_quietly(&mut self, layer: LayerIx) {
        self.closings += 1;
        self.layer_mut(layer).closed_quietly = true;
    }

    pub(crate) fn release_value(&mut self, value: ValueIx) {
        self.values.release(value, &mut self.garbage);
    }

    pub(crate) fn set_stamp(&mut self, value: ValueIx, stamp: Arc<Stamp>) {
        let old = self.values.replace_stamp(value, stamp);
        self.garbage.extend(old.map(Garbage::Stamp));
    }

    pub(crate) fn retain_node(&mut self, node: NodeIx) {
        self.nodes.retain(node);
    }

    pub(crate) fn release_node(&mut self, node: NodeIx) {
        let decisions = &mut self.decisions;
        self.nodes.release(node, |node| decisions.forget(node));
    }
}
