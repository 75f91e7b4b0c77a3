//! Sweeps of random scenarios over random graphs: the answers are those of fresh contexts and of
//! the law, and what runs is counted beforehand.
//!
//! `DUG_MODEL_CASES` and `DUG_MODEL_SEED` make it run more of them.

use crate::sweeps::{answers, fresh};
use dug::{Scenario, sweep, tracked, tweak, with_context};
use std::collections::HashSet;

fn mixed(parts: [u64; 3]) -> u64 {
    let mix = |hash: u64, part: &u64| {
        let hash = (hash ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^ (hash >> 29)
    };
    parts.iter().fold(0x1234_5678, mix)
}

const NODES: u64 = 24;

fn below(seed: u64, node: u64) -> Vec<u64> {
    let some = (0..mixed([seed, node, 0]) % 4).filter(|_| node > 0);
    some.map(|place| mixed([seed, node, place + 1]) % node)
        .collect()
}

#[tracked]
fn work(seed: u64, node: u64) -> u64 {
    if mixed([seed, node, 77]).is_multiple_of(4) {
        std::thread::yield_now();
    }
    let parts = below(seed, node).into_iter().map(|below| work(seed, below));
    parts.fold(node + 1, |sum, part| mixed([sum, part, 0]) >> 1)
}

/// Which nodes the body asks for depends on what they answer; contexts are opened inside.
#[tracked]
fn wild(seed: u64, node: u64) -> u64 {
    let mut sum = node;
    for below in below(seed, node) {
        let part = wild(seed, below);
        sum = mixed([sum, part, 1]) >> 1;
        if part.is_multiple_of(3) {
            break;
        }
    }
    if node > 2 && mixed([seed, node, 5]).is_multiple_of(6) {
        let inner = || {
            tweak!(wild(seed, node / 2) += sum >> 2);
            wild(seed, node - 1)
        };
        sum = mixed([sum, with_context(inner), 2]);
    }
    sum >> 1
}

/// A tweak of a random graph: which node, and whether to a value.
type Draw = (u64, bool);

/// Levels, each with its number, which tells equal ones.
type Drawn = Vec<(u64, Vec<Draw>)>;

fn drawn(seed: u64, count: u64) -> Vec<Drawn> {
    let level = |number: u64| {
        let nodes = (0..1 + mixed([seed, number, 9]) % 3).map(|place| {
            let node = mixed([seed, number, 10 + place]) % NODES;
            (node, !mixed([seed, number, 20 + place]).is_multiple_of(3))
        });
        let mut known = HashSet::new();
        (
            number,
            nodes.filter(|(node, _)| known.insert(*node)).collect(),
        )
    };
    let scenario = |place: u64| -> Drawn {
        let levels = 1 + mixed([seed, place, 40]) % 3;
        (0..levels)
            .map(|at| level(10 * at + mixed([seed, place, 50 + at]) % 4))
            .collect()
    };
    (0..count).map(scenario).collect()
}

fn scenario(seed: u64, drawn: &Drawn, tweak: impl Fn(u64, u64, Draw) -> dug::Tweak) -> Scenario {
    let mut all: Option<Scenario> = None;
    for (number, draws) in drawn {
        let mut level = Scenario::new();
        for draw in draws {
            level = level
                .with(tweak(seed, mixed([seed, *number, draw.0]), *draw))
                .unwrap();
        }
        all = Some(match all {
            Some(outer) => level.over(&outer),
            None => level,
        });
    }
    all.unwrap()
}

/// How many bodies must run: each node once for each prefix of levels that touches it.
fn must_run(seed: u64, scenarios: &[Drawn], roots: &[u64]) -> usize {
    let mut runs = HashSet::new();
    for drawn in scenarios {
        let mut touched = Vec::new();
        let mut valued = Vec::new();
        for node in 0..NODES {
            let of_body = below(seed, node)
                .iter()
                .map(|below| touched[*below as usize])
                .max();
            let of_body: usize = of_body.unwrap_or(0);
            let tweaks = drawn
                .iter()
                .enumerate()
                .rev()
                .filter_map(|(place, (_, draws))| {
                    let draw = draws.iter().find(|draw| draw.0 == node)?;
                    Some((place + 1, draw.1))
                });
            let tweaks: Vec<(usize, bool)> = tweaks.collect();
            let first = tweaks.first().map_or(0, |tweak| tweak.0);
            let is_valued = tweaks.iter().any(|tweak| tweak.1);
            // Through relative tweaks one sees down to the body.
            touched.push(if is_valued { first } else { first.max(of_body) });
            valued.push((is_valued, of_body));
        }
        let mut pending = roots.to_vec();
        while let Some(node) = pending.pop() {
            let (is_valued, of_body) = valued[node as usize];
            if !is_valued {
                let prefix: Vec<u64> = drawn[..of_body].iter().map(|level| level.0).collect();
                runs.insert((node, prefix));
                pending.extend(below(seed, node));
            }
        }
    }
    runs.len()
}

/// What `wild` answers by the law alone: nothing is kept, and tweaks are looked up each time.
fn by_the_law(seed: u64, node: u64, levels: &mut Vec<Vec<(u64, u64, bool)>>) -> u64 {
    let tweaks = levels
        .iter()
        .rev()
        .flatten()
        .filter(|tweak| tweak.0 == node);
    let (mut added, mut answer) = (0, None);
    for (_, value, valued) in tweaks {
        match valued {
            true => {
                answer = Some(*value);
                break;
            }
            false => added += value,
        }
    }
    if let Some(answer) = answer {
        return answer + added;
    }
    let mut sum = node;
    for below in below(seed, node) {
        let part = by_the_law(seed, below, levels);
        sum = mixed([sum, part, 1]) >> 1;
        if part.is_multiple_of(3) {
            break;
        }
    }
    if node > 2 && mixed([seed, node, 5]).is_multiple_of(6) {
        levels.push(vec![(node / 2, sum >> 2, false)]);
        let inner = by_the_law(seed, node - 1, levels);
        levels.pop();
        sum = mixed([sum, inner, 2]);
    }
    (sum >> 1) + added
}

fn attack(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let roots = [NODES - 1, NODES - 2, NODES / 2];
        let draws = drawn(seed, 2 + seed % 14);
        let threads = 1 + (seed % 8) as usize;
        let tweak = |seed, value: u64, (node, valued)| match valued {
            true => tweak!(in work(seed, node) => value >> 1),
            false => tweak!(in work(seed, node) += 1 + value % 1000),
        };
        let scenarios: Vec<Scenario> = draws
            .iter()
            .map(|drawn| scenario(seed, drawn, tweak))
            .collect();
        let ask = || roots.map(|root| work(seed, root));
        let swept = sweep(scenarios.clone())
            .threads(threads)
            .against_brute_force()
            .run(ask);
        let must = must_run(seed, &draws, &roots) as u64;
        assert_eq!(
            swept.total().executions,
            must,
            "seed {seed}, {threads} threads\n{swept}"
        );
        for (outcome, scenario) in swept.iter().zip(&scenarios) {
            let (answer, ran) = fresh(scenario, ask);
            assert_eq!(*outcome.result().unwrap(), answer, "seed {seed}");
            assert_eq!(
                outcome.figures().brute_force,
                Some(ran),
                "seed {seed} {scenario}"
            );
        }

        let tweak = |seed, value: u64, (node, valued)| match valued {
            true => tweak!(in wild(seed, node) => value >> 1),
            false => tweak!(in wild(seed, node) += 1 + value % 1000),
        };
        let scenarios: Vec<Scenario> = draws
            .iter()
            .map(|drawn| scenario(seed, drawn, tweak))
            .collect();
        let ask = || roots.map(|root| wild(seed, root));
        let sweeps = || {
            let first = sweep(scenarios.clone()).threads(threads).run(ask);
            let second = sweep(scenarios.iter().rev().cloned())
                .threads(threads)
                .run(ask);
            (answers(first), answers(second))
        };
        let (first, mut second) = with_context(|| {
            if seed.is_multiple_of(3) {
                ask();
            }
            sweeps()
        });
        second.reverse();
        assert_eq!(first, second);
        for ((answer, scenario), drawn) in first.into_iter().zip(&scenarios).zip(&draws) {
            let levels = drawn.iter().map(|(number, draws)| {
                let draws = draws.iter().map(|(node, valued)| {
                    let value = mixed([seed, *number, *node]);
                    let value = if *valued {
                        value >> 1
                    } else {
                        1 + value % 1000
                    };
                    (*node, value, *valued)
                });
                draws.collect()
            });
            let mut levels: Vec<_> = levels.collect();
            let law = roots.map(|root| by_the_law(seed, root, &mut levels));
            let fresh = fresh(scenario, ask).0;
            assert_eq!((answer, fresh), (law, law), "seed {seed} {scenario}");
        }
    }
}

#[test]
fn random_scenarios_over_random_graphs() {
    let cases = std::env::var("DUG_MODEL_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    let first = std::env::var("DUG_MODEL_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let first = first.unwrap_or(1);
    attack(first..first + cases.unwrap_or(200));
}
