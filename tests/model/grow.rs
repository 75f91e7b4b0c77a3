//! Owns the generator of programs. What it grows can be evaluated without a
//! cache in few steps, and, unless cyclic, never asks for itself.

mod small;
mod version;
mod weights;

pub use small::small;
pub use version::version;
pub use weights::Weights;

use crate::program::{Def, Expr, Inner, Kind, Program};
use crate::random::Random;
use crate::tweaks::{What, Where};

/// What a program may do; most programs do little of it, so that plain mistakes show in plain cases.
struct Features {
    contexts: bool,
    panics: bool,
    errors: bool,
    threads: bool,
    impure: bool,
    kinds: bool,
}

impl Features {
    fn of(random: &mut Random) -> Self {
        Features {
            contexts: random.chance(60),
            panics: random.chance(30),
            errors: random.chance(30),
            threads: random.chance(20),
            impure: random.chance(5),
            kinds: random.chance(60),
        }
    }
}

/// Body runs that one evaluation of a node may cost, at most.
const COST: u32 = 250;
/// What a thread counts for among them.
const THREAD_COST: u32 = 12;

/// Grows a program.
pub fn program(random: &mut Random) -> Program {
    let cyclic = random.chance(10);
    let features = Features::of(random);
    let tweaks = Weights::of(random);
    let size = match random.below(10) {
        0..3 => 4 + random.below(4),
        3..8 => 6 + random.below(10),
        _ => 16 + random.below(25),
    };
    let leaves = 1 + random.below(size.div_ceil(3));
    let mut grower = Grower {
        random,
        features,
        tweaks,
        nodes: Vec::new(),
        cyclic,
        size,
        leaves,
        costs: Vec::new(),
        own: 0,
        scopes: 0,
    };
    for _ in 0..size {
        let def = grower.node();
        grower.nodes.push(def);
    }
    let nodes = grower.nodes;
    Program { cyclic, nodes }
}

struct Grower<'r> {
    random: &'r mut Random,
    features: Features,
    tweaks: Weights,
    /// The nodes so far.
    nodes: Vec<Def>,
    cyclic: bool,
    size: u32,
    leaves: u32,
    /// What the nodes so far cost.
    costs: Vec<u32>,
    /// What the body in growth costs so far.
    own: u32,
    /// The contexts that are open at this place of the body.
    scopes: u32,
}

impl Grower<'_> {
    fn node(&mut self) -> Def {
        let index = self.costs.len() as u32;
        self.own = 1;
        if index < self.leaves {
            self.costs.push(1);
            let kind = if self.features.kinds && self.random.chance(15) {
                self.kind()
            } else {
                Kind::Leaf
            };
            let body = Expr::Const(self.constant());
            return Def::new(kind, body);
        }
        let kind = if self.features.kinds {
            self.kind()
        } else {
            Kind::Op
        };
        let body = self.body(kind);
        self.costs.push(self.own);
        Def::new(kind, body)
    }

    /// A body of a node that is no leaf.
    fn body(&mut self, kind: Kind) -> Expr {
        let depth = 1 + self.random.below(3);
        let mut body = self.expr(depth);
        if kind.can_fail() && self.features.errors && self.random.chance(60) {
            body = Expr::FailIf(Box::new(body), self.random.between(0, 4));
        }
        if self.features.panics && self.random.chance(25) {
            body = Expr::PanicIf(Box::new(body), self.random.between(0, 4));
        }
        body
    }

    fn kind(&mut self) -> Kind {
        [
            Kind::Op,
            Kind::Fallible,
            Kind::Named,
            Kind::Opaque,
            Kind::Leaf,
            Kind::Other,
            Kind::ByGraph,
        ][self.random.weighted(&[35, 13, 13, 12, 7, 12, 8])]
    }

    fn constant(&mut self) -> i64 {
        self.random.between(-6, 12)
    }

    /// A node that the body in growth may ask for and can afford, mostly a near one.
    fn dep(&mut self) -> Option<u32> {
        let end = self.costs.len() as u32;
        if self.cyclic {
            return Some(self.random.below(self.size));
        }
        for _ in 0..4 {
            let reach = if self.random.chance(60) {
                end.min(5)
            } else {
                end
            };
            let node = end - 1 - self.random.below(reach);
            let cost = self.costs[node as usize];
            if self.own + cost <= COST {
                self.own += cost;
                return Some(node);
            }
        }
        None
    }

    fn ask(&mut self) -> Expr {
        match self.dep() {
            Some(node) => Expr::Ask(node),
            None => Expr::Const(self.constant()),
        }
    }

    fn boxed(&mut self, depth: u32) -> Box<Expr> {
        Box::new(self.expr(depth))
    }

    fn list(&mut self, depth: u32) -> Vec<Expr> {
        (0..2 + self.random.below(2))
            .map(|_| self.expr(depth))
            .collect()
    }

    fn expr(&mut self, depth: u32) -> Expr {
        if depth == 0 {
            return if self.random.chance(90) {
                self.ask()
            } else {
                Expr::Const(self.constant())
            };
        }
        let less = depth - 1;
        let flag = |on: bool, weight: u32| if on { weight } else { 0 };
        let weights = [
            30,
            8,
            8,
            18,
            20,
            8,
            flag(self.features.panics, 10),
            flag(self.features.panics, 8),
            flag(self.features.threads && self.own + THREAD_COST <= COST, 10),
            flag(self.features.contexts && self.scopes < 3, 30),
            flag(self.scopes > 0, 12),
            flag(self.features.impure, 4),
            5,
        ];
        match self.random.weighted(&weights) {
            0 => Expr::Sum(self.list(less)),
            1 => Expr::Min(self.list(less)),
            2 => Expr::Max(self.list(less)),
            3 => self.cut_off(less),
            4 => Expr::If(
                self.boxed(less),
                self.random.between(-3, 8),
                self.boxed(less),
                self.boxed(less),
            ),
            5 => {
                let twice = self.ask();
                if let Expr::Ask(node) = twice
                    && !self.cyclic
                {
                    self.own += self.costs[node as usize];
                }
                Expr::Sum(vec![twice.clone(), twice])
            }
            6 => Expr::PanicIf(self.boxed(less), self.random.between(0, 4)),
            7 => Expr::Catch(self.boxed(less), self.constant()),
            8 => {
                self.own += THREAD_COST;
                Expr::Thread {
                    inherit: self.random.chance(50),
                    expr: self.boxed(less),
                }
            }
            9 if !self.cyclic && self.random.chance(25) => self.scenario(less),
            9 => self.within(less),
            10 => {
                self.scopes -= 1;
                let expr = self.boxed(less);
                self.scopes += 1;
                Expr::Outside(expr)
            }
            11 => Expr::Impure {
                which: self.random.below(10) as u8,
                node: self.any(),
            },
            _ => self.ask(),
        }
    }

    fn cut_off(&mut self, depth: u32) -> Expr {
        let below = self.boxed(depth);
        match self.random.below(4) {
            0 => Expr::Divided(below, [2, 3, 10][self.random.below(3) as usize]),
            1 => Expr::Rest(below, self.random.between(2, 4)),
            2 => Expr::Sign(below),
            _ => Expr::Above(below, self.random.between(-3, 8)),
        }
    }

    /// A context, or a few, and what is done inside. Cyclic programs do not
    /// tweak there: they could go round through ever new contexts.
    fn within(&mut self, depth: u32) -> Expr {
        let kept = self.random.chance(25);
        let tweaks = !self.cyclic && self.random.chance(85);
        let count = if self.random.chance(25) { 2 } else { 1 };
        self.scopes += 1;
        let parts = (0..count).map(|_| self.inner(depth, tweaks)).collect();
        self.scopes -= 1;
        Expr::Within { kept, parts }
    }

    /// A scenario, and what is done inside.
    fn scenario(&mut self, depth: u32) -> Expr {
        let count = 1 + self.random.below(2);
        let levels = (0..count).map(|_| {
            let tweaks = (0..1 + self.random.below(2)).map(|_| self.tweak());
            tweaks.collect()
        });
        let levels = levels.collect();
        self.scopes += 1;
        let changes = self.random.chance(40);
        let acts = self.inner(depth, changes);
        self.scopes -= 1;
        Expr::Scenario { levels, acts }
    }

    /// A tweak of a node so far, or of many.
    fn tweak(&mut self) -> (Where, What) {
        let program = Program {
            cyclic: self.cyclic,
            nodes: self.nodes.clone(),
        };
        let node = self.any().min(program.len() - 1);
        self.tweaks.tweak(self.random, &program, node)
    }

    fn inner(&mut self, depth: u32, tweaks: bool) -> Vec<Inner> {
        let mut acts = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            if tweaks {
                for _ in 0..self.random.below(3) {
                    acts.push(self.change());
                }
            }
            acts.push(Inner::Add(self.expr(depth)));
        }
        acts
    }

    fn change(&mut self) -> Inner {
        let node = self.any();
        if self.tweaks.are_used() && self.random.chance(30) && !self.nodes.is_empty() {
            let (place, what) = self.tweak();
            return match self.random.chance(12) {
                true => Inner::UntweakSo(place),
                false => Inner::TweakSo(place, what),
            };
        }
        match self.random.below(10) {
            0 => Inner::Untweak(node),
            1 => Inner::Invalidate(node),
            2 => Inner::Tweak(node, self.expr(0)),
            _ => Inner::Tweak(node, Expr::Const(self.constant())),
        }
    }

    /// Any node before this one, or itself.
    fn any(&mut self) -> u32 {
        let end = self.costs.len() as u32;
        if self.random.chance(40) {
            self.random.below(self.leaves)
        } else {
            self.random.below(end + 1)
        }
    }
}
