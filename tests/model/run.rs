//! Owns the run of a case: it does the steps with dug and compares with the
//! evaluator after each. One act in one layer is done in `act`.

use crate::act::{Fault, Runner, context};
use crate::asleep::Expects;
use crate::body::at;
use crate::evaluate::Outcome;
use crate::frame::Frame;
use crate::functions::Live;
use crate::outside::root_store;
use crate::past::Past;
use crate::program::{Expr, Kind};
use crate::scenario::{Keeps, Pool};
use crate::session::{Act, Case, Into, Step, Way};
use crate::stored::{self, Again, Alone, Part, Stores, Versions, Which};
use crate::world::{Seen, World};
use dug::{Context, NodeId, with_context};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

/// How a layer is left.
#[derive(PartialEq)]
enum Left {
    Return,
    Panic,
}

/// The payload of a panic by which a session leaves a context.
struct Leaving;

/// Runs a case; the error says what was wrong where.
pub fn run(case: &Case) -> Result<(), String> {
    let live = Live::start(case.program.clone(), case.threads);
    let key = live.key;
    let past = Arc::new(Mutex::new(Past::new(&case.program, &case.versions)));
    let Some(plan) = case.store else {
        let world = World::new(key, &case.program);
        let mut runner = begin(case, live, &world, None, &past)?;
        return part(&mut runner, &whole(case));
    };
    let world = World::new(key, &case.program);
    let mut gone = Gone::default();
    let alone = Alone::wait();
    let mut stores = Stores::new(plan)?;
    let mut versions = Versions::default();
    let mut policy = plan.policies.first;
    alone.put_in_force(&versions);
    for this in stored::parts(case) {
        let live = || Live::start_as(key, stored::program(case, &versions), case.threads);
        let before = world.now();
        {
            let mut first = begin(case, live(), &world, Some(stores.clone()), &past)?;
            first.policy = policy;
            gone.known_to(&mut first);
            part(&mut first, &this)?;
            // What its contexts have not written yet is written when they go.
            gone = Gone::of(&first);
        }
        let again = this.again(case);
        if again == Again::Elsewhere {
            stores = stores.restarted()?;
        }
        if again != Again::No {
            let same = world.now().has_bound_as(&before);
            world.write_as(&before);
            let mut second = begin(case, live(), &world, Some(stores.clone()), &past)?;
            second.policy = policy;
            second.again = same;
            gone.known_to(&mut second);
            part(&mut second, &this).map_err(|fault| format!("done again: {fault}"))?;
        }
        let Some(restart) = this.then else { continue };
        policy = restart.policy;
        if restart.process {
            stores = stores.restarted()?;
            versions = restart.versions;
            alone.put_in_force(&versions);
        }
    }
    Ok(())
}

/// What was deleted from the stores so far.
#[derive(Default)]
struct Gone {
    forgotten: BTreeSet<u32>,
    taken: bool,
}

impl Gone {
    fn of(runner: &Runner) -> Gone {
        Gone {
            forgotten: runner.forgotten.clone(),
            taken: runner.taken,
        }
    }

    fn known_to(&self, runner: &mut Runner) {
        runner.invalidated.extend(&self.forgotten);
        runner.forgotten.extend(&self.forgotten);
        runner.taken |= self.taken;
    }
}

/// All steps as one session.
fn whole(case: &Case) -> Part<'_> {
    Part {
        first: 0,
        steps: &case.steps,
        then: None,
    }
}

/// What does a session of a case.
fn begin(
    case: &Case,
    live: Arc<Live>,
    world: &Arc<World>,
    stores: Option<Stores>,
    past: &Arc<Mutex<Past>>,
) -> Result<Runner, String> {
    let pool = Pool::new(&live, &case.pool)?;
    let seen = Seen::new(world.clone(), Which::Around);
    Ok(Runner::new(
        live,
        seen,
        pool,
        case.keeps,
        stores,
        past.clone(),
    ))
}

/// Does one session of a case.
fn part(runner: &mut Runner, part: &Part<'_>) -> Result<(), String> {
    let result = catch_unwind(AssertUnwindSafe(|| session(runner, part.steps)));
    runner.live.stop();
    // What handles hold may rest on stores.
    runner.held.clear();
    let fault = match result {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(fault)) => fault,
        Err(payload) => match crate::functions::blame(&*payload) {
            Outcome::Refused(text) => format!("a panic: {text}"),
            other => format!("a panic that no call let through: {other:?}"),
        },
    };
    let place = part.steps.get(runner.step).map_or_else(
        || "at the end".to_owned(),
        |step| format!("in step {} {step:?}", part.first + runner.step),
    );
    Err(format!("{place}: {fault}"))
}

fn session(runner: &mut Runner, steps: &[Step]) -> Result<(), Fault> {
    if Context::current().is_some() {
        return Err("there is a current context before the first".to_owned());
    }
    let outside = runner.live.try_call(0);
    if !matches!(outside, Outcome::Refused(_)) {
        return Err(format!("a call outside every context gave {outside:?}"));
    }
    let mut next = 0;
    while let Some(step) = steps.get(next) {
        let into = match step {
            Step::Scenario(recipe) => {
                next += 1;
                Into::Scenario(*recipe)
            }
            _ => Into::Child,
        };
        layer(runner, into, steps, &mut next)?;
    }
    runner.step = steps.len();
    runner.complaints()?;
    statistics(runner, steps)
}

/// Enters a context, does the steps up to its `Leave`, and leaves it.
fn layer(runner: &mut Runner, into: Into, steps: &[Step], next: &mut usize) -> Result<(), Fault> {
    let depth = runner.frames.len();
    let made = match into {
        Into::Scenario(recipe) => Some(runner.pool.make(&runner.live.program, &recipe)?),
        _ => None,
    };
    let held = Held::of(runner);
    let mut inside = |runner: &mut Runner| -> Result<(), Fault> {
        let mut frame = match (into, &made) {
            (Into::Kept(kept), _) => Frame::kept(runner, kept)?,
            (_, Some(made)) => Frame::scenario(runner, &made.levels)?,
            _ => Frame::new(runner)?,
        };
        if matches!(into, Into::Kept(_)) || made.is_none() && depth == 0 {
            frame.expects = match runner.keeps {
                Keeps::Usual => Expects::All,
                Keeps::Scenarios(_) | Keeps::Bytes(_) => Expects::Shared,
                Keeps::Nothing => Expects::Nothing,
            };
        }
        frame.stored |= runner.stores.as_ref().is_some_and(|stores| match into {
            Into::Kept(kept) => stores.kept(kept).is_some(),
            _ => made.is_none() && depth == 0 && stores.outermost().is_some(),
        });
        if depth == 0
            && made.is_none()
            && let Some(policy) = runner.policy
        {
            frame.excuse(runner, policy);
        }
        if depth == 0 {
            let store = root_store(runner, made.is_some());
            runner.seen = Seen::new(runner.seen.world().clone(), store);
            runner.look();
        }
        runner.note(&frame);
        runner.frames.push(frame);
        let left = walk(runner, steps, next)?;
        if left == Left::Panic {
            resume_unwind(Box::new(Leaving));
        }
        Ok(())
    };
    let result = catch_unwind(AssertUnwindSafe(|| match (into, &made) {
        (Into::Kept(kept), _) => {
            let context = runner.kept[usize::from(kept)].0.clone();
            context.enter(|| inside(runner))
        }
        (_, Some(made)) => made.scenario.enter(|| inside(runner)),
        _ if depth == 0 => {
            let store = runner.stores.as_ref().and_then(Stores::outermost);
            context(runner.keeps, store, runner.policy).enter(|| inside(runner))
        }
        _ => with_context(|| inside(runner)),
    }));
    if runner.frames.len() == depth + 1
        && let Some(frame) = runner.frames.pop()
        && let Some(around) = runner.frames.last_mut()
    {
        let mut below = std::mem::take(&mut around.below);
        frame.leave(around, &mut below);
        around.below = below;
    }
    match result {
        Ok(result) => result?,
        Err(payload) if payload.is::<Leaving>() => {}
        Err(payload) => resume_unwind(payload),
    }
    if Context::current().is_some() != (depth > 0) {
        return Err("leaving a context left another one current than before".to_owned());
    }
    held.map_or(Ok(()), |held| held.check(runner))
}

/// What the innermost layer held before a child was entered.
struct Held {
    acts: u64,
    nodes: Vec<NodeId>,
}

impl Held {
    fn of(runner: &Runner) -> Option<Held> {
        let frame = runner.frames.last()?;
        let around = runner.frames.iter();
        let once = around.filter(|other| other.is_of(&frame.tweaks)).count() == 1;
        once.then(|| Held {
            acts: frame.acts,
            nodes: held(frame),
        })
    }

    /// A child never changes what its parent holds.
    fn check(self, runner: &Runner) -> Result<(), Fault> {
        let Some(frame) = runner.frames.last() else {
            return Ok(());
        };
        let nodes = held(frame);
        if frame.acts == self.acts && nodes != self.nodes {
            return Err(format!(
                "a layer held {:?}, and when one inside it was left, {nodes:?}",
                self.nodes
            ));
        }
        Ok(())
    }
}

/// What is read from outside is read for all, also inside.
fn held(frame: &Frame) -> Vec<NodeId> {
    let outside = |id: &NodeId| {
        let text = id.to_string();
        text.starts_with("external(") || text.contains("input::")
    };
    let mut nodes = frame.context.nodes();
    nodes.retain(|id| !outside(id));
    nodes
}

fn walk(runner: &mut Runner, steps: &[Step], next: &mut usize) -> Result<Left, Fault> {
    while let Some(step) = steps.get(*next) {
        runner.step = *next;
        *next += 1;
        match step {
            Step::Enter => layer(runner, Into::Child, steps, next)?,
            Step::EnterKept(kept) => layer(runner, Into::Kept(*kept), steps, next)?,
            Step::Scenario(recipe) => layer(runner, Into::Scenario(*recipe), steps, next)?,
            Step::Leave { panic } => return Ok(if *panic { Left::Panic } else { Left::Return }),
            Step::Do(act) => runner.act(runner.frames.len() - 1, act)?,
            Step::Above { up, way, act } => above(runner, *up, *way, act)?,
            Step::Threads { changes, branches } => {
                crate::together::together(runner, changes, branches)?
            }
            Step::Beside { process, acts } => beside(runner, *process, acts)?,
            // Sessions have none.
            Step::Restart(_) => {}
        }
    }
    Ok(Left::Return)
}

/// Does an act in a layer further out.
fn above(runner: &mut Runner, up: u8, way: Way, act: &Act) -> Result<(), Fault> {
    let target = (runner.frames.len() - 1).saturating_sub(usize::from(up));
    let place = runner.frames[target].place.clone();
    let context = runner.frames[target].context.clone();
    let parent = target
        .checked_sub(1)
        .map(|parent| runner.frames[parent].place.clone());
    let scenario = runner.frames[target].scenario.is_some();
    runner.acted_above |= target + 1 < runner.frames.len();
    let runner = AssertUnwindSafe(runner);
    let act = move || {
        let AssertUnwindSafe(runner) = { runner };
        runner.act(target, act)
    };
    match way {
        // The layer of a scenario is entered anew each time.
        Way::Enter if scenario => elsewhere(|| at(&place, act)),
        Way::Here => at(&place, act),
        Way::Thread => elsewhere(|| at(&place, act)),
        Way::Enter => elsewhere(|| match parent {
            Some(parent) => at(&parent, || context.enter(act)),
            None => context.enter(act),
        }),
    }
}

/// Does acts in a context of the first store that is entered from nowhere.
fn beside(runner: &mut Runner, process: bool, acts: &[Act]) -> Result<(), Fault> {
    let Some(stores) = &runner.stores else {
        return Ok(());
    };
    let store = match process {
        true => stores.restarted()?.first,
        false => stores.first.clone(),
    };
    if runner.seen.store == Which::First {
        // The names that are bound there may be bound otherwise afterwards.
        runner.read_all(|kind| kind == Kind::External)?;
    }
    let mut own = runner.clone();
    own.frames.clear();
    own.seen = Seen::new(runner.seen.world().clone(), Which::First);
    own.look();
    let own = elsewhere(move || {
        context(own.keeps, Some(&store), None).enter(|| {
            let mut frame = Frame::new(&own)?;
            frame.stored = true;
            own.note(&frame);
            own.frames.push(frame);
            acts.iter().try_for_each(|act| own.act(0, act))
        })?;
        own.frames.clear();
        Ok::<Runner, Fault>(own)
    })?;
    runner.contexts = own.contexts;
    runner.invalidated = own.invalidated;
    runner.tweaked = own.tweaked;
    runner.look();
    Ok(())
}

fn elsewhere<R: Send>(then: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| scope.spawn(then).join())
        .unwrap_or_else(|payload| resume_unwind(payload))
}

/// What the counters must say after all: every run was counted in the
/// contexts of the session, if no body opened one of its own.
fn statistics(runner: &Runner, steps: &[Step]) -> Result<(), Fault> {
    let unclear = |expr: &Expr| {
        matches!(
            expr,
            Expr::Within { .. } | Expr::Scenario { .. } | Expr::PanicIf(..)
        )
    };
    let threads = steps
        .iter()
        .any(|step| matches!(step, Step::Threads { .. }));
    if threads || runner.live.program.cyclic || runner.live.program.any(&unclear) {
        return Ok(());
    }
    let ran: u64 = runner.live.runs().iter().sum();
    let counted: Vec<u64> = runner
        .contexts
        .iter()
        .map(|(_, context)| context.stats().executions)
        .collect();
    if counted.iter().any(|count| *count > ran) || counted.iter().sum::<u64>() < ran {
        return Err(format!(
            "bodies ran {ran} times, but the contexts counted {counted:?} executions"
        ));
    }
    Ok(())
}
