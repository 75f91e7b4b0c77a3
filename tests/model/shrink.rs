//! Owns the shrinking of a failing case: greedily, each candidate a smaller
//! case, as long as some candidate still fails.

use crate::program::{Answer, Def, Expr, Inner, Kind};
use crate::scenario::{Keeps, Level, Recipe, Travel};
use crate::session::{Act, Case, Into, Step, Way};
use crate::stored::{Again, Plan, Restart, Which};
use crate::tweaks::{Test, What, Where};
use std::time::{Duration, Instant};

/// How long shrinking may take.
const PATIENCE: Duration = Duration::from_secs(45);

/// A small case that still fails, and how it fails.
pub fn shrink(
    case: Case,
    fault: String,
    fails: &dyn Fn(&Case) -> Option<String>,
) -> (Case, String) {
    let (mut best, mut fault) = (case, fault);
    let end = Instant::now() + PATIENCE;
    loop {
        let size = weight(&best);
        for pass in [
            one_thread,
            fewer_steps,
            smaller_steps,
            fewer_tweaks,
            fewer_versions,
            fewer_nodes,
            smaller_nodes,
        ] {
            let mut place = 0;
            // A pass goes on behind the candidate that failed: what was before it did not help.
            while let Some(candidate) = pass(&best).into_iter().nth(place) {
                if Instant::now() > end {
                    return (best, fault);
                }
                match fails(&candidate) {
                    Some(other) if weight(&candidate) < weight(&best) => {
                        (best, fault) = (candidate, other)
                    }
                    _ => place += 1,
                }
            }
        }
        if weight(&best) == size {
            return (best, fault);
        }
    }
}

/// What shrinking makes smaller: the text, in which a number counts little.
fn weight(case: &Case) -> usize {
    let cases = (&case.program, &case.pool, case.keeps, &case.steps);
    let text = serde_json::to_string(&(cases, &case.store, &case.versions)).unwrap_or_default();
    let threads = case
        .steps
        .iter()
        .filter(|step| matches!(step, Step::Threads { .. }));
    text.len() + 20 * (case.steps.len() + case.program.nodes.len()) + 3000 * threads.count()
}

/// Does one thing after the other that was done at once.
fn one_thread(case: &Case) -> Vec<Case> {
    let mut candidates = Vec::new();
    for (place, step) in case.steps.iter().enumerate() {
        let Step::Threads { changes, branches } = step else {
            continue;
        };
        let one = |up: u8, act: &Act| match up {
            0 => Step::Do(act.clone()),
            up => Step::Above {
                up,
                way: Way::Here,
                act: act.clone(),
            },
        };
        let changes: Vec<Step> = changes.iter().map(|(up, act)| one(*up, act)).collect();
        let (mut before, mut after) = (changes.clone(), Vec::new());
        for branch in branches {
            let mut steps = Vec::new();
            let acts = branch.acts.iter().chain(&branch.later);
            match branch.into {
                Into::Same => steps.extend(acts.map(|act| one(branch.up, act))),
                Into::Child => steps.push(Step::Enter),
                Into::Kept(kept) => steps.push(Step::EnterKept(kept)),
                Into::Scenario(recipe) => steps.push(Step::Scenario(recipe)),
            }
            if branch.into != Into::Same {
                let acts = branch.acts.iter().chain(&branch.later);
                steps.extend(acts.map(|act| Step::Do(act.clone())));
                steps.push(Step::Leave { panic: false });
            }
            before.extend(steps.iter().cloned());
            after.extend(steps);
        }
        after.extend(before.iter().cloned());
        for flat in [before, after] {
            let mut steps = case.steps.clone();
            steps.splice(place..=place, flat);
            candidates.push(with_steps(case, steps));
        }
    }
    candidates
}

fn with_steps(case: &Case, steps: Vec<Step>) -> Case {
    Case {
        steps,
        ..case.clone()
    }
}

fn fewer_steps(case: &Case) -> Vec<Case> {
    let count = case.steps.len();
    let mut candidates = Vec::new();
    let mut chunk = count;
    while chunk > 0 {
        for start in (0..count).step_by(chunk) {
            let mut steps = case.steps.clone();
            steps.drain(start..(start + chunk).min(count));
            candidates.push(with_steps(case, steps));
        }
        chunk /= 2;
    }
    for start in 0..count {
        for end in start + 1..count.min(start + 14) {
            let mut steps = case.steps.clone();
            steps.remove(end);
            steps.remove(start);
            candidates.push(with_steps(case, steps));
        }
    }
    candidates
}

fn smaller_steps(case: &Case) -> Vec<Case> {
    let mut candidates = Vec::new();
    for (place, step) in case.steps.iter().enumerate() {
        for smaller in simpler_step(step, case.program.len()) {
            let mut steps = case.steps.clone();
            steps[place] = smaller;
            candidates.push(with_steps(case, steps));
        }
    }
    candidates
}

fn simpler_step(step: &Step, size: u32) -> Vec<Step> {
    match step {
        Step::Scenario(recipe) => {
            let recipes = simpler_recipe(recipe).into_iter();
            recipes.map(Step::Scenario).chain([Step::Enter]).collect()
        }
        Step::EnterKept(_) => vec![Step::Enter, Step::EnterKept(0)],
        Step::Leave { panic: true } => vec![Step::Leave { panic: false }],
        Step::Do(act) => simpler_act(act, size).into_iter().map(Step::Do).collect(),
        Step::Above { up, way, act } => {
            let (up, way) = (*up, *way);
            let mut simpler = vec![Step::Do(act.clone())];
            if up > 1 {
                simpler.push(Step::Above {
                    up: up - 1,
                    way,
                    act: act.clone(),
                });
            }
            simpler.push(Step::Above {
                up,
                way: Way::Here,
                act: act.clone(),
            });
            simpler.extend(simpler_act(act, size).into_iter().map(|act| Step::Above {
                up,
                way,
                act,
            }));
            simpler
        }
        Step::Threads { changes, branches } => {
            let mut simpler = Vec::new();
            for place in 0..branches.len() {
                let mut fewer = branches.clone();
                let branch = fewer.remove(place);
                simpler.push(Step::Threads {
                    changes: changes.clone(),
                    branches: fewer,
                });
                let mut change = |edit: &dyn Fn(&mut crate::session::Branch)| {
                    let mut edited = branches.clone();
                    edit(&mut edited[place]);
                    simpler.push(Step::Threads {
                        changes: changes.clone(),
                        branches: edited,
                    });
                };
                change(&|branch| branch.into = Into::Same);
                if let Into::Scenario(recipe) = branch.into {
                    for recipe in simpler_recipe(&recipe) {
                        change(&|branch| branch.into = Into::Scenario(recipe));
                    }
                }
                change(&|branch| branch.up = 0);
                for at in 0..branch.acts.len() {
                    change(&|branch| _ = branch.acts.remove(at));
                }
                for at in 0..branch.later.len() {
                    change(&|branch| _ = branch.later.remove(at));
                }
            }
            for place in 0..changes.len() {
                let mut fewer = changes.clone();
                let (_, act) = fewer.remove(place);
                simpler.push(Step::Threads {
                    changes: fewer,
                    branches: branches.clone(),
                });
                if branches.is_empty() {
                    simpler.push(Step::Do(act));
                }
            }
            simpler
        }
        Step::Beside { process, acts } => {
            let mut simpler = Vec::new();
            let process = *process;
            if process {
                let (process, acts) = (false, acts.clone());
                simpler.push(Step::Beside { process, acts });
            }
            for place in 0..acts.len() {
                let mut acts = acts.clone();
                acts.remove(place);
                simpler.push(Step::Beside { process, acts });
            }
            simpler
        }
        Step::Restart(restart) => {
            let simpler = simpler_restart(*restart).into_iter();
            simpler.map(Step::Restart).collect()
        }
        _ => Vec::new(),
    }
}

fn simpler_restart(restart: Restart) -> Vec<Restart> {
    let mut simpler = Vec::new();
    let mut put = |edit: &dyn Fn(&mut Restart)| {
        let mut edited = restart;
        edit(&mut edited);
        simpler.push(edited);
    };
    put(&|restart| restart.again = Again::No);
    put(&|restart| restart.again = Again::Here);
    put(&|restart| restart.process = false);
    for place in 0..restart.versions.len() {
        put(&|restart| restart.versions[place] = 0);
    }
    simpler.retain(|simpler| *simpler != restart);
    simpler
}

/// Fewer versions with fewer changes, and fewer stores.
fn fewer_versions(case: &Case) -> Vec<Case> {
    let mut candidates = Vec::new();
    let mut put = |edit: &dyn Fn(&mut Case)| {
        let mut edited = case.clone();
        edit(&mut edited);
        candidates.push(edited);
    };
    if let Some(Plan { outermost, kept }) = case.store {
        for simpler in [Which::Around, Which::First] {
            put(&|case| {
                case.store = Some(Plan {
                    outermost: simpler,
                    kept,
                })
            });
            for place in 0..kept.len() {
                let mut kept = kept;
                kept[place] = simpler;
                put(&|case| case.store = Some(Plan { outermost, kept }));
            }
        }
    }
    for (version, program) in case.versions.iter().enumerate() {
        if version + 1 == case.versions.len() {
            put(&|case| _ = case.versions.pop());
        }
        for (node, def) in program.nodes.iter().enumerate() {
            let plain = &case.program.nodes[node].body;
            if def.body != *plain {
                put(&|case| case.versions[version].nodes[node].body = plain.clone());
                for body in simpler(&def.body) {
                    put(&|case| case.versions[version].nodes[node].body = body.clone());
                }
            }
        }
    }
    candidates
}

fn simpler_recipe(recipe: &Recipe) -> Vec<Recipe> {
    let mut simpler = Vec::new();
    let mut put = |edit: &dyn Fn(&mut Recipe)| {
        let mut edited = *recipe;
        edit(&mut edited);
        simpler.push(edited);
    };
    put(&|recipe| recipe.travel = Travel::No);
    put(&|recipe| recipe.order = 0);
    put(&|recipe| recipe.and = None);
    for place in 0..recipe.levels.len() {
        put(&|recipe| recipe.levels[place] = None);
    }
    simpler.retain(|simpler| simpler != recipe);
    simpler
}

/// Scenarios with fewer or simpler tweaks, and the usual retention.
fn fewer_tweaks(case: &Case) -> Vec<Case> {
    let mut candidates = Vec::new();
    let mut put = |edit: &dyn Fn(&mut Case)| {
        let mut edited = case.clone();
        edit(&mut edited);
        candidates.push(edited);
    };
    if case.keeps != Keeps::Usual {
        put(&|case| case.keeps = Keeps::Usual);
    }
    for (level, tweaks) in case.pool.iter().enumerate() {
        for (at, (place, what)) in tweaks.iter().enumerate() {
            put(&|case| _ = case.pool[level].remove(at));
            for tweak in simpler_tweak(*place, *what) {
                put(&|case| case.pool[level][at] = tweak);
            }
        }
    }
    candidates
}

fn simpler_act(act: &Act, size: u32) -> Vec<Act> {
    match act {
        Act::CallAll => (0..size).rev().map(Act::Call).collect(),
        Act::TweakSo(place, what) => simpler_tweak(*place, *what)
            .into_iter()
            .map(|(place, what)| Act::TweakSo(place, what))
            .collect(),
        Act::UntweakSo(Where::Node(node)) => vec![Act::Untweak(*node)],
        Act::CallNode(node)
        | Act::TryCall(node)
        | Act::Query(node)
        | Act::Masked(node)
        | Act::Hold(node)
        | Act::CallHeld(node, _) => vec![Act::Call(*node)],
        Act::Forget(node) => vec![Act::Invalidate(*node)],
        _ => Vec::new(),
    }
}

/// Tweaks that say less.
fn simpler_tweak(place: Where, what: What) -> Vec<(Where, What)> {
    let mut simpler = Vec::new();
    match place {
        Where::Node(_) => {}
        Where::Pattern {
            kind,
            index: Some(node),
            ..
        } => simpler.extend([(Where::Node(node), what), (Where::Whole(kind), what)]),
        Where::Pattern { kind, .. } => simpler.push((Where::Whole(kind), what)),
        Where::Guard { kind, test } => {
            if let Test::Is(node) = test {
                simpler.push((Where::Node(node), what));
            }
            simpler.push((Where::Whole(kind), what));
        }
        Where::Whole(_) => {}
    }
    match what {
        What::Value(_) => {}
        What::Plus(_) => simpler.push((place, What::Value(Answer::Value(1)))),
        _ => simpler.extend([
            (place, What::Value(Answer::Value(1))),
            (place, What::Plus(1)),
            (place, What::Plus(0)),
        ]),
    }
    simpler
}

/// Leaves out one node; who asked for it gets a number instead.
fn fewer_nodes(case: &Case) -> Vec<Case> {
    (0..case.program.len())
        .rev()
        .filter_map(|node| without(case, node))
        .collect()
}

fn without(case: &Case, gone: u32) -> Option<Case> {
    if case.program.len() == 1 {
        return None;
    }
    let mut smaller = case.clone();
    for program in smaller.versions.iter_mut().chain([&mut smaller.program]) {
        program.nodes.remove(gone as usize);
        for def in &mut program.nodes {
            leave_out(&mut def.body, gone);
            if let Some(source) = &mut def.source
                && !moved(source, gone)
            {
                (def.kind, def.source) = (Kind::Op, None);
            }
        }
    }
    for level in &mut smaller.pool {
        leave_out_tweaks(level, gone);
    }
    smaller.steps.retain_mut(|step| match step {
        Step::Do(act) | Step::Above { act, .. } => renumber(act, gone),
        Step::Beside { acts, .. } => {
            acts.retain_mut(|act| renumber(act, gone));
            true
        }
        Step::Threads { changes, branches } => {
            changes.retain_mut(|(_, act)| renumber(act, gone));
            for branch in branches {
                branch.acts.retain_mut(|act| renumber(act, gone));
                branch.later.retain_mut(|act| renumber(act, gone));
            }
            true
        }
        _ => true,
    });
    Some(smaller)
}

/// Leaves out the tweaks that name the node, and gives the others the new numbers.
fn leave_out_tweaks(level: &mut Level, gone: u32) {
    level.retain_mut(|(place, what)| {
        let mut named = place.named_mut().into_iter().chain(what.named_mut());
        named.all(|node| moved(node, gone))
    });
}

fn leave_out(expr: &mut Expr, gone: u32) {
    let mut stays = |inner: &mut Inner| {
        let mut named = inner.named_mut().into_iter();
        named.all(|node| *node != gone)
    };
    match expr {
        Expr::Within { parts, .. } => parts
            .iter_mut()
            .for_each(|part| part.retain_mut(&mut stays)),
        Expr::Scenario { levels, acts } => {
            acts.retain_mut(&mut stays);
            for level in levels {
                level.retain_mut(|(place, what)| {
                    let mut named = place.named_mut().into_iter().chain(what.named_mut());
                    named.all(|node| *node != gone)
                });
            }
        }
        _ => {}
    }
    if expr.named_mut().into_iter().any(|node| *node == gone) {
        *expr = Expr::Const(1);
    }
    for node in expr.named_mut() {
        *node -= u32::from(*node > gone);
    }
    for child in expr.children_mut() {
        leave_out(child, gone);
    }
}

/// Whether the act is still about a node that is there.
fn renumber(act: &mut Act, gone: u32) -> bool {
    match act {
        Act::Call(node)
        | Act::CallNode(node)
        | Act::TryCall(node)
        | Act::Get(node)
        | Act::Tweak(node, _)
        | Act::TweakSame(node)
        | Act::Untweak(node)
        | Act::Invalidate(node)
        | Act::Unload(node)
        | Act::Query(node)
        | Act::Masked(node)
        | Act::Write { node, .. }
        | Act::Hold(node)
        | Act::CallHeld(node, _)
        | Act::Forget(node) => moved(node, gone),
        Act::TweakSo(place, what) => place
            .named_mut()
            .into_iter()
            .chain(what.named_mut())
            .all(|node| moved(node, gone)),
        Act::UntweakSo(place) => place.named_mut().is_none_or(|node| moved(node, gone)),
        Act::CallAll | Act::Clear | Act::Refresh | Act::Collect(_) => true,
    }
}

/// Gives a node its new number, if it is still there.
fn moved(node: &mut u32, gone: u32) -> bool {
    let stays = *node != gone;
    *node -= u32::from(*node > gone);
    stays
}

fn smaller_nodes(case: &Case) -> Vec<Case> {
    let mut candidates = Vec::new();
    for (place, def) in case.program.nodes.iter().enumerate().rev() {
        let mut put = |def: Def| {
            let mut smaller = case.clone();
            for version in &mut smaller.versions {
                let other = &mut version.nodes[place];
                other.source = def.source;
                if other.body == case.program.nodes[place].body {
                    other.body = def.body.clone();
                }
                other.kind = def.kind;
            }
            smaller.program.nodes[place] = def;
            candidates.push(smaller);
        };
        if !matches!(def.kind, Kind::Op | Kind::Leaf) {
            put(Def::new(Kind::Op, def.body.clone()));
        }
        for body in simpler(&def.body) {
            put(Def {
                body,
                ..def.clone()
            });
        }
    }
    if case.program.cyclic {
        let mut smaller = case.clone();
        smaller.program.cyclic = false;
        smaller.versions.clear();
        let asks_down = |(place, def): (usize, &Def)| {
            !def.body
                .any(&|expr| matches!(expr, Expr::Ask(node) if *node as usize >= place))
        };
        if smaller.program.nodes.iter().enumerate().all(asks_down) {
            candidates.push(smaller);
        }
    }
    candidates
}

/// Smaller expressions: a part of it instead, fewer parts, or smaller parts.
fn simpler(expr: &Expr) -> Vec<Expr> {
    let mut candidates = Vec::new();
    if !matches!(expr, Expr::Const(_)) {
        candidates.push(Expr::Const(0));
        candidates.push(Expr::Const(1));
    }
    candidates.extend(expr.children().into_iter().cloned());
    match expr {
        Expr::Sum(list) | Expr::Min(list) | Expr::Max(list) if list.len() > 1 => {
            for place in 0..list.len() {
                let mut fewer = list.clone();
                fewer.remove(place);
                candidates.push(Expr::Sum(fewer));
            }
        }
        Expr::Scenario { levels, acts } => {
            let mut put = |edit: &dyn Fn(&mut Vec<Level>, &mut Vec<Inner>)| {
                let (mut levels, mut acts) = (levels.clone(), acts.clone());
                edit(&mut levels, &mut acts);
                candidates.push(Expr::Scenario { levels, acts });
            };
            for act in 0..acts.len() {
                put(&|_, acts| _ = acts.remove(act));
            }
            for place in 0..levels.len() {
                put(&|levels, _| _ = levels.remove(place));
                for (at, (nodes, what)) in levels[place].iter().enumerate() {
                    put(&|levels, _| _ = levels[place].remove(at));
                    for tweak in simpler_tweak(*nodes, *what) {
                        put(&|levels, _| levels[place][at] = tweak);
                    }
                }
            }
        }
        Expr::Within { kept, parts } => {
            let kept = *kept;
            for place in 0..parts.len() {
                let mut fewer = parts.clone();
                let part = fewer.remove(place);
                candidates.push(Expr::Within { kept, parts: fewer });
                for act in 0..part.len() {
                    let mut fewer = parts.clone();
                    fewer[place].remove(act);
                    candidates.push(Expr::Within { kept, parts: fewer });
                    if let Inner::TweakSo(at, what) = part[act] {
                        for (at, what) in simpler_tweak(at, what) {
                            let mut simpler = parts.clone();
                            simpler[place][act] = Inner::TweakSo(at, what);
                            candidates.push(Expr::Within {
                                kept,
                                parts: simpler,
                            });
                        }
                    }
                }
            }
            if kept {
                candidates.push(Expr::Within {
                    kept: false,
                    parts: parts.clone(),
                });
            }
        }
        _ => {}
    }
    for place in 0..expr.children().len() {
        for smaller in simpler(expr.children()[place]) {
            let mut copy = expr.clone();
            *copy.children_mut()[place] = smaller;
            candidates.push(copy);
        }
    }
    candidates
}
