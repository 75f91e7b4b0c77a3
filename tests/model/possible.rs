//! Owns the evaluator of what a call may answer where a policy or an acceptance excuses more than one answer: all that
//! bodies make of all that what they ask for may answer.
//!
//! An accepted result answers as what its body makes of what lies below as it is now. A served one is what the
//! evaluator gives for a program and a world of the past, without any tweak; and no tweak that is in
//! force may change what it has asked for.
//!
//! Programs that go round in circles have neither policies nor acceptances.

mod machine;
mod serve;

use crate::evaluate::Outcome;
use crate::interpret::{Halt, Machine, changed, number};
use crate::past::{Excuse, Past, Then};
use crate::program::{Answer, Kind};
use crate::tweaks::{Tweaks, What};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

/// Bodies that one question may run. What takes more may be answered by anything.
const FUEL: u32 = 20_000;

/// Where it is asked, and what is known there.
pub struct Asked<'p> {
    pub past: &'p Past,
    pub now: Then,
    /// The tweaks of the contexts, the outermost first.
    pub contexts: Vec<Tweaks>,
    /// Names that the outermost of them has bound are inputs.
    pub binds: bool,
    pub excuse: Excuse,
}

/// Whether a call may answer this. `given`: what the handle holds that it is made with, if not a handle of here and now.
pub fn is_possible(asked: Asked<'_>, node: u32, given: Option<i64>, outcome: &Outcome) -> bool {
    let mut possible = Possible {
        past: asked.past,
        now: asked.now,
        time: 0,
        excuse: asked.excuse,
        links: asked.contexts.into_iter().map(Link::new).collect(),
        binds: asked.binds,
        body: Body::default(),
        tape: Tape::default(),
        notes: Notes::default(),
        memo: BTreeMap::new(),
        fuel: FUEL,
    };
    match possible.guess(node, given, given.is_none()) {
        Some(guesses) => guesses.iter().any(|guess| guess.outcome == *outcome),
        None => true,
    }
}

#[derive(Clone, Debug)]
struct Link {
    tweaks: Rc<RefCell<Tweaks>>,
    /// How many links were opened with it, if it is the last of those.
    span: usize,
}

impl Link {
    fn new(tweaks: Tweaks) -> Link {
        let tweaks = Rc::new(RefCell::new(tweaks));
        Link { tweaks, span: 1 }
    }
}

/// One of the things that a node may do.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Guess {
    outcome: Outcome,
    notes: Notes,
}

/// What one way to an answer has touched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Notes {
    /// The nodes that were asked for, at any depth.
    nodes: BTreeSet<u32>,
    /// What the body itself asked for, with which handle, and what it got.
    direct: Vec<(u32, Option<i64>, Outcome)>,
    /// The body asked beneath tweaks of its own.
    scope: bool,
    /// It is not kept.
    tainted: bool,
}

impl Notes {
    fn add_below(&mut self, node: Option<u32>, below: &Notes) {
        self.nodes
            .extend(node.into_iter().chain(below.nodes.iter().copied()));
        self.tainted |= below.tainted;
    }
}

/// The body that is interpreted.
#[derive(Default)]
struct Body {
    node: u32,
    /// How many contexts are not its own.
    base: usize,
    given: Option<i64>,
    /// The handles that it holds: on which node, and what they hold.
    held: Vec<(u32, i64)>,
}

/// The choices of one way, in order.
#[derive(Default)]
struct Tape {
    /// Which was taken, of how many.
    choices: Vec<(usize, usize)>,
    next: usize,
}

impl Tape {
    fn choose(&mut self, count: usize) -> usize {
        if self.next == self.choices.len() {
            self.choices.push((0, count));
        }
        self.next += 1;
        self.choices[self.next - 1].0
    }

    /// Goes on to the next way, if there is one.
    fn advance(&mut self) -> bool {
        self.next = 0;
        while let Some((taken, count)) = self.choices.pop() {
            if taken + 1 < count {
                self.choices.push((taken + 1, count));
                return true;
            }
        }
        false
    }
}

type Guesses = Rc<Vec<Guess>>;

struct Possible<'p> {
    past: &'p Past,
    now: Then,
    /// 0 is now, then come those of the past; the last is now as well, with nothing excused.
    time: usize,
    excuse: Excuse,
    /// The contexts, the innermost last.
    links: Vec<Link>,
    binds: bool,
    body: Body,
    tape: Tape,
    notes: Notes,
    /// Each question that was asked: when, of which node with which handle, made there or not, beneath which tweaks.
    memo: BTreeMap<(usize, u32, Option<i64>, bool, String), Guesses>,
    fuel: u32,
}

impl Possible<'_> {
    /// All that the node may do here; `made`: a handle that it is called with is made here. Nothing, if that takes too long.
    fn guess(&mut self, node: u32, given: Option<i64>, made: bool) -> Option<Guesses> {
        let key = (self.time, node, given, made, format!("{:?}", self.links));
        if let Some(known) = self.memo.get(&key) {
            return Some(known.clone());
        }
        let body = std::mem::take(&mut self.body);
        let (tape, notes) = (std::mem::take(&mut self.tape), self.notes.clone());
        let (mut guesses, mut seen) = (Vec::new(), HashSet::new());
        let is_all = loop {
            self.notes = Notes::default();
            self.body.base = self.links.len();
            let result = match self.now.program.source(node) {
                Some(_) if made => self.ask(node),
                _ => self.answer(node, given),
            };
            let outcome = match result {
                Ok(answer) => Outcome::Answer(answer),
                Err(Halt::Panic(value)) => Outcome::Panic(value),
                Err(_) => break false,
            };
            let notes = std::mem::take(&mut self.notes);
            let guess = Guess { outcome, notes };
            if seen.insert(guess.clone()) {
                guesses.push(guess);
            }
            if !self.tape.advance() {
                break true;
            }
        };
        (self.body, self.tape, self.notes) = (body, tape, notes);
        let guesses = Rc::new(guesses);
        is_all.then(|| {
            self.memo.insert(key, guesses.clone());
            guesses
        })
    }

    /// Takes one of the things that the node may do.
    fn pick(&mut self, node: u32, given: Option<i64>) -> Result<Answer, Halt> {
        let guesses = self.guess(node, given, false).ok_or(Halt::Fuel)?;
        let guess = &guesses[self.tape.choose(guesses.len())];
        // What a tweak of a body answers is left out of what the body rests on (3.7).
        let line = self.line(node);
        let asks = line.iter().any(|what| matches!(what, What::Asks(_)));
        let is_left_out = !asks && matches!(line.last(), Some(What::Value(_)));
        self.notes
            .add_below((!is_left_out).then_some(node), &guess.notes);
        if !is_left_out {
            self.notes.scope |= self.has_own_tweaks();
            self.notes.direct.push((node, given, guess.outcome.clone()));
        }
        match guess.outcome {
            Outcome::Answer(answer) => Ok(answer),
            Outcome::Panic(value) => Err(Halt::Panic(value)),
            _ => Err(Halt::Cycle),
        }
    }

    fn line(&self, node: u32) -> Vec<What> {
        let mut line = Vec::new();
        for link in self.links.iter().rev() {
            for what in link.tweaks.borrow().line(&self.now.program, node) {
                line.push(what);
                if !what.is_relative() {
                    return line;
                }
            }
        }
        line
    }

    fn answer(&mut self, node: u32, given: Option<i64>) -> Result<Answer, Halt> {
        let mut line = self.line(node);
        let valued = match line.last() {
            Some(What::Value(answer)) => {
                let answer = *answer;
                line.pop();
                Ok(answer)
            }
            // What relative tweaks change may be served: it is no tweak of something below.
            _ => self.untweaked(node, given),
        };
        let kind = self.now.program.kind(node);
        line.into_iter().rev().fold(valued, |old, what| {
            old.and_then(|old| changed(self, what, kind, old))
        })
    }

    fn untweaked(&mut self, node: u32, given: Option<i64>) -> Result<Answer, Halt> {
        let served = self.served(node, given)?;
        match self.tape.choose(1 + served.len()) {
            0 => self.run(node, given),
            choice => Ok(served[choice - 1]),
        }
    }

    /// One of the bodies whose results count, on one of the answers that each thing may give that it asks for.
    fn run(&mut self, node: u32, given: Option<i64>) -> Result<Answer, Halt> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Halt::Fuel)?;
        let (past, program) = (self.past, self.now.program.clone());
        let kind = program.kind(node);
        let bodies = match kind.is_outside() {
            true => vec![&program.nodes[node as usize].body],
            false => past.bodies(node, self.now.versions[kind.place()]),
        };
        let body = bodies[self.tape.choose(bodies.len())];
        let own = Body {
            node,
            base: self.links.len(),
            given,
            held: Vec::new(),
        };
        let around = std::mem::replace(&mut self.body, own);
        let result = number(self, body);
        self.body = around;
        match result {
            Ok(value) => Ok(Answer::Value(value)),
            Err(Halt::Fail(code)) => {
                self.notes.tainted |= kind == Kind::Fallible;
                Ok(Answer::Error(code))
            }
            Err(other) => Err(other),
        }
    }

    /// Whether tweaks of the body are in force. Files are never tweaked.
    fn has_own_tweaks(&self) -> bool {
        let own = &self.links[self.body.base.min(self.links.len())..];
        let mut kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::File);
        kinds.any(|kind| {
            let mut own = own.iter();
            own.any(|link| link.tweaks.borrow().has_kind(&self.now.program, kind))
        })
    }

    fn own_tweaks(&self) -> Option<Rc<RefCell<Tweaks>>> {
        let is_own = self.links.len() > self.body.base;
        let link = self.links.last().filter(|_| is_own);
        link.map(|link| link.tweaks.clone())
    }
}
