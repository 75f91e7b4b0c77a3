//! Entering a scenario: a layer for each level, under a shared layer that holds
//! what its tweaks cannot touch. A running function opens plain contexts instead.

use super::{Level, Scenario};
use crate::context::Context;
use crate::layer::Layer;
use crate::scope::{self, Standing};
use crate::stats::Tally;
use crate::trace;
use std::panic::Location;
use std::sync::Arc;

impl Scenario {
    /// Runs `f` under the tweaks of this scenario, on top of those around.
    ///
    /// Outside every context, this is a context of its own, and nothing is kept for the next time.
    ///
    /// The context in which `f` runs is the scenario's alone: what `f` tweaks there holds inside
    /// this call only, and what was computed under it is not kept. Inside a running tracked function, `f` is part of that: what it asks
    /// becomes the function's dependency, and nothing is kept.
    ///
    /// # Panics
    /// If running tracked functions have nested
    /// contexts beyond the limit of 2000; and when `f` does.
    ///
    /// ```
    /// use dug::{Context, Scenario, tracked, tweak, with_context};
    ///
    /// #[tracked]
    /// fn spot() -> f64 { 100.0 }
    /// #[tracked]
    /// fn rate() -> f64 { 0.02 }
    /// #[tracked]
    /// fn forward() -> f64 { spot() * (1.0 + rate()) }
    ///
    /// # fn main() -> Result<(), dug::Error> {
    /// let crash = Scenario::new().with(tweak!(in spot() => 50.0))?;
    /// with_context(|| {
    ///     let ran = || Context::current().unwrap().stats().executions;
    ///     assert_eq!(crash.enter(|| (forward(), ran())), (51.0, 2));
    ///     assert_eq!(crash.enter(|| (forward(), ran())), (51.0, 0)); // all of it was kept
    /// });
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        self.enter_counted(Location::caller(), None, f)
    }

    /// As [`enter`](Self::enter), for one who names the caller. Outside of running functions,
    /// what happens inside is counted in `tally`.
    pub(crate) fn enter_counted<R>(
        &self,
        caller: &'static Location<'static>,
        tally: Option<Arc<Tally>>,
        f: impl FnOnce() -> R,
    ) -> R {
        if trace::with(|thread| thread.current_run()).is_some() {
            let (mut levels, innermost) = self.entered();
            levels.push(innermost);
            return open(&levels, caller, f);
        }
        let _standing = Standing::inside(self.layer(tally));
        scope::grow(f)
    }

    /// The levels that are entered: those around the innermost one, and that. One is always entered: what is
    /// tweaked inside is not tweaked around it.
    fn entered(&self) -> (Vec<&Level>, &Level) {
        let mut levels: Vec<&Level> = self.effective().map(|level| &**level).collect();
        let innermost = levels.pop().unwrap_or_else(|| self.innermost());
        (levels, innermost)
    }

    /// The layer to stand in, below the current one.
    pub(crate) fn layer(&self, tally: Option<Arc<Tally>>) -> Arc<Layer> {
        let mut around = trace::with(|thread| thread.current_layer());
        let (levels, innermost) = self.entered();
        for level in levels {
            around = Some(level.layer_below(around, Use::Shared, None));
        }
        innermost.layer_below(around, Use::Alone, tally)
    }
}

/// Enters a context for each level, one inside the other, for the running function.
fn open<R>(levels: &[&Level], caller: &'static Location<'static>, f: impl FnOnce() -> R) -> R {
    match levels.split_first() {
        None => f(),
        Some((level, inner)) => level
            .context(None, None)
            .enter_for(caller, || open(inner, caller, f)),
    }
}

/// Who stands in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// One who may change it.
    Alone,
    /// Nobody: only what is inside is entered, by all who want to.
    Shared,
}

impl Level {
    fn context(&self, around: Option<&Layer>, tally: Option<Arc<Tally>>) -> Context {
        let builder = Context::builder().tweaks(self.tweaks.clone());
        let mut builder = builder.tally(tally);
        if let Some(name) = &self.name {
            builder = builder.label(name);
        }
        if let Some(around) = around {
            builder = builder.retention(around.context.retention());
        }
        builder.build()
    }

    fn layer_below(
        &self,
        around: Option<Arc<Layer>>,
        used: Use,
        tally: Option<Arc<Tally>>,
    ) -> Arc<Layer> {
        let context = self.context(around.as_deref(), tally);
        match around {
            None => context.outermost_layer(),
            Some(around) => context.scenario_layer(&around, self.digest(), used == Use::Shared),
        }
    }
}
