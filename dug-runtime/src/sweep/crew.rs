//! How many threads work on a sweep.
//!
//! Bodies run side by side, but for all else the threads take turns at the lock of the tree: where bodies do next to
//! nothing, several threads take longer than one. So each looks now and then for how long it has waited for that lock.
//! Where together they do hardly more than one would, one goes on alone for a while, and then all try again.

use crate::tree;
use std::time::{Duration, Instant};

/// So long a thread works between two looks.
const WHILE: Duration = Duration::from_millis(5);
/// So long one goes on alone the first time, and twice as long each time that nothing was gained by the others.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(640);

/// The threads that take scenarios from one list.
pub(super) struct Crew {
    /// How many there are.
    at_work: usize,
    /// When others may work again beside the one.
    alone_until: Option<Instant>,
    /// For how long one goes on alone the next time.
    next: Duration,
    /// Whether their number was asked for, and so stays.
    is_fixed: bool,
}

impl Crew {
    pub(super) fn new(is_fixed: bool) -> Self {
        Crew {
            at_work: 0,
            alone_until: None,
            next: FIRST,
            is_fixed,
        }
    }

    /// Whether one more is of use; then it is one of them.
    pub(super) fn join(&mut self) -> bool {
        let joins = self.alone_until.is_none() || self.at_work == 0;
        self.at_work += usize::from(joins);
        joins
    }

    /// One has nothing to do.
    pub(super) fn leave(&mut self) {
        self.at_work -= 1;
    }

    /// Whether one of them is to leave, so that another goes on alone.
    pub(super) fn is_too_large(&self) -> bool {
        self.alone_until.is_some() && self.at_work > 1
    }

    /// One of them looks whether it waits too much, or was alone long enough: in the second case the others may come back.
    pub(super) fn look(&mut self, watch: &mut Watch) -> bool {
        let now = Instant::now();
        if let Some(until) = self.alone_until {
            if now < until {
                return false;
            }
            self.alone_until = None;
            *watch = Watch::start();
            return true;
        }
        if self.at_work > 1
            && !self.is_fixed
            && let Some(spent) = watch.look(now)
        {
            match spent.is_lost(self.at_work) {
                true => {
                    self.alone_until = Some(now + self.next);
                    self.next = LONGEST.min(2 * self.next);
                }
                false => self.next = FIRST,
            }
        }
        false
    }
}

/// Since when a thread works, and for how long it had waited for locks by then.
pub(super) struct Watch {
    start: Instant,
    waited: Duration,
}

/// What has become of a thread's time.
#[derive(Clone, Copy)]
struct Spent {
    all: Duration,
    waiting: Duration,
}

impl Watch {
    pub(super) fn start() -> Self {
        Watch {
            start: Instant::now(),
            waited: tree::waited(),
        }
    }

    /// What was spent since the last look, if that is long ago.
    fn look(&mut self, now: Instant) -> Option<Spent> {
        let all = now - self.start;
        if all < WHILE {
            return None;
        }
        let last = std::mem::replace(self, Watch::start());
        let waiting = self.waited.saturating_sub(last.waited);
        Some(Spent { all, waiting })
    }
}

impl Spent {
    /// Whether so many threads that fare alike do no more than a third more than one would alone.
    fn is_lost(self, threads: usize) -> bool {
        let working = self.all.saturating_sub(self.waiting);
        working.as_secs_f64() * threads as f64 <= self.all.as_secs_f64() * 4.0 / 3.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_lost_where_threads_wait_for_most_of_it() {
        let spent = |waiting| Spent {
            all: Duration::from_millis(100),
            waiting: Duration::from_millis(waiting),
        };
        assert!(!spent(0).is_lost(2) && !spent(32).is_lost(2));
        assert!(spent(34).is_lost(2) && spent(90).is_lost(2));
        assert!(!spent(80).is_lost(8) && spent(84).is_lost(8));
        assert!(spent(0).is_lost(1));
    }

    #[test]
    fn one_goes_on_alone_until_the_time_has_come() {
        let mut crew = Crew::new(false);
        let mut watch = Watch::start();
        assert!(crew.join() && crew.join() && !crew.is_too_large());
        crew.alone_until = Some(Instant::now() + Duration::from_secs(3600));
        assert!(!crew.look(&mut watch) && crew.is_too_large());
        crew.leave();
        assert!(!crew.is_too_large() && !crew.join());
        // Whoever is the last may be followed by another.
        crew.leave();
        assert!(crew.join() && !crew.join());
        crew.alone_until = Some(Instant::now());
        assert!(crew.look(&mut watch) && !crew.look(&mut watch));
        assert!(crew.join() && !crew.is_too_large());
    }

    #[test]
    fn what_was_asked_for_stays() {
        let mut crew = Crew::new(true);
        let mut watch = Watch {
            start: Instant::now() - Duration::from_secs(1),
            waited: Duration::ZERO,
        };
        assert!(crew.join() && crew.join());
        crew.look(&mut watch);
        assert!(crew.join() && !crew.is_too_large());
    }
}
