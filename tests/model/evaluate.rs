//! Owns the evaluator that never caches: `eval(n, C)` of the one law. It also
//! tells what an evaluation touched, from which `expect` derives what must not
//! run again.

use crate::interpret::{Halt, Machine, Number, number};
use crate::program::{Answer, Inner, Kind, Program};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The tweaks of one context.
pub type Tweaks = BTreeMap<u32, Answer>;

/// What a call does.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    let links = contexts
        .iter()
        .enumerate()
        .map(|(id, tweaks)| Link::new(id, tweaks.clone()));
    let mut evaluator = Evaluator {
        program,
        ids: contexts.len(),
        links: links.collect(),
        base: 0,
        running: Vec::new(),
        fuel: FUEL,
        trace: Trace::default(),
    };
    let outcome = match evaluator.ask(node) {
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
}

impl Link {
    fn new(id: usize, tweaks: Tweaks) -> Self {
        Link {
            id,
            tweaks: Rc::new(RefCell::new(tweaks)),
        }
    }
}

struct Evaluator<'p> {
    program: &'p Program,
    /// The next link's identity.
    ids: usize,
    /// The contexts, the innermost last.
    links: Vec<Link>,
    /// How many of them are not the running body's own.
    base: usize,
    /// The running bodies, each with the link in which it runs.
    running: Vec<(u32, usize)>,
    fuel: u32,
    trace: Trace,
}

impl Evaluator<'_> {
    /// Whether the node is running here, or further out with no tweak between.
    fn closes_a_circle(&self, node: u32) -> bool {
        for link in self.links.iter().rev() {
            if self.running.contains(&(node, link.id)) {
                return true;
            }
            if !link.tweaks.borrow().is_empty() {
                return false;
            }
        }
        false
    }

    fn own_tweaks(&mut self) -> Option<Rc<RefCell<Tweaks>>> {
        self.trace.inner = true;
        self.trace.direct_inner |= self.running.len() == 1;
        (self.links.len() > self.base).then(|| self.links.last().map(|link| link.tweaks.clone()))?
    }

    fn body(&mut self, node: u32) -> Result<Answer, Halt> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Halt::Fuel)?;
        self.trace.bodies.insert(node);
        let here = self.links.last().map_or(usize::MAX, |link| link.id);
        self.running.push((node, here));
        let outer_base = std::mem::replace(&mut self.base, self.links.len());
        let program = self.program;
        let result = number(self, &program.nodes[node as usize].body);
        self.base = outer_base;
        self.running.pop();
        match result {
            Ok(value) => Ok(Answer::Value(value)),
            Err(Halt::Fail(code)) => {
                self.trace.tainted |= program.kind(node) == Kind::Fallible;
                Ok(Answer::Error(code))
            }
            Err(other) => Err(other),
        }
    }
}

impl Machine for Evaluator<'_> {
    fn can_fail(&self) -> bool {
        self.running
            .last()
            .is_some_and(|(node, _)| self.program.kind(*node).can_fail())
    }

    fn ask(&mut self, node: u32) -> Result<Answer, Halt> {
        self.trace.asked.insert(node);
        if self.running.len() == 1 && !self.trace.direct.contains(&node) {
            self.trace.direct.push(node);
        }
        for link in self.links.iter().rev() {
            if let Some(answer) = link.tweaks.borrow().get(&node) {
                return Ok(*answer);
            }
        }
        if self.closes_a_circle(node) {
            self.trace.tainted = true;
            return Err(Halt::Cycle);
        }
        self.body(node)
    }

    fn panic(&mut self, value: i64) -> Halt {
        self.trace.tainted = true;
        Halt::Panic(value)
    }

    fn catch(&mut self, instead: i64, then: impl FnOnce(&mut Self) -> Number) -> Number {
        match then(self) {
            Err(Halt::Panic(_) | Halt::Cycle) => Ok(instead),
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
        self.trace.scope = true;
        self.trace.direct_scope |= self.running.len() == 1;
        let context = Rc::new(RefCell::new(Tweaks::new()));
        let mut sum = 0_i64;
        for part in parts {
            let tweaks = if kept { context.clone() } else { Rc::default() };
            self.links.push(Link {
                id: self.ids,
                tweaks,
            });
            self.ids += 1;
            let result = each(self, part);
            self.links.pop();
            sum = sum.wrapping_add(result?);
        }
        Ok(sum)
    }

    fn outside(&mut self, then: impl FnOnce(&mut Self) -> Number + Send) -> Number {
        if self.links.len() == self.base {
            return then(self);
        }
        let innermost = self.links.pop();
        let result = then(self);
        self.links.extend(innermost);
        result
    }

    fn tweak(&mut self, node: u32, value: i64) {
        if let Some(tweaks) = self.own_tweaks() {
            tweaks.borrow_mut().insert(node, Answer::Value(value));
        }
    }

    fn untweak(&mut self, node: u32) {
        if let Some(tweaks) = self.own_tweaks() {
            tweaks.borrow_mut().remove(&node);
        }
    }

    fn invalidate(&mut self, _: u32) {
        self.own_tweaks();
    }

    fn impure(&mut self, _: u8, _: u32) {
        self.trace.tainted |= self.links.len() == self.base;
    }
}
