//! Owns what a tweak is: which nodes (`Where`), what they answer (`What`), and
//! what a context has of them (`Tweaks`): which come first, which take the
//! place of others. It knows neither dug nor caches.

use crate::program::{Answer, Kind, Program};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Which nodes a tweak is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Where {
    Node(u32),
    /// All nodes of a function.
    Whole(Kind),
    /// Those of a function with these arguments, where they are given.
    Pattern {
        kind: Kind,
        program: bool,
        index: Option<u32>,
    },
    /// Those of a function that pass a test.
    Guard {
        kind: Kind,
        test: Test,
    },
}

/// What a guard asks of an index; it sees the program too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Test {
    Even,
    Above(u32),
    Is(u32),
}

impl Test {
    pub fn accepts(self, index: u32) -> bool {
        match self {
            Test::Even => index.is_multiple_of(2),
            Test::Above(bound) => index > bound,
            Test::Is(wanted) => index == wanted,
        }
    }
}

/// What takes the place of what: the same places are about the same nodes, said in the same way.
#[derive(Debug, PartialEq)]
enum Place {
    Exact(Kind, u32),
    Pattern(Kind, bool, Option<u32>),
    Guard(Kind),
    Whole(Kind),
}

impl Where {
    /// The function that the nodes belong to.
    pub fn kind(self, program: &Program) -> Kind {
        match self {
            Where::Node(node) => program.kind(node),
            Where::Whole(kind) | Where::Pattern { kind, .. } | Where::Guard { kind, .. } => kind,
        }
    }

    fn place(self, program: &Program) -> Place {
        match self {
            Where::Node(node) => Place::Exact(program.kind(node), node),
            Where::Whole(kind) => Place::Whole(kind),
            Where::Pattern {
                kind,
                program: true,
                index: Some(index),
            } if kind != Kind::Through => Place::Exact(kind, index),
            Where::Pattern {
                kind,
                program,
                index,
            } => Place::Pattern(kind, program, index),
            Where::Guard { kind, .. } => Place::Guard(kind),
        }
    }

    pub fn is_about(self, program: &Program, node: u32) -> bool {
        let index_fits = match self {
            Where::Node(wanted) => node == wanted,
            Where::Whole(_) => true,
            Where::Pattern { index, .. } => index.is_none_or(|index| index == node),
            Where::Guard { test, .. } => test.accepts(node),
        };
        index_fits && program.kind(node) == self.kind(program)
    }

    /// All nodes of the program that it is about.
    pub fn nodes(self, program: &Program) -> Vec<u32> {
        let all = 0..program.len();
        all.filter(|node| self.is_about(program, *node)).collect()
    }

    /// The node, if it is about one by name.
    pub fn node(self, program: &Program) -> Option<u32> {
        match self.place(program) {
            Place::Exact(kind, node) if node < program.len() && program.kind(node) == kind => {
                Some(node)
            }
            _ => None,
        }
    }

    /// Whether tweaks of it can be given apart from a context.
    pub fn can_be_data(self, program: &Program) -> bool {
        !self.kind(program).is_outside()
    }

    /// Whether it names one node, be it one of the program or not.
    pub fn is_exact(self, program: &Program) -> bool {
        matches!(self.place(program), Place::Exact(..))
    }

    pub fn is_whole(self) -> bool {
        matches!(self, Where::Whole(_))
    }

    /// Whether a tweak of the one takes the place of a tweak of the other.
    pub fn is_same(self, other: Where, program: &Program) -> bool {
        self.place(program) == other.place(program)
    }

    /// The same text for the same places.
    pub fn said(self, program: &Program) -> String {
        format!("{:?}", self.place(program))
    }

    /// The indices that it names, to change them.
    pub fn named_mut(&mut self) -> Option<&mut u32> {
        match self {
            Where::Node(node) => Some(node),
            Where::Pattern { index, .. } => index.as_mut(),
            Where::Guard {
                test: Test::Is(index) | Test::Above(index),
                ..
            } => Some(index),
            Where::Whole(_)
            | Where::Guard {
                test: Test::Even, ..
            } => None,
        }
    }
}

/// What a tweak makes of its nodes' answers. All but values are relative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    Value(Answer),
    /// By closures.
    Plus(i64),
    Times(i64),
    /// As data.
    Increased(i64),
    Multiplied(i64),
    Clamped(i64, i64),
    /// Adds what another node answers.
    Asks(u32),
    /// Panics if the number leaves this rest when divided by five.
    PanicIf(i64),
    /// Answers `Err` if the number leaves this rest when divided by five, where the function can.
    FailIf(i64),
}

impl What {
    /// Whether it leaves all answers as they are.
    pub fn is_idle(self) -> bool {
        matches!(
            self,
            What::Plus(0) | What::Increased(0) | What::Times(1) | What::Multiplied(1)
        )
    }

    pub fn is_relative(self) -> bool {
        !matches!(self, What::Value(_))
    }

    /// What is left of it for these nodes. Unless the program may go round in circles, a closure
    /// asks for nodes before them only: else it could go round through ever new contexts.
    pub fn fitted(self, place: Where, program: &Program) -> What {
        let first = place.nodes(program).first().copied();
        match self {
            What::Value(answer) => What::Value(answer.fitted(place.kind(program))),
            _ if !place.can_be_data(program) => What::Value(Answer::Value(1)),
            What::Asks(asked) if asked >= program.len() => What::Plus(1),
            What::Asks(asked) if !program.cyclic && first.is_some_and(|first| asked >= first) => {
                What::Plus(i64::from(asked))
            }
            other => other,
        }
    }

    /// The node that it names, to change it.
    pub fn named_mut(&mut self) -> Option<&mut u32> {
        match self {
            What::Asks(node) => Some(node),
            _ => None,
        }
    }
}

/// The tweaks of one context, in the order of application.
#[derive(Clone, Debug, Default)]
pub struct Tweaks(Vec<(Where, What)>);

impl Tweaks {
    /// Adds a tweak, in the place of an earlier one of the same nodes. Tells which nodes have a new line.
    pub fn apply(&mut self, program: &Program, place: Where, what: What) -> BTreeSet<u32> {
        let mut changed = BTreeSet::new();
        if place.kind(program) == Kind::File {
            return changed;
        }
        if !matches!(place, Where::Guard { .. }) {
            changed = self.take_back(program, place);
        }
        self.0.push((place, what.fitted(place, program)));
        let new = self.0.len() - 1;
        changed.extend(self.ruled_by(program, &|at| at == new));
        changed
    }

    /// Takes the tweak of these nodes back; of guards, all of the function. Tells which nodes have a new line.
    pub fn take_back(&mut self, program: &Program, place: Where) -> BTreeSet<u32> {
        let gone = place.place(program);
        let changed = self.ruled_by(program, &|at| self.0[at].0.place(program) == gone);
        self.0.retain(|(other, _)| other.place(program) != gone);
        changed
    }

    /// The nodes in whose line one of these tweaks is.
    fn ruled_by(&self, program: &Program, wanted: &dyn Fn(usize) -> bool) -> BTreeSet<u32> {
        let all = 0..program.len();
        all.filter(|node| self.places(program, *node).into_iter().any(wanted))
            .collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a tweak of just these nodes is there.
    pub fn is_there(&self, program: &Program, place: Where) -> bool {
        let mut places = self.0.iter();
        places.any(|(other, _)| other.is_same(place, program))
    }

    /// What rules the node, the first to answer first, up to the first value.
    pub fn line(&self, program: &Program, node: u32) -> Vec<What> {
        let places = self.places(program, node).into_iter();
        places.map(|at| self.0[at].1).collect()
    }

    fn places(&self, program: &Program, node: u32) -> Vec<usize> {
        let mut line = Vec::new();
        for rank in 0..3 {
            for (at, (place, what)) in self.0.iter().enumerate().rev() {
                let other = match place.place(program) {
                    Place::Exact(..) => 0,
                    Place::Pattern(..) | Place::Guard(_) => 1,
                    Place::Whole(_) => 2,
                };
                if rank == other && place.is_about(program, node) {
                    line.push(at);
                    if !what.is_relative() {
                        return line;
                    }
                }
            }
        }
        line
    }

    pub fn has(&self, program: &Program, node: u32) -> bool {
        self.0
            .iter()
            .any(|(place, _)| place.is_about(program, node))
    }

    /// Whether nodes of a function may be tweaked.
    pub fn has_kind(&self, program: &Program, kind: Kind) -> bool {
        let mut places = self.0.iter();
        places.any(|(place, _)| place.kind(program) == kind)
    }

    pub fn has_relative(&self) -> bool {
        self.0.iter().any(|(_, what)| what.is_relative())
    }

    /// Whether the node has a tweak of its own.
    pub fn has_own(&self, program: &Program, node: u32) -> bool {
        let mut places = self.0.iter();
        places.any(|(place, _)| place.node(program) == Some(node))
    }

    /// All nodes that are tweaked.
    pub fn nodes(&self, program: &Program) -> Vec<u32> {
        let all = 0..program.len();
        all.filter(|node| self.has(program, *node)).collect()
    }
}
