//! How a file looks from outside.

use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What changes when a file is written, as far as it can be seen without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stat {
    size: u64,
    /// Since 1970.
    modified: Duration,
    /// Of the inode; where there is none, zero.
    changed: (i64, i64),
    inode: (u64, u64),
}

/// A file that was written this short before may be written again without looking otherwise.
const COARSE: Duration = Duration::from_secs(2);

impl Stat {
    /// Of the file, if it is there and its times can be trusted.
    pub(crate) fn of(path: &str) -> Option<Stat> {
        let metadata = std::fs::metadata(path)
            .ok()
            .filter(std::fs::Metadata::is_file)?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let (changed, inode) = of_inode(&metadata);
        Some(Stat {
            size: metadata.len(),
            modified,
            changed,
            inode,
        })
    }

    /// Whether the file is as long as what was read of it: those that a system makes while they are read
    /// are not, and look the same whatever they hold.
    pub(crate) fn tells_of(&self, read: usize) -> bool {
        u64::try_from(read) == Ok(self.size)
    }

    /// Whether the file had been left alone for long enough: else an equal look proves nothing.
    pub(crate) fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let (seconds, nanoseconds) = self.changed;
        let part = |of: i64| u64::try_from(of).unwrap_or(0);
        let changed = Duration::from_secs(part(seconds)) + Duration::from_nanos(part(nanoseconds));
        now.is_ok_and(|now| {
            let since = |time: Duration| now.checked_sub(time).is_some_and(|age| age > COARSE);
            since(self.modified) && since(changed)
        })
    }
}

#[cfg(unix)]
fn of_inode(metadata: &std::fs::Metadata) -> ((i64, i64), (u64, u64)) {
    use std::os::unix::fs::MetadataExt;
    (
        (metadata.ctime(), metadata.ctime_nsec()),
        (metadata.dev(), metadata.ino()),
    )
}

#[cfg(not(unix))]
fn of_inode(_: &std::fs::Metadata) -> ((i64, i64), (u64, u64)) {
    ((0, 0), (0, 0))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Stat;

    #[test]
    fn files_that_the_system_makes_are_told_by_their_length() {
        let path = "/proc/self/stat";
        let read = std::fs::read(path).unwrap().len();
        assert!(!Stat::of(path).unwrap().tells_of(read));
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let read = std::fs::read(path).unwrap().len();
        assert!(Stat::of(path).unwrap().tells_of(read));
    }
}
