//! Owns what a session knows of its layers, and the acts in one of them that
//! change something. What only asks is in `question`.

use crate::body::{Place, place};
use crate::evaluate::{Outcome, Tweaks, Verdict, evaluate};
use crate::expect::{Books, Change};
use crate::functions::Live;
use crate::program::{Answer, Kind};
use crate::session::Act;
use dug::Context;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What was wrong.
pub type Fault = String;

/// The tweaks that a context has, by the session's account.
pub type SharedTweaks = Arc<Mutex<Tweaks>>;

/// One layer that the session is in.
#[derive(Clone)]
pub struct Frame {
    pub context: Context,
    pub tweaks: SharedTweaks,
    pub place: Place,
    pub books: Books,
}

impl Frame {
    /// The layer of a context that was just entered for the first time.
    pub fn new(_: &Runner) -> Result<Frame, Fault> {
        Frame::of(SharedTweaks::default())
    }

    /// The layer of a kept context that was just entered.
    pub fn kept(runner: &Runner, kept: u8) -> Result<Frame, Fault> {
        Frame::of(runner.kept[usize::from(kept)].1.clone())
    }

    fn of(tweaks: SharedTweaks) -> Result<Frame, Fault> {
        let context = Context::current().ok_or("there is no current context inside one")?;
        let books = Books::new(locked(&tweaks).keys().copied());
        Ok(Frame {
            context,
            tweaks,
            place: place(),
            books,
        })
    }

    pub fn is_of(&self, context: &SharedTweaks) -> bool {
        Arc::ptr_eq(&self.tweaks, context)
    }

    pub fn has(&self, node: u32) -> bool {
        locked(&self.tweaks).contains_key(&node)
    }
}

pub fn locked(tweaks: &SharedTweaks) -> std::sync::MutexGuard<'_, Tweaks> {
    tweaks.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One thread of a session.
#[derive(Clone)]
pub struct Runner {
    pub live: Arc<Live>,
    /// The layers, the outermost first.
    pub frames: Vec<Frame>,
    pub kept: Vec<(Context, SharedTweaks)>,
    /// All contexts that this thread entered.
    pub contexts: Vec<(SharedTweaks, Context)>,
    pub step: usize,
    /// No other thread is at work: what runs is this thread's doing.
    pub alone: bool,
    /// No other thread tweaks in these layers: the law holds for each call.
    pub strict: bool,
    /// Something was unloaded, cleared or invalidated, so that adoption may have to run bodies.
    pub unloaded: bool,
    /// The bodies that this thread's calls were entitled to run.
    pub entitled: BTreeSet<u32>,
    /// Something was met that is not kept.
    pub tainted: bool,
}

impl Runner {
    pub fn new(live: Arc<Live>) -> Self {
        Runner {
            live,
            frames: Vec::new(),
            kept: Vec::new(),
            contexts: Vec::new(),
            step: 0,
            alone: true,
            strict: true,
            unloaded: false,
            entitled: BTreeSet::new(),
            tainted: false,
        }
    }

    /// Remembers the context of a layer for the statistics.
    pub fn note(&mut self, frame: &Frame) {
        if !self.contexts.iter().any(|(tweaks, _)| frame.is_of(tweaks)) {
            self.contexts
                .push((frame.tweaks.clone(), frame.context.clone()));
        }
    }

    /// What bodies found wrong.
    pub fn complaints(&self) -> Result<(), Fault> {
        let complaints = self.live.complaints();
        if complaints.is_empty() {
            Ok(())
        } else {
            Err(complaints.join("; "))
        }
    }

    /// What a call must answer in a layer.
    pub fn verdict(&self, layer: usize, node: u32) -> Option<Verdict> {
        let contexts: Vec<Tweaks> = self.frames[..=layer]
            .iter()
            .map(|frame| locked(&frame.tweaks).clone())
            .collect();
        evaluate(&self.live.program, &contexts, node)
    }

    /// Does an act; the layer is current on this thread.
    pub fn act(&mut self, layer: usize, act: &Act) -> Result<(), Fault> {
        match *act {
            Act::Call(node) => self.call(layer, node, Live::call).map(drop),
            Act::CallNode(node) => self.call(layer, node, Live::call_node).map(drop),
            Act::TryCall(node) => self.call(layer, node, Live::try_call).map(drop),
            Act::CallAll => (0..self.live.program.len())
                .try_for_each(|node| self.call(layer, node, Live::call).map(drop)),
            Act::Get(node) => self.get(layer, node),
            Act::Query(node) => self.query(layer, node),
            Act::Masked(node) => self.masked(layer, node),
            _ => self.change(layer, act),
        }
    }

    fn change(&mut self, layer: usize, act: &Act) -> Result<(), Fault> {
        let live = self.live.clone();
        match *act {
            Act::Tweak(node, answer) => self.tweak(
                layer,
                node,
                answer.fitted(live.program.kind(node)),
                Change::Other,
            )?,
            Act::TweakSame(node) => {
                let Some(Verdict {
                    outcome: Outcome::Answer(answer),
                    ..
                }) = self.verdict(layer, node)
                else {
                    return Ok(());
                };
                let context = self.frames[layer].tweaks.clone();
                let layers = self
                    .frames
                    .iter()
                    .filter(|frame| frame.is_of(&context))
                    .count();
                let comparable = live.program.kind(node) != Kind::Opaque;
                let same = !self.unloaded && comparable && layers == 1;
                let change = if same { Change::Same } else { Change::Other };
                self.tweak(layer, node, answer, change)?;
            }
            Act::Untweak(node) => {
                self.quietly(act, || live.untweak(node))?;
                locked(&self.frames[layer].tweaks).remove(&node);
                self.changed(layer, node, Change::Other);
            }
            Act::Invalidate(node) => {
                self.quietly(act, || live.invalidate(node))?;
                self.unloaded = true;
                self.changed(layer, node, Change::Invalidated);
                self.frames[layer].books.invalidated(node);
            }
            Act::Unload(node) => {
                self.quietly(act, || live.unload(node))?;
                self.unloaded = true;
                self.changed(layer, node, Change::Other);
            }
            _ => {
                let context = Context::current().ok_or("there is no current context inside one")?;
                self.quietly(act, || context.clear())?;
                self.unloaded = true;
                let cleared = self.frames[layer].tweaks.clone();
                let mut inside = false;
                for frame in &mut self.frames {
                    inside |= frame.is_of(&cleared);
                    if inside {
                        frame.books.clear();
                    }
                }
            }
        }
        Ok(())
    }

    fn tweak(
        &mut self,
        layer: usize,
        node: u32,
        answer: Answer,
        change: Change,
    ) -> Result<(), Fault> {
        let live = self.live.clone();
        self.quietly(&Act::Tweak(node, answer), || live.tweak(node, answer))?;
        locked(&self.frames[layer].tweaks).insert(node, answer);
        self.changed(layer, node, change);
        Ok(())
    }

    /// Books a change in all layers of a layer's context, and in those inside.
    fn changed(&mut self, layer: usize, node: u32, change: Change) {
        let context = self.frames[layer].tweaks.clone();
        let mut inside = false;
        for frame in &mut self.frames {
            let here = frame.is_of(&context);
            inside |= here;
            if inside {
                frame.books.change(here, node, change);
            }
        }
    }

    /// Does what must not run a body.
    pub fn quietly<R>(&self, what: &Act, then: impl FnOnce() -> R) -> Result<R, Fault> {
        let before = self.live.runs();
        let result = then();
        let ran = ran_since(&self.live, &before);
        if self.alone && !ran.is_empty() {
            return Err(format!("{what:?} ran the bodies of {ran:?}"));
        }
        Ok(result)
    }
}

/// The nodes whose bodies ran since.
pub fn ran_since(live: &Live, before: &[u64]) -> BTreeSet<u32> {
    (0..)
        .zip(live.runs().iter().zip(before))
        .filter(|(_, (now, then))| now > then)
        .map(|(node, _)| node)
        .collect()
}
