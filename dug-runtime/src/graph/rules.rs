//! The tweaks of a layer: which of them rule a node, in which order, and what
//! a node's answer is made from then.
//!
//! In one layer the order is: the node's own tweak (where handles are among its
//! arguments, a rule by its identity); patterns and guards, the
//! latest first; the whole function. Further tweaks are those of the parent.
//! The line of a node's tweaks ends at the first that gives a value, or at the
//! node's body. If it begins with a value, that is the answer. Otherwise it
//! begins with relative tweaks, and the node is *computed*: see
//! [`Graph::is_computed`].

use super::decisions::{Ends, Verdict};
use super::{Cell, Graph, LayerIx, LayerState, NodeIx, UNKNOWN, ValueIx};
use crate::function::Definition;
use crate::tweak::{Action, Wide};
use std::num::NonZeroU32;
use std::sync::Arc;

/// An action in force, in one tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ActionIx(pub(super) u32);

/// What one tweak makes of the nodes that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// They answer this.
    Value(ValueIx),
    /// They answer what the action makes of what they would answer otherwise.
    Relative(ActionIx),
    /// A guard has failed: nobody can tell what they answer.
    Failed,
}

/// A ruling in four bytes, of which `None` takes no more.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedRuling(NonZeroU32);

impl PackedRuling {
    const FAILED: NonZeroU32 = NonZeroU32::MAX;
    /// Set beside the number of an action.
    const RELATIVE: NonZeroU32 = NonZeroU32::MIN.saturating_add((1 << 31) - 1);
}

impl From<Ruling> for PackedRuling {
    fn from(ruling: Ruling) -> Self {
        PackedRuling(match ruling {
            Ruling::Value(value) => value.0,
            Ruling::Relative(action) => Self::RELATIVE | action.0,
            Ruling::Failed => Self::FAILED,
        })
    }
}

impl From<PackedRuling> for Ruling {
    #[inline]
    fn from(packed: PackedRuling) -> Self {
        match packed.0 {
            PackedRuling::FAILED => Ruling::Failed,
            number if number.get() & PackedRuling::RELATIVE.get() == 0 => {
                Ruling::Value(ValueIx(number))
            }
            number => Ruling::Relative(ActionIx(number.get() & !PackedRuling::RELATIVE.get())),
        }
    }
}

/// A tweak of many nodes, in force in one layer.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(super) wide: Wide,
    pub(super) ruling: Ruling,
}

/// The wide tweaks of a layer by the item that they are about, each list in the order in which they rule.
pub(super) type Rules = Vec<(&'static Definition, Vec<Rule>)>;

impl LayerState {
    /// Whether a tweak of the layer is about some node of the item. (One of an item that nobody knew may be.)
    pub(super) fn tweaks_any_of(&self, item: &'static Definition) -> bool {
        !self.rules_of(item).is_empty()
            || self.tweaked.contains_key(&std::ptr::from_ref(item).addr())
            || std::ptr::eq(item, &UNKNOWN) && self.tweaks > 0
    }

    /// A node of the item is tweaked by itself now.
    pub(super) fn count_tweak(&mut self, item: &'static Definition) {
        *self
            .tweaked
            .entry(std::ptr::from_ref(item).addr())
            .or_insert(0) += 1;
    }

    /// It is no longer.
    pub(super) fn uncount_tweak(&mut self, item: &'static Definition) {
        let item = std::ptr::from_ref(item).addr();
        if let Some(count) = self.tweaked.get_mut(&item) {
            *count -= 1;
            if *count == 0 {
                self.tweaked.remove(&item);
            }
        }
    }

    /// The items of which some node is tweaked here, by address.
    fn tweaked_items(&self) -> impl Iterator<Item = usize> {
        let wide = self.rules.iter().filter(|(_, rules)| !rules.is_empty());
        let wide = wide.map(|(item, _)| std::ptr::from_ref(*item).addr());
        wide.chain(self.tweaked.keys().copied())
    }

    fn rules_of(&self, item: &'static Definition) -> &[Rule] {
        let found = self
            .rules
            .iter()
            .find(|(other, _)| std::ptr::eq(*other, item));
        found.map_or(&[], |(_, rules)| rules)
    }

    pub(super) fn add_rule(&mut self, rule: Rule) {
        self.surface.set_opaque();
        let item = rule.wide.item();
        let found = self
            .rules
            .iter_mut()
            .find(|(other, _)| std::ptr::eq(*other, item));
        let rules = match found {
            Some((_, rules)) => rules,
            None => {
                self.rules.push((item, Vec::new()));
                match self.rules.last_mut() {
                    Some((_, rules)) => rules,
                    None => unreachable!("a list was just added"),
                }
            }
        };
        // The latest comes first among those of its rank.
        let rank = rule.wide.rank();
        let place = rules.partition_point(|other| other.wide.rank() < rank);
        rules.insert(place, rule);
    }

    /// Takes the rule with this ruling, which no other has.
    pub(super) fn take_rule(&mut self, ruling: Ruling) -> Option<Rule> {
        for (_, rules) in &mut self.rules {
            if let Some(place) = rules.iter().position(|rule| rule.ruling == ruling) {
                let rule = rules.remove(place);
                self.rules.retain(|(_, rules)| !rules.is_empty());
                return Some(rule);
            }
        }
        None
    }
}

/// How the line of a node's tweaks ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Body,
    /// By a tweak whose guard has failed.
    Failed,
    /// By a value, in a layer of this depth.
    Value(ValueIx, u32),
}

impl Graph {
    /// The tweaks of the layer that rule the node, in their order.
    pub(super) fn rulings(&self, layer: LayerIx, node: NodeIx) -> impl Iterator<Item = Ruling> {
        let state = self.layer(layer);
        let own = match self.nodes.stands_for(node) {
            // Nobody can tell what all of them answer.
            Some(item) => state.tweaks_any_of(item).then_some(Ruling::Failed),
            None => state.cells.get(node).and_then(Cell::tweak),
        };
        let rules = match state.rules.is_empty() || self.nodes.is_twin(node) {
            true => &[],
            false => state.rules_of(self.nodes.function(node).item()),
        };
        own.into_iter().chain(
            rules
                .iter()
                .filter(move |rule| self.is_about(&rule.wide, node))
                .map(move |rule| match self.failure(&rule.wide, node) {
                    Some(_) => Ruling::Failed,
                    None => rule.ruling,
                }),
        )
    }

    /// The first tweak of the layer that rules the node.
    #[inline]
    pub(super) fn ruling(&self, layer: LayerIx, node: NodeIx) -> Option<Ruling> {
        let state = self.layer(layer);
        match state.tweaks {
            0 => None,
            _ => self.ruling_beside(layer, node, state.cells.get(node)),
        }
    }

    /// As [`ruling`](Self::ruling), where the node's cell in the layer is at hand.
    #[inline]
    pub(super) fn ruling_beside(
        &self,
        layer: LayerIx,
        node: NodeIx,
        cell: Option<&Cell>,
    ) -> Option<Ruling> {
        match cell.and_then(Cell::tweak) {
            Some(own) => Some(own),
            _ if self.rules == 0 && self.nodes.stands_for(node).is_none() => None,
            _ => self.wide_ruling(layer, node),
        }
    }

    #[cold]
    #[inline(never)]
    fn wide_ruling(&self, layer: LayerIx, node: NodeIx) -> Option<Ruling> {
        self.rulings(layer, node).next()
    }

    /// Holds the node, that the layer has answered, while the wide tweak is in force that may have done so.
    pub(crate) fn hold_ruled(&mut self, layer: LayerIx, node: NodeIx) {
        let mut at = Some(layer).filter(|_| self.rules > 0);
        while let Some(place) = at {
            if self.is_tweaked(place, node) {
                self.cell_mut(place, node).ruled = !self.layer(place).rules.is_empty();
                return;
            }
            at = self.layer(place).parent;
        }
    }

    pub(super) fn is_about(&self, wide: &Wide, node: NodeIx) -> bool {
        let of_node = self.nodes.function(node);
        if wide
            .function()
            .is_some_and(|function| !std::ptr::eq(function, of_node))
        {
            return false;
        }
        match wide {
            Wide::Identity(exact) => exact.is_about(self.nodes.argument_bytes(node)),
            Wide::Whole(_) | Wide::Every(_) => true,
            Wide::Guard { guard, .. } => {
                let verdict = self.decisions.verdict(node, guard.uid);
                verdict.is_some_and(|verdict| *verdict != Verdict::Rejected)
            }
            Wide::Pattern { parts, .. } => match self.decisions.ends(node) {
                Some(Ends::At(ends)) => {
                    let starts = std::iter::once(0).chain(ends.iter().copied());
                    let arguments = self.nodes.argument_bytes(node);
                    ends.len() == parts.len()
                        && parts
                            .iter()
                            .zip(starts.zip(ends.iter()))
                            .all(|(part, (start, end))| {
                                part.as_ref().is_none_or(|part| {
                                    arguments.get(start as usize..*end as usize) == Some(part)
                                })
                            })
                }
                Some(Ends::Unknown) | None => false,
            },
        }
    }

    /// Why the guard of the tweak cannot tell whether the node is meant.
    fn failure(&self, wide: &Wide, node: NodeIx) -> Option<&Arc<str>> {
        let Wide::Guard { guard, .. } = wide else {
            return None;
        };
        match self.decisions.verdict(node, guard.uid)? {
            Verdict::Failed(reason) => Some(reason),
            Verdict::Accepted | Verdict::Rejected => None,
        }
    }

    /// Whether nobody can tell what the node answers in the layer: the innermost tweak of it has
    /// a guard that failed. Then no entry is right, wherever it is.
    pub(super) fn guard_fails(&self, layer: LayerIx, node: NodeIx) -> bool {
        let mut places = self.above(layer);
        self.rules > 0 && places.find_map(|place| self.ruling(place, node)) == Some(Ruling::Failed)
    }

    /// Why nobody can tell what the node answers in the layer: the first of its tweaks whose
    /// guard has failed.
    pub(crate) fn guard_failure(&self, layer: LayerIx, node: NodeIx) -> Option<Arc<str>> {
        let rules = self
            .above(layer)
            .flat_map(|place| &self.layer(place).rules)
            .flat_map(|(_, rules)| rules);
        let mut failures = rules
            .filter(|rule| self.is_about(&rule.wide, node))
            .filter_map(|rule| self.failure(&rule.wide, node));
        failures.next().cloned()
    }

    /// Whether the layer itself tweaks the node.
    #[inline]
    pub(crate) fn is_tweaked(&self, layer: LayerIx, node: NodeIx) -> bool {
        self.ruling(layer, node).is_some()
    }

    /// Whether the layer, or one above it, tweaks the node.
    pub(crate) fn is_tweaked_around(&self, layer: LayerIx, node: NodeIx) -> bool {
        self.above(layer).any(|place| self.is_tweaked(place, node))
    }

    /// The items of which the layer, or one above it, tweaks some node, and those of inputs that
    /// have changed; by address.
    pub(crate) fn unsettled_items(&self, layer: LayerIx) -> Vec<usize> {
        let layers = self.above(layer).map(|place| self.layer(place));
        let tweaked = layers.flat_map(LayerState::tweaked_items);
        tweaked.chain(self.changed_inputs.iter().copied()).collect()
    }

    /// Whether a tweak of the layer hides all that lies below the node: it answers a value.
    #[inline]
    pub(super) fn hides(&self, layer: LayerIx, node: NodeIx) -> bool {
        matches!(self.ruling(layer, node), Some(Ruling::Value(_)))
    }

    /// Whether tweaks further out do not matter for the node: one of the layer's gives a value.
    pub(super) fn blocks(&self, layer: LayerIx, node: NodeIx) -> bool {
        self.rulings(layer, node)
            .any(|ruling| matches!(ruling, Ruling::Value(_) | Ruling::Failed))
    }

    /// The layer, its parent, and so on.
    pub(super) fn above(&self, layer: LayerIx) -> impl Iterator<Item = LayerIx> {
        std::iter::successors(Some(layer), |layer| self.layer(*layer).parent)
    }

    /// The line of relative tweaks that the node's answer in the layer is made by, the
    /// first to answer first, and how the line ends.
    pub(crate) fn line(&self, layer: LayerIx, node: NodeIx) -> (Vec<ActionIx>, End) {
        let mut relative = Vec::new();
        for place in self.above(layer) {
            for ruling in self.rulings(place, node) {
                match ruling {
                    Ruling::Relative(action) => relative.push(action),
                    Ruling::Value(value) => {
                        return (relative, End::Value(value, self.layer(place).depth));
                    }
                    Ruling::Failed => return (relative, End::Failed),
                }
            }
        }
        (relative, End::Body)
    }

    /// Whether there is any tweak by which a node that is not answered may not be its body's.
    #[inline]
    pub(crate) fn may_be_computed(&self) -> bool {
        self.relatives > 0 || self.rules > 0
    }

    /// Whether the node's answer in the layer is computed by relative tweaks.
    ///
    /// Then its own entries are of that computation, and those of its body are its *twin's*: a
    /// node of its own, which no tweak is about, and which the computation asks for.
    pub(crate) fn is_computed(&self, layer: LayerIx, node: NodeIx) -> bool {
        self.relatives > 0
            && self
                .above(layer)
                .find_map(|place| self.ruling(place, node))
                .is_some_and(|ruling| matches!(ruling, Ruling::Relative(_)))
    }

    /// The depth of the layer whose value ends the line of the node's tweaks, or 0.
    pub(super) fn valued_at(&self, layer: LayerIx, node: NodeIx) -> u32 {
        let ruled = self.above(layer).any(|place| self.layer(place).tweaks > 0);
        match ruled.then(|| self.line(layer, node).1) {
            Some(End::Value(_, depth)) => depth,
            Some(End::Body | End::Failed) | None => 0,
        }
    }

    /// The actions, to be run without the lock.
    pub(crate) fn actions(&self, line: &[ActionIx]) -> Vec<Action> {
        line.iter()
            .map(|action| self.actions[action.0 as usize].clone())
            .collect()
    }
}
