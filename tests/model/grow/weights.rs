//! Owns how tweaks are drawn.

use crate::program::{Answer, Program};
use crate::random::Random;
use crate::tweaks::{Test, What, Where};

/// How often tweaks are wide or relative: mostly never, so that plain mistakes show in plain cases.
#[derive(Clone, Copy)]
pub struct Weights {
    wide: u32,
    relative: u32,
}

impl Weights {
    pub fn of(random: &mut Random) -> Self {
        let mut some = || [0, 0, 30, 80][random.below(4) as usize];
        Weights {
            wide: some(),
            relative: some(),
        }
    }

    pub fn are_used(self) -> bool {
        self.wide + self.relative > 0
    }

    /// A tweak of that node, or of many among which it may be.
    pub fn tweak(self, random: &mut Random, program: &Program, node: u32) -> (Where, What) {
        // What is outside is bound by its name.
        let place = if random.chance(self.wide) && !program.kind(node).is_outside() {
            wide(random, program, node)
        } else {
            Where::Node(node)
        };
        let what = if random.chance(self.relative) {
            relative(random, program, place)
        } else if random.chance(12) {
            What::Value(Answer::Error(random.between(0, 9)))
        } else {
            What::Value(Answer::Value(random.between(-6, 12)))
        };
        (place, what)
    }
}

fn wide(random: &mut Random, program: &Program, node: u32) -> Where {
    let kind = program.kind(node);
    match random.weighted(&[25, 35, 40]) {
        0 => Where::Whole(kind),
        1 => Where::Pattern {
            kind,
            program: random.chance(40),
            index: random.chance(60).then_some(node),
        },
        _ => Where::Guard {
            kind,
            test: match random.below(3) {
                0 => Test::Even,
                1 => Test::Above(random.below(program.len())),
                _ => Test::Is(node),
            },
        },
    }
}

fn relative(random: &mut Random, program: &Program, place: Where) -> What {
    let by = random.between(-2, 3);
    match random.weighted(&[20, 20, 12, 12, 12, 25, 5, 5]) {
        0 => What::Plus(by),
        1 => What::Times(by),
        2 => What::Increased(by),
        3 => What::Multiplied(by),
        4 => What::Clamped(by, by + random.between(0, 6)),
        5 => {
            let first = place.nodes(program).first().copied().unwrap_or(0);
            What::Asks(match program.cyclic {
                true => random.below(program.len()),
                false => random.below(first),
            })
        }
        6 => What::PanicIf(random.between(0, 4)),
        _ => What::FailIf(random.between(0, 4)),
    }
}
