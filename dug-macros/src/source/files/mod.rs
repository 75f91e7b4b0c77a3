//! The files that sources are in (`sources`), those that one of them names (`named`), and those that
//! names may mean that are only put together (`computed`).

pub(super) mod computed;
pub(super) mod named;
pub(super) mod sources;

use std::fs;
use std::path::Path;

/// Whether it is a file that says the same each time, and ends: no pipe, and nothing that the system only shows.
pub(super) fn is_file(path: &Path) -> bool {
    path.is_file() && fs::canonicalize(path).is_ok_and(|path| !is_shown(&path))
}

/// Whether a folder is marked as one that holds only what can be made anew, and has no sources at hand.
fn is_made_anew(folder: &Path) -> bool {
    if !folder.join("CACHEDIR.TAG").exists() {
        return false;
    }
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    !entries.any(|entry| entry.path().extension().is_some_and(|kind| kind == "rs"))
}

/// Whether the system only shows what is there.
fn is_shown(path: &Path) -> bool {
    ["/proc", "/sys"]
        .iter()
        .any(|shown| path.starts_with(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_only_shows_is_no_file() {
        assert!(is_file(Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/Cargo.toml"
        ))));
        for path in [
            "/proc/self/stat",
            "/sys/kernel/uevent_seqnum",
            "/dev/null",
            "/",
        ] {
            assert!(!is_file(Path::new(path)), "{path}");
        }
    }
}
