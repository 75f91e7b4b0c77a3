//! Owns what one thread of a session knows, and its acts in one of its layers that
//! change something. What only asks is in `question`.

use crate::asleep::{self, Below, Expects};
use crate::evaluate::{Outcome, Trace, Verdict, evaluate};
use crate::expect::{Books, Change};
use crate::frame::{Frame, SharedTweaks};
use crate::functions::Live;
use crate::outside::Held;
use crate::past::{Excuse, Past};
use crate::program::{Answer, Kind, Program};
use crate::scenario::{Keeps, Pool};
use crate::session::{Act, KEPT};
use crate::stored::Stores;
use crate::tweaks::{Tweaks, What, Where};
use crate::typed;
use crate::world::Seen;
use dug::{Context, Store};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was wrong.
pub type Fault = String;

/// A new context.
pub fn context(keeps: Keeps, store: Option<&Store>, policy: Option<Excuse>) -> Context {
    let builder = Context::builder().retention(keeps.retention());
    let builder = match policy {
        Some(policy) => builder.policy(policy.policy()),
        None => builder,
    };
    match store {
        Some(store) => builder.store(store.clone()).build(),
        None => builder.build(),
    }
}

/// One thread of a session.
#[derive(Clone)]
pub struct Runner {
    pub live: Arc<Live>,
    /// The program, with what the layers see from outside.
    pub program: Arc<Program>,
    pub seen: Seen,
    /// The handles that were taken.
    pub held: Vec<Held>,
    /// The layers, the outermost first.
    pub frames: Vec<Frame>,
    pub kept: Vec<(Context, SharedTweaks)>,
    pub pool: Arc<Pool>,
    /// What the contexts that are kept, and the outermost ones, keep of scenarios.
    pub keeps: Keeps,
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
    pub stores: Option<Stores>,
    /// The stores have seen this very session: nothing may run twice.
    pub again: bool,
    /// The functions of which nodes were tweaked in the session, in whatever layer.
    pub tweaked: Vec<Kind>,
    /// A body of the session has tweaked what is never stored, or told apart by how it was computed, and asked for it.
    pub apart: bool,
    /// Something was done in a layer while another one was open inside it.
    pub acted_above: bool,
    /// What was invalidated in the session, in whatever layer.
    pub invalidated: BTreeSet<u32>,
    /// What was deleted from stores.
    pub forgotten: BTreeSet<u32>,
    /// Anything may have been deleted from stores.
    pub taken: bool,
    /// That of the outermost contexts.
    pub policy: Option<Excuse>,
    past: Arc<Mutex<Past>>,
}

impl Runner {
    pub fn new(
        live: Arc<Live>,
        seen: Seen,
        pool: Pool,
        keeps: Keeps,
        stores: Option<Stores>,
        past: Arc<Mutex<Past>>,
    ) -> Self {
        let kept = (0..KEPT).map(|kept| {
            let store = stores.as_ref().and_then(|stores| stores.kept(kept));
            let policy = stores.as_ref().and_then(|stores| stores.kept_policy(kept));
            (context(keeps, store, policy), SharedTweaks::default())
        });
        Runner {
            program: seen.program(&live.program),
            live,
            seen,
            held: Vec::new(),
            frames: Vec::new(),
            kept: kept.collect(),
            pool: Arc::new(pool),
            keeps,
            contexts: Vec::new(),
            step: 0,
            alone: true,
            strict: true,
            unloaded: false,
            entitled: BTreeSet::new(),
            tainted: false,
            stores,
            again: false,
            tweaked: Vec::new(),
            apart: false,
            acted_above: false,
            invalidated: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            taken: false,
            policy: None,
            past,
        }
    }

    /// What the case has had so far.
    pub fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the context of a layer for the statistics.
    pub fn note(&mut self, frame: &Frame) {
        let program = &self.live.program;
        for tweaks in frame.all_tweaks() {
            let tweaked = Kind::ALL.into_iter();
            self.tweaked
                .extend(tweaked.filter(|kind| tweaks.has_kind(program, *kind)));
        }
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
            .flat_map(Frame::all_tweaks)
            .collect();
        evaluate(&self.program, &contexts, node)
    }

    /// The books of a layer and of all around it, the outermost first.
    pub fn books(&self, layer: usize) -> Vec<&Books> {
        let mut books: Vec<&Books> = Vec::new();
        let mut around: Option<&Below> = None;
        for frame in &self.frames[..=layer] {
            if frame.scenario.is_some() {
                for level in &frame.hidden {
                    books.extend(around.map(|around| &around.shared));
                    books.push(&level.books);
                    around = Some(&level.below);
                }
                books.extend(around.map(|around| &around.shared));
            }
            books.push(&frame.books);
            around = Some(&frame.below);
        }
        books
    }

    /// Books what a layer has answered.
    pub fn answered(&mut self, layer: usize, node: u32, trace: &Trace) {
        let program = &self.live.program;
        let (outer, frames) = self.frames.split_at_mut(layer);
        frames[0].books.answered(program, node, trace);
        let mut frame = &mut frames[0];
        for around in outer.iter_mut().rev() {
            let goes_out = match around.expects {
                _ if frame.scenario.is_none() || frame.touched => false,
                Expects::All => true,
                Expects::Shared => around.scenario.is_none() && frame.hidden.is_empty(),
                Expects::Nothing => false,
            };
            if !goes_out || !asleep::share(frame, &mut around.below, program, node, trace) {
                return;
            }
            frame = around;
        }
    }

    /// Something was learned in a layer: those inside have to look at what they have read inside contexts of bodies.
    pub fn learned(&mut self, layer: usize) {
        for (place, frame) in self.frames[layer..].iter_mut().enumerate() {
            frame.learned(place > 0);
        }
    }

    /// Does an act; the layer is current on this thread.
    pub fn act(&mut self, layer: usize, act: &Act) -> Result<(), Fault> {
        let from = if matches!(act, Act::Masked(_)) {
            layer.saturating_sub(1)
        } else {
            layer
        };
        let context = self.frames[from].tweaks.clone();
        let mut inside = false;
        for frame in &mut self.frames {
            inside |= frame.is_of(&context);
            frame.acts += u64::from(inside);
        }
        match *act {
            Act::Call(node) => self.call(layer, node, Live::call).map(drop),
            Act::CallNode(node) => self.call(layer, node, Live::call_node).map(drop),
            Act::TryCall(node) => self.call(layer, node, Live::try_call).map(drop),
            Act::CallAll => (0..self.live.program.len())
                .try_for_each(|node| self.call(layer, node, Live::call).map(drop)),
            Act::Get(node) => self.get(layer, node),
            Act::Query(node) => self.query(layer, node),
            Act::Masked(node) => self.masked(layer, node),
            Act::Hold(node) => self.hold(layer, node),
            Act::CallHeld(node, back) => self.call_held(layer, node, back),
            Act::Write {
                node,
                content,
                read,
            } => self.write(node, content, read),
            Act::Refresh => self.refresh(layer),
            Act::Forget(node) => self.forget(layer, node),
            Act::Collect(which) => self.collect(which),
            Act::Accept(target) => self.accept(layer, target),
            _ => self.change(layer, act),
        }
    }

    fn change(&mut self, layer: usize, act: &Act) -> Result<(), Fault> {
        let live = self.live.clone();
        match *act {
            // Files are written, not tweaked; and bindings are no results.
            Act::Tweak(node, _) | Act::TweakSame(node) | Act::Untweak(node)
                if live.program.kind(node) == Kind::File => {}
            Act::Invalidate(node) | Act::Unload(node) if live.program.kind(node).is_outside() => {}
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
                let change = self.same(layer, node);
                self.tweak(layer, node, answer, change)?;
            }
            Act::Invalidate(node) | Act::Unload(node) if live.program.source(node).is_some() => {
                if self.is_ready(layer, node)? {
                    match act {
                        Act::Unload(_) => live.unload(node),
                        _ => live.invalidate(node),
                    }
                    self.book_invalidated(layer, node);
                }
            }
            Act::Untweak(node) => {
                self.quietly(act, || live.untweak(node))?;
                self.untweaked(layer, Where::Node(node));
            }
            Act::TweakSo(place, _) | Act::UntweakSo(place)
                if place.kind(&live.program) == Kind::File => {}
            Act::TweakSo(place, what) => {
                let change = self.redundant(layer, place, what);
                self.quietly(act, || typed::tweak_so(&live, place, what))?;
                self.book_tweak(layer, place, what, change);
            }
            Act::UntweakSo(place) => {
                self.quietly(act, || typed::untweak_so(&live, place))?;
                self.untweaked(layer, place);
            }
            Act::Invalidate(node) => {
                self.quietly(act, || live.invalidate(node))?;
                self.book_invalidated(layer, node);
                self.frames[layer].books.invalidated(node);
            }
            Act::Unload(node) => {
                self.quietly(act, || live.unload(node))?;
                self.unloaded = true;
                self.changed(layer, [node].into(), Change::Lost);
            }
            _ => {
                let context = Context::current().ok_or("there is no current context inside one")?;
                self.quietly(act, || context.clear())?;
                self.unloaded = true;
                let cleared = self.frames[layer].tweaks.clone();
                let mut inside = false;
                for frame in &mut self.frames {
                    if inside {
                        for level in &mut frame.hidden {
                            level.books.clear();
                            level.below.clear();
                        }
                    }
                    inside |= frame.is_of(&cleared);
                    if inside {
                        frame.books.clear();
                        frame.below.clear();
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
        self.book_tweak(layer, Where::Node(node), What::Value(answer), change);
        Ok(())
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
