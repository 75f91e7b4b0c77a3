//! Owns the world of a body that the evaluator interprets.

use super::{Evaluator, Link};
use crate::interpret::{Halt, Machine, Number};
use crate::program::{Answer, Inner};
use crate::scenario::{Level, tweaks_of_body};
use crate::tweaks::{Tweaks, What, Where};
use std::cell::RefCell;
use std::rc::Rc;

impl Machine for Evaluator<'_> {
    fn can_fail(&self) -> bool {
        self.running
            .last()
            .is_some_and(|running| self.program.kind(running.node).can_fail())
    }

    fn ask(&mut self, node: u32) -> Result<Answer, Halt> {
        match self.program.source(node) {
            Some(source) => match self.ask(source)? {
                Answer::Value(given) | Answer::Error(given) => self.answer(node, Some(given)),
            },
            None => self.answer(node, None),
        }
    }

    fn given(&mut self) -> Option<i64> {
        self.given_now
    }

    fn hold(&mut self, node: u32, then: impl FnOnce(&mut Self) -> Number) -> Number {
        let (Answer::Value(value) | Answer::Error(value)) = self.ask(node)?;
        if !self.program.kind(node).is_held() {
            return then(self);
        }
        self.held.push((node, value));
        let result = then(self);
        self.held.pop();
        result
    }

    fn ask_held(&mut self, node: u32) -> Result<Answer, Halt> {
        let source = self.program.source(node);
        let mut held = self.held.iter().rev();
        match held.find(|(on, _)| Some(*on) == source) {
            Some((_, value)) => {
                let value = *value;
                self.answer(node, Some(value))
            }
            None => self.ask(node),
        }
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
        self.trace.direct_scope |= self.is_outermost();
        let context = Rc::new(RefCell::new(Tweaks::default()));
        let mut sum = 0_i64;
        for part in parts {
            let tweaks = if kept { context.clone() } else { Rc::default() };
            self.links.push(Link {
                id: self.ids,
                tweaks,
                span: 1,
            });
            self.ids += 1;
            let result = each(self, part);
            self.links.pop();
            sum = sum.wrapping_add(result?);
        }
        Ok(sum)
    }

    fn scenario(&mut self, levels: &[Level], then: impl FnOnce(&mut Self) -> Number) -> Number {
        let levels = tweaks_of_body(self.program, levels);
        if levels.is_empty() {
            return then(self);
        }
        self.trace.scope = true;
        self.trace.inner = true;
        self.trace.direct_scope |= self.is_outermost();
        self.trace.direct_inner |= self.is_outermost();
        self.rest(|rests| rests.inner = true);
        let (count, span) = (self.links.len(), levels.len());
        for tweaks in levels {
            let link = Link::new(self.ids, tweaks);
            self.links.push(Link { span, ..link });
            self.ids += 1;
        }
        let result = then(self);
        self.links.truncate(count);
        result
    }

    fn outside(&mut self, then: impl FnOnce(&mut Self) -> Number + Send) -> Number {
        if self.links.len() == self.base {
            return then(self);
        }
        let span = self.links.last().map_or(0, |link| link.span);
        let inside = self.links.split_off(self.links.len() - span);
        let result = then(self);
        self.links.extend(inside);
        result
    }

    fn tweak_so(&mut self, place: Where, what: What) {
        if let Some(tweaks) = self.own_tweaks() {
            tweaks.borrow_mut().apply(self.program, place, what);
        }
    }

    fn untweak_so(&mut self, place: Where) {
        if let Some(tweaks) = self.own_tweaks() {
            tweaks.borrow_mut().take_back(self.program, place);
        }
    }

    fn invalidate(&mut self, node: u32) {
        if self.own_tweaks().is_some() {
            self.trace.invalidated.insert(node);
        }
    }

    fn impure(&mut self, which: u8, node: u32) {
        let is_tried = self.program.kind(node).is_tried(which);
        let forbidden = is_tried && self.links.len() == self.base;
        self.trace.tainted |= forbidden;
        self.rest(|rests| rests.unkept |= forbidden);
    }
}
