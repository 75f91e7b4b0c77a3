//! Owns the shrinking of a failing case: greedily, each candidate a smaller
//! case, as long as some candidate still fails.

mod nodes;
mod steps;

use crate::program::Answer;
use crate::scenario::Keeps;
use crate::session::{Case, Step};
use crate::stored::Which;
use crate::tweaks::{Test, What, Where};
use nodes::{fewer_nodes, simpler, smaller_nodes};
use std::time::{Duration, Instant};
use steps::{fewer_steps, one_thread, smaller_steps};

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

/// Fewer versions with fewer changes, and fewer stores.
fn fewer_versions(case: &Case) -> Vec<Case> {
    let mut candidates = Vec::new();
    let mut put = |edit: &dyn Fn(&mut Case)| {
        let mut edited = case.clone();
        edit(&mut edited);
        candidates.push(edited);
    };
    if let Some(plan) = case.store {
        let mut plans = Vec::new();
        let mut in_memory = plan;
        in_memory.on_disk = false;
        plans.push(in_memory);
        let mut strict = plan;
        strict.policies.first = None;
        plans.push(strict);
        for simpler in [Which::Around, Which::First] {
            let mut edited = plan;
            edited.outermost = simpler;
            plans.push(edited);
            for place in 0..plan.kept.len() {
                let mut edited = plan;
                edited.policies.kept[place] = None;
                plans.push(edited);
                let mut edited = plan;
                edited.kept[place] = simpler;
                plans.push(edited);
            }
        }
        for plan in plans {
            put(&|case| case.store = Some(plan));
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
