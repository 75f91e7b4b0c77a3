//! Owns what is put into a case with stores: policies, and acceptances of what is stored. The other cases
//! stay as they were drawn.

use super::{Act, Case, KEPT, Step, Target};
use crate::past::Excuse;
use crate::program::Kind;
use crate::random::Random;
use crate::stored::Versions;

/// Puts policies into some cases, acceptances into some, and both into a few.
pub fn excuse(case: &mut Case) {
    let mut random = Random::new(case.seed ^ 0x6578_6375_7365);
    let random = &mut random;
    // A circle may be met or not, by what was served: there is no evaluator of all ways round.
    if case.program.cyclic {
        return;
    }
    let (policies, accepts) = match random.weighted(&[60, 16, 16, 8]) {
        0 => return,
        1 => (true, false),
        2 => (false, true),
        _ => (true, true),
    };
    if case.versions.is_empty() {
        let version = crate::grow::version(random, &case.program);
        case.versions.push(version);
    }
    edit(random, case);
    if policies {
        give_policies(random, case);
    }
    if accepts {
        accept(random, case);
    }
}

/// The code and the files change more often than in other cases: else there is nothing to be excused.
fn edit(random: &mut Random, case: &mut Case) {
    let versions = case.versions.len() as u32;
    let mut before = Versions::default();
    for step in &mut case.steps {
        let Step::Restart(restart) = step else {
            continue;
        };
        if random.chance(40) {
            // What was stored wrongly is found again by the same code only.
            restart.versions = before;
        } else if random.chance(60) {
            restart.process = true;
            for version in &mut restart.versions {
                if random.chance(30) {
                    *version = random.below(versions + 1) as u8;
                }
            }
        }
        if restart.process {
            before = restart.versions;
        }
    }
    let files = case.program.all(|kind| kind == Kind::File);
    for _ in 0..random.below(3).min(files.len() as u32) {
        let place = random.below(case.steps.len() as u32 + 1) as usize;
        let act = Act::Write {
            node: files[random.below(files.len() as u32) as usize],
            content: Some(random.between(0, 3)),
            read: random.chance(60),
        };
        case.steps.insert(place, Step::Do(act));
    }
}

fn give_policies(random: &mut Random, case: &mut Case) {
    let one = |random: &mut Random| match random.below(10) {
        0..4 => Some(Excuse::Anything),
        4..8 => Some(Excuse::DeeperThan(random.below(4) as u8)),
        8 => Some(Excuse::Nothing),
        _ => None,
    };
    let some = |random: &mut Random, share| one(random).filter(|_| random.chance(share));
    if let Some(plan) = &mut case.store {
        plan.policies.first = some(random, 20);
        for kept in &mut plan.policies.kept {
            *kept = one(random);
        }
    }
    for step in &mut case.steps {
        match step {
            Step::Restart(restart) => restart.policy = some(random, 50),
            Step::Enter if random.chance(30) => {
                *step = Step::EnterKept(random.below(KEPT.into()) as u8);
            }
            _ => {}
        }
    }
}

/// Mostly as soon as there is other code.
fn accept(random: &mut Random, case: &mut Case) {
    let size = case.program.len();
    let mut steps = Vec::new();
    for step in case.steps.drain(..) {
        let share = if step.is_restart() { 60 } else { 2 };
        steps.push(step);
        if random.chance(share) {
            let node = random.below(size);
            steps.push(Step::Do(Act::Accept(match random.below(4) {
                0 | 1 => Target::All,
                2 => Target::Function(node),
                _ => Target::Node(node.max(random.below(size))),
            })));
        }
    }
    case.steps = steps;
}
