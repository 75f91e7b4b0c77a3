//! What comes out of a sweep.

use crate::scenario::Scenario;
use crate::trace;
use std::any::Any;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// What a sweep has found, in the order of its scenarios.
///
/// Printed, it is a table of what each scenario has cost; serialized, the same as data,
/// without the results.
///
/// ```
/// use dug::{Scenario, sweep};
///
/// let swept = sweep([Scenario::new().named("base")]).run(|| 4);
/// assert_eq!(swept.len(), 1);
/// assert!(swept.to_string().contains("base"));
/// ```
#[derive(Debug)]
pub struct Swept<R> {
    outcomes: Vec<Outcome<R>>,
}

/// What became of one scenario of a sweep.
///
/// ```
/// use dug::{Scenario, sweep};
///
/// let swept = sweep([Scenario::new()]).run(|| 4);
/// assert_eq!(*swept.outcomes()[0].result().unwrap(), 4);
/// ```
#[derive(Debug)]
pub struct Outcome<R> {
    scenario: Scenario,
    result: Result<R, Failure>,
    figures: Figures,
}

/// What a scenario of a sweep, or the whole of it, has cost.
///
/// All that happens while the scenario is entered counts, also in contexts that are opened inside
/// and on threads that work [there](crate::here). A result that is shared counts where it ran.
///
/// ```
/// use dug::{Scenario, sweep, tracked};
///
/// #[tracked]
/// fn one() -> u64 { 1 }
///
/// let swept = sweep([Scenario::new()]).run(|| one() + one());
/// let figures = swept.outcomes()[0].figures();
/// assert_eq!((figures.executions, figures.hits), (1, 1));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Figures {
    /// Functions that ran, to their end or not.
    pub executions: u64,
    /// Entries that were found to be right here too, by checking their dependencies.
    pub adopted: u64,
    /// Calls that were answered by a tweak or an entry.
    pub hits: u64,
    /// Functions that a fresh context with the same tweaks would run for the same: all that the
    /// answers rest on, each node once, those left out that are tweaked to a value. What rests on
    /// results that are not kept (errors, panics) is not known, and neither are runs
    /// inside contexts that are opened inside.
    /// Only if [asked for](crate::Sweep::against_brute_force), and not of a scenario that was cancelled.
    pub brute_force: Option<u64>,
}

/// Why a scenario of a sweep has no result.
///
/// ```
/// use dug::{Failure, Scenario, sweep};
///
/// let swept = sweep([Scenario::new()]).run(|| -> u64 { panic!("no market") });
/// let Err(Failure::Panicked(panic)) = swept.outcomes()[0].result() else { unreachable!() };
/// assert_eq!(panic.message(), "no market");
/// ```
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It panicked.
    #[error("{0}")]
    Panicked(Panic),
    /// It was not begun, since the sweep was [cancelled](crate::Cancel).
    #[error("cancelled")]
    Cancelled,
}

/// A panic that was caught.
///
/// ```
/// use dug::{Failure, Scenario, sweep};
///
/// let swept = sweep([Scenario::new()]).run(|| -> u64 { panic!("no market") });
/// for result in swept.into_results() {
///     let Err(Failure::Panicked(panic)) = result else { unreachable!() };
///     let again = std::panic::catch_unwind(|| panic.resume());
///     assert_eq!(again.unwrap_err().downcast_ref(), Some(&"no market"));
/// }
/// ```
pub struct Panic {
    message: String,
    /// A payload need not be `Sync`.
    payload: Mutex<Box<dyn Any + Send>>,
}

impl Panic {
    pub(super) fn new(payload: Box<dyn Any + Send>) -> Self {
        let text = trace::text_of(&*payload).unwrap_or("a panic without a text");
        Panic {
            message: text.to_owned(),
            payload: Mutex::new(payload),
        }
    }

    /// Its text.
    ///
    /// ```
    /// use dug::{Scenario, sweep};
    ///
    /// let swept = sweep([Scenario::new()]).run(|| -> u64 { panic!("no market") });
    /// assert_eq!(swept.outcomes()[0].result().unwrap_err().to_string(), "no market");
    /// ```
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the panic carried.
    ///
    /// ```
    /// use dug::{Failure, Scenario, sweep};
    ///
    /// let swept = sweep([Scenario::new()]).run(|| -> u64 { std::panic::panic_any(4_u8) });
    /// let results = swept.into_results();
    /// let payloads = results.into_iter().map(|result| match result {
    ///     Err(Failure::Panicked(panic)) => panic.into_payload(),
    ///     _ => unreachable!(),
    /// });
    /// assert!(payloads.into_iter().all(|payload| payload.downcast_ref() == Some(&4_u8)));
    /// ```
    #[must_use]
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        let payload = self.payload.into_inner();
        payload.unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with the panic on this thread.
    ///
    /// # Panics
    /// Always.
    ///
    /// ```should_panic
    /// use dug::{Failure, Scenario, sweep};
    ///
    /// let swept = sweep([Scenario::new()]).run(|| -> u64 { panic!("no market") });
    /// for result in swept.into_results() {
    ///     if let Err(Failure::Panicked(panic)) = result {
    ///         panic.resume();
    ///     }
    /// }
    /// ```
    pub fn resume(self) -> ! {
        std::panic::resume_unwind(self.into_payload())
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Panic").field(&self.message).finish()
    }
}

impl<R> Outcome<R> {
    pub(super) fn new(scenario: &Scenario, result: Result<R, Failure>, figures: Figures) -> Self {
        Outcome {
            scenario: scenario.clone(),
            result,
            figures,
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        matches!(self.result, Err(Failure::Cancelled))
    }

    /// The scenario.
    ///
    /// ```
    /// use dug::{Scenario, sweep};
    ///
    /// let swept = sweep([Scenario::new().named("base")]).run(|| 4);
    /// assert_eq!(swept.outcomes()[0].scenario().name(), Some("base"));
    /// ```
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What the question answered there.
    ///
    /// # Errors
    /// A [`Failure`], if the scenario panicked or was not begun.
    ///
    /// ```
    /// use dug::{Scenario, sweep};
    ///
    /// let swept = sweep([Scenario::new()]).run(|| 4);
    /// assert_eq!(*swept.outcomes()[0].result().unwrap(), 4);
    /// ```
    pub fn result(&self) -> Result<&R, &Failure> {
        self.result.as_ref()
    }

    /// As [`result`](Self::result), taken out.
    ///
    /// # Errors
    /// As [`result`](Self::result).
    ///
    /// ```
    /// use dug::{Scenario, sweep};
    ///
    /// let swept = sweep([Scenario::new()]).run(|| "four".to_owned());
    /// let texts: Result<Vec<String>, _> = swept.into_iter().map(|one| one.into_result()).collect();
    /// assert_eq!(texts.unwrap(), ["four"]);
    /// ```
    pub fn into_result(self) -> Result<R, Failure> {
        self.result
    }

    /// What it has cost.
    ///
    /// ```
    /// use dug::{Scenario, sweep};
    ///
    /// let swept = sweep([Scenario::new()]).run(|| 4);
    /// assert_eq!(swept.outcomes()[0].figures().executions, 0);
    /// ```
    pub fn figures(&self) -> Figures {
        self.figures
    }
}

impl<R> Swept<R> {
    pub(super) fn new(outcomes: Vec<Outcome<R>>) -> Self {
        Swept { outcomes }
    }

    /// The outcomes, in the order of the scenarios.
    ///
    /// ```
    /// assert!(dug::sweep([]).run(|| 4).outcomes().is_empty());
    /// ```
    pub fn outcomes(&self) -> &[Outcome<R>] {
        &self.outcomes
    }

    /// The outcomes, one after the other.
    ///
    /// ```
    /// use dug::{Scenario, sweep};
    ///
    /// let swept = sweep(vec![Scenario::new(); 2]).run(|| 4);
    /// assert!(swept.iter().all(|outcome| outcome.result().is_ok()));
    /// ```
    pub fn iter(&self) -> std::slice::Iter<'_, Outcome<R>> {
        self.outcomes.iter()
    }

    /// The results alone.
    ///
    /// ```
    /// use dug::{Scenario, sweep};
    ///
    /// let results = sweep(vec![Scenario::new(); 2]).run(|| 4).into_results();
    /// assert_eq!(results.into_iter().collect::<Result<Vec<_>, _>>().unwrap(), [4, 4]);
    /// ```
    #[must_use]
    pub fn into_results(self) -> Vec<Result<R, Failure>> {
        let outcomes = self.outcomes.into_iter();
        outcomes.map(Outcome::into_result).collect()
    }

    /// How many scenarios there were.
    ///
    /// ```
    /// assert_eq!(dug::sweep([dug::Scenario::new()]).run(|| 4).len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether there were none.
    ///
    /// ```
    /// assert!(dug::sweep([]).run(|| 4).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// How many have no result.
    ///
    /// ```
    /// assert_eq!(dug::sweep([dug::Scenario::new()]).run(|| 4).failed(), 0);
    /// ```
    pub fn failed(&self) -> usize {
        let outcomes = self.outcomes.iter();
        outcomes.filter(|outcome| outcome.result.is_err()).count()
    }

    /// What all of it has cost: the sum over the scenarios. Brute force is known if it is for
    /// one of them.
    ///
    /// ```
    /// use dug::{Scenario, sweep, tracked};
    ///
    /// #[tracked]
    /// fn one() -> u64 { 1 }
    ///
    /// let swept = sweep(vec![Scenario::new(); 5]).run(|| one());
    /// assert_eq!(swept.total().executions, 1);
    /// ```
    pub fn total(&self) -> Figures {
        let figures = self.outcomes.iter().map(|outcome| outcome.figures);
        figures.fold(Figures::default(), |total, one| Figures {
            executions: total.executions + one.executions,
            adopted: total.adopted + one.adopted,
            hits: total.hits + one.hits,
            brute_force: match (total.brute_force, one.brute_force) {
                (Some(total), Some(one)) => Some(total + one),
                (total, one) => total.or(one),
            },
        })
    }
}

impl<R> IntoIterator for Swept<R> {
    type Item = Outcome<R>;
    type IntoIter = std::vec::IntoIter<Outcome<R>>;

    fn into_iter(self) -> Self::IntoIter {
        self.outcomes.into_iter()
    }
}

impl<'s, R> IntoIterator for &'s Swept<R> {
    type Item = &'s Outcome<R>;
    type IntoIter = std::slice::Iter<'s, Outcome<R>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
