//! How long a call waits for other processes that write.

use super::{Failure, FailureKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Long for the first that waits; brief for those after one that has waited in vain, until something is written: so
/// a store that stays locked stops a program once, and not with each call.
#[derive(Debug, Default)]
pub(super) struct Patience {
    in_vain: AtomicBool,
}

impl Patience {
    pub(super) const LONG: Duration = Duration::from_secs(5);
    const BRIEF: Duration = Duration::from_millis(100);

    /// Writes, and waits no longer than it is told to.
    pub(super) fn write<T>(
        &self,
        write: impl FnOnce(Duration) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let written = write(match self.in_vain.load(Ordering::Relaxed) {
            true => Self::BRIEF,
            false => Self::LONG,
        });
        match &written {
            Ok(_) => self.in_vain.store(false, Ordering::Relaxed),
            Err(failure) if failure.kind == FailureKind::Busy => {
                self.in_vain.store(true, Ordering::Relaxed);
            }
            Err(_) => {}
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_waits_long_until_something_is_written() {
        let patience = Patience::default();
        let fail = |kind| {
            let mut told = Duration::ZERO;
            let written: Result<(), _> = patience.write(|most| {
                told = most;
                Err(Failure::new(kind, String::new()))
            });
            assert!(written.is_err());
            told
        };
        assert_eq!(fail(FailureKind::Full), Patience::LONG);
        assert_eq!(fail(FailureKind::Busy), Patience::LONG);
        assert_eq!(fail(FailureKind::Busy), Patience::BRIEF);
        assert_eq!(fail(FailureKind::Full), Patience::BRIEF);
        assert!(patience.write(Ok).is_ok());
        assert_eq!(fail(FailureKind::Busy), Patience::LONG);
    }
}
