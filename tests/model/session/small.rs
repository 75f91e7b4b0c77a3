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
    let count = 6 + random.below(9);
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
    let steps = (0..count).map(|_| grower.step()).collect();
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
    fn step(&mut self) -> Step {
        let deep = |weight| if self.depth > 0 { weight } else { 0 };
        let enter = [10, 6, 2, 0][self.depth.min(3) as usize];
        let scenario = if self.pool > 0 { enter } else { 0 };
        match self
            .random
            .weighted(&[enter, deep(4), 70, deep(12), scenario])
        {
            0 => {
                self.depth += 1;
                Step::Enter
            }
            1 => {
                self.depth -= 1;
                Step::Leave { panic: false }
            }
            2 => Step::Do(self.act()),
            3 => Step::Above {
                up: 1 + self.random.below(self.depth) as u8,
                way: Way::Here,
                act: self.act(),
            },
            _ => {
                self.depth += 1;
                Step::Scenario(Recipe {
                    levels: [Some(self.random.below(self.pool) as u8), None, None],
                    and: None,
                    order: 0,
                    travel: Travel::No,
                })
            }
        }
    }

    fn act(&mut self) -> Act {
        let asked = self.random.below(self.program.len());
        let asked = asked.max(self.random.below(self.program.len()));
        let changed = changed(&mut self.random, self.program);
        match self.random.weighted(&[50, 5, 4, 25, 8, 4, 2, 2]) {
            0 => Act::Call(asked),
            1 => Act::Query(asked),
            2 => Act::Masked(asked),
            3 => match tweak(&mut self.random, self.program, self.relative) {
                (Where::Node(node), What::Value(answer)) => Act::Tweak(node, answer),
                (place, what) => Act::TweakSo(place, what),
            },
            4 => Act::Untweak(changed),
            5 => Act::Invalidate(changed),
            6 => Act::Refresh,
            _ => Act::Clear,
        }
    }
}
