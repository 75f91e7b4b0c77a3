//! Owns the acts of a session about what is outside, about handles that are held, and about
//! what is taken away from stores.

use crate::act::{Fault, Runner, ran_since};
use crate::body::at;
use crate::evaluate::{Outcome, evaluate_given};
use crate::expect::Change;
use crate::frame::{Frame, locked};
use crate::functions::{Live, observe};
use crate::program::{Answer, Kind};
use crate::session::Act;
use crate::stored::Which;
use crate::tweaks::Tweaks;
use dug::{Collect, Context, Tracked};
use std::collections::BTreeSet;

/// A handle that a session has taken.
#[derive(Clone)]
pub struct Held {
    node: u32,
    handle: Tracked<i64>,
    /// What it holds.
    value: i64,
}

/// Handles that a session holds at once.
const HELD: usize = 8;

impl Runner {
    /// The layers see what is outside now, or has been bound there.
    pub fn look(&mut self) {
        self.program = self.seen.program(&self.live.program);
        self.past().note(&self.program);
    }

    /// Whether a call of the node can be made ready to be asked about: a handle that it has is at hand.
    pub fn is_ready(&mut self, layer: usize, node: u32) -> Result<bool, Fault> {
        let Some(source) = self.live.program.source(node) else {
            return Ok(true);
        };
        let verdict = self.call(layer, source, Live::call)?;
        Ok(verdict.is_some_and(|verdict| {
            matches!(verdict.outcome, Outcome::Answer(_)) && !verdict.trace.tainted
        }))
    }

    /// The binding of a name was changed in a layer.
    pub fn bound(&mut self, layer: usize, node: u32, value: Option<i64>) {
        if self.live.program.kind(node) != Kind::External || layer > 0 {
            return;
        }
        if self.frames[0].scenario.is_some() {
            self.past().has_bound_apart = true;
            return;
        }
        self.seen.bind(node, value);
        if value.is_none() {
            self.tweaked.push(Kind::External);
            self.changed(0, [node].into(), Change::Other);
        }
        self.look();
    }

    /// All that the outermost layer would read later it has read now.
    pub fn read_all(&mut self, wanted: fn(Kind) -> bool) -> Result<(), Fault> {
        let live = self.live.clone();
        for node in live.program.all(wanted) {
            if locked(&self.frames[0].tweaks).has(&live.program, node)
                || self.frames[0].has_anywhere(&live.program, node)
            {
                continue;
            }
            let place = self.frames[0].place.clone();
            at(&place, || self.call(0, node, Live::call))?;
            self.seen.read(&live.program, node);
        }
        self.look();
        Ok(())
    }

    pub fn write(&mut self, node: u32, content: Option<i64>, read: bool) -> Result<(), Fault> {
        if !self.alone || self.live.program.kind(node) != Kind::File {
            return Ok(());
        }
        if read {
            self.read_all(|kind| kind == Kind::File)?;
            self.seen.world().write(node, content);
            return Ok(());
        }
        // What was read of it before has to be known, to tell whether it has changed.
        let before = self.seen.of(&self.live.program, node);
        self.seen.world().write(node, content);
        let act = Act::Refresh;
        self.quietly(&act, || refresh(&self.frames[0].context))?;
        let mut changed = self.seen.refresh(&self.live.program);
        if self.seen.of(&self.live.program, node) != before {
            changed.push(node);
        }
        self.refreshed(changed);
        Ok(())
    }

    pub fn refresh(&mut self, layer: usize) -> Result<(), Fault> {
        if !self.alone && self.seen.is_old(&self.live.program) {
            return Ok(());
        }
        let act = Act::Refresh;
        self.quietly(&act, || refresh(&self.frames[layer].context))?;
        let changed = self.seen.refresh(&self.live.program);
        self.refreshed(changed);
        Ok(())
    }

    fn refreshed(&mut self, changed: Vec<u32>) {
        self.look();
        // What a body reads in contexts of its own is not proved anew when inputs have been read anew.
        self.tweaked.extend([Kind::File, Kind::External]);
        let outside = self.live.program.all(Kind::is_outside);
        let (changed, same): (BTreeSet<u32>, BTreeSet<u32>) =
            outside.iter().partition(|node| changed.contains(node));
        self.changed(0, changed, Change::Other);
        self.changed(0, same, Change::Other);
    }

    /// Takes a handle on what the node answers.
    pub fn hold(&mut self, layer: usize, node: u32) -> Result<(), Fault> {
        let Some(verdict) = self.call(layer, node, Live::call)? else {
            return Ok(());
        };
        let Outcome::Answer(Answer::Value(value)) = verdict.outcome else {
            return Ok(());
        };
        if !self.strict || !self.live.program.kind(node).is_held() {
            return Ok(());
        }
        let handle = self.live.handle_on(node);
        if self.held.len() == HELD {
            self.held.remove(0);
        }
        self.held.push(Held {
            node,
            handle,
            value,
        });
        self.check_held()
    }

    /// What handles hold never changes.
    fn check_held(&self) -> Result<(), Fault> {
        let wrong = self.held.iter().find(|held| *held.handle != held.value);
        wrong.map_or(Ok(()), |held| {
            Err(format!(
                "a handle on {} holds {}, but held {}",
                held.node, *held.handle, held.value
            ))
        })
    }

    /// Calls with a handle that was taken before.
    pub fn call_held(&mut self, layer: usize, node: u32, back: u8) -> Result<(), Fault> {
        let source = self.live.program.source(node);
        let held = self.held.iter().rev();
        let held: Vec<&Held> = held.filter(|held| Some(held.node) == source).collect();
        let Some(Held { handle, value, .. }) = held
            .get(usize::from(back) % held.len().max(1))
            .map(|held| Held::clone(held))
        else {
            return self.call(layer, node, Live::call).map(drop);
        };
        let contexts: Vec<Tweaks> = self.frames[..=layer]
            .iter()
            .flat_map(Frame::all_tweaks)
            .collect();
        let Some(verdict) = evaluate_given(&self.program, &contexts, node, Some(value)) else {
            return Ok(());
        };
        let before = self.live.runs();
        let outcome = observe(|| Outcome::Answer(self.live.ask_through(node, handle)));
        let ran = ran_since(&self.live, &before);
        self.complaints()?;
        self.tainted |= verdict.trace.tainted || !self.strict;
        self.apart |= verdict.trace.apart;
        self.entitled.extend(&verdict.trace.bodies);
        if self.leeway(layer).is_some() {
            let is_wrong = self.strict && outcome != verdict.outcome;
            if is_wrong && !self.is_excused(layer, node, Some(value), &outcome) {
                return Err(format!(
                    "calling {node} in layer {layer} with a handle that holds {value} gave {outcome:?}, which nothing excuses, and without a cache {:?}",
                    verdict.outcome
                ));
            }
            self.book_excused(layer, node, &ran);
            return Ok(());
        }
        if self.strict && outcome != verdict.outcome {
            return Err(format!(
                "calling {node} in layer {layer} with a handle that holds {value} gave {outcome:?}, but without a cache {:?}",
                verdict.outcome
            ));
        }
        if self.strict && self.alone && !self.taken && !ran.is_subset(&verdict.trace.bodies) {
            return Err(format!(
                "calling {node} in layer {layer} with a handle ran {ran:?}, but without a cache only {:?} run",
                verdict.trace.bodies
            ));
        }
        if self.alone && !ran.is_empty() {
            for frame in &mut self.frames {
                ran.iter().for_each(|node| frame.books.ran(*node));
            }
            self.learned(layer);
        }
        Ok(())
    }

    pub fn forget(&mut self, layer: usize, node: u32) -> Result<(), Fault> {
        let live = self.live.clone();
        if live.program.kind(node).is_outside() || !self.is_ready(layer, node)? {
            return Ok(());
        }
        if live.program.source(node).is_some() {
            live.forget(node);
        } else {
            self.quietly(&Act::Forget(node), || live.forget(node))?;
        }
        self.forgotten.insert(node);
        self.book_invalidated(layer, node);
        Ok(())
    }

    /// Collects garbage in the stores.
    pub fn collect(&mut self, which: u8) -> Result<(), Fault> {
        let Some(stores) = self.stores.clone() else {
            return Ok(());
        };
        let wanted = || match which {
            0 => Collect::new().max_size(0).orphans(),
            1 => Collect::new().stale(),
            2 => Collect::new().orphans(),
            _ => Collect::new().max_size(2000),
        };
        self.taken |= which != 2;
        for store in stores.all() {
            self.quietly(&Act::Collect(which), || store.collect_garbage(wanted()))?
                .map_err(|error| format!("collecting failed: {error}"))?;
        }
        Ok(())
    }
}

fn refresh(context: &Context) {
    context.refresh();
}

/// Which store the outermost layer has.
pub fn root_store(runner: &Runner, is_scenario: bool) -> Which {
    match &runner.stores {
        Some(stores) if !is_scenario => stores.outermost_which(),
        _ => Which::Around,
    }
}
