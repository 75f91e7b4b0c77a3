//! What memoization saved, and that it changed nothing.

use dug::Scenario;
use serde::Serialize;

use crate::outcome::Outcome;
use crate::progress;

/// Of so many scenarios at most, all are compared with brute force, and of more
/// every so many.
const COMPARED: usize = 1_260;

/// The functions run for all scenarios of one kind, three ways, and whether the
/// answers agree.
#[derive(Serialize)]
pub struct Proof {
    /// What kind they are.
    pub kind: &'static str,
    /// How many scenarios there are.
    pub what_ifs: usize,
    /// For all of them with dug, beside what the ones above have left behind.
    pub with_dug: u64,
    /// How many of them were evaluated by brute force, too: all, or every so many.
    pub compared: usize,
    pub every: usize,
    /// For each of these in a context of its own, with nothing to share: every
    /// function once for each set of arguments.
    pub fresh_contexts: u64,
    /// For each of these with no cache: every function as often as it is called.
    pub no_cache: u64,
    /// Those to which all three ways give the same answer, to the bit.
    pub identical: usize,
}

impl Proof {
    /// Evaluates scenarios again without what they share. To be called outside
    /// of any context.
    pub fn new(kind: &'static str, scenarios: &[Scenario], outcomes: &[Outcome]) -> Proof {
        let every = scenarios.len().div_ceil(COMPARED).max(1);
        let compared: Vec<&Scenario> = scenarios.iter().step_by(every).collect();
        let part = |way: &str| format!("{kind}, {way}");
        let fresh = progress::each(&part("fresh contexts"), &compared, |it| Outcome::fresh(it));
        let bare = progress::each(&part("no cache"), &compared, |it| Outcome::uncached(it));

        let dug = outcomes.iter().step_by(every);
        let answers = dug.zip(&fresh).zip(&bare);
        let identical = answers.filter(|((dug, fresh), (bare, _))| {
            let bits = dug.value.to_bits();
            bits == fresh.value.to_bits() && bits == bare.to_bits()
        });
        Proof {
            kind,
            what_ifs: scenarios.len(),
            with_dug: functions_run(outcomes),
            compared: compared.len(),
            every,
            fresh_contexts: functions_run(&fresh),
            no_cache: bare.iter().map(|(_, functions_run)| functions_run).sum(),
            identical: identical.count(),
        }
    }

    /// Whether caching changed nothing.
    pub fn holds(&self) -> bool {
        self.identical == self.compared
    }
}

/// The functions run for all of these.
pub fn functions_run(outcomes: &[Outcome]) -> u64 {
    outcomes.iter().map(|outcome| outcome.functions_run).sum()
}

/// Scenarios built once more, and entered while the results of their equals are
/// kept.
#[derive(Serialize)]
pub struct Again {
    pub what_ifs: usize,
    pub with_dug: u64,
    pub identical: usize,
}

impl Again {
    pub fn new(first: &[Outcome], again: &[Outcome]) -> Again {
        let pairs = first.iter().zip(again);
        let identical = pairs.filter(|(a, b)| a.value.to_bits() == b.value.to_bits());
        Again {
            what_ifs: again.len(),
            with_dug: functions_run(again),
            identical: identical.count(),
        }
    }

    pub fn holds(&self) -> bool {
        self.identical == self.what_ifs
    }
}
