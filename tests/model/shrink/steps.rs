//! Owns sessions that are smaller than others.

use crate::scenario::{Recipe, Travel};
use crate::session::{Act, Case, Into, Step, Target, Way};
use crate::shrink::simpler_tweak;
use crate::stored::{Again, Restart};
use crate::tweaks::Where;

/// Does one thing after the other that was done at once.
pub fn one_thread(case: &Case) -> Vec<Case> {
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

pub fn fewer_steps(case: &Case) -> Vec<Case> {
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

pub fn smaller_steps(case: &Case) -> Vec<Case> {
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
    put(&|restart| restart.policy = None);
    for place in 0..restart.versions.len() {
        put(&|restart| restart.versions[place] = 0);
    }
    simpler.retain(|simpler| *simpler != restart);
    simpler
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
        Act::Accept(Target::All) => {
            let nodes = (0..size).rev();
            nodes
                .map(|node| Act::Accept(Target::Function(node)))
                .collect()
        }
        Act::Accept(Target::Function(node)) => vec![Act::Accept(Target::Node(*node))],
        _ => Vec::new(),
    }
}
