//! Sweeps: one question in many scenarios, in parallel, and what it has cost.
//!
//! Each scenario is entered from where the sweep was called, so that all of them share what
//! their tweaks cannot touch. How the waiting for one another works is the business of the
//! graph; here is only who does what, and what becomes of panics.

mod crew;
mod outcome;
mod plan;
mod table;
mod workers;

pub use outcome::{Failure, Figures, Outcome, Panic, Swept};

use crate::context::Context;
use crate::graph::End;
use crate::scenario::Scenario;
use crate::stats::Tally;
use crate::trace;
use crew::{Crew, Watch};
use plan::Plan;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use workers::More;

/// Asks one question in many scenarios: [`Sweep::run`] gives the answers in the order of the scenarios.
///
/// ```
/// use dug::{Scenario, sweep, tracked, tweak, with_context};
///
/// #[tracked]
/// fn spot() -> f64 { 100.0 }
/// #[tracked]
/// fn rate() -> f64 { 0.02 }
/// #[tracked]
/// fn discount() -> f64 { 1.0 / (1.0 + rate()) }
/// #[tracked]
/// fn value() -> f64 { spot() * discount() }
///
/// # fn main() -> Result<(), dug::Error> {
/// let scenarios = [50.0, 102.0, 204.0].map(|spot| Scenario::new().with(tweak!(in spot() => spot)));
/// let scenarios = scenarios.into_iter().collect::<Result<Vec<_>, _>>()?;
/// with_context(|| {
///     let swept = sweep(scenarios).run(|| value());
///     let values: Vec<f64> = swept.iter().map(|outcome| *outcome.result().unwrap()).collect();
///     assert_eq!(values[1..], [100.0, 200.0]);
///     // `rate` and `discount` ran once for all, `value` in each scenario.
///     assert_eq!(swept.total().executions, 5);
/// });
/// # Ok(())
/// # }
/// ```
pub fn sweep<'a>(scenarios: impl IntoIterator<Item = Scenario>) -> Sweep<'a> {
    Sweep {
        scenarios: scenarios.into_iter().collect(),
        progress: None,
        cancel: Cancel::new(),
        threads: None,
        brute_force: false,
    }
}

/// A sweep that is about to run; made by [`sweep`].
///
/// ```
/// use dug::{Scenario, sweep};
///
/// let swept = sweep([Scenario::new(), Scenario::new()]).run(|| 4);
/// assert_eq!(swept.into_results().into_iter().map(Result::unwrap).sum::<i32>(), 8);
/// ```
#[must_use = "nothing happens before `run`"]
pub struct Sweep<'a> {
    scenarios: Vec<Scenario>,
    progress: Option<Box<Report<'a>>>,
    cancel: Cancel,
    threads: Option<usize>,
    brute_force: bool,
}

type Report<'a> = dyn Fn(Progress<'_>) + Sync + 'a;

impl std::fmt::Debug for Sweep<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sweep")
            .field("scenarios", &self.scenarios)
            .field("threads", &self.threads)
            .field("against_brute_force", &self.brute_force)
            .finish_non_exhaustive()
    }
}

/// One more scenario of a sweep is done.
///
/// ```
/// use dug::{Scenario, sweep};
///
/// let report = |progress: dug::Progress<'_>| {
///     println!("{} of {}: {}", progress.done, progress.total, progress.scenario);
/// };
/// sweep([Scenario::new()]).progress(report).run(|| 4);
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// How many are done, this one included.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// The place of this one in the list.
    pub place: usize,
    /// Which one it is.
    pub scenario: &'a Scenario,
    /// Why it has no result, if it has none.
    pub failure: Option<&'a Failure>,
}

/// Ends a sweep early, from wherever: clones are the same switch.
///
/// ```
/// use dug::{Cancel, Failure, Scenario, sweep};
///
/// let cancel = Cancel::new();
/// let scenarios = vec![Scenario::new(); 4];
/// let swept = sweep(scenarios).threads(1).cancel(&cancel).run(|| cancel.cancel());
/// assert_eq!(swept.iter().filter(|outcome| outcome.result().is_ok()).count(), 1);
/// assert!(matches!(swept.outcomes()[3].result(), Err(Failure::Cancelled)));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A switch that is off.
    ///
    /// ```
    /// assert!(!dug::Cancel::new().is_cancelled());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Cancel::default()
    }

    /// From now on no scenario is begun; those that are running finish.
    ///
    /// ```
    /// let cancel = dug::Cancel::new();
    /// cancel.clone().cancel();
    /// assert!(cancel.is_cancelled());
    /// ```
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether that was done.
    ///
    /// ```
    /// assert!(!dug::Cancel::new().is_cancelled());
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl<'a> Sweep<'a> {
    /// Calls `report` whenever a scenario is done, or found to be cancelled, on the thread that did
    /// it. Calls may overlap, so that `done` may come out of order; each number comes once.
    ///
    /// ```
    /// use dug::{Scenario, sweep};
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    ///
    /// let reports = AtomicUsize::new(0);
    /// let report = |_: dug::Progress<'_>| { reports.fetch_add(1, Ordering::Relaxed); };
    /// sweep(vec![Scenario::new(); 3]).progress(report).run(|| 4);
    /// assert_eq!(reports.into_inner(), 3);
    /// ```
    pub fn progress(mut self, report: impl Fn(Progress<'_>) + Sync + 'a) -> Self {
        self.progress = Some(Box::new(report));
        self
    }

    /// Scenarios that are not begun when `cancel` is [set](Cancel::cancel) are left out.
    ///
    /// ```
    /// use dug::{Cancel, Scenario, sweep};
    ///
    /// let cancel = Cancel::new();
    /// cancel.cancel();
    /// assert_eq!(sweep([Scenario::new()]).cancel(&cancel).run(|| 4).failed(), 1);
    /// ```
    pub fn cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// Runs on so many threads of its own, all the time, instead of rayon's current ones. With one, the
    /// scenarios run one after the other on the caller's thread. Without the feature `rayon` they always do.
    ///
    /// ```
    /// use dug::{Scenario, sweep};
    ///
    /// let caller = std::thread::current().id();
    /// let swept = sweep([Scenario::new()]).threads(1).run(|| std::thread::current().id());
    /// assert_eq!(*swept.outcomes()[0].result().unwrap(), caller);
    /// ```
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads.max(1));
        self
    }

    /// Also counts, for each scenario, the functions that a context of its own would run: see
    /// [`Figures::brute_force`]. This costs a walk over all that the answers rest on, for each
    /// scenario, while the other threads wait; nothing runs for it.
    ///
    /// ```
    /// use dug::{Scenario, sweep, tracked, tweak};
    ///
    /// #[tracked]
    /// fn part(n: u64) -> u64 { n }
    /// #[tracked]
    /// fn sum() -> u64 { (0..10).map(part).sum() }
    ///
    /// let scenarios = (0..3).map(|n| Scenario::new().with(tweak!(in part(n) => 100)).unwrap());
    /// let swept = sweep(scenarios).against_brute_force().run(|| sum());
    /// let total = swept.total();
    /// assert_eq!((total.executions, total.brute_force), (10 + 3, Some(30)));
    /// ```
    pub fn against_brute_force(mut self) -> Self {
        self.brute_force = true;
        self
    }

    /// Runs `f` in each scenario, entered from the current context, and gives the outcomes in the
    /// order of the scenarios. Outside every context, a context is made for the sweep.
    ///
    /// Scenarios are begun in their order, on the threads of rayon's current pool; one that lies
    /// over another of the list when that is done. Where these threads mostly wait for one another, since the functions
    /// do next to nothing, one of them goes on alone for a while before all try again (unless their number is
    /// [given](Self::threads)). Results that no
    /// tweak of a scenario can touch run once for all of them: where two scenarios need one at the
    /// same time, one waits for the other. What a scenario touches is known from the beginning if
    /// the context around has been asked already; otherwise a scenario may wait for one that is
    /// about to find out. Equal scenarios are computed one after the other, and run nothing twice as
    /// long as the context [keeps](crate::Retention) them. Where it keeps fewer than the sweep goes back
    /// to, which have given way, and so what runs again, depends on the timing of the threads.
    ///
    /// A panic in one scenario, an error of dug included, is the outcome of that one. Results of
    /// `f` that are `Err` are results.
    ///
    /// Inside a running tracked function, what `f` asks is a dependency of that function. Nothing is
    /// shared or kept there, and figures are not taken: a function must not see what is cached. A
    /// function whose sweep was cancelled is not kept.
    ///
    /// # Panics
    /// When the closure given to [`progress`](Self::progress) does.
    ///
    /// ```
    /// use dug::{Scenario, sweep, tracked, tweak};
    ///
    /// #[tracked]
    /// fn parts() -> u64 { 2 }
    /// #[tracked]
    /// fn share() -> u64 { 100 / parts() }
    ///
    /// let scenarios = [4, 0, 5].map(|n| Scenario::new().with(tweak!(in parts() => n)).unwrap());
    /// let results = sweep(scenarios).run(|| share()).into_results();
    /// assert_eq!(*results[0].as_ref().unwrap(), 25);
    /// assert!(results[1].as_ref().unwrap_err().to_string().contains("divide by zero"));
    /// assert_eq!(*results[2].as_ref().unwrap(), 20);
    /// ```
    #[track_caller]
    pub fn run<R: Send>(self, f: impl Fn() -> R + Sync) -> Swept<R> {
        let caller = Location::caller();
        if Context::current().is_none() {
            let around = Context::new();
            return around.enter(|| self.run_here(caller, &f));
        }
        self.run_here(caller, &f)
    }

    fn run_here<R: Send>(
        &self,
        caller: &'static Location<'static>,
        f: &(impl Fn() -> R + Sync),
    ) -> Swept<R> {
        let work = Work {
            sweep: self,
            f,
            caller,
            plan: Plan::of(&self.scenarios, Crew::new(self.threads.is_some())),
            done: AtomicUsize::new(0),
            outcomes: Mutex::new(Vec::with_capacity(self.scenarios.len())),
        };
        workers::run(self.threads, work.plan.width(), |more| work.work(more));
        let outcomes = work.outcomes.into_inner();
        let mut outcomes = outcomes.unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|(place, _)| *place);
        let outcomes: Vec<Outcome<R>> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
        if outcomes.iter().any(Outcome::is_cancelled) {
            // A running function would answer otherwise the next time.
            trace::with(|thread| thread.taint());
        }
        Swept::new(outcomes)
    }
}

/// What the threads of one sweep have in common.
struct Work<'s, 'a, R, F> {
    sweep: &'s Sweep<'a>,
    f: &'s F,
    caller: &'static Location<'static>,
    plan: Plan,
    done: AtomicUsize,
    outcomes: Mutex<Vec<(usize, Outcome<R>)>>,
}

impl<R: Send, F: Fn() -> R + Sync> Work<'_, '_, R, F> {
    /// Takes one group after the other, until none is left.
    fn work(&self, more: More<'_>) {
        if !self.plan.join() {
            return;
        }
        let mut watch = Watch::start();
        while let Some((group, places)) = self.plan.begin() {
            for place in places {
                self.compute(*place);
            }
            more(self.plan.end(group, &mut watch));
        }
    }

    fn compute(&self, place: usize) {
        let scenario = &self.sweep.scenarios[place];
        let outcome = match self.sweep.cancel.is_cancelled() {
            true => Outcome::new(scenario, Err(Failure::Cancelled), Figures::default()),
            false => self.outcome(scenario),
        };
        if let Some(report) = &self.sweep.progress {
            report(Progress {
                done: self.done.fetch_add(1, Ordering::Relaxed) + 1,
                total: self.sweep.scenarios.len(),
                place,
                scenario,
                failure: outcome.result().err(),
            });
        }
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.push((place, outcome));
    }

    fn outcome(&self, scenario: &Scenario) -> Outcome<R> {
        let (layer, run) = trace::with(|thread| (thread.current_layer(), thread.current_run()));
        let tally = Tally::new(layer.and_then(|layer| layer.tally().cloned()));
        let counted = run.is_none();
        let mut brute_force = None;
        // What unwinds has put its own state in order: frames and contexts are guards.
        let result = catch_unwind(AssertUnwindSafe(|| {
            scenario.enter_counted(self.caller, Some(Arc::clone(&tally)), || {
                let noting = (counted && self.sweep.brute_force).then(Noting::begin);
                let result = catch_unwind(AssertUnwindSafe(self.f));
                brute_force = noting.flatten().map(|noting| noting.count());
                result
            })
        }));
        let result = result.unwrap_or_else(Err);
        let stats = match counted {
            true => tally.read(),
            false => Default::default(),
        };
        let figures = Figures {
            executions: stats.executions,
            adopted: stats.adopted,
            hits: stats.hits,
            brute_force,
        };
        let result = result.map_err(|payload| Failure::Panicked(Panic::new(payload)));
        Outcome::new(scenario, result, figures)
    }
}

/// While it lives, what is asked in a layer is noted.
struct Noting(Arc<crate::layer::Layer>);

impl Noting {
    fn begin() -> Option<Self> {
        let layer = trace::with(|thread| thread.current_layer())?;
        layer.lock().begin_noting(layer.ix);
        Some(Noting(layer))
    }

    /// How many bodies must run, with nothing cached, for what was asked.
    fn count(&self) -> u64 {
        let layer = &self.0;
        let mut graph = layer.lock();
        let asked = graph.end_noting(layer.ix);
        let explored = graph.explore(layer.ix, &asked);
        let bodies = explored.iter().filter(|explored| {
            let node = explored.node;
            !graph.nodes.is_twin(node) && matches!(graph.line(layer.ix, node).1, End::Body)
        });
        let count = bodies.count() as u64;
        graph.release_nodes(asked);
        count
    }
}
