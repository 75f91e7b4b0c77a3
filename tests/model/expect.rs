//! Owns what must not run again: for each layer, which nodes it has answered
//! and what those answers rest on. It errs on the side of expecting nothing.

use crate::evaluate::Trace;
use crate::program::Program;
use std::collections::{BTreeMap, BTreeSet};

/// An answer that a layer must be able to give without running a body.
#[derive(Clone)]
pub struct Known {
    /// All that was asked on the way to it.
    asked: BTreeSet<u32>,
    /// Some body below opens contexts of its own: any change outside may matter (3.7), or may reach it
    /// by a way that was seen only inside and may have been closed by a tweak since.
    inner: bool,
    /// Adoption must succeed after a change to an equal value: all below can be compared and is held.
    steady: bool,
    /// Nothing below was changed since, not even to an equal value.
    pub fresh: bool,
    /// It ran here, above contexts of bodies: what was found out after those may have masked what they read.
    /// The thread remembers the answer, but a layer further in looks once more (3.7).
    young: bool,
}

/// The books of one layer.
#[derive(Clone, Default)]
pub struct Books {
    known: BTreeMap<u32, Known>,
    /// The nodes whose bodies need not run again, whatever tweaks are made of themselves; and what was asked
    /// below them.
    bodies: BTreeMap<u32, BTreeSet<u32>>,
    /// What was changed in this layer.
    changed: BTreeSet<u32>,
    /// What was tweaked in this layer to what it answered anyway.
    same: BTreeSet<u32>,
    /// Something was invalidated in this layer: what the layers around know has to be checked anew here.
    shut: bool,
    /// What was invalidated here and has run nowhere since.
    due: BTreeSet<u32>,
    /// What was read inside contexts of bodies, has to be looked at once more, and has not run since. A thread
    /// may remember the answer all the same.
    doubted: BTreeSet<u32>,
    /// What was answered here by a run.
    ran_for: BTreeSet<u32>,
}

/// How a change acts.
#[derive(Clone, Copy, PartialEq)]
pub enum Change {
    /// The node may answer otherwise.
    Other,
    /// The node has lost its value.
    Lost,
    /// The node must run again.
    Invalidated,
    /// The node answers what it answered before, now by a tweak.
    Same,
}

impl Books {
    /// The books of a layer whose context brings these tweaks.
    pub fn new(tweaked: impl Iterator<Item = u32>) -> Self {
        Books {
            changed: tweaked.collect(),
            ..Books::default()
        }
    }

    /// The layer has answered the node.
    pub fn answered(&mut self, program: &Program, node: u32, trace: &Trace) {
        let inner = trace.inner || trace.scope;
        if trace.tainted || inner && self.doubted.contains(&node) {
            return;
        }
        let comparable = trace
            .asked
            .iter()
            .all(|node| program.kind(*node).is_comparable());
        let known = Known {
            asked: trace.asked.clone(),
            inner,
            steady: comparable && !trace.scope,
            fresh: true,
            young: inner && self.ran_for.contains(&node),
        };
        self.known.insert(node, known);
        let plain = !trace.inner && !trace.scope && !program.cyclic;
        let mut below = trace.asked.clone();
        below.remove(&node);
        // What cannot be compared may be held here and further out.
        let comparable = below.iter().all(|node| program.kind(*node).is_comparable());
        if trace.bodies.contains(&node) && plain && comparable {
            self.bodies.insert(node, below);
        }
    }

    /// This layer, or one around it, has come to know more. What was asked inside a context of a body may
    /// turn out to be masked here, and then the result of that body stands no longer (3.7).
    pub fn learned(&mut self) {
        let inner = self.known.iter().filter(|(_, known)| known.inner);
        self.doubted.extend(inner.map(|(node, _)| *node));
        self.known.retain(|_, known| !known.inner);
    }

    /// Something was changed in this layer, or in one around it.
    pub fn change(&mut self, here: bool, node: u32, change: Change) {
        // Further in, or further out, the same value may be another one than before.
        let same = here && change == Change::Same;
        self.known.retain(|_, known| {
            !known.asked.contains(&node) && !known.inner || same && known.steady
        });
        for known in self
            .known
            .values_mut()
            .filter(|known| known.asked.contains(&node))
        {
            known.fresh = false;
        }
        let lost = matches!(change, Change::Lost | Change::Invalidated);
        self.bodies
            .retain(|body, below| !(below.contains(&node) || lost && *body == node));
        if !here {
            self.changed.append(&mut self.same);
        } else if same {
            self.same.insert(node);
        } else {
            self.changed.insert(node);
            self.shut |= change == Change::Invalidated;
        }
        self.due.remove(&node);
    }

    /// This layer, or one around it, was cleared.
    pub fn clear(&mut self) {
        self.known.clear();
        self.bodies.clear();
        self.due.clear();
    }

    /// Something has run for the answer of the node.
    pub fn ran_for(&mut self, node: u32) {
        self.ran_for.insert(node);
    }

    /// The node was invalidated here.
    pub fn invalidated(&mut self, node: u32) {
        self.due.insert(node);
    }

    /// Those of these bodies that must run when they are asked for here.
    pub fn due<'a>(&'a self, bodies: &'a BTreeSet<u32>) -> impl Iterator<Item = u32> + 'a {
        self.due.intersection(bodies).copied()
    }

    /// These bodies may have run, here or elsewhere.
    pub fn ran(&mut self, node: u32) {
        self.doubted.remove(&node);
        self.due.remove(&node);
    }

    /// Other threads have called anything.
    pub fn forget_due(&mut self) {
        self.due.clear();
    }

    /// While the layer slept something was changed: all is checked again, and what relative tweaks have made is made anew.
    pub fn grow_old(&mut self) {
        self.known.retain(|_, known| known.steady);
        self.known
            .values_mut()
            .for_each(|known| known.fresh = false);
    }

    /// Whether nothing was changed here of these.
    pub fn leaves_untouched(&self, asked: &BTreeSet<u32>) -> bool {
        !self.shut && asked.is_disjoint(&self.changed) && asked.is_disjoint(&self.same)
    }

    fn lets_through(&self, known: &Known) -> bool {
        if self.shut {
            return false;
        }
        if known.inner {
            return !known.young && self.changed.is_empty() && self.same.is_empty();
        }
        // What cannot be compared, and was computed here before it was further out, is another one there.
        let is_apart =
            |own: &Known| !known.steady && !own.steady && !own.asked.is_disjoint(&known.asked);
        known.asked.is_disjoint(&self.changed)
            && (known.steady || known.asked.is_disjoint(&self.same))
            && !self.known.values().any(is_apart)
    }
}

/// Whether the body of the node need not run again in the innermost of these layers, the outermost first.
pub fn holds_body(layers: &[&Books], node: u32) -> bool {
    body(layers, node).is_some()
}

fn body<'b>(layers: &[&'b Books], node: u32) -> Option<&'b BTreeSet<u32>> {
    let (innermost, around) = layers.split_last()?;
    let lets_through = |below: &&BTreeSet<u32>| {
        let changed = !below.is_disjoint(&innermost.changed) || !below.is_disjoint(&innermost.same);
        !innermost.shut && !changed
    };
    let own = innermost.bodies.get(&node);
    own.or_else(|| body(around, node).filter(lets_through))
}

/// What the innermost of these layers, the outermost first, must answer without running a body.
pub fn known<'b>(layers: &[&'b Books], node: u32) -> Option<&'b Known> {
    let (innermost, around) = layers.split_last()?;
    innermost
        .known
        .get(&node)
        .or_else(|| known(around, node).filter(|known| innermost.lets_through(known)))
}
