//! Owns the world of a body whose ways to an answer are gone through.

use super::{Link, Possible};
use crate::interpret::{Halt, Machine, Number};
use crate::program::{Answer, Inner};
use crate::scenario::{Level, tweaks_of_body};
use crate::tweaks::{Tweaks, What, Where};

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

    /// What a body makes of a panic that it has caught may be kept.
    fn panic(&mut self, value: i64) -> Halt {
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

    fn invalidate(&mut self, _: u32) {}

    fn impure(&mut self, which: u8, node: u32) {
        let is_tried = self.now.program.kind(node).is_tried(which);
        self.notes.tainted |= is_tried && self.links.len() == self.body.base;
    }
}
