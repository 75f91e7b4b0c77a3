//! Owns the generator of sessions.

use super::{Act, Branch, Case, Into, KEPT, Step, Way, enrich};
use crate::grow::{self, Weights};
use crate::program::{Answer, Program};
use crate::random::Random;
use crate::scenario::{Keeps, Level, Recipe, Travel, travels};
use crate::tweaks::{What, Where};

/// Grows the case of a seed.
pub fn case(seed: u64, threads: bool) -> Case {
    let mut random = Random::new(seed ^ if threads { 0x7468_7265_6164 } else { 0 });
    let program = grow::program(&mut random);
    let count = if threads {
        6 + random.below(14)
    } else {
        10 + random.below(50)
    };
    let wide_or_relative = Weights::of(&mut random);
    let pool = pool(&mut random, &program);
    let keeps = match random.below(12) {
        0 => Keeps::Scenarios(1 + random.below(3) as u8),
        1 => Keeps::Bytes(random.below(3000)),
        2 => Keeps::Nothing,
        _ => Keeps::Usual,
    };
    let mut grower = Grower {
        pool: &pool,
        recipes: Vec::new(),
        size: program.len(),
        random,
        depth: 0,
        threads,
        tweaks: wide_or_relative,
        used: Vec::new(),
        program: &program,
    };
    let steps: Vec<Step> = (0..count).map(|_| grower.step()).collect();
    let mut case = Case {
        seed,
        threads,
        program,
        pool,
        keeps,
        store: None,
        versions: Vec::new(),
        steps,
    };
    enrich::enrich(&mut case);
    case
}

/// The levels that scenarios are made of: none, in some cases.
fn pool(random: &mut Random, program: &Program) -> Vec<Level> {
    let count = [0, 1, 2, 3, 5][random.below(5) as usize];
    let weights = Weights::of(random);
    let data = random.chance(40);
    let level = |random: &mut Random| {
        let tweaks = (0..1 + random.below(3)).map(|_| {
            let node = random.below(program.len());
            let node = node.min(random.below(program.len()));
            weights.tweak(random, program, node)
        });
        let tweaks: Level = tweaks.collect();
        let fits = |(place, what): &(Where, What)| {
            !data || travels(*place, what.fitted(*place, program), program)
        };
        tweaks.into_iter().filter(fits).collect()
    };
    (0..count).map(|_| level(random)).collect()
}

struct Grower<'p> {
    program: &'p Program,
    pool: &'p [Level],
    /// The scenarios so far.
    recipes: Vec<Recipe>,
    /// How often tweaks are wide or relative.
    tweaks: Weights,
    /// The places of such tweaks so far.
    used: Vec<Where>,
    random: Random,
    size: u32,
    depth: u32,
    threads: bool,
}

impl Grower<'_> {
    fn step(&mut self) -> Step {
        let deep = |weight| if self.depth > 0 { weight } else { 0 };
        let enter = if self.depth < 4 { 9 } else { 1 };
        let weights = [
            enter,
            enter,
            deep(9),
            60,
            deep(16),
            if self.threads { 40 } else { 0 },
            if self.pool.is_empty() { 0 } else { 3 * enter },
        ];
        match self.random.weighted(&weights) {
            0 => {
                self.depth += 1;
                Step::Enter
            }
            1 => {
                self.depth += 1;
                Step::EnterKept(self.random.below(KEPT.into()) as u8)
            }
            2 => {
                self.depth -= 1;
                Step::Leave {
                    panic: self.random.chance(15),
                }
            }
            3 if self.random.chance(2) => Step::Leave { panic: false },
            3 => Step::Do(self.act()),
            4 => {
                let up = 1 + self.random.below(self.depth) as u8;
                let way = [Way::Here, Way::Thread, Way::Enter][self.random.weighted(&[6, 2, 2])];
                Step::Above {
                    up,
                    way,
                    act: self.act(),
                }
            }
            5 => self.together(),
            _ => {
                self.depth += 1;
                Step::Scenario(self.recipe())
            }
        }
    }

    /// A scenario, mostly one that was entered before.
    fn recipe(&mut self) -> Recipe {
        let mut recipe = match self.recipes.len() as u32 {
            count if count > 0 && self.random.chance(65) => {
                self.recipes[self.random.below(count) as usize]
            }
            _ => {
                let count = self.pool.len() as u32;
                let mut level = || Some(self.random.below(count) as u8);
                let (first, second, third, other) = (level(), level(), level(), level());
                let levels = match self.random.weighted(&[60, 30, 10]) {
                    0 => [first, None, None],
                    1 => [first, second, None],
                    _ => [first, second, third],
                };
                let recipe = Recipe {
                    levels,
                    and: other.filter(|_| self.random.chance(15)),
                    order: 0,
                    travel: Travel::No,
                };
                self.recipes.push(recipe);
                recipe
            }
        };
        if self.random.chance(25) {
            recipe.order = 1 + self.random.below(1000);
        }
        recipe.travel = match self.random.weighted(&[70, 15, 15]) {
            0 => Travel::No,
            1 => Travel::Json,
            _ => Travel::Bytes,
        };
        recipe
    }

    fn together(&mut self) -> Step {
        if self.random.chance(25) {
            let branches = (0..3 + self.random.below(6)).map(|_| self.rush()).collect();
            return Step::Threads {
                changes: Vec::new(),
                branches,
            };
        }
        let mut changes = Vec::new();
        if self.random.chance(40) {
            for _ in 0..1 + self.random.below(4) {
                changes.push((self.random.below(self.depth + 1) as u8, self.change()));
            }
        }
        let branches = (0..2 + self.random.below(4))
            .map(|_| self.branch(!changes.is_empty()))
            .collect();
        Step::Threads { changes, branches }
    }

    /// A branch that does nothing but call, in the layer where all do.
    fn rush(&mut self) -> Branch {
        let calls = (0..1 + self.random.below(3))
            .map(|_| Act::Call(self.asked()))
            .collect();
        Branch {
            up: 0,
            into: Into::Same,
            acts: calls,
            later: Vec::new(),
        }
    }

    fn branch(&mut self, later: bool) -> Branch {
        let up = if self.random.chance(70) {
            0
        } else {
            self.random.below(self.depth + 1) as u8
        };
        let into = match self.random.below(10) {
            _ if !self.pool.is_empty() && self.random.chance(35) => Into::Scenario(self.recipe()),
            0..5 => Into::Same,
            5..9 => Into::Child,
            _ => Into::Kept(self.random.below(KEPT.into()) as u8),
        };
        let changing = match into {
            Into::Child => self.random.chance(70),
            Into::Scenario(_) => self.random.chance(30),
            Into::Same | Into::Kept(_) => false,
        };
        let mut acts = |count| -> Vec<Act> {
            let one = |_| {
                if changing {
                    self.act()
                } else {
                    self.question()
                }
            };
            (0..count).map(one).collect()
        };
        let (first, second) = (acts(6), if later { acts(3) } else { Vec::new() });
        Branch {
            up,
            into,
            acts: first,
            later: second,
        }
    }

    fn act(&mut self) -> Act {
        if self.random.chance(45) {
            self.change()
        } else {
            self.question()
        }
    }

    fn question(&mut self) -> Act {
        let node = self.asked();
        match self.random.weighted(&[40, 8, 10, 5, 8, 22, 7]) {
            0 => Act::Call(node),
            1 => Act::CallNode(node),
            2 => Act::TryCall(node),
            3 => Act::Get(node),
            4 => Act::CallAll,
            5 => Act::Query(node),
            _ => Act::Masked(node),
        }
    }

    fn change(&mut self) -> Act {
        let node = self.changed();
        let so = if self.tweaks.are_used() { 50 } else { 0 };
        match self.random.weighted(&[50, 10, 20, 10, 6, 3, so, so / 2]) {
            0 if self.random.chance(12) => {
                Act::Tweak(node, Answer::Error(self.random.between(0, 9)))
            }
            0 => Act::Tweak(node, Answer::Value(self.random.between(-6, 12))),
            1 => Act::TweakSame(node),
            2 => Act::Untweak(node),
            3 => Act::Invalidate(node),
            4 => Act::Unload(node),
            5 => Act::Clear,
            6 => {
                let (place, what) = self.tweaks.tweak(&mut self.random, self.program, node);
                self.used.push(place);
                Act::TweakSo(place, what)
            }
            _ => match self.used.len() as u32 {
                0 => Act::UntweakSo(Where::Node(node)),
                used => Act::UntweakSo(self.used[self.random.below(used) as usize]),
            },
        }
    }

    /// Mostly nodes with much below them.
    fn asked(&mut self) -> u32 {
        let node = self.random.below(self.size);
        if self.random.chance(60) {
            node.max(self.random.below(self.size))
        } else {
            node
        }
    }

    /// Mostly nodes with much above them.
    fn changed(&mut self) -> u32 {
        let node = self.random.below(self.size);
        if self.random.chance(60) {
            node.min(self.random.below(self.size))
        } else {
            node
        }
    }
}
