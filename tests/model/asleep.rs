//! Owns what must not run again of scenarios: what is expected of them while
//! nobody stands in them, and of what they share. It errs on the side of
//! expecting nothing.

use crate::evaluate::Trace;
use crate::expect::{Books, Change};
use crate::frame::Frame;
use crate::program::Program;
use crate::tweaks::Tweaks;
use std::collections::BTreeMap;

/// How much a context keeps of scenarios, as far as anything is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    All,
    /// What is held for all scenarios, below a context that is none.
    Shared,
    Nothing,
}

/// What is expected of the scenarios that are entered from one layer.
#[derive(Clone, Default)]
pub struct Below {
    /// What no tweak of theirs can touch.
    pub shared: Books,
    /// Those that were left, by the label of their outermost level.
    asleep: BTreeMap<String, Level>,
}

/// One level of a scenario.
#[derive(Clone)]
pub struct Level {
    pub label: String,
    pub tweaks: Tweaks,
    pub books: Books,
    pub below: Below,
}

impl Below {
    /// The level, as it was left, or new.
    pub fn wake(&mut self, program: &Program, label: &str, tweaks: &Tweaks) -> Level {
        self.asleep.remove(label).unwrap_or_else(|| Level {
            label: label.to_owned(),
            tweaks: tweaks.clone(),
            books: Books::new(tweaks.nodes(program).into_iter()),
            below: Below::default(),
        })
    }

    /// The level was left.
    pub fn put_to_sleep(&mut self, mut level: Level) {
        level.books.learned();
        level.books.forget_due();
        self.asleep.insert(level.label.clone(), level);
    }

    /// Nothing is known of the scenarios that were left.
    pub fn forget_asleep(&mut self) {
        self.asleep.clear();
    }

    /// The layer around, or one around that, has come to know more.
    pub fn learned(&mut self) {
        self.shared.learned();
        for level in self.asleep.values_mut() {
            level.books.learned();
            level.below.learned();
        }
    }

    /// Something was changed in the layer around, or further out.
    pub fn change(&mut self, node: u32, change: Change) {
        match change {
            // All that sleeps below the layer goes.
            Change::Invalidated => self.clear(),
            Change::Lost => self.asleep.clear(),
            Change::Other | Change::Same => {}
        }
        self.shared.change(false, node, change);
        for level in self.asleep.values_mut() {
            level.books.change(false, node, change);
            level.below.change(node, change);
        }
    }

    /// Something was changed in the layer around, or further out, be it of no node.
    pub fn grow_old(&mut self) {
        self.shared.grow_old();
        for level in self.asleep.values_mut() {
            level.books.grow_old();
            level.below.grow_old();
        }
    }

    /// The layer around, or one further out, was cleared.
    pub fn clear(&mut self) {
        *self = Below::default();
    }
}

/// Books what the frame, which is a scenario's, has answered in the shared layers around it. Tells whether it
/// rests on no tweak of any level: then the layer around may share it in its turn.
pub fn share(
    frame: &mut Frame,
    around: &mut Below,
    program: &Program,
    node: u32,
    trace: &Trace,
) -> bool {
    let plain = !trace.scope && !trace.inner && !program.cyclic;
    let mut untouched = plain && frame.books.leaves_untouched(&trace.asked);
    for place in (0..frame.hidden.len()).rev() {
        if !untouched {
            return false;
        }
        let level = &mut frame.hidden[place];
        level.below.shared.answered(program, node, trace);
        untouched = level.books.leaves_untouched(&trace.asked);
    }
    if untouched {
        around.shared.answered(program, node, trace);
    }
    untouched
}
