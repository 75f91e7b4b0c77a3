//! Owns what is put into a case that was drawn without it: values from outside, handles, and
//! what takes stored results away. The other cases stay as they were drawn.

use super::{Act, Case, Step, Way};
use crate::program::{Answer, Expr, Inner, Kind, Program};
use crate::random::Random;
use crate::tweaks::Where;

/// Puts more into some cases.
pub fn enrich(case: &mut Case) {
    let mut random = Random::new(case.seed ^ 0x006d_6f72_6500 ^ u64::from(case.threads));
    let random = &mut random;
    if random.chance(55) {
        return;
    }
    let (outside, handles) = match random.below(3) {
        0 => (true, false),
        1 => (false, true),
        _ => (true, true),
    };
    if outside {
        read_outside(random, &mut case.program);
    }
    if handles && !case.program.cyclic {
        make_handles(random, &mut case.program);
        hold_handles(random, &mut case.program);
        widen(random, case);
    }
    let program = &case.program;
    let mut acts = Acts {
        files: program.all(|kind| kind == Kind::File),
        externals: program.all(|kind| kind == Kind::External),
        through: program.all(|kind| kind == Kind::Through),
        size: program.len(),
        program,
        random,
    };
    let count = case.steps.len() as u32 / 4 + 2;
    for _ in 0..acts.random.below(count) + count / 2 {
        let place = acts.random.below(case.steps.len() as u32 + 1) as usize;
        let steps: Vec<Step> = acts.some().into_iter().map(|act| acts.step(act)).collect();
        case.steps.splice(place..place, steps);
    }
    for step in &mut case.steps {
        let Step::Threads { branches, .. } = step else {
            continue;
        };
        for branch in branches {
            if let Some(node) = acts.any(&acts.through.clone())
                && acts.random.chance(40)
            {
                branch
                    .acts
                    .push(Act::CallHeld(node, acts.random.below(4) as u8));
            }
        }
    }
}

/// Makes some of the leaves files and names.
fn read_outside(random: &mut Random, program: &mut Program) {
    for def in &mut program.nodes {
        if matches!(def.body, Expr::Const(_)) && random.chance(60) {
            def.kind = match random.below(2) {
                0 => Kind::File,
                _ => Kind::External,
            };
        }
    }
}

/// Makes some of the nodes answer handles, and calls some with them.
fn make_handles(random: &mut Random, program: &mut Program) {
    let mut calls = 1 + random.below(4);
    for node in 0..program.len() {
        let def = &program.nodes[node as usize];
        if !def.kind.is_held() || matches!(def.body, Expr::Const(_)) && random.chance(60) {
            continue;
        }
        if random.chance(25) {
            program.nodes[node as usize].kind = Kind::Handle;
            continue;
        }
        let sources: Vec<u32> = (0..node)
            .filter(|node| program.kind(*node).is_held())
            .collect();
        if calls == 0 || sources.is_empty() || random.chance(50) {
            continue;
        }
        calls -= 1;
        let mut source = || sources[random.below(sources.len() as u32) as usize];
        let source = source().max(source());
        if random.chance(60) && program.kind(source) != Kind::Through {
            program.nodes[source as usize].kind = Kind::Handle;
        }
        let def = &mut program.nodes[node as usize];
        (def.kind, def.source) = (Kind::Through, Some(source));
        let body = std::mem::replace(&mut def.body, Expr::Given);
        def.body = match random.below(4) {
            0 => Expr::Given,
            1 => Expr::Sum(vec![body, Expr::Given]),
            2 => Expr::Sum(vec![Expr::Given, body]),
            _ => Expr::If(
                Box::new(Expr::Given),
                random.between(-3, 8),
                Box::new(body),
                Box::new(Expr::Given),
            ),
        };
    }
}

/// Has some bodies hold a handle while they go on.
fn hold_handles(random: &mut Random, program: &mut Program) {
    for called in program.all(|kind| kind == Kind::Through) {
        let Some(source) = program.source(called) else {
            continue;
        };
        for node in called + 1..program.len() {
            let def = &mut program.nodes[node as usize];
            if def.kind.is_outside() || matches!(def.body, Expr::Const(_)) || random.chance(70) {
                continue;
            }
            let mut body = std::mem::replace(&mut def.body, Expr::Given);
            if !ask_held(&mut body, called) || random.chance(30) {
                body = Expr::Sum(vec![body, Expr::AskHeld(called)]);
            }
            def.body = Expr::Hold(source, Box::new(body));
        }
    }
}

/// Asks the node with a handle that is held, wherever it is asked, and in all contexts. Tells whether it is.
fn ask_held(expr: &mut Expr, called: u32) -> bool {
    if *expr == Expr::Ask(called) {
        *expr = Expr::AskHeld(called);
        return true;
    }
    let mut asked = false;
    if let Expr::Within { parts, .. } = expr {
        for part in parts {
            part.push(Inner::Add(Expr::AskHeld(called)));
            asked = true;
        }
    }
    for child in expr.children_mut() {
        asked |= ask_held(child, called);
    }
    asked
}

/// Makes some wide tweaks tweaks of the new functions.
fn widen(random: &mut Random, case: &mut Case) {
    let mut change = |place: &mut Where| {
        if let Where::Whole(kind) | Where::Pattern { kind, .. } | Where::Guard { kind, .. } = place
            && random.chance(40)
        {
            *kind = match random.below(2) {
                0 => Kind::Handle,
                _ => Kind::Through,
            };
        }
    };
    for (place, _) in case.pool.iter_mut().flatten() {
        change(place);
    }
    for step in &mut case.steps {
        if let Step::Do(act) | Step::Above { act, .. } = step
            && let Act::TweakSo(place, _) | Act::UntweakSo(place) = act
        {
            change(place);
        }
    }
}

/// Draws acts.
struct Acts<'c> {
    files: Vec<u32>,
    externals: Vec<u32>,
    through: Vec<u32>,
    size: u32,
    program: &'c Program,
    random: &'c mut Random,
}

impl Acts<'_> {
    fn any(&mut self, nodes: &[u32]) -> Option<u32> {
        match nodes.len() as u32 {
            0 => None,
            count => Some(nodes[self.random.below(count) as usize]),
        }
    }

    /// A node with much below it.
    fn top(&mut self) -> u32 {
        let node = self.random.below(self.size);
        node.max(self.random.below(self.size))
    }

    fn call(&mut self) -> Act {
        let node = self.top();
        match self.random.below(4) {
            0 => Act::Query(node),
            _ => Act::Call(node),
        }
    }

    fn step(&mut self, act: Act) -> Step {
        match self.random.below(4) {
            0 => Step::Above {
                up: 1 + self.random.below(3) as u8,
                way: [Way::Here, Way::Thread, Way::Enter][self.random.below(3) as usize],
                act,
            },
            _ => Step::Do(act),
        }
    }

    /// A few acts that go together.
    fn some(&mut self) -> Vec<Act> {
        let few = |some: &[u32], weight| if some.is_empty() { 0 } else { weight };
        let weights = [
            few(&self.files, 20),
            few(&self.files, 8) + few(&self.externals, 6),
            few(&self.externals, 20),
            few(&self.through, 40),
            5,
            3,
        ];
        match self.random.weighted(&weights) {
            0 => self.write(),
            1 => vec![Act::Refresh, self.call()],
            2 => self.bind(),
            3 => self.hold(),
            4 => vec![Act::Forget(self.random.below(self.size)), self.call()],
            _ => vec![Act::Collect(self.random.below(4) as u8), self.call()],
        }
    }

    fn write(&mut self) -> Vec<Act> {
        let files = self.files.clone();
        let Some(node) = self.any(&files) else {
            return Vec::new();
        };
        let content = self.random.between(-6, 12);
        let mut acts = vec![
            self.call(),
            Act::Write {
                node,
                content: Some(content).filter(|_| self.random.chance(88)),
                read: self.random.chance(70),
            },
            self.call(),
        ];
        if self.random.chance(50) {
            acts.extend([Act::Refresh, self.call()]);
        }
        acts
    }

    fn bind(&mut self) -> Vec<Act> {
        let externals = self.externals.clone();
        let Some(node) = self.any(&externals) else {
            return Vec::new();
        };
        let act = match self.random.below(4) {
            0 => Act::Untweak(node),
            _ => Act::Tweak(node, Answer::Value(self.random.between(-6, 12))),
        };
        vec![self.call(), act, self.call()]
    }

    fn hold(&mut self) -> Vec<Act> {
        let through = self.through.clone();
        let Some(node) = self.any(&through) else {
            return Vec::new();
        };
        let source = self.program.source(node).unwrap_or(node);
        let call = Act::CallHeld(node, self.random.below(4) as u8);
        let below = self.random.below(source + 1);
        let value = Answer::Value(self.random.between(-6, 12));
        match self.random.below(6) {
            0 => vec![Act::Hold(source)],
            1 => vec![call],
            2 => vec![
                Act::Hold(source),
                Act::Tweak(below, value),
                call,
                Act::Call(node),
            ],
            3 => vec![Act::Tweak(node, value), call],
            4 => vec![Act::Untweak(node), call],
            _ => vec![Act::Hold(source), Act::Tweak(source, value), call],
        }
    }
}
