//! Owns all that touches dug's names for single nodes: asking, tweaking and
//! asking about them by index.

use crate::evaluate::Outcome;
use crate::functions::{
    Live, Opaque, by_graph, fallible, handle, leaf, named, observe, op, opaque, other, through,
};
use crate::program::{Answer, Kind, Program};
use crate::world;
use dug::{NodeId, Tracked, node, tweak, with_context};

/// Binds `$name` to the `Node` of an index, whatever function it belongs to. A call with a handle gets it by
/// `$handle`. For what is no function: `$otherwise`.
macro_rules! with_node {
    ($live:expr, $index:expr, $name:ident, $handle:ident => $then:expr, $otherwise:expr) => {{
        let (key, index): (u64, u32) = ($live.key, $index);
        let text = index.to_string();
        match $live.program.kind(index) {
            Kind::Leaf => {
                let $name = node!(leaf(key, index));
                $then
            }
            Kind::Op => {
                let $name = op::node(key, index);
                $then
            }
            Kind::Other => {
                let $name = node!(other(key, index));
                $then
            }
            Kind::ByGraph => {
                let $name = node!(by_graph(key, index));
                $then
            }
            Kind::Fallible => {
                let $name = node!(fallible(key, index));
                $then
            }
            Kind::Named => {
                let $name = node!(named(key, &text));
                $then
            }
            Kind::Opaque => {
                let $name = node!(opaque(key, index));
                $then
            }
            Kind::Handle => {
                let $name = node!(handle(key, index));
                $then
            }
            Kind::Through => {
                let handle = $live.$handle(index);
                let $name = node!(through(key, index, handle));
                $then
            }
            Kind::External | Kind::File => $otherwise,
        }
    }};
}

/// The results of the functions, seen as answers.
pub trait Fits: Sized {
    fn answer(self) -> Answer;
    fn fit(answer: Answer) -> Self;
}

impl Fits for i64 {
    fn answer(self) -> Answer {
        Answer::Value(self)
    }
    fn fit(answer: Answer) -> Self {
        match answer {
            Answer::Value(value) | Answer::Error(value) => value,
        }
    }
}

impl Fits for Tracked<i64> {
    fn answer(self) -> Answer {
        Answer::Value(*self)
    }
    fn fit(answer: Answer) -> Self {
        Tracked::new(i64::fit(answer))
    }
}

impl Fits for Opaque {
    fn answer(self) -> Answer {
        Answer::Value(self.0)
    }
    fn fit(answer: Answer) -> Self {
        Opaque(i64::fit(answer))
    }
}

impl Fits for Result<i64, i64> {
    fn answer(self) -> Answer {
        self.map_or_else(Answer::Error, Answer::Value)
    }
    fn fit(answer: Answer) -> Self {
        match answer {
            Answer::Value(value) => Ok(value),
            Answer::Error(code) => Err(code),
        }
    }
}

impl Live {
    /// An ordinary call.
    pub fn ask(&self, index: u32) -> Answer {
        let key = self.key;
        match self.program.kind(index) {
            Kind::Leaf => leaf(key, index).answer(),
            Kind::Op => op(key, index).answer(),
            Kind::Other => other(key, index).answer(),
            Kind::ByGraph => by_graph(key, index).answer(),
            Kind::Fallible => fallible(key, index).answer(),
            Kind::Named => named(key, &index.to_string()).answer(),
            Kind::Opaque => opaque(key, index).answer(),
            Kind::Handle => handle(key, index).answer(),
            Kind::Through => through(key, index, self.passed(index)).answer(),
            Kind::External => {
                let bound = dug::external_value::<i64>(self.external(index));
                Answer::Value(bound.map_or(UNBOUND, |value| *value))
            }
            Kind::File => {
                let path = world::path(key, index);
                let text = match index % 2 {
                    0 => dug::input::text(path).ok(),
                    _ => dug::input::file(path).ok().and_then(|bytes| {
                        let text = std::str::from_utf8(&bytes).ok();
                        text.map(Into::into)
                    }),
                };
                let number = text.and_then(|text| text.parse().ok());
                Answer::Value(number.unwrap_or(MISSING))
            }
        }
    }

    /// What an ordinary call does.
    pub fn call(&self, index: u32) -> Outcome {
        observe(|| Outcome::Answer(self.ask(index)))
    }

    /// What `Node::call` does.
    pub fn call_node(&self, index: u32) -> Outcome {
        observe(
            || with_node!(self, index, node, passed => Outcome::Answer(node.call().answer()), Outcome::Answer(self.ask(index))),
        )
    }

    /// What `Node::try_call` does.
    pub fn try_call(&self, index: u32) -> Outcome {
        observe(|| {
            with_node!(self, index, node, passed => match node.try_call() {
                Ok(result) => Outcome::Answer(result.answer()),
                Err(dug::Error::Cycle { .. }) => Outcome::Cycle,
                Err(other) => Outcome::Refused(other.to_string()),
            }, Outcome::Answer(self.ask(index)))
        })
    }

    pub fn get(&self, index: u32) -> Option<Answer> {
        with_node!(self, index, node, passed => node.get().map(Fits::answer), None)
    }

    pub fn tweak(&self, index: u32, answer: Answer) {
        let outside = || {
            if self.program.kind(index) == Kind::External {
                dug::external(self.external(index), i64::fit(answer));
            }
        };
        with_node!(self, index, node, name => node.tweak(Fits::fit(answer)), outside());
    }

    pub fn untweak(&self, index: u32) {
        let outside = || {
            if self.program.kind(index) == Kind::External {
                dug::forget_external(self.external(index));
            }
        };
        with_node!(self, index, node, name => node.untweak(), outside());
    }

    pub fn invalidate(&self, index: u32) {
        with_node!(self, index, node, passed => node.invalidate(), {});
    }

    pub fn unload(&self, index: u32) {
        with_node!(self, index, node, passed => node.unload(), {});
    }

    pub fn forget(&self, index: u32) {
        with_node!(self, index, node, passed => node.forget(), {});
    }

    /// Takes what is stored of it for right.
    pub fn accept(&self, index: u32) -> usize {
        with_node!(self, index, node, passed => node.accept(), 0)
    }

    /// The path of its function.
    pub fn function(&self, index: u32) -> String {
        with_node!(self, index, node, name => node.id().function().to_owned(), String::new())
    }

    pub fn is_cached(&self, index: u32) -> bool {
        with_node!(self, index, node, passed => node.is_cached(), true)
    }

    pub fn is_tweaked(&self, index: u32) -> bool {
        with_node!(self, index, node, name => node.is_tweaked(), false)
    }

    pub fn is_masked(&self, index: u32) -> bool {
        with_node!(self, index, node, passed => node.is_masked(), false)
    }

    /// The dependencies by index, each once; `None` for one that is no node of this program.
    pub fn dependencies(&self, index: u32) -> Option<Vec<u32>> {
        let ids = with_node!(self, index, node, passed => node.dependencies(), Vec::new());
        let mut found = Vec::new();
        for id in ids {
            let at = (0..self.program.len()).find(|other| self.is_id(*other, &id))?;
            if !found.contains(&at) {
                found.push(at);
            }
        }
        Some(found)
    }

    fn is_id(&self, index: u32, id: &NodeId) -> bool {
        let outside = || match self.program.kind(index) {
            Kind::External => id.to_string() == format!("external({:?})", self.external(index)),
            _ => id.to_string().contains(&world::path(self.key, index)),
        };
        with_node!(self, index, node, name => node.id() == id, outside())
    }

    /// A handle on what the node answers here and now.
    pub fn handle_on(&self, index: u32) -> Tracked<i64> {
        let key = self.key;
        match self.program.kind(index) {
            Kind::Handle => handle(key, index),
            Kind::Leaf => node!(leaf(key, index)).tracked(),
            Kind::Op => node!(op(key, index)).tracked(),
            Kind::Other => node!(other(key, index)).tracked(),
            Kind::ByGraph => node!(by_graph(key, index)).tracked(),
            Kind::Through => node!(through(key, index, self.passed(index))).tracked(),
            other => panic!("there are no handles on {other:?}"),
        }
    }

    /// What a call of the node here and now is made with.
    pub fn passed(&self, index: u32) -> Tracked<i64> {
        match self.program.source(index) {
            Some(source) => self.handle_on(source),
            None => Tracked::new(0),
        }
    }

    /// What names a call of the node.
    pub fn name(&self, index: u32) -> Tracked<i64> {
        let name = self.names[index as usize].clone();
        name.unwrap_or_else(|| Tracked::new(0))
    }

    /// A call with this handle.
    pub fn ask_through(&self, index: u32, handle: Tracked<i64>) -> Answer {
        through(self.key, index, handle).answer()
    }

    /// The name of a binding.
    fn external(&self, index: u32) -> String {
        format!("{}-{index}", self.key)
    }
}

/// What names that are bound nowhere answer.
pub const UNBOUND: i64 = -50;
/// What files that are not there answer.
pub const MISSING: i64 = -60;
/// What no node answers.
const FOREIGN: i64 = 1_000_003;

/// For each node whose calls have a handle, a handle of the node that they have it from, which holds another number.
pub fn names(key: u64, program: &Program) -> Vec<Option<Tracked<i64>>> {
    let mut names: Vec<Option<Tracked<i64>>> = Vec::new();
    for index in 0..program.len() {
        let name = program.source(index).map(|source| {
            with_context(|| match program.kind(source) {
                Kind::Handle => {
                    tweak!(handle(key, source) => Tracked::new(FOREIGN));
                    handle(key, source)
                }
                Kind::Op => {
                    tweak!(op(key, source) => FOREIGN);
                    node!(op(key, source)).tracked()
                }
                Kind::Other => {
                    tweak!(other(key, source) => FOREIGN);
                    node!(other(key, source)).tracked()
                }
                Kind::ByGraph => {
                    tweak!(by_graph(key, source) => FOREIGN);
                    node!(by_graph(key, source)).tracked()
                }
                Kind::Leaf => {
                    tweak!(leaf(key, source) => FOREIGN);
                    node!(leaf(key, source)).tracked()
                }
                Kind::Through => {
                    let name = names[source as usize].clone();
                    let node = node!(through(
                        key,
                        source,
                        name.unwrap_or_else(|| Tracked::new(0))
                    ));
                    node.tweak(FOREIGN);
                    node.tracked()
                }
                other => panic!("there are no handles on {other:?}"),
            })
        });
        names.push(name);
    }
    names
}
