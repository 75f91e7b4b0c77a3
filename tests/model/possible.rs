//! Owns the evaluator of what a call may answer where a policy or an acceptance excuses more than one answer: all that
//! bodies make of all that what they ask for may answer.
//!
//! An accepted result answers as what its body makes of what lies below as it is now. A served one is what the
//! evaluator gives for a program and a world of the past, without any tweak; and no tweak that is in
//! force may be of a function that it has asked for.
//!
//! Programs that go round in circles have neither policies nor acceptances.

use crate::evaluate::Outcome;
use crate::interpret::{Halt, Machine, Number, changed, number};
use crate::past::{Excuse, Past, Then};
use crate::program::{Answer, Inner, Kind};
use crate::scenario::{Level, tweaks_of_body};
use crate::tweaks::{Tweaks, What, Where};
use std::cell::RefCell;
use std::collections::BTreeMap;
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
#[derive(PartialEq)]
struct Guess {
    outcome: Outcome,
    notes: Notes,
}

/// What one way to an answer has touched.
#[derive(Clone, Debug, Default, PartialEq)]
struct Notes {
    /// The functions that were asked for, at any depth, a bit for each.
    kinds: u32,
    /// What the body itself asked for, with which handle, and what it got.
    direct: Vec<(u32, Option<i64>, Outcome)>,
    /// The body tweaked or invalidated in a context of its own.
    scope: bool,
    /// It is not kept.
    tainted: bool,
}

impl Notes {
    fn add_below(&mut self, kind: Option<Kind>, below: &Notes) {
        self.kinds |= below.kinds | kind.map_or(0, |kind| 1 << kind.place());
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
    /// 0 is now, then come those of the past.
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
        let mut guesses = Vec::new();
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
            if !guesses.contains(&guess) {
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
        let is_left_out = matches!(self.line(node).first(), Some(What::Value(_)));
        let kind = (!is_left_out).then(|| self.now.program.kind(node));
        self.notes.add_below(kind, &guess.notes);
        let outcome = guess.outcome.clone();
        self.notes.direct.push((node, given, outcome));
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

    /// What the policy may serve.
    fn served(&mut self, node: u32, given: Option<i64>) -> Result<Vec<Answer>, Halt> {
        let depth = match self.excuse {
            Excuse::Nothing => return Ok(Vec::new()),
            Excuse::DeeperThan(depth) => Some(depth),
            Excuse::Anything => None,
        };
        let kind = self.now.program.kind(node);
        // A text is a result of its file. It is not stored itself, but that it has not changed may be.
        let is_served = match kind {
            Kind::File => depth.is_none_or(|depth| depth == 0),
            Kind::External | Kind::Opaque => false,
            _ => true,
        };
        if !is_served {
            return Ok(Vec::new());
        }
        let mut served = Vec::new();
        for time in 1..=self.past.thens.len() {
            for guess in self.then(time, node, given)?.iter() {
                if let Outcome::Answer(answer) = guess.outcome
                    && !served.contains(&answer)
                    && self.serves(time, node, guess, depth)?
                {
                    served.push(answer);
                }
            }
        }
        Ok(served)
    }

    /// What the node may have done at a time of the past, where no tweak was in force.
    fn then(&mut self, time: usize, node: u32, given: Option<i64>) -> Result<Guesses, Halt> {
        let then = self.past.thens[time - 1].clone();
        let now = std::mem::replace(&mut self.now, then);
        let links = std::mem::take(&mut self.links);
        let excuse = std::mem::replace(&mut self.excuse, Excuse::Nothing);
        let at = std::mem::replace(&mut self.time, time);
        let guesses = self.guess(node, given, false);
        (self.now, self.links, self.excuse, self.time) = (now, links, excuse, at);
        guesses.ok_or(Halt::Fuel)
    }

    /// Whether such a result may be served; `depth`: what is above it has to be as it was, down to there.
    fn serves(
        &mut self,
        time: usize,
        node: u32,
        guess: &Guess,
        depth: Option<u8>,
    ) -> Result<bool, Halt> {
        if guess.notes.tainted || self.is_disturbed(guess.notes.kinds) {
            return Ok(false);
        }
        let Some(depth) = depth else { return Ok(true) };
        let kind = self.now.program.kind(node);
        if kind == Kind::File {
            return Ok(true);
        }
        let place = kind.place();
        let then = self.past.thens[time - 1].versions[place];
        if !self.past.counts_as(node, then, self.now.versions[place]) {
            return Ok(false);
        }
        let Some(below) = depth.checked_sub(1) else {
            return Ok(true);
        };
        // Of what was asked beneath tweaks of bodies no levels are known: it has to be right, as what runs is.
        if guess.notes.scope {
            return Ok(false);
        }
        for (node, given, outcome) in &guess.notes.direct {
            if !self.stands(*node, *given, outcome, below)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the node has given this answer, as it is now down to the depth.
    fn stands(
        &mut self,
        node: u32,
        given: Option<i64>,
        outcome: &Outcome,
        depth: u8,
    ) -> Result<bool, Halt> {
        let kind = self.now.program.kind(node);
        // Files are read as texts: a level of its own, and the file is one below it.
        if kind == Kind::File && depth == 0 {
            return Ok(true);
        }
        if kind.is_outside() {
            return Ok(self.run(node, None).map(Outcome::Answer).as_ref() == Ok(outcome));
        }
        for time in 1..=self.past.thens.len() {
            for guess in self.then(time, node, given)?.iter() {
                if guess.outcome == *outcome && self.serves(time, node, guess, Some(depth))? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether a tweak in force is of one of these functions.
    fn is_disturbed(&self, kinds: u32) -> bool {
        let mut below = Kind::ALL
            .into_iter()
            .filter(|kind| kinds & 1 << kind.place() != 0);
        below.any(|kind| {
            let binds = usize::from(self.binds && kind == Kind::External);
            let mut links = self.links.iter().skip(binds);
            links.any(|link| link.tweaks.borrow().has_kind(&self.now.program, kind))
        })
    }

    fn own_tweaks(&mut self) -> Option<Rc<RefCell<Tweaks>>> {
        let is_own = self.links.len() > self.body.base;
        self.notes.scope |= is_own;
        let link = self.links.last().filter(|_| is_own);
        link.map(|link| link.tweaks.clone())
    }
}

impl Machine for Possible<'_> {
    fn can_fail(&self) -> bool {
        self.now.program.kind(self.body.node).can_fail()
    }

    fn ask(&mut self, node: u32) -> Result<Answer, Halt> {
        match self.now.program.source(node) {
            Some(source) => match self.ask(source)? {
                Answer::Value(given) | Answer::Error(given) => self.pick(node, Some(given)),
            },
            None => self.pick(node, None),
        }
    }

    fn given(&mut self) -> Option<i64> {
        self.body.given
    }

    fn hold(&mut self, node: u32, then: impl FnOnce(&mut Self) -> Number) -> Number {
        let (Answer::Value(value) | Answer::Error(value)) = self.ask(node)?;
        if !self.now.program.kind(node).is_held() {
            return then(self);
        }
        self.body.held.push((node, value));
        let result = then(self);
        self.body.held.pop();
        result
    }

    fn ask_held(&mut self, node: u32) -> Result<Answer, Halt> {
        let source = self.now.program.source(node);
        let mut held = self.body.held.iter().rev();
        let found = held.find(|(on, _)| Some(*on) == source);
        match found.map(|(_, value)| *value) {
            Some(value) => self.pick(node, Some(value)),
            None => self.ask(node),
        }
    }

    fn panic(&mut self, value: i64) -> Halt {
        self.notes.tainted = true;
        Halt::Panic(value)
    }

    fn catch(&mut self, instead: i64, then: impl FnOnce(&mut Self) -> Number) -> Number {
        match then(self) {
            Err(Halt::Panic(_)) => Ok(instead),
            other => other,
        }
    }

    fn thread(&mut self, _: bool, then: impl FnOnce(&mut Self) -> Number + Send) -> Number {
        then(self)
    }

    fn within(
        &mut self,
        kept: bool,
        parts: &[Vec<Inner>],
        each: impl Fn(&mut Self, &[Inner]) -> Number + Sync,
    ) -> Number {
        let context = Link::new(Tweaks::default());
        let mut sum = 0_i64;
        for part in parts {
            self.links.push(match kept {
                true => context.clone(),
                false => Link::new(Tweaks::default()),
            });
            let result = each(self, part);
            self.links.pop();
            sum = sum.wrapping_add(result?);
        }
        Ok(sum)
    }

    fn scenario(&mut self, levels: &[Level], then: impl FnOnce(&mut Self) -> Number) -> Number {
        let levels = tweaks_of_body(&self.now.program, levels);
        if levels.is_empty() {
            return then(self);
        }
        self.notes.scope = true;
        let (count, span) = (self.links.len(), levels.len());
        self.links.extend(levels.into_iter().map(|tweaks| Link {
            span,
            ..Link::new(tweaks)
        }));
        let result = then(self);
        self.links.truncate(count);
        result
    }

    fn outside(&mut self, then: impl FnOnce(&mut Self) -> Number + Send) -> Number {
        if self.links.len() == self.body.base {
            return then(self);
        }
        let span = self.links.last().map_or(0, |link| link.span);
        let inside = self.links.split_off(self.links.len() - span);
        let result = then(self);
        self.links.extend(inside);
        result
    }

    fn tweak(&mut self, node: u32, value: i64) {
        self.tweak_so(Where::Node(node), What::Value(Answer::Value(value)));
    }

    fn untweak(&mut self, node: u32) {
        self.untweak_so(Where::Node(node));
    }

    fn tweak_so(&mut self, place: Where, what: What) {
        if let Some(tweaks) = self.own_tweaks() {
            tweaks.borrow_mut().apply(&self.now.program, place, what);
        }
    }

    fn untweak_so(&mut self, place: Where) {
        if let Some(tweaks) = self.own_tweaks() {
            tweaks.borrow_mut().take_back(&self.now.program, place);
        }
    }

    fn invalidate(&mut self, _: u32) {
        self.own_tweaks();
    }

    fn impure(&mut self, _: u8, _: u32) {
        self.notes.tainted |= self.links.len() == self.body.base;
    }
}
