//! Owns the generator of small cases: few nodes, few steps, and of what there is only what interacts, namely
//! contexts, tweaks and what bodies do in contexts of their own. What a large case meets once in a million,
//! these meet often.

use super::{Act, Case, Step, Way};
use crate::grow;
use crate::program::{Answer, Program};
use crate::random::Random;
use crate::scenario::{Keeps, Level, Recipe, Travel};
use crate::tweaks::{What, Where};

/// Grows the small case of a seed.
pub fn case(seed: u64) -> Case {
    let mut random = Random::new(seed ^ 0x736d_616c_6c00);
    let program = grow::small(&mut random);
    let rounds = 2 + random.below(4);
    let pool: Vec<Level> = match random.below(3) {
        0 => (0..2)
            .map(|_| vec![tweak(&mut random, &program, true)])
            .collect(),
        _ => Vec::new(),
    };
    let relative = random.chance(50);
    let mut grower = Grower {
        program: &program,
        pool: pool.len() as u32,
        relative,
        random,
        depth: 0,
    };
    let steps = (0..rounds).flat_map(|_| grower.round()).collect();
    Case {
        seed,
        threads: false,
        program,
        pool,
        keeps: Keeps::Usual,
        store: None,
        versions: Vec::new(),
        steps,
    }
}

/// A tweak of one node, or of all of its function.
fn tweak(random: &mut Random, program: &Program, relative: bool) -> (Where, What) {
    let node = changed(random, program);
    let kind = program.kind(node);
    let place = match random.chance(15) && !kind.is_outside() {
        true => Where::Whole(kind),
        false => Where::Node(node),
    };
    let what = match random.chance(50) && relative {
        true => What::Plus(1),
        false => What::Value(Answer::Value(random.between(0, 2))),
    };
    (place, what)
}

/// Mostly a node with much above it; not a file, which is never tweaked.
fn changed(random: &mut Random, program: &Program) -> u32 {
    let node = random.below(program.len());
    let node = node.min(random.below(program.len()));
    match program.kind(node) {
        crate::program::Kind::File => program.len() - 1,
        _ => node,
    }
}

struct Grower<'p> {
    program: &'p Program,
    /// How many levels there are for scenarios.
    pool: u32,
    relative: bool,
    random: Random,
    depth: u32,
}

impl Grower<'_> {
    /// Something is changed, and then some are called, in any order: what one of them brings to light may
    /// concern those that were called before.
    fn round(&mut self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.enter_or_leave().into_iter().collect();
        for _ in 0..self.random.below(3) {
            let act = self.change();
            steps.push(self.step(act));
        }
        let mut nodes: Vec<u32> = (0..self.program.len()).collect();
        let share = 30 + self.random.below(60);
        while !nodes.is_empty() {
            let place = self.random.below(nodes.len() as u32);
            let node = nodes.swap_remove(place as usize);
            if self.random.chance(share) {
                let act = match self.random.weighted(&[90, 6, 4]) {
                    0 => Act::Call(node),
                    1 => Act::Query(node),
                    _ => Act::Masked(node),
                };
                steps.push(self.step(act));
            }
        }
        steps
    }

    fn enter_or_leave(&mut self) -> Option<Step> {
        let enter = [60, 30, 10, 0][self.depth.min(3) as usize];
        let leave = if self.depth > 0 { 12 } else { 0 };
        let scenario = if self.pool > 0 { enter } else { 0 };
        match self.random.weighted(&[40, enter, leave, scenario]) {
            0 => None,
            1 => {
                self.depth += 1;
                Some(Step::Enter)
            }
            2 => {
                self.depth -= 1;
                Some(Step::Leave { panic: false })
            }
            _ => {
                self.depth += 1;
                Some(Step::Scenario(Recipe {
                    levels: [Some(self.random.below(self.pool) as u8), None, None],
                    and: None,
                    order: 0,
                    travel: Travel::No,
                }))
            }
        }
    }

    /// Does it here, or in a layer further out.
    fn step(&mut self, act: Act) -> Step {
        match self.depth > 0 && self.random.chance(15) {
            true => Step::Above {
                up: 1 + self.random.below(self.depth) as u8,
                way: Way::Here,
                act,
            },
            false => Step::Do(act),
        }
    }

    fn change(&mut self) -> Act {
        let changed = changed(&mut self.random, self.program);
        match self.random.weighted(&[60, 20, 10, 4, 3]) {
            0 => match tweak(&mut self.random, self.program, self.relative) {
                (Where::Node(node), What::Value(answer)) => Act::Tweak(node, answer),
                (place, what) => Act::TweakSo(place, what),
            },
            1 => Act::Untweak(changed),
            2 => Act::Invalidate(changed),
            3 => Act::Refresh,
            _ => Act::Clear,
        }
    }
}
