//! In which order the scenarios of a sweep may be begun, and by whom.
//!
//! Equal scenarios are computed one after the other, since the layer of a scenario is one caller's
//! at a time. For the same reason a scenario that lies over another one of the list waits until
//! that is done: then its layer may be the one around, with all that it holds.

use super::crew::{Crew, Watch};
use crate::scenario::Scenario;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Groups of equal scenarios, by the place of the first.
pub(super) struct Plan {
    groups: Vec<Group>,
    state: Mutex<State>,
}

struct State {
    /// The groups that may be begun.
    ready: BTreeSet<usize>,
    crew: Crew,
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
    pub(super) fn of(scenarios: &[Scenario], crew: Crew) -> Self {
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
            state: Mutex::new(State { ready, crew }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many groups may be begun now.
    pub(super) fn width(&self) -> usize {
        self.state().ready.len()
    }

    /// Whether one more thread is of use, which is to [begin](Self::begin) groups until there is none for it.
    pub(super) fn join(&self) -> bool {
        self.state().crew.join()
    }

    /// The next group for the thread to compute, which nobody else gets, and the places of its scenarios. Where
    /// there is none the thread has left.
    pub(super) fn begin(&self) -> Option<(usize, &[usize])> {
        let state = &mut *self.state();
        let group = match state.crew.is_too_large() {
            true => None,
            false => state.ready.pop_first(),
        };
        let Some(group) = group else {
            state.crew.leave();
            return None;
        };
        Some((group, &self.groups[group].places))
    }

    /// The group is done. Tells for how many more threads there is something to begin because of that.
    pub(super) fn end(&self, group: usize, watch: &mut Watch) -> usize {
        let state = &mut *self.state();
        let over = &self.groups[group].over;
        state.ready.extend(over);
        let ready = match state.crew.look(watch) {
            true => state.ready.len(),
            false => over.len(),
        };
        // One is for this thread.
        ready.saturating_sub(1)
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
