//! Owns the questions of a session: calls, and what can be asked about a node,
//! with all that is checked about the answers.

use crate::act::{Fault, Runner, ran_since};
use crate::body::at;
use crate::evaluate::{Outcome, Verdict};
use crate::expect::{holds_body, known};
use crate::frame::{Frame, locked};
use crate::functions::Live;
use crate::program::{Expr, Kind};
use crate::session::Act;
use crate::stored::Stores;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

impl Runner {
    /// Calls, and checks the answer and what ran for it. Tells what ran, if it was checked.
    pub fn call(
        &mut self,
        layer: usize,
        node: u32,
        how: fn(&Live, u32) -> Outcome,
    ) -> Result<Option<Verdict>, Fault> {
        let Some(verdict) = self.verdict(layer, node) else {
            return Ok(None);
        };
        let books = self.books(layer);
        let must_not_run = known(&books, node).is_some();
        let nodes = 0..self.live.program.len();
        let held: BTreeSet<u32> = nodes.filter(|node| holds_body(&books, *node)).collect();
        let fresh = known(&[&self.frames[layer].books], node).is_some_and(|known| known.fresh);
        let before = self.live.runs();
        let closures = self.live.closures.load(Ordering::SeqCst);
        let outcome = how(&self.live, node);
        let closures = self.live.closures.load(Ordering::SeqCst) - closures;
        let ran = ran_since(&self.live, &before);
        self.complaints()?;
        self.tainted |= verdict.trace.tainted || !self.strict;
        self.apart |= verdict.trace.apart;
        self.entitled.extend(&verdict.trace.bodies);
        if !self.strict {
            let sound = match &outcome {
                Outcome::Answer(_) | Outcome::Panic(_) => true,
                Outcome::Cycle => self.live.program.cyclic,
                Outcome::Refused(_) => false,
            };
            return if sound {
                Ok(None)
            } else {
                Err(format!("calling {node} during a change gave {outcome:?}"))
            };
        }
        if self.leeway(layer).is_some() {
            return self.check_excused(layer, node, outcome, verdict, &ran);
        }
        if outcome != verdict.outcome {
            return Err(format!(
                "calling {node} in layer {layer} gave {outcome:?}, but without a cache {:?}",
                verdict.outcome
            ));
        }
        if !self.alone {
            return Ok(Some(verdict));
        }
        self.check_again(layer, node, &verdict, &ran)?;
        if fresh && closures > 0 {
            return Err(format!(
                "calling {node} in layer {layer} ran {closures} closures, but nothing was changed since it answered"
            ));
        }
        let mut doubted = self.doubted(&verdict);
        if self.acted_above {
            doubted.extend(self.incomparable(&verdict));
        }
        if must_not_run && !ran.is_subset(&doubted) {
            return Err(format!(
                "calling {node} in layer {layer} ran {ran:?}, but nothing below it was changed since it answered"
            ));
        }
        if !self.live.program.cyclic {
            if !ran.is_subset(&verdict.trace.bodies) {
                return Err(format!(
                    "calling {node} in layer {layer} ran {ran:?}, but without a cache only {:?} run",
                    verdict.trace.bodies
                ));
            }
            if !verdict.trace.scope && ran.difference(&doubted).any(|node| held.contains(node)) {
                return Err(format!(
                    "calling {node} in layer {layer} ran {ran:?}, but nothing below the bodies of {held:?} was changed since they ran"
                ));
            }
            let mut due = self.frames[layer].books.due(&verdict.trace.bodies);
            if let Some(due) = due.find(|due| !ran.contains(due)) {
                return Err(format!(
                    "{due} was invalidated in layer {layer}, but calling {node} there did not run it"
                ));
            }
        }
        for frame in &mut self.frames {
            ran.iter().for_each(|node| frame.books.ran(*node));
        }
        if !ran.is_empty() {
            self.learned(layer);
            // It may have been kept further out.
            for frame in &mut self.frames[..=layer] {
                frame.books.ran_for(node);
            }
        }
        // What has just been found out may mask what was read before it, inside contexts of bodies (3.7):
        // then it is checked once more.
        if ran.is_empty() || !verdict.trace.scope {
            self.answered(layer, node, &verdict.trace);
        }
        Ok(Some(verdict))
    }

    /// What the store has seen run does not run again.
    fn check_again(
        &self,
        layer: usize,
        node: u32,
        verdict: &Verdict,
        ran: &BTreeSet<u32>,
    ) -> Result<(), Fault> {
        if !self.nothing_runs_twice() {
            return Ok(());
        }
        let excused = self.excused(verdict);
        if ran.is_subset(&excused) {
            return Ok(());
        }
        Err(format!(
            "calling {node} in layer {layer} ran {ran:?}, but the store has seen all that but {excused:?}"
        ))
    }

    fn nothing_runs_twice(&self) -> bool {
        let is_booked = !self.taken && !self.past().has_served;
        self.again && is_booked && self.frames.first().is_some_and(|frame| frame.stored)
    }

    /// What may run for the call although the store has seen it run.
    fn excused(&self, verdict: &Verdict) -> BTreeSet<u32> {
        let mut excused = self.doubted(verdict);
        excused.extend(&verdict.trace.excused);
        // An equal result that was computed above a tweak of what is never stored is not stored either, nor is
        // one above a tweak of what is told apart by how it was computed: in memory it is the same.
        // So are equal results that were computed from a world that has changed since.
        let program = &self.live.program;
        let mut kinds = (0..program.len()).map(|node| program.kind(node));
        let by_graph = kinds.clone().any(|kind| kind == Kind::ByGraph);
        let outside = by_graph && kinds.any(Kind::is_outside);
        let is_another = [Kind::Opaque, Kind::ByGraph];
        let is_tweaked = is_another.iter().any(|kind| self.tweaked.contains(kind));
        if outside || is_tweaked || self.apart {
            excused.extend(&verdict.trace.bodies);
        }
        excused
    }

    /// What may run once more since something was invalidated or tweaked somewhere: no proof is believed of
    /// a function of which a node was, and what was found by its proof does not tell what lies below it.
    fn doubted(&self, verdict: &Verdict) -> BTreeSet<u32> {
        let trace = &verdict.trace;
        let all = self.invalidated.union(&trace.invalidated).copied();
        let mut doubted: BTreeSet<u32> = all.filter(|_| self.stores.is_some()).collect();
        // Nor is it proved anew when the tweak goes.
        let mut by_proof = trace.by_proof.values();
        let rests_on_tweak =
            by_proof.any(|rests| self.tweaked.iter().any(|kind| rests.has_kind(*kind)));
        if self.stores.is_some() && (rests_on_tweak || !doubted.is_empty()) {
            // It asks for what is never stored, which is another one each time for what asks for that.
            doubted.extend(self.incomparable(verdict));
            // In contexts that it opens no proof is believed.
            doubted.extend(trace.by_proof.keys());
        }
        // What was found by a proof runs where the proof is asked for again, if it is gone.
        if self.taken || self.stores.as_ref().is_some_and(Stores::are_mixed) {
            doubted.extend(&trace.bodies);
        }
        // What ran outside of all stores is told apart there by the run, and not by how it was computed.
        let mut stored = self.frames.iter().map(|frame| frame.stored);
        if stored.next() == Some(false) && stored.any(|stored| stored) {
            doubted.extend(self.touching(verdict, Kind::ByGraph));
        }
        doubted
    }

    /// What gives, or asks for, what cannot be compared. If a change further out has gone on as far as to it, also by
    /// a way that a tweak hides here, it is checked, and the layer around may have another one by then.
    fn incomparable(&self, verdict: &Verdict) -> BTreeSet<u32> {
        self.touching(verdict, Kind::Opaque)
    }

    /// Which of the bodies are of such functions, or ask for one.
    fn touching(&self, verdict: &Verdict, kind: Kind) -> BTreeSet<u32> {
        let program = &self.live.program;
        let is_such = |node: u32| program.kind(node) == kind;
        let asks = |node: &u32| {
            let body = &program.nodes[*node as usize].body;
            is_such(*node) || body.any(&|expr| matches!(expr, Expr::Ask(asked) if is_such(*asked)))
        };
        let bodies = verdict.trace.bodies.iter().copied();
        bodies.filter(asks).collect()
    }

    pub fn get(&mut self, layer: usize, node: u32) -> Result<(), Fault> {
        if self.live.program.kind(node).is_outside() || !self.is_ready(layer, node)? {
            return Ok(());
        }
        let got = self.asking(node, &Act::Get(node), || self.live.get(node))?;
        let (Some(answer), Some(verdict)) = (got, self.verdict(layer, node)) else {
            return Ok(());
        };
        let got = Outcome::Answer(answer);
        if self.strict && verdict.outcome != got && !self.is_excused(layer, node, None, &got) {
            return Err(format!(
                "getting {node} in layer {layer} gave {answer:?}, but without a cache {:?}",
                verdict.outcome
            ));
        }
        Ok(())
    }

    /// Asks all that can be asked, calls, and checks that the two agree; then calls again.
    pub fn query(&mut self, layer: usize, node: u32) -> Result<(), Fault> {
        let live = self.live.clone();
        if live.program.kind(node).is_outside() || !self.is_ready(layer, node)? {
            return self.call(layer, node, Live::call).map(drop);
        }
        let act = Act::Query(node);
        let tweaked = self.quietly(&act, || live.is_tweaked(node))?;
        let masked = self.asking(node, &act, || live.is_masked(node))?;
        let cached = self.asking(node, &act, || live.is_cached(node))?;
        let dependencies = self.asking(node, &act, || live.dependencies(node))?;
        if self.strict {
            self.check_marks(layer, node, tweaked, masked)?;
        }
        self.get(layer, node)?;
        if self.leeway(layer).is_some() {
            return self.call(layer, node, Live::call).map(drop);
        }
        let fresh = known(&[&self.frames[layer].books], node).is_some_and(|known| known.fresh);
        let taken = self.taken || !self.forgotten.is_empty();
        // A layer further out may have found by a proof what a body asked in a context of its own, or computed it
        // since: calls of the thread that was there went on being answered by what it remembered.
        let is_doubted = || {
            let verdict = self.verdict(layer, node);
            verdict.is_some_and(|verdict| {
                let is_told_late = self.acted_above && verdict.trace.scope;
                is_told_late || self.doubted(&verdict).contains(&node)
            })
        };
        if self.alone && fresh && !cached && !taken && !is_doubted() {
            return Err(format!(
                "{node} was answered in layer {layer} and nothing was changed, but is not cached"
            ));
        }
        let before = live.runs();
        let Some(verdict) = self.call(layer, node, Live::call)? else {
            return Ok(());
        };
        let mut frames = self.frames[..=layer].iter().flat_map(Frame::all_tweaks);
        let relative = frames.any(|tweaks| tweaks.has_relative());
        if self.alone && self.nothing_runs_twice() && !cached && !relative {
            let excused = self.excused(&verdict);
            if verdict.trace.bodies.is_disjoint(&excused) {
                return Err(format!(
                    "{node} is not cached in layer {layer}, but the store has seen all that runs for it"
                ));
            }
        }
        let mut ran = ran_since(&live, &before);
        if live.program.source(node).is_some() {
            // The handle may have to be made anew first.
            ran.retain(|ran| *ran == node);
        }
        // What the call itself brings to light may mask what a body asked in a context of its own (3.7).
        if self.alone && cached && !ran.is_subset(&self.doubted(&verdict)) {
            return Err(format!(
                "{node} was cached in layer {layer}, but calling it ran {ran:?}"
            ));
        }
        if self.strict && self.alone && cached && !verdict.trace.tainted {
            // What was proved by records that are gone tells nothing any more.
            if live.program.source(node).is_none() && !taken {
                check_dependencies(node, dependencies, &verdict)?;
            }
        }
        self.call(layer, node, Live::call_node).map(drop)
    }

    /// Does what must not run a body, unless one makes the handle that the node is asked about with.
    fn asking<R>(&self, node: u32, what: &Act, then: impl FnOnce() -> R) -> Result<R, Fault> {
        match self.live.program.source(node) {
            Some(_) => Ok(then()),
            None => self.quietly(what, then),
        }
    }

    fn check_marks(
        &self,
        layer: usize,
        node: u32,
        tweaked: bool,
        masked: bool,
    ) -> Result<(), Fault> {
        let program = &self.live.program;
        let here = self.frames[layer].has(program, node);
        let anywhere = self.frames[..=layer]
            .iter()
            .any(|frame| frame.has_anywhere(program, node));
        let tweakless = locked(&self.frames[layer].tweaks).is_empty();
        let wrong = match (tweaked, masked) {
            (false, _) if here => "is tweaked here, but not is_tweaked",
            (true, _) if !anywhere => "is tweaked nowhere, but is_tweaked",
            (_, true) if layer == 0 && self.frames[0].hidden.is_empty() => {
                "is_masked without a parent"
            }
            (_, true) if tweakless => "is_masked, but no tweak is in force here",
            (_, false) if here && layer > 0 => "is tweaked here, but not is_masked",
            _ => return Ok(()),
        };
        Err(format!("{node} in layer {layer} {wrong}"))
    }

    /// What is not masked answers as in the parent, once the parent has answered.
    pub fn masked(&mut self, layer: usize, node: u32) -> Result<(), Fault> {
        let Some(parent) = layer.checked_sub(1) else {
            return Ok(());
        };
        let place = self.frames[parent].place.clone();
        let Some(outer) = at(&place, || self.call(parent, node, Live::call))? else {
            return Ok(());
        };
        // With another handle it is another call.
        if matches!(
            self.live.program.kind(node),
            Kind::Through | Kind::External | Kind::File
        ) {
            return self.call(layer, node, Live::call).map(drop);
        }
        let masked = self.live.is_masked(node);
        let Some(inner) = self.verdict(layer, node) else {
            return Ok(());
        };
        // Masked is what may answer otherwise than in the next level of the scenario.
        let next = self.frames[layer].hidden.is_empty();
        let answered = self.alone || !self.unloaded;
        if next
            && answered
            && self.strict
            && !masked
            && self.leeway(layer).is_none()
            && !outer.trace.tainted
            && inner.outcome != outer.outcome
        {
            return Err(format!(
                "{node} is not masked in layer {layer}, but answers {:?} there and {:?} in its parent",
                inner.outcome, outer.outcome
            ));
        }
        self.call(layer, node, Live::call).map(drop)
    }
}

fn check_dependencies(node: u32, found: Option<Vec<u32>>, verdict: &Verdict) -> Result<(), Fault> {
    let Some(found) = found else {
        return Err(format!("a dependency of {node} is no node of the program"));
    };
    let trace = &verdict.trace;
    let agrees = match (trace.direct_inner, trace.direct_scope) {
        (true, _) => true,
        (false, true) => found.iter().collect::<BTreeSet<_>>() == trace.direct.iter().collect(),
        (false, false) => found == trace.direct,
    };
    if agrees {
        Ok(())
    } else {
        Err(format!(
            "the dependencies of {node} are {found:?}, but it asks for {:?}",
            trace.direct
        ))
    }
}
