//! Owns what a session checks where more than one answer is right: in contexts with policies and in those inside
//! them, and once something was accepted. Answers are compared with all that are possible there; what runs is not counted.

use crate::act::{Fault, Runner};
use crate::evaluate::{Outcome, Verdict};
use crate::frame::Frame;
use crate::functions::Live;
use crate::past::{Excuse, Then};
use crate::possible::{Asked, is_possible};
use crate::program::Kind;
use crate::session::{Act, Target};
use crate::stored::{Which, in_force};
use std::collections::BTreeSet;

impl Runner {
    /// What excuses answers of the layer, if anything does.
    pub fn leeway(&self, layer: usize) -> Option<Excuse> {
        let policies = self.frames[..=layer].iter().map(|frame| frame.policy);
        let excuse = policies.fold(Excuse::Nothing, Excuse::or);
        (excuse != Excuse::Nothing || self.past().has_accepted()).then_some(excuse)
    }

    /// Whether something excuses this answer in the layer. `given`: what the handle holds that the call was made with, if not
    /// one of here and now.
    pub fn is_excused(
        &self,
        layer: usize,
        node: u32,
        given: Option<i64>,
        outcome: &Outcome,
    ) -> bool {
        let Some(excuse) = self.leeway(layer) else {
            return false;
        };
        let past = self.past();
        if past.has_bound_apart && excuse != Excuse::Nothing {
            return true;
        }
        let frames = self.frames[..=layer].iter();
        let asked = Asked {
            past: &past,
            now: Then {
                versions: in_force(),
                program: self.program.clone(),
            },
            contexts: frames.flat_map(Frame::all_tweaks).collect(),
            binds: self.seen.store != Which::Around,
            excuse,
        };
        is_possible(asked, node, given, outcome)
    }

    /// Checks a call where there is leeway.
    pub fn check_excused(
        &mut self,
        layer: usize,
        node: u32,
        outcome: Outcome,
        verdict: Verdict,
        ran: &BTreeSet<u32>,
    ) -> Result<Option<Verdict>, Fault> {
        if outcome != verdict.outcome && !self.is_excused(layer, node, None, &outcome) {
            return Err(format!(
                "calling {node} in layer {layer} gave {outcome:?}, which nothing excuses, and without a cache {:?}",
                verdict.outcome
            ));
        }
        self.book_excused(layer, node, ran);
        let trace = verdict.trace;
        Ok(Some(Verdict { outcome, trace }))
    }

    /// Books what ran where it is not counted.
    pub fn book_excused(&mut self, layer: usize, node: u32, ran: &BTreeSet<u32>) {
        // What was served may have led to any body.
        self.tainted = true;
        self.entitled.extend(0..self.live.program.len());
        if self.alone && !ran.is_empty() {
            for frame in &mut self.frames {
                ran.iter().for_each(|node| frame.books.ran(*node));
            }
            self.learned(layer);
            for frame in &mut self.frames[..=layer] {
                frame.books.ran_for(node);
            }
        }
    }

    /// Takes what is stored for right.
    pub fn accept(&mut self, layer: usize, target: Target) -> Result<(), Fault> {
        let Some(stores) = self.stores.clone().filter(|_| self.alone) else {
            return Ok(());
        };
        let act = Act::Accept(target);
        let live = self.live.clone();
        let failed = |error: dug::Error| format!("{act:?} failed: {error}");
        match target {
            Target::Function(node) | Target::Node(node) if live.program.kind(node).is_outside() => {
                return Ok(());
            }
            Target::All => {
                for store in stores.all() {
                    self.quietly(&act, || store.accept_all())?.map_err(failed)?;
                }
            }
            // In memory there is nothing to be accepted.
            Target::Function(node) if live.program.kind(node) != Kind::Opaque => {
                let path = live.function(node);
                for store in stores.all() {
                    self.quietly(&act, || store.accept_function(&path))?
                        .map_err(failed)?;
                }
            }
            Target::Function(_) => return Ok(()),
            Target::Node(node) => {
                if !self.is_ready(layer, node)? {
                    return Ok(());
                }
                match live.program.source(node) {
                    Some(_) => _ = live.accept(node),
                    None => _ = self.quietly(&act, || Live::accept(&live, node))?,
                }
            }
        }
        self.past().accept(target);
        Ok(())
    }
}
