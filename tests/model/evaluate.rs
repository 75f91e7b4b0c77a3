//! Owns the evaluator that never caches: `eval(n, C)` of the one law. It also
//! tells what an evaluation touched, from which `expect` derives what must not
//! run again.

mod machine;

use crate::again::Rests;
use crate::interpret::{Halt, Machine, changed, number};
use crate::program::{Answer, Kind, Program};
use crate::tweaks::{Tweaks, What};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What a call does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Answer(Answer),
    Panic(i64),
    Cycle,
    /// Anything else: always a fault.
    Refused(String),
}

/// What an evaluation touched.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The nodes whose bodies were interpreted, in any context.
    pub bodies: BTreeSet<u32>,
    /// All nodes that were asked for, answered by a tweak or not.
    pub asked: BTreeSet<u32>,
    /// What the outermost body asked for, in this order, each once.
    pub direct: Vec<u32>,
    /// The outermost body opened a context.
    pub direct_scope: bool,
    /// The outermost body opened a context and tweaked or invalidated there.
    pub direct_inner: bool,
    /// Some body opened a context.
    pub scope: bool,
    /// Some body tweaked or invalidated in a context of its own.
    pub inner: bool,
    /// Something was met that is not kept: a body's own `Err`, a panic, a circle, an impure act.
    pub tainted: bool,
    /// Something was asked where it is tweaked that is never stored, or told apart by how it was computed.
    pub apart: bool,
    /// The nodes whose bodies may run although a store has seen them run.
    pub excused: BTreeSet<u32>,
    /// The nodes that only a proof finds in a store, since their bodies tweaked or invalidated in contexts of their
    /// own; and what they may rest on.
    pub by_proof: BTreeMap<u32, Rests>,
    /// What bodies invalidated in contexts of their own.
    pub invalidated: BTreeSet<u32>,
}

/// What a call is to answer, and the trace of it.
pub struct Verdict {
    pub outcome: Outcome,
    pub trace: Trace,
}

/// Bodies that one evaluation may run.
const FUEL: u32 = 5_000;

/// `eval(node, C)`, `C` being the tweaks of the contexts, the outermost first.
/// Nothing, if that takes too long.
pub fn evaluate(program: &Program, contexts: &[Tweaks], node: u32) -> Option<Verdict> {
    evaluate_given(program, contexts, node, None)
}

/// The same, of a call with a handle that holds this number.
pub fn evaluate_given(
    program: &Program,
    contexts: &[Tweaks],
    node: u32,
    given: Option<i64>,
) -> Option<Verdict> {
    let links = contexts
        .iter()
        .enumerate()
        .map(|(id, tweaks)| Link::new(id, tweaks.clone()));
    let mut evaluator = Evaluator {
        program,
        ids: contexts.len(),
        links: links.collect(),
        base: 0,
        given: contexts.len(),
        running: Vec::new(),
        given_now: None,
        held: Vec::new(),
        fuel: FUEL,
        trace: Trace::default(),
    };
    let answer = match given {
        Some(_) => evaluator.answer(node, given),
        None => evaluator.ask(node),
    };
    let outcome = match answer {
        Ok(answer) => Outcome::Answer(answer),
        Err(Halt::Panic(value)) => Outcome::Panic(value),
        Err(Halt::Cycle) => Outcome::Cycle,
        Err(Halt::Fuel) => return None,
        Err(Halt::Fail(code)) => Outcome::Refused(format!("the evaluator let Err({code}) through")),
    };
    Some(Verdict {
        outcome,
        trace: evaluator.trace,
    })
}

#[derive(Clone)]
struct Link {
    id: usize,
    tweaks: Rc<RefCell<Tweaks>>,
    /// How many links were opened with it, if it is the last of those.
    span: usize,
}

impl Link {
    fn new(id: usize, tweaks: Tweaks) -> Self {
        Link {
            id,
            tweaks: Rc::new(RefCell::new(tweaks)),
            span: 1,
        }
    }
}

/// A node that is being computed.
struct Running {
    node: u32,
    /// The identity of the link in which it is.
    link: usize,
    as_what: As,
    rests: Rests,
}

#[derive(PartialEq)]
enum As {
    /// Its body runs.
    Body,
    /// It is made by relative tweaks.
    Line,
    /// Its body runs beneath relative tweaks.
    Beneath,
}

struct Evaluator<'p> {
    program: &'p Program,
    /// The next link's identity.
    ids: usize,
    /// The contexts, the innermost last.
    links: Vec<Link>,
    /// How many of them are not the running body's own.
    base: usize,
    /// How many of them no body has opened.
    given: usize,
    /// What is being computed, the outermost first.
    running: Vec<Running>,
    /// What the handle holds that the running body was called with.
    given_now: Option<i64>,
    /// The handles that the running body holds: on which node, and what they hold.
    held: Vec<(u32, i64)>,
    fuel: u32,
    trace: Trace,
}

impl Evaluator<'_> {
    /// Whether the node is running here, or further out with no tweak between.
    fn closes_a_circle(&self, node: u32) -> bool {
        for link in self.links.iter().rev() {
            if self.is_running(node, link.id) {
                return true;
            }
            if !link.tweaks.borrow().is_empty() {
                return false;
            }
        }
        false
    }

    fn is_running(&self, node: u32, link: usize) -> bool {
        let mut running = self.running.iter();
        running.any(|running| running.node == node && running.link == link)
    }

    /// Whether what is asked now is asked by the outermost node itself: its body, or its tweaks.
    fn is_outermost(&self) -> bool {
        match self.running.as_slice() {
            [_] => true,
            [first, second] => first.as_what == As::Line && second.as_what == As::Beneath,
            _ => false,
        }
    }

    /// The tweaks that the answer is made by, up to the first that gives a value.
    fn line(&self, node: u32) -> Vec<What> {
        let mut line = Vec::new();
        for link in self.links.iter().rev() {
            for what in link.tweaks.borrow().line(self.program, node) {
                line.push(what);
                if !what.is_relative() {
                    return line;
                }
            }
        }
        line
    }

    fn begin(&mut self, node: u32, as_what: As) {
        let link = self.links.last().map_or(usize::MAX, |link| link.id);
        self.running.push(Running {
            node,
            link,
            as_what,
            rests: Rests::default(),
        });
    }

    /// Notes on what that which is being computed rests.
    fn rest(&mut self, note: impl FnOnce(&mut Rests)) {
        if let Some(running) = self.running.last_mut() {
            note(&mut running.rests);
        }
    }

    /// What was begun last has come to this end.
    fn end(&mut self, result: &Result<Answer, Halt>) {
        let Some(Running {
            node,
            as_what,
            mut rests,
            ..
        }) = self.running.pop()
        else {
            return;
        };
        let kind = self.program.kind(node);
        rests.add_kind(kind);
        if rests.inner || rests.by_graph {
            // What is asked in a context of its own may rest on more outside.
            rests.add_reachable(self.program, node);
        }
        // What it asked in contexts of its own is no part of how it was computed.
        rests.unkept |= rests.inner && !kind.is_comparable();
        rests.unkept |= match result {
            Ok(Answer::Error(_)) => kind == Kind::Fallible && as_what != As::Line,
            Ok(Answer::Value(_)) => false,
            Err(_) => true,
        };
        if as_what != As::Line {
            // In contexts of bodies no proof is believed: what is read there has to be known.
            let by_proof = rests.inner && self.links.len() > self.given;
            let only_untweaked = rests.inner || rests.by_graph;
            let is_masked_late = rests.unsettled;
            rests.unsettled |= rests.inner && rests.above_inner && self.may_be_tweaked(rests);
            let is_unproved = only_untweaked && self.may_be_tweaked(rests);
            // A run that does so in another world, of which this one did not, is before it in the search.
            let is_hidden = as_what == As::Beneath && self.program.tweaks_inside(node);
            if rests.unkept
                || is_masked_late
                || kind == Kind::Opaque
                || by_proof
                || rests.passes && self.links.len() > self.given
                || is_unproved
                || is_hidden
                || rests.inner && rests.unproved
                || self.program.asks_in_no_order(node)
            {
                self.trace.excused.insert(node);
            }
            rests.unproved |= is_unproved;
            if rests.inner {
                self.trace.by_proof.insert(node, rests);
            }
        }
        self.rest(|around| around.add_below(rests, kind));
    }

    /// Whether a node of one of these functions is tweaked in some context around.
    fn may_be_tweaked(&self, rests: Rests) -> bool {
        let mut kinds = Kind::ALL.into_iter().filter(|kind| rests.has_kind(*kind));
        kinds.any(|kind| {
            let mut links = self.links.iter();
            links.any(|link| link.tweaks.borrow().has_kind(self.program, kind))
        })
    }

    /// What relative tweaks make of the node.
    fn relative(
        &mut self,
        node: u32,
        given: Option<i64>,
        mut line: Vec<What>,
    ) -> Result<Answer, Halt> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Halt::Fuel)?;
        self.begin(node, As::Line);
        let valued = match line.last() {
            Some(What::Value(answer)) => {
                let answer = *answer;
                line.pop();
                Ok(answer)
            }
            _ => self.body(node, given, As::Beneath),
        };
        let kind = self.program.kind(node);
        let result = line.into_iter().rev().fold(valued, |old, what| {
            old.and_then(|old| changed(self, what, kind, old))
        });
        self.end(&result);
        result
    }

    fn own_tweaks(&mut self) -> Option<Rc<RefCell<Tweaks>>> {
        self.trace.inner = true;
        self.trace.direct_inner |= self.is_outermost();
        if self.links.len() == self.base {
            return None;
        }
        self.rest(|rests| rests.inner = true);
        self.links.last().map(|link| link.tweaks.clone())
    }

    fn body(&mut self, node: u32, given: Option<i64>, as_what: As) -> Result<Answer, Halt> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Halt::Fuel)?;
        self.trace.bodies.insert(node);
        self.begin(node, as_what);
        let outer_base = std::mem::replace(&mut self.base, self.links.len());
        let program = self.program;
        let held = std::mem::take(&mut self.held);
        let outer_given = std::mem::replace(&mut self.given_now, given);
        let result = number(self, &program.nodes[node as usize].body);
        (self.base, self.held, self.given_now) = (outer_base, held, outer_given);
        let result = match result {
            Ok(value) => Ok(Answer::Value(value)),
            Err(Halt::Fail(code)) => {
                self.trace.tainted |= program.kind(node) == Kind::Fallible;
                Ok(Answer::Error(code))
            }
            Err(other) => Err(other),
        };
        self.end(&result);
        result
    }

    /// What the node answers, called with a handle that holds this number.
    fn answer(&mut self, node: u32, given: Option<i64>) -> Result<Answer, Halt> {
        self.trace.asked.insert(node);
        if self.is_outermost() && !self.trace.direct.contains(&node) {
            self.trace.direct.push(node);
        }
        let line = self.line(node);
        let kind = self.program.kind(node);
        self.trace.apart |= !kind.is_comparable() && !line.is_empty();
        self.rest(|rests| {
            rests.add_kind(kind);
            rests.by_graph |= kind == Kind::ByGraph;
            rests.passes |= kind == Kind::Through;
            // A tweak of what has no encoding has a fingerprint for itself.
            rests.unkept |= kind == Kind::Opaque && !line.is_empty();
            // What rests on a handle that a relative tweak has made is not found again.
            let relative = line.first().is_some_and(|what| what.is_relative());
            rests.unkept |= kind == Kind::Handle && relative;
        });
        if let Some(What::Value(answer)) = line.first() {
            return Ok(*answer);
        }
        if self.closes_a_circle(node) {
            self.trace.tainted = true;
            self.rest(|rests| rests.unkept = true);
            return Err(Halt::Cycle);
        }
        let result = match line.is_empty() {
            true => self.body(node, given, As::Body),
            false => self.relative(node, given, line),
        };
        if let Some(source) = self.program.source(node)
            && self.trace.excused.contains(&source)
        {
            self.trace.excused.insert(node);
        }
        result
    }
}
