//! Owns the steps in which several threads are at work at once: branches that
//! call, and change things in contexts of their own, while one thread changes
//! the layers around them.

use crate::act::{Fault, Runner, ran_since};
use crate::body::at;
use crate::frame::{Frame, SharedTweaks};
use crate::program::Expr;
use crate::session::{Act, Branch, Into};
use dug::with_context;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Barrier;

/// Waits at the barrier once, at the latest when it is dropped.
struct Arrival<'b>(Option<&'b Barrier>);

impl Arrival<'_> {
    fn wait(&mut self) {
        if let Some(barrier) = self.0.take() {
            barrier.wait();
        }
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        self.wait();
    }
}

/// Does the changes and the branches at once.
pub fn together(
    runner: &mut Runner,
    changes: &[(u8, Act)],
    branches: &[Branch],
) -> Result<(), Fault> {
    let innermost = runner.frames.len() - 1;
    let layer = |up: u8| innermost.saturating_sub(usize::from(up));
    let tweaked: Vec<SharedTweaks> = changes
        .iter()
        .filter(|(_, act)| act.tweaks())
        .map(|(up, _)| runner.frames[layer(*up)].tweaks.clone())
        .collect();
    // A result that is taken away while it is found or computed is given, but not kept.
    let takes_away = |(_, act): &(u8, Act)| matches!(act, Act::Invalidate(_));
    let taken = changes.iter().any(takes_away);
    let before = runner.live.runs();
    let (start, done) = (
        Barrier::new(branches.len() + 1),
        Barrier::new(branches.len() + 1),
    );
    runner.alone = false;
    let (changed, ends) = std::thread::scope(|scope| {
        let threads: Vec<_> = branches
            .iter()
            .map(|branch| {
                let mut own = runner.clone();
                own.frames.truncate(layer(branch.up) + 1);
                own.entitled.clear();
                own.unloaded |= taken;
                own.tainted = false;
                let arrivals = (Arrival(Some(&start)), Arrival(Some(&done)));
                let tweaked = &tweaked;
                scope.spawn(move || follow(own, branch, tweaked, arrivals))
            })
            .collect();
        let mut arrival = Arrival(Some(&done));
        start.wait();
        let changed = changes.iter().try_for_each(|(up, act)| {
            let place = runner.frames[layer(*up)].place.clone();
            at(&place, || runner.act(layer(*up), act))
        });
        arrival.wait();
        let ends: Vec<_> = threads
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect();
        (changed, ends)
    });
    runner.alone = true;
    changed?;
    let (mut entitled, mut tainted) = (BTreeSet::new(), false);
    for end in ends {
        let own = end.unwrap_or_else(|payload| resume_unwind(payload))?;
        entitled.extend(own.entitled);
        tainted |= own.tainted;
        runner.unloaded |= own.unloaded;
        runner.taken |= own.taken;
    }
    for frame in &mut runner.frames {
        frame.books.forget_due();
        // Equal scenarios have taken the place of one another.
        frame.below.forget_asleep();
        frame.acts += 1;
    }
    if tweaked.is_empty() && !runner.live.program.cyclic {
        let ran = ran_since(&runner.live, &before);
        // What is changed of a call with a handle is changed with the handle at hand, which is made first.
        let makes_handle = |(_, act): &(u8, Act)| match act {
            Act::Unload(node) | Act::Invalidate(node) | Act::Forget(node) => {
                runner.live.program.source(*node).is_some()
            }
            _ => false,
        };
        if !changes.iter().any(makes_handle) && !ran.is_subset(&entitled) {
            return Err(format!(
                "the threads ran {ran:?}, but without a cache only {entitled:?} run"
            ));
        }
        // A call with another handle is another one.
        let in_its_layer = |act: &Act| !matches!(act, Act::Masked(_) | Act::CallHeld(..));
        let same = |branch: &Branch| {
            branch.into == Into::Same
                && branch.up == branches[0].up
                && branch.acts.iter().chain(&branch.later).all(in_its_layer)
        };
        if changes.is_empty() && !tainted && branches.iter().all(same) {
            check_once(runner, &before)?;
        }
    }
    Ok(())
}

/// In one layer each body runs once, however many threads ask.
fn check_once(runner: &Runner, before: &[u64]) -> Result<(), Fault> {
    if runner.live.program.any(&|expr| {
        matches!(
            expr,
            Expr::Within { .. } | Expr::Scenario { .. } | Expr::Thread { .. }
        )
    }) {
        return Ok(());
    }
    let runs: Vec<u64> = runner
        .live
        .runs()
        .iter()
        .zip(before)
        .map(|(now, then)| now - then)
        .collect();
    if runs.iter().any(|count| *count > 1) {
        return Err(format!(
            "the threads called in one layer, but the bodies ran {runs:?} times"
        ));
    }
    Ok(())
}

/// What one thread does.
fn follow(
    mut own: Runner,
    branch: &Branch,
    tweaked: &[SharedTweaks],
    (mut start, mut arrival): (Arrival<'_>, Arrival<'_>),
) -> Result<Runner, Fault> {
    let innermost = own.frames.len() - 1;
    let place = own.frames[innermost].place.clone();
    at(&place, || {
        let mut work = |own: &mut Runner, frame: Option<Frame>| {
            own.frames.extend(frame);
            own.strict = !own
                .frames
                .iter()
                .any(|frame| tweaked.iter().any(|context| frame.is_of(context)));
            let layer = own.frames.len() - 1;
            // Only in a context of its own may a branch change things: else the others would not know.
            let own_context = matches!(branch.into, Into::Child | Into::Scenario(_));
            let lawful = |act: &&Act| own_context || !act.changes();
            let all = |own: &mut Runner, acts: &[Act]| {
                acts.iter()
                    .filter(lawful)
                    .try_for_each(|act| own.act(layer, act))
            };
            start.wait();
            let first = catch_unwind(AssertUnwindSafe(|| all(own, &branch.acts)));
            arrival.wait();
            own.strict = true;
            own.look();
            first.unwrap_or_else(|payload| resume_unwind(payload))?;
            all(own, &branch.later)
        };
        match branch.into {
            Into::Same => work(&mut own, None),
            Into::Child => with_context(|| {
                let frame = Frame::new(&own)?;
                work(&mut own, Some(frame))
            }),
            Into::Scenario(recipe) => {
                let made = own.pool.make(&own.live.program, &recipe)?;
                made.scenario.enter(|| {
                    let frame = Frame::scenario(&mut own, &made.levels)?;
                    work(&mut own, Some(frame))
                })
            }
            Into::Kept(kept) => {
                let context = own.kept[usize::from(kept)].0.clone();
                context.enter(|| {
                    let frame = Frame::kept(&own, kept)?;
                    work(&mut own, Some(frame))
                })
            }
        }
    })?;
    Ok(own)
}
