//! Layers that sleep: those of scenarios, kept under their parent while nobody
//! stands in them, so that entering the same scenario again finds its results.
//!
//! A sleeper is no child of its parent: changes do not reach it, and its size
//! slows nothing down. When it is woken it catches up: entries are suspect if
//! an answer further out was withdrawn meanwhile, marks that nothing justifies any
//! more go, and the others go on to what the layers around have come to know.
//!
//! Above the layers of scenarios lies one that holds what no scenario can
//! touch, their *shared* layer; see [`share`](super::share). The outermost
//! shared layer keeps the account of all sleepers below it, and those that
//! were left longest ago give way.

use super::dependants::Dependants;
use super::mask::{Mark, Own};
use super::nodes::NodeRecord;
use super::values::ValueRecord;
use super::{Cell, Dependencies, Graph, LayerIx, NodeIx, State, ValueIx};
use crate::tweak::Wide;
use crate::value::{EncodeValue, Value};
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// A node, and the value of its entry, whose size is not known.
pub(crate) type Unweighed = (NodeIx, Value, EncodeValue);

/// What a layer is to its parent: the shared layer, or the layer of a scenario with this digest.
pub(crate) type SleeperKey = Option<[u8; 32]>;

/// What a layer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Role {
    #[default]
    Plain,
    /// Holds what no scenario entered from the parent can touch.
    Shared,
    Scenario,
}

/// How much sleepers may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) bytes: usize,
    pub(crate) layers: usize,
    pub(crate) idle: Option<Duration>,
}

/// What a layer knew of the world when it fell asleep.
#[derive(Debug, Clone, Copy)]
struct Asleep {
    key: SleeperKey,
    /// The layer that keeps the account.
    account: LayerIx,
    withdrawn: u64,
    learned: u64,
    turn: u64,
    since: Instant,
    bytes: usize,
}

/// What only layers around scenarios have.
#[derive(Debug, Default)]
pub(super) struct Sleeping {
    sleepers: HashMap<SleeperKey, LayerIx>,
    /// Of a sleeper.
    asleep: Option<Asleep>,
    /// Of an outermost shared layer: its sleepers in the order of falling asleep, and their size.
    turns: BTreeMap<u64, LayerIx>,
    bytes: usize,
    /// How many of them are layers of scenarios.
    scenarios: usize,
    /// The turn in which the shared layer itself was last freed.
    trimmed: u64,
}

impl Sleeping {
    pub(super) fn is_asleep(&self) -> bool {
        self.asleep.is_some()
    }
}

impl Graph {
    /// Counts what may have been withdrawn from the answers of the layers around, and what they have learned.
    fn seen_around(&self, layer: LayerIx) -> (u64, u64) {
        let mut seen = (0, 0);
        for place in self.above(layer).skip(1) {
            let state = self.layer(place);
            seen.0 += state.withdrawn();
            seen.1 += state.learned;
        }
        seen
    }

    /// The outermost of the shared layers and layers of scenarios around this one.
    fn account(&self, layer: LayerIx) -> LayerIx {
        let is_scenarios = |place: &LayerIx| self.layer(*place).role != Role::Plain;
        self.above(layer)
            .take_while(is_scenarios)
            .last()
            .unwrap_or(layer)
    }

    /// The layer falls asleep: nobody stands in it, and it has no children that are awake. It takes
    /// the place of another one with its key.
    pub(crate) fn put_to_sleep(&mut self, layer: LayerIx, key: SleeperKey, limits: Limits) {
        let Some(parent) = self.layer(layer).parent else {
            return;
        };
        let (withdrawn, learned) = self.seen_around(layer);
        let account = self.account(layer);
        self.turn += 1;
        let asleep = Asleep {
            key,
            account,
            withdrawn,
            learned,
            turn: self.turn,
            since: Instant::now(),
            bytes: self.size_of_entries(layer),
        };
        self.sleeping_mut(layer).asleep = Some(asleep);
        for wide in self.guarded(layer) {
            self.unwant(&wide);
        }
        let siblings = &mut self.layer_mut(parent).children;
        siblings.retain(|sibling| *sibling != layer);
        let sleepers = &mut self.sleeping_mut(parent).sleepers;
        if let Some(older) = sleepers.insert(key, layer) {
            self.remove_sleeper(older);
        }
        if account != layer {
            let sleeping = self.sleeping_mut(account);
            sleeping.turns.insert(asleep.turn, layer);
            sleeping.bytes += asleep.bytes;
            sleeping.scenarios += usize::from(key.is_some());
            self.evict(account, limits);
        }
        self.trim(account, limits);
    }

    /// What was found out of the values of a sleeper, if it has not been woken since.
    pub(crate) fn weigh(
        &mut self,
        layer: LayerIx,
        turn: u64,
        weights: &[(NodeIx, usize)],
        limits: Limits,
    ) {
        let Some(state) = self.layers.get_mut(layer.0 as usize) else {
            return;
        };
        let sleeping = state.sleeping.as_mut();
        let asleep = sleeping.and_then(|sleeping| sleeping.asleep.as_mut());
        let Some(asleep) = asleep.filter(|asleep| asleep.turn == turn) else {
            return;
        };
        let bytes = weights.iter().map(|(_, weight)| weight).sum::<usize>();
        state.weights.extend(weights.iter().copied());
        state.entries_size += bytes;
        asleep.bytes += bytes;
        let account = asleep.account;
        if account != layer {
            self.sleeping_mut(account).bytes += bytes;
            self.evict(account, limits);
        }
    }

    /// The turn in which the layer fell asleep, and the values that it has come to hold since it
    /// last did and whose size cannot be seen from outside.
    pub(crate) fn unweighed(&mut self, layer: LayerIx) -> Option<(u64, Vec<Unweighed>)> {
        let state = self.layers.get_mut(layer.0 as usize)?;
        let turn = state.sleeping.as_ref()?.asleep?.turn;
        let mut nodes = std::mem::take(&mut state.unweighed);
        nodes.sort_unstable();
        nodes.dedup();
        let state = self.layer(layer);
        let held = nodes.into_iter().filter_map(|node| {
            let value = state.cells.get(node)?.value?;
            match (self.values.content(value), self.values.encode(value)) {
                (super::Content::Held(content), Some(encode)) => {
                    Some((node, Value::clone(content), encode))
                }
                _ => None,
            }
        });
        Some((turn, held.collect()))
    }

    /// The bytes of an entry, as far as they can be seen from outside.
    pub(super) fn size_of_entry(&self, value: ValueIx, dependencies: &Dependencies) -> usize {
        let value = match self.values.content(value) {
            super::Content::Held(value) if !value.is_plain() => size_of_val(&**value),
            _ => 0,
        };
        value + size_of_val(&**dependencies)
    }

    fn size_of_entries(&self, layer: LayerIx) -> usize {
        /// A cell in its table, its node and its value's record.
        const CELL: usize = size_of::<Cell>() + size_of::<NodeRecord>() + size_of::<ValueRecord>();
        /// Who depends on a node.
        const DEPENDANTS: usize = size_of::<(NodeIx, Dependants)>();
        let state = self.layer(layer);
        let known = state.cells.len() * CELL + state.dependants.len() * DEPENDANTS;
        known + state.entries_size
    }

    /// Lets go of what is over the limits, what fell asleep first before the rest.
    fn evict(&mut self, account: LayerIx, limits: Limits) {
        while let Some(sleeping) = &self.layer(account).sleeping
            && let Some(oldest) = sleeping.turns.values().next().copied()
        {
            let asleep = self.layer(oldest).sleeping.as_ref();
            let since = asleep.and_then(|sleeping| Some(sleeping.asleep?.since));
            let expired = limits
                .idle
                .is_some_and(|idle| since.is_some_and(|since| since.elapsed() > idle));
            if !expired && sleeping.bytes <= limits.bytes && sleeping.scenarios <= limits.layers {
                return;
            }
            self.remove_sleeper(oldest);
        }
    }

    fn sleeping_mut(&mut self, layer: LayerIx) -> &mut Sleeping {
        self.layer_mut(layer).sleeping.get_or_insert_default()
    }

    /// Wakes the sleeper with this key, if the layer has one.
    pub(crate) fn wake_sleeper(
        &mut self,
        parent: LayerIx,
        key: SleeperKey,
        limits: Limits,
    ) -> Option<LayerIx> {
        let account = self.account(parent);
        self.evict(account, limits);
        let layer = *self.layer(parent).sleeping.as_ref()?.sleepers.get(&key)?;
        self.unlist(layer);
        let asleep = self.sleeping_mut(layer).asleep.take()?;
        self.layer_mut(parent).children.push(layer);
        for wide in self.guarded(layer) {
            self.want(&wide);
        }
        let (withdrawn, learned) = self.seen_around(layer);
        if withdrawn != asleep.withdrawn {
            self.doubt_all(layer);
            let masked = self.masked_nodes(layer);
            self.remask(layer, masked);
        }
        if (withdrawn, learned) != (asleep.withdrawn, asleep.learned) {
            self.catch_up(layer);
        }
        Some(layer)
    }

    /// What the layer holds may be right no longer.
    fn doubt_all(&mut self, layer: LayerIx) {
        let entries = self.own_entries(layer);
        // One that goes may be the last to hold another.
        for node in &entries {
            self.retain_node(*node);
        }
        for node in entries.iter().copied() {
            self.follow_line(layer, node);
            // The entry may have moved to the twin, that of the body.
            for holder in [Some(node), self.nodes.known_twin(node)]
                .into_iter()
                .flatten()
            {
                let uncut = self.cell(layer, holder).is_some_and(Cell::has_uncut);
                self.suspect(layer, holder, uncut);
            }
        }
        self.release_nodes(entries);
    }

    /// Marks go on from where they stand to what the layers around have learned.
    fn catch_up(&mut self, layer: LayerIx) {
        let mut seeds = self.masked_nodes(layer);
        seeds.extend(self.tweaked_nodes(layer));
        self.walk(layer, seeds, Some(Mark::Masked), Own::Unanswered);
    }

    fn masked_nodes(&self, layer: LayerIx) -> Vec<NodeIx> {
        let cells = self.layer(layer).cells.iter();
        let masked = cells.filter(|(_, cell)| cell.masked);
        masked.map(|(node, _)| node).collect()
    }

    /// Takes a sleeper out of its parent's list and of the account.
    fn unlist(&mut self, layer: LayerIx) {
        let state = self.layer(layer);
        let asleep = state.sleeping.as_ref().and_then(|sleeping| sleeping.asleep);
        let (Some(asleep), Some(parent)) = (asleep, state.parent) else {
            return;
        };
        let sleepers = &mut self.sleeping_mut(parent).sleepers;
        if sleepers.get(&asleep.key) == Some(&layer) {
            sleepers.remove(&asleep.key);
        }
        if asleep.account != layer {
            let sleeping = self.sleeping_mut(asleep.account);
            if sleeping.turns.remove(&asleep.turn).is_some() {
                sleeping.bytes -= asleep.bytes;
                sleeping.scenarios -= usize::from(asleep.key.is_some());
            }
        }
    }

    fn remove_sleeper(&mut self, layer: LayerIx) {
        self.unlist(layer);
        self.remove_layer(layer);
    }

    /// Removes all that sleeps below the layer.
    pub(super) fn remove_sleepers(&mut self, layer: LayerIx) {
        let mut pending: Vec<LayerIx> = self.sleepers(layer);
        let mut found = Vec::new();
        while let Some(sleeper) = pending.pop() {
            pending.extend(self.sleepers(sleeper));
            found.push(sleeper);
        }
        // Those further in first.
        for sleeper in found.into_iter().rev() {
            self.remove_sleeper(sleeper);
        }
    }

    /// A node was invalidated in the layer: what sleeps below it, or below one that lives inside it,
    /// must not answer it from what it holds.
    pub(super) fn invalidate_asleep(&mut self, layer: LayerIx, node: NodeIx) {
        let holders = [Some(node), self.nodes.known_twin(node)];
        let mut pending = vec![layer];
        while let Some(layer) = pending.pop() {
            for sleeper in self.sleepers(layer) {
                for holder in holders.into_iter().flatten() {
                    self.suspect(sleeper, holder, true);
                }
                pending.push(sleeper);
            }
            pending.extend(&self.layer(layer).children);
        }
    }

    /// The tweaks of the layer whose guards are asked while it is awake only.
    fn guarded(&self, layer: LayerIx) -> Vec<Wide> {
        let rules = self.layer(layer).rules.iter().flat_map(|(_, rules)| rules);
        let wide = rules.map(|rule| &rule.wide);
        wide.filter(|wide| matches!(wide, Wide::Guard { .. }))
            .cloned()
            .collect()
    }

    /// Frees what the shared layer holds, if that is more than may be kept.
    fn trim(&mut self, shared: LayerIx, limits: Limits) {
        /// Scenarios that are left until it may be freed again: they shall find something to share.
        const RARELY: u64 = 64;
        if self.size_of_entries(shared) <= limits.bytes {
            return;
        }
        let turn = self.turn;
        let sleeping = self.sleeping_mut(shared);
        if turn - sleeping.trimmed >= RARELY {
            sleeping.trimmed = turn;
            self.free_entries(shared);
        }
    }

    fn sleepers(&self, layer: LayerIx) -> Vec<LayerIx> {
        let sleeping = self.layer(layer).sleeping.iter();
        let sleepers = sleeping.flat_map(|sleeping| sleeping.sleepers.values());
        sleepers.copied().collect()
    }

    /// How many layers sleep for scenarios that are entered from this one, and their size.
    pub(crate) fn asleep_below(&self, layer: LayerIx) -> (usize, usize) {
        let shared = self.layer(layer).shared;
        let sleeping = shared.and_then(|shared| self.layer(shared).sleeping.as_ref());
        sleeping.map_or((0, 0), |sleeping| (sleeping.scenarios, sleeping.bytes))
    }

    /// Whether the own entry says that the layer holds something of the node.
    pub(super) fn holds(&self, layer: LayerIx, node: NodeIx) -> bool {
        self.layer(layer).state(node) != State::Absent
    }
}
