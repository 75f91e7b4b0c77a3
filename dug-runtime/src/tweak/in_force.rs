//! The tweaks of a context, each with its place in their order.

use super::{Exact, Selector, Tweak, Wide};
use crate::function::Function;
use std::collections::HashMap;

/// A tweak and its number.
#[derive(Debug, Clone)]
struct Numbered {
    tweak: Tweak,
    /// Rises with each tweak that is applied.
    order: u64,
}

/// A node, apart from any tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct NodeKey {
    function: usize,
    arguments: Box<[u8]>,
}

impl NodeKey {
    fn of(exact: &Exact) -> Self {
        NodeKey {
            function: std::ptr::from_ref::<Function>(exact.function).addr(),
            arguments: exact.arguments.as_slice().into(),
        }
    }
}

/// A set of tweaks, none of which takes the place of another.
#[derive(Debug, Clone, Default)]
pub(crate) struct InForce {
    exact: HashMap<NodeKey, Numbered>,
    /// In the order of application.
    wide: Vec<Numbered>,
    applied: u64,
}

impl InForce {
    /// Adds a tweak whose selector is known to be right; returns the one that it replaces.
    pub(crate) fn add(&mut self, tweak: Tweak, selector: &Selector) -> Option<Tweak> {
        self.applied += 1;
        let mut order = self.applied;
        let replaced = match selector {
            Selector::Exact(exact) => {
                let key = NodeKey::of(exact);
                let replaced = self.exact.remove(&key);
                // It keeps its place in the list; among exact tweaks the order rules nothing.
                order = replaced.as_ref().map_or(order, |replaced| replaced.order);
                self.exact.insert(key, Numbered { tweak, order });
                replaced
            }
            Selector::Wide(_) => {
                let replaced = self.take_wide(|other| other.is_replaced_by(selector)).pop();
                self.wide.push(Numbered { tweak, order });
                replaced
            }
        };
        replaced.map(|replaced| replaced.tweak)
    }

    /// Removes what is tweaked by this: the one tweak of these very nodes, or all guarded ones of a function.
    pub(crate) fn remove(&mut self, selector: &Selector) -> Vec<Tweak> {
        let removed = match selector {
            Selector::Exact(exact) => self.exact.remove(&NodeKey::of(exact)).into_iter().collect(),
            Selector::Wide(_) => self.take_wide(|other| other.is_taken_back_by(selector)),
        };
        removed.into_iter().map(|removed| removed.tweak).collect()
    }

    fn take_wide(&mut self, goes: impl Fn(&Selector) -> bool) -> Vec<Numbered> {
        let goes = |numbered: &mut Numbered| numbered.tweak.selector.as_ref().is_ok_and(&goes);
        self.wide.extract_if(.., goes).collect()
    }

    /// Whether this very node is tweaked.
    pub(crate) fn tweaks_node(&self, exact: &Exact) -> bool {
        self.exact.contains_key(&NodeKey::of(exact))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.wide.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.exact.len() + self.wide.len()
    }

    /// All of them, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Tweak> {
        let all = self.exact.values().chain(&self.wide);
        all.map(|numbered| &numbered.tweak)
    }

    /// The tweaks of many nodes.
    pub(crate) fn wide(&self) -> impl Iterator<Item = &Wide> {
        self.wide
            .iter()
            .filter_map(|numbered| numbered.tweak.wide())
    }

    /// All of them, in the order of application; a node keeps the place of its first tweak.
    pub(crate) fn in_order(&self) -> Vec<Tweak> {
        let mut all: Vec<&Numbered> = self.exact.values().chain(&self.wide).collect();
        all.sort_by_key(|numbered| numbered.order);
        all.into_iter()
            .map(|numbered| numbered.tweak.clone())
            .collect()
    }
}
