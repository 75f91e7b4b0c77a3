//! Owns the world of a running tracked function: what `interpret` asks for,
//! done with dug's names. Names of single nodes are in `functions`.

use crate::evaluate::Outcome;
use crate::functions::{
    Live, Opaque, blame, boom, by_graph, fallible, handle, leaf, named, op, opaque, other,
};
use crate::interpret::{Halt, Machine, Number};
use crate::program::{Answer, Inner, Kind};
use crate::scenario::{self, Level};
use crate::tweaks::{What, Where};
use crate::typed;
use dug::{Context, Tracked, tweak, untweak, with_context};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// A layer to which one can go back, whatever type `dug::here()` has.
pub type Place = Arc<dyn Fn(&mut (dyn FnMut() + Send)) + Send + Sync>;

/// The current layer and the running node.
pub fn place() -> Place {
    let here = dug::here();
    Arc::new(move |then| here.run(then))
}

/// Does something there.
pub fn at<R: Send>(place: &Place, then: impl FnOnce() -> R + Send) -> R {
    let (mut then, mut result) = (Some(then), None);
    place(&mut || result = then.take().map(|then| then()));
    match result {
        Some(result) => result,
        None => resume_unwind(Box::new("`here.run` did not run its closure".to_owned())),
    }
}

/// The world of a running tracked function.
#[derive(Clone)]
pub struct Body {
    live: Arc<Live>,
    index: u32,
    /// What it was called with.
    given: Option<Tracked<i64>>,
    /// The handles that it holds, and on which nodes.
    held: Vec<(u32, Tracked<i64>)>,
    /// The layers around those that this body opened, the outermost first.
    around: Vec<Place>,
}

impl Body {
    pub fn new(live: Arc<Live>, index: u32, given: Option<Tracked<i64>>) -> Self {
        Body {
            live,
            index,
            given,
            held: Vec::new(),
            around: Vec::new(),
        }
    }

    fn deeper(&self) -> Body {
        let mut deeper = self.clone();
        deeper.around.push(place());
        deeper
    }
}

impl Machine for Body {
    fn can_fail(&self) -> bool {
        self.live.program.kind(self.index).can_fail()
    }

    fn ask(&mut self, node: u32) -> Result<Answer, Halt> {
        Ok(self.live.ask(node))
    }

    fn given(&mut self) -> Option<i64> {
        self.given.as_deref().copied()
    }

    fn hold(&mut self, node: u32, then: impl FnOnce(&mut Self) -> Number) -> Number {
        if !self.live.program.kind(node).is_held() {
            self.live.ask(node);
            return then(self);
        }
        // What leaves by a panic holds nothing any more.
        let mut holding = self.clone();
        holding.held.push((node, self.live.handle_on(node)));
        then(&mut holding)
    }

    fn ask_held(&mut self, node: u32) -> Result<Answer, Halt> {
        let source = self.live.program.source(node);
        let mut held = self.held.iter().rev();
        match held.find(|(on, _)| Some(*on) == source) {
            Some((_, handle)) => Ok(self.live.ask_through(node, handle.clone())),
            None => self.ask(node),
        }
    }

    fn panic(&mut self, value: i64) -> Halt {
        boom(value)
    }

    fn catch(&mut self, instead: i64, then: impl FnOnce(&mut Self) -> Number) -> Number {
        catch_unwind(AssertUnwindSafe(|| then(self))).unwrap_or_else(|payload| {
            if let Outcome::Refused(text) = blame(&*payload) {
                self.live
                    .complain(format!("a body of {} caught: {text}", self.index));
            }
            Ok(instead)
        })
    }

    fn thread(&mut self, inherit: bool, then: impl FnOnce(&mut Self) -> Number + Send) -> Number {
        let result = std::thread::scope(|scope| {
            if inherit {
                scope.spawn(dug::inherit(|| then(self))).join()
            } else {
                let here = dug::here();
                scope.spawn(move || here.run(|| then(self))).join()
            }
        });
        result.unwrap_or_else(|payload| resume_unwind(payload))
    }

    fn within(
        &mut self,
        kept: bool,
        parts: &[Vec<Inner>],
        each: impl Fn(&mut Self, &[Inner]) -> Number + Sync,
    ) -> Number {
        let context = Context::new();
        let mut deeper = self.deeper();
        let mut sum = 0_i64;
        for part in parts {
            let result = if kept {
                context.enter(|| each(&mut deeper, part))
            } else {
                with_context(|| each(&mut deeper, part))
            };
            sum = sum.wrapping_add(result?);
        }
        Ok(sum)
    }

    fn scenario(&mut self, levels: &[Level], then: impl FnOnce(&mut Self) -> Number) -> Number {
        match scenario::of_body(&self.live, levels) {
            Some(scenario) => {
                let mut deeper = self.deeper();
                scenario.enter(|| then(&mut deeper))
            }
            None => then(self),
        }
    }

    fn outside(&mut self, then: impl FnOnce(&mut Self) -> Number + Send) -> Number {
        let mut outer = self.clone();
        match outer.around.pop() {
            Some(place) => at(&place, || then(&mut outer)),
            None => then(&mut outer),
        }
    }

    fn tweak(&mut self, node: u32, value: i64) {
        let key = self.live.key;
        match self.live.program.kind(node) {
            _ if self.around.is_empty() => {}
            Kind::Leaf => tweak!(leaf(key, node) => value),
            Kind::Op => tweak!(op(key, node) => value),
            Kind::Other => tweak!(other(key, node) => value),
            Kind::ByGraph => tweak!(by_graph(key, node) => value),
            Kind::Fallible => tweak!(fallible(key, node) => Ok(value)),
            Kind::Named => tweak!(named(key, &node.to_string()) => Ok(value)),
            Kind::Opaque => tweak!(opaque(key, node) => Opaque(value)),
            Kind::Handle => tweak!(handle(key, node) => Tracked::new(value)),
            _ => self.live.tweak(node, Answer::Value(value)),
        }
    }

    fn untweak(&mut self, node: u32) {
        let key = self.live.key;
        match self.live.program.kind(node) {
            _ if self.around.is_empty() => {}
            Kind::Leaf => untweak!(leaf(key, node)),
            Kind::Op => untweak!(op(key, node)),
            Kind::Other => untweak!(other(key, node)),
            Kind::ByGraph => untweak!(by_graph(key, node)),
            Kind::Fallible => untweak!(fallible(key, node)),
            Kind::Named => untweak!(named(key, &node.to_string())),
            Kind::Opaque => untweak!(opaque(key, node)),
            Kind::Handle => untweak!(handle(key, node)),
            _ => self.live.untweak(node),
        }
    }

    fn tweak_so(&mut self, place: Where, what: What) {
        if !self.around.is_empty() {
            typed::tweak_so(&self.live, place, what);
        }
    }

    fn untweak_so(&mut self, place: Where) {
        if !self.around.is_empty() {
            typed::untweak_so(&self.live, place);
        }
    }

    fn invalidate(&mut self, node: u32) {
        // To make the handle that names such a call is more than to invalidate it.
        if !self.around.is_empty() && self.live.program.source(node).is_none() {
            self.live.invalidate(node);
        }
    }

    fn impure(&mut self, which: u8, node: u32) {
        if !self.around.is_empty() {
            return;
        }
        let live = &self.live;
        if !live.program.kind(node).is_tried(which) {
            return;
        }
        let attempt = catch_unwind(AssertUnwindSafe(|| match which {
            0 => live.tweak(node, Answer::Value(0)),
            1 => live.untweak(node),
            2 => live.invalidate(node),
            3 => Context::current()
                .into_iter()
                .for_each(|context| context.clear()),
            4 => _ = live.is_cached(node),
            5 => _ = live.is_tweaked(node),
            6 => _ = live.is_masked(node),
            7 => _ = live.dependencies(node),
            8 => Context::current()
                .into_iter()
                .for_each(|context| _ = context.stats()),
            _ => _ = live.get(node),
        }));
        if attempt.is_ok() {
            live.complain(format!(
                "the impure act {which} on {node} in a body of {} was let through",
                self.index
            ));
        }
    }
}
