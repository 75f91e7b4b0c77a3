//! What a check has run and cannot keep: an `Err`, a panic, or what rests on one.
//!
//! The body that is run then asks for the same again, on whatever thread. It is handed what the
//! check found, so that nothing runs twice: else each level of a long way up would double the runs.

use super::{Garbage, Graph, LayerIx, NodeIx, RunRef};
use crate::value::Value;
use std::any::Any;

/// How a call ended whose result is not kept.
#[derive(Debug)]
pub(crate) enum Outcome {
    Returned(Value),
    Panicked(Box<dyn Any + Send>),
}

/// What was found for a node that is about to be run, of one that it will ask for.
#[derive(Debug)]
pub(super) struct Unkept {
    node: NodeIx,
    /// How often the layer's answers may have been withdrawn by then; since, the outcome may be another.
    withdrawn: u64,
    outcome: Outcome,
}

impl Graph {
    /// Remembers, while `asker` goes on, how a call of the node ended in its layer.
    pub(crate) fn add_outcome(&mut self, asker: RunRef, node: NodeIx, outcome: Outcome) {
        let layer = self.runs.get(asker).map(|run| run.layer);
        let withdrawn = layer.map(|layer| self.layer(layer).withdrawn());
        match (self.runs.get_mut(asker), withdrawn) {
            (Some(run), Some(withdrawn)) => {
                run.outcomes.push(Unkept {
                    node,
                    withdrawn,
                    outcome,
                });
                self.retain_node(node);
            }
            _ => self.garbage.push(Garbage::Outcome(outcome)),
        }
    }

    /// Whether it is remembered for `asker` how a call of the node ends in this layer.
    pub(crate) fn knows_outcome(&self, asker: RunRef, layer: LayerIx, node: NodeIx) -> bool {
        self.find_outcome(asker, layer, node).is_some()
    }

    fn find_outcome(&self, asker: RunRef, layer: LayerIx, node: NodeIx) -> Option<usize> {
        let run = self
            .runs
            .get(asker)
            .filter(|run| !run.outcomes.is_empty())?;
        let withdrawn = self.layer(run.layer).withdrawn();
        let mut outcomes = run.outcomes.iter();
        let is_of = |unkept: &Unkept| unkept.node == node && unkept.withdrawn == withdrawn;
        let place = outcomes.position(is_of)?;
        self.answers_as(layer, run.layer).then_some(place)
    }

    /// Whether the layer is `outer`, or inside it with nothing changed in it or between them.
    fn answers_as(&self, layer: LayerIx, outer: LayerIx) -> bool {
        let mut around = self.above(layer);
        let other = around.find(|place| {
            let state = self.layer(*place);
            *place == outer || state.ever_tweaked || state.withdrawn() > 0
        });
        other == Some(outer)
    }

    /// Hands out how a call of the node ends in this layer, if that is remembered for `asker`; once.
    pub(crate) fn take_outcome(
        &mut self,
        asker: RunRef,
        layer: LayerIx,
        node: NodeIx,
    ) -> Option<Outcome> {
        let place = self.find_outcome(asker, layer, node)?;
        let unkept = self.runs.get_mut(asker)?.outcomes.swap_remove(place);
        self.release_node(node);
        Some(unkept.outcome)
    }

    pub(super) fn release_outcomes(&mut self, outcomes: Vec<Unkept>) {
        for unkept in outcomes {
            self.release_node(unkept.node);
            self.garbage.push(Garbage::Outcome(unkept.outcome));
        }
    }
}
