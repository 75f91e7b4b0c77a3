//! Owns what a session books of the changes that it makes.

use crate::act::Runner;
use crate::evaluate::Outcome;
use crate::expect::Change;
use crate::frame::locked;
use crate::program::Answer;
use crate::tweaks::{What, Where};
use std::collections::BTreeSet;

impl Runner {
    /// How a change of the node acts that leaves it its answer.
    pub fn same(&self, layer: usize, node: u32) -> Change {
        let context = &self.frames[layer].tweaks;
        let layers = self.frames.iter().filter(|frame| frame.is_of(context));
        let comparable = self.live.program.kind(node).is_comparable();
        // To be bound is another thing than not to be.
        let comparable = comparable && !self.live.program.kind(node).is_outside();
        if !self.unloaded && comparable && layers.count() == 1 {
            Change::Same
        } else {
            Change::Other
        }
    }

    /// How such a tweak acts: one that changes nothing runs nothing above.
    pub fn redundant(&self, layer: usize, place: Where, what: What) -> Change {
        let program = &self.live.program;
        let Some(node) = place.node(program).filter(|_| what.is_idle()) else {
            return Change::Other;
        };
        let replaces = locked(&self.frames[layer].tweaks).has_own(program, node);
        let answers = self.verdict(layer, node).is_some_and(|verdict| {
            matches!(verdict.outcome, Outcome::Answer(_)) && !verdict.trace.tainted
        });
        if answers && !replaces {
            self.same(layer, node)
        } else {
            Change::Other
        }
    }

    pub fn book_invalidated(&mut self, layer: usize, node: u32) {
        self.unloaded = true;
        self.invalidated.insert(node);
        self.changed(layer, [node].into(), Change::Invalidated);
    }

    pub fn book_tweak(&mut self, layer: usize, place: Where, what: What, change: Change) {
        let program = &self.live.program;
        let nodes = locked(&self.frames[layer].tweaks).apply(program, place, what);
        self.tweaked.push(place.kind(program));
        self.changed(layer, nodes, change);
        if let (Where::Node(node), What::Value(Answer::Value(value))) =
            (place, what.fitted(place, &self.live.program))
        {
            self.bound(layer, node, Some(value));
        }
    }

    pub fn untweaked(&mut self, layer: usize, place: Where) {
        let nodes = locked(&self.frames[layer].tweaks).take_back(&self.live.program, place);
        self.changed(layer, nodes, Change::Other);
        if let Where::Node(node) = place {
            self.bound(layer, node, None);
        }
    }

    /// Books a change in all layers of a layer's context, and in those inside.
    pub fn changed(&mut self, layer: usize, nodes: BTreeSet<u32>, change: Change) {
        let context = self.frames[layer].tweaks.clone();
        let mut inside = false;
        for frame in &mut self.frames {
            let here = frame.is_of(&context);
            if inside {
                for level in &mut frame.hidden {
                    level.books.learned();
                    level.below.learned();
                    level.below.grow_old();
                    for node in &nodes {
                        level.books.change(false, *node, change);
                        level.below.change(*node, change);
                    }
                }
            }
            inside |= here;
            frame.touched |= here && change != Change::Lost;
            if inside {
                // Where no answer changes, what bodies have read inside contexts is looked at once more all the same.
                frame.books.learned();
                frame.below.learned();
                frame.below.grow_old();
                for node in &nodes {
                    frame.books.change(here, *node, change);
                    frame.below.change(*node, change);
                }
            }
        }
    }
}
