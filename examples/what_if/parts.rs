//! The parts of the work: which scenarios are entered, in which order.

use std::iter;

use dug::{Attribution, Context, Diff, Error, Retention, Scenario, Tweak, node};

use crate::book::{PositionId, book};
use crate::model::{book_value, position_value};
use crate::names;
use crate::outcome::{self, Outcome};
use crate::progress;
use crate::proof::{Again, Proof};
use crate::scenarios::{Factor, Input, part_of_day, real_day, shift};

/// Parallel shifts of all rates, in basis points.
pub const SHIFTS: [i32; 4] = [-100, -50, 50, 100];

/// Scenarios of one kind, and what came of them.
pub struct Part {
    pub kind: &'static str,
    pub scenarios: Vec<Scenario>,
    pub outcomes: Vec<Outcome>,
}

impl Part {
    /// Values the book under each scenario, in parallel, on top of the current
    /// context: only what the tweaks reach runs again.
    fn run(kind: &'static str, scenarios: Vec<Scenario>) -> Result<Part, String> {
        Part::run_in_turn(kind, vec![scenarios])
    }

    /// The same for several lists, one after the other.
    fn run_in_turn(kind: &'static str, lists: Vec<Vec<Scenario>>) -> Result<Part, String> {
        let scenarios = lists.concat();
        let swept: Vec<_> = progress::part(kind, scenarios.len(), |bar| {
            let sweeps = lists.into_iter().map(dug::sweep);
            let swept = sweeps.flat_map(|it| it.progress(|_| bar.inc(1)).run(outcome::values));
            swept.collect()
        });
        let outcomes = swept.into_iter().zip(&scenarios).map(|(swept, scenario)| {
            let functions_run = swept.figures().executions;
            match swept.into_result() {
                Ok(values) => Ok(Outcome::new(values, functions_run)),
                Err(failure) => Err(format!("{kind}: {scenario}: {failure}")),
            }
        });
        Ok(Part {
            kind,
            outcomes: outcomes.collect::<Result<_, _>>()?,
            scenarios,
        })
    }

    /// A scenario under which the book is worth no number.
    pub fn without_value(&self) -> Option<&Scenario> {
        let all = iter::zip(&self.scenarios, &self.outcomes);
        let mut without = all.filter(|(_, outcome)| !outcome.value.is_finite());
        without.next().map(|(scenario, _)| scenario)
    }

    fn proof(&self) -> Proof {
        Proof::new(self.kind, &self.scenarios, &self.outcomes)
    }
}

/// All that is evaluated.
pub struct Parts {
    /// The last day as it was: no tweaks.
    pub base: Part,
    /// The moves of each day.
    pub real_days: Part,
    /// The same once more.
    pub again: Again,
    /// Each input up, and down.
    pub bumps: Part,
    /// Those of the user's file.
    pub stress: Part,
    /// The moves of the worst of them, each [`Factor`] alone.
    pub factors: Part,
    /// What each of these has to do with the loss.
    pub attribution: Attribution,
    /// How that day came to the position that loses most.
    pub way: Diff,
    /// Each of [`SHIFTS`] alone, followed by each day over it.
    pub shifted_days: Part,
}

impl Parts {
    /// Evaluates everything, in one context: the base first, whose results all
    /// scenarios share.
    pub fn run(
        days: &[usize],
        inputs: &[Input],
        stress: Vec<Scenario>,
    ) -> Result<Parts, Box<dyn std::error::Error>> {
        let real_days = || all(days.iter().map(|&day| real_day(day)));
        let bumps = all(inputs.iter().flat_map(|it| [it.bump(1.0), it.bump(-1.0)]))?;
        let shifts = all(SHIFTS.map(shift))?;
        // Kept is what is entered again: the days, and stress that other stress lies over.
        let kept = Retention::new().scenarios(days.len().max(2 * stress.len()));
        Context::builder().retention(kept).build().enter(|| {
            let base = Part::run("base", vec![Scenario::new()])?;
            let first = Part::run("real days", real_days()?)?;
            // Equal scenarios, built anew: all that they answer is there.
            let again = Part::run("real days again", real_days()?)?;
            let again = Again::new(&first.outcomes, &again.outcomes);
            let bumps = Part::run("bumps", bumps)?;
            let stress = Part::run("stress scenarios", stress)?;

            let place = worst(&first.outcomes);
            let factors = all(Factor::ALL.map(|factor| part_of_day(days[place], factor)))?;
            let factors = Part::run("factors of the worst day", factors)?;
            let (none, day) = (Scenario::new(), &first.scenarios[place]);
            let factor = |tweak: &Tweak| Factor::of(tweak).map_or_else(String::new, names::factor);
            let attribution = dug::attribution_by(&none, day, factor, book_value)?;
            let way = dug::diff(&none, day, node!(position_value(hit_most(day))))?;

            // One shift after the other: each is in use until its last day is done. Begun
            // all at once, a shift that waits for a thread may be given up for what is newer.
            let shifted_days = shifts.iter().map(|it| over(it, &first.scenarios));
            let shifted_days = Part::run_in_turn("days over rate shifts", shifted_days.collect())?;
            Ok(Parts {
                base,
                real_days: first,
                again,
                bumps,
                stress,
                factors,
                attribution,
                way,
                shifted_days,
            })
        })
    }

    /// Compares all answers with brute force. To be called outside of any context.
    pub fn proofs(&self) -> Vec<Proof> {
        [
            &self.base,
            &self.real_days,
            &self.bumps,
            &self.stress,
            &self.factors,
            &self.shifted_days,
        ]
        .map(Part::proof)
        .into()
    }
}

fn all(
    scenarios: impl IntoIterator<Item = Result<Scenario, Error>>,
) -> Result<Vec<Scenario>, Error> {
    scenarios.into_iter().collect()
}

/// A shift alone, and each day over it.
///
/// A day moves few rates, and a shift all of them. With the shift outside, what
/// follows from rates alone runs once for all days; the other way round, again
/// for each.
fn over(shift: &Scenario, days: &[Scenario]) -> Vec<Scenario> {
    let days = days.iter().map(|day| day.over(shift));
    iter::once(shift.clone()).chain(days).collect()
}

/// The place of the least value.
fn worst(outcomes: &[Outcome]) -> usize {
    let values = outcomes.iter().map(|outcome| outcome.value).enumerate();
    let least = values.min_by(|(_, a), (_, b)| a.total_cmp(b));
    least.map_or(0, |(place, _)| place)
}

/// The position that loses most under a scenario.
fn hit_most(scenario: &Scenario) -> PositionId {
    let all = 0..book().len() as PositionId;
    let profit = |id: &PositionId| scenario.enter(|| position_value(*id)) - position_value(*id);
    let least = all.min_by(|a, b| profit(a).total_cmp(&profit(b)));
    least.expect("the book holds something")
}
