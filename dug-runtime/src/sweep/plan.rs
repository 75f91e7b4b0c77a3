//! In which order the scenarios of a sweep may be begun.
//!
//! Equal scenarios are computed one after the other, since the layer of a scenario is one caller's
//! at a time. For the same reason a scenario that lies over another one of the list waits until
//! that is done: then its layer may be the one around, with all that it holds.

use crate::scenario::Scenario;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Groups of equal scenarios, by the place of the first.
pub(super) struct Plan {
    groups: Vec<Group>,
    /// The groups that may be begun.
    ready: Mutex<BTreeSet<usize>>,
}

#[derive(Default)]
struct Group {
    places: Vec<usize>,
    /// The groups that lie right over this one.
    over: Vec<usize>,
}

impl Plan {
    #[expect(
        clippy::mutable_key_type,
        reason = "a scenario remembers its digest, which never changes"
    )]
    pub(super) fn of(scenarios: &[Scenario]) -> Self {
        let mut groups: Vec<Group> = Vec::with_capacity(scenarios.len());
        let mut known: HashMap<Scenario, usize> = HashMap::with_capacity(scenarios.len());
        for (place, scenario) in scenarios.iter().enumerate() {
            let group = *known.entry(scenario.clone()).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Group::default());
            }
            groups[group].places.push(place);
        }
        let mut ready = BTreeSet::new();
        for group in 0..groups.len() {
            let scenario = &scenarios[groups[group].places[0]];
            let around = prefixes(scenario).into_iter().rev();
            match around.filter_map(|outer| known.get(&outer)).next() {
                Some(outer) => groups[*outer].over.push(group),
                None => {
                    ready.insert(group);
                }
            }
        }
        Plan {
            groups,
            ready: Mutex::new(ready),
        }
    }

    fn ready(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many groups may be begun now.
    pub(super) fn width(&self) -> usize {
        self.ready().len()
    }

    /// The next group to compute, which nobody else gets, and the places of its scenarios.
    pub(super) fn begin(&self) -> Option<(usize, &[usize])> {
        let group = self.ready().pop_first()?;
        Some((group, &self.groups[group].places))
    }

    /// The group is done. Tells how many may be begun because of that.
    pub(super) fn end(&self, group: usize) -> usize {
        let over = &self.groups[group].over;
        self.ready().extend(over);
        over.len()
    }
}

/// What the scenario lies over, the outermost level alone first; levels without tweaks do not count.
fn prefixes(scenario: &Scenario) -> Vec<Scenario> {
    let levels = scenario.levels().into_iter();
    let mut levels: Vec<Scenario> = levels.filter(|level| !level.is_empty()).collect();
    levels.pop();
    let mut prefixes: Vec<Scenario> = Vec::with_capacity(levels.len());
    for level in levels {
        let prefix = match prefixes.last() {
            Some(outer) => level.over(outer),
            None => level,
        };
        prefixes.push(prefix);
    }
    prefixes
}
