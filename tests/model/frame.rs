//! Owns what a session knows of one of its layers: its context, its tweaks, and
//! what must not run again in it.

use crate::act::{Fault, Runner};
use crate::asleep::{Below, Expects, Level};
use crate::body::{Place, place};
use crate::expect::Books;
use crate::past::Excuse;
use crate::program::Program;
use crate::scenario::MadeLevel;
use crate::tweaks::Tweaks;
use dug::Context;
use std::sync::{Arc, Mutex, PoisonError};

/// The tweaks that a context has, by the session's account.
pub type SharedTweaks = Arc<Mutex<Tweaks>>;

/// One layer that the session is in.
#[derive(Clone)]
pub struct Frame {
    pub context: Context,
    pub tweaks: SharedTweaks,
    pub place: Place,
    pub books: Books,
    /// Of a scenario: the levels around the innermost, the outermost first.
    pub hidden: Vec<Level>,
    /// Of a scenario: what the innermost level was when it was entered.
    pub scenario: Option<(String, Tweaks)>,
    /// What is expected of scenarios entered from here.
    pub below: Below,
    pub expects: Expects,
    /// Something was tweaked or invalidated since it was entered: then it is not kept as its scenario.
    pub touched: bool,
    /// How many acts were done in it, or in layers around.
    pub acts: u64,
    /// It has a store, or one around it has.
    pub stored: bool,
    /// It has been given one.
    pub policy: Excuse,
}

impl Frame {
    /// The layer of a context that was just entered for the first time.
    pub fn new(runner: &Runner) -> Result<Frame, Fault> {
        Frame::of(runner, SharedTweaks::default())
    }

    /// The layer of a kept context that was just entered.
    pub fn kept(runner: &Runner, kept: u8) -> Result<Frame, Fault> {
        let mut frame = Frame::of(runner, runner.kept[usize::from(kept)].1.clone())?;
        let stores = runner.stores.as_ref();
        if let Some(policy) = stores.and_then(|stores| stores.kept_policy(kept)) {
            frame.excuse(runner, policy);
        }
        Ok(frame)
    }

    /// Its context has a policy.
    pub fn excuse(&mut self, runner: &Runner, policy: Excuse) {
        self.policy = policy;
        runner.past().has_served |= policy != Excuse::Nothing;
    }

    fn of(runner: &Runner, tweaks: SharedTweaks) -> Result<Frame, Fault> {
        let context = Context::current().ok_or("there is no current context inside one")?;
        let books = Books::new(locked(&tweaks).nodes(&runner.live.program).into_iter());
        Ok(Frame {
            context,
            tweaks,
            place: place(),
            books,
            hidden: Vec::new(),
            scenario: None,
            below: Below::default(),
            expects: Expects::All,
            touched: false,
            acts: 0,
            policy: Excuse::Nothing,
            stored: runner.frames.last().is_some_and(|around| around.stored),
        })
    }

    /// The layer of a scenario that was just entered from the innermost one.
    pub fn scenario(runner: &mut Runner, levels: &[MadeLevel]) -> Result<Frame, Fault> {
        let (last, outer) = levels.split_last().ok_or("a scenario has a level")?;
        let tweaks = Arc::new(Mutex::new(last.tweaks.clone()));
        let mut frame = Frame::of(runner, tweaks)?;
        let program = &runner.live.program;
        let mut nothing = Below::default();
        let below = match runner.frames.last_mut() {
            Some(around) => {
                frame.expects = around.expects;
                &mut around.below
            }
            None => &mut nothing,
        };
        for level in outer {
            let inside = frame
                .hidden
                .last_mut()
                .map(|level: &mut Level| &mut level.below);
            let woken = inside
                .unwrap_or(&mut *below)
                .wake(program, &level.label, &level.tweaks);
            frame.hidden.push(woken);
        }
        let inside = frame.hidden.last_mut().map(|level| &mut level.below);
        let level = inside
            .unwrap_or(below)
            .wake(program, &last.label, &last.tweaks);
        (frame.books, frame.below) = (level.books, level.below);
        frame.scenario = Some((last.label.clone(), last.tweaks.clone()));
        Ok(frame)
    }

    /// The layer of a scenario was left; `below` is what is expected below the layer around.
    pub fn leave(self, around: &Frame, below: &mut Below) {
        let Some((label, tweaks)) = self.scenario else {
            return;
        };
        let mut inner = (!self.touched).then_some(Level {
            label,
            tweaks,
            books: self.books,
            below: self.below,
        });
        for mut level in self.hidden.into_iter().rev() {
            if let Some(inner) = inner.take() {
                level.below.put_to_sleep(inner);
            }
            inner = Some(level);
        }
        if let Some(level) = inner
            && around.expects == Expects::All
        {
            below.put_to_sleep(level);
        }
    }

    /// The tweaks of its contexts, the outermost first.
    pub fn all_tweaks(&self) -> Vec<Tweaks> {
        let hidden = self.hidden.iter().map(|level| level.tweaks.clone());
        hidden.chain([locked(&self.tweaks).clone()]).collect()
    }

    /// Something was learned in the layer, or in one around; `around`: in one around.
    pub fn learned(&mut self, around: bool) {
        self.books.learned();
        self.below.learned();
        if around {
            for level in &mut self.hidden {
                level.books.learned();
                level.below.learned();
            }
        }
    }

    pub fn is_of(&self, context: &SharedTweaks) -> bool {
        Arc::ptr_eq(&self.tweaks, context)
    }

    pub fn has(&self, program: &Program, node: u32) -> bool {
        locked(&self.tweaks).has(program, node)
    }

    /// Whether it or a level around it has.
    pub fn has_anywhere(&self, program: &Program, node: u32) -> bool {
        let mut hidden = self.hidden.iter();
        self.has(program, node) || hidden.any(|level| level.tweaks.has(program, node))
    }
}

pub fn locked(tweaks: &SharedTweaks) -> std::sync::MutexGuard<'_, Tweaks> {
    tweaks.lock().unwrap_or_else(PoisonError::into_inner)
}
