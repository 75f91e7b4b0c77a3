//! The directory of a store: made, labelled, locked, and looked at; and where it keeps what is of no use.

use super::files::{listing, sync_folder};
use super::{Failure, FailureKind};
use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How long one waits for others that make or repair the store.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The file that is locked alone by who makes or repairs the store, and together
/// with others by who opens files that might be renamed meanwhile.
pub(super) const LOCK: &str = "lock";

/// With whom a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    Alone,
    /// Whoever holds it alone is kept out.
    Together,
}

const CACHE_TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55
# This directory holds results that dug can compute again.
# For what this file is, see https://bford.info/cachedir/
";

/// Makes the directory, unless it is there. If it is new or empty, it is
/// labelled as something that need not be saved or committed.
pub(super) fn prepare(path: &Path) -> Result<(), Failure> {
    let missing: Vec<&Path> = path.ancestors().take_while(|path| !path.exists()).collect();
    fs::create_dir_all(path).map_err(|error| Failure::io("create", path, &error))?;
    for parent in missing.iter().filter_map(|made| made.parent()) {
        let synced = sync_folder(parent);
        synced.map_err(|error| Failure::io("make durable", parent, &error))?;
    }
    if listing(path).is_ok_and(|entries| entries.iter().all(|(_, name)| name == LOCK)) {
        label(path, "CACHEDIR.TAG", CACHE_TAG);
        label(path, ".gitignore", b"*\n");
    }
    Ok(())
}

/// Writes a label. A store works without.
fn label(path: &Path, name: &str, text: &[u8]) {
    if let Ok(mut file) = File::create_new(path.join(name)) {
        let _ = file.write_all(text);
    }
}

/// So long is waited for a lease: whoever collects reads all of the store.
const LEASE_PATIENCE: Duration = Duration::from_secs(60);

/// The lease on what lies in the directory, as [`lock`] gives it: each holder has an opening of its own.
pub(super) fn lease(directory: &Path, hold: Hold) -> Result<Option<File>, Failure> {
    lock(&directory.join("collecting"), hold, LEASE_PATIENCE)
}

/// Locks a file among processes until the answer is dropped. `None` where files
/// cannot be locked: one must go on without.
pub(super) fn lock(path: &Path, hold: Hold, patience: Duration) -> Result<Option<File>, Failure> {
    let mut options = OpenOptions::new();
    // Over networks, holding it together takes reading, and alone takes writing.
    let file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    match file {
        Ok(file) => wait(&file, path, hold, patience).map(|locked| locked.then_some(file)),
        // Whoever cannot write here does not need the lock either.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(Failure::io("open", path, &error)),
    }
}

/// Locks an open file. The answer is whether files can be locked here.
pub(super) fn wait(
    file: &File,
    path: &Path,
    hold: Hold,
    patience: Duration,
) -> Result<bool, Failure> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        let locked = match hold {
            Hold::Alone => file.try_lock(),
            Hold::Together => file.try_lock_shared(),
        };
        match locked {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(_)) => return Ok(false),
            // A process that was stopped may hold it for ever.
            Err(TryLockError::WouldBlock) if begun.elapsed() > patience => {
                let text = format!(
                    "`{}` has been locked by another process for {patience:?}",
                    path.display()
                );
                return Err(Failure::new(FailureKind::Busy, text));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// The path with something appended.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

/// Under what name a store is set aside that is of no use, `word` saying why: one that is free.
pub(super) fn aside(path: &Path, word: &str) -> PathBuf {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = now.map_or(0, |now| now.as_secs());
    let names = std::iter::once(format!(".{word}-{seconds}"))
        .chain((1..).map(|n| format!(".{word}-{seconds}-{n}")));
    let free = names
        .map(|end| beside(path, &end))
        .find(|path| !path.exists());
    free.unwrap_or_else(|| beside(path, &format!(".{word}")))
}

/// What is said of a store of an earlier format.
pub(super) fn earlier(path: &Path, format: impl Display, known: impl Display) -> String {
    format!(
        "the store `{}` was written by an earlier version of dug (its format is {format}, and this \
         version knows {known})",
        path.display()
    )
}

/// The failure to set a store aside, for a reason.
pub(super) fn not_aside(reason: &str, error: &io::Error) -> Failure {
    let text = format!("{reason}; it cannot be set aside: {error}");
    Failure::new(FailureKind::Damaged, text)
}

/// The file systems of other machines, by the names that Linux has for them.
const REMOTE: [&str; 16] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse.ceph",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "gpfs",
    "lustre",
    "nfs",
    "nfs4",
    "smb3",
    "virtiofs",
];

/// A warning if the directory is on another machine's disk, as far as can be known: on Linux.
pub(super) fn remote_notice(path: &Path) -> Option<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    notice_of(&mounts, path)
}

fn notice_of(mounts: &str, path: &Path) -> Option<String> {
    let kind = mounted_as(mounts, &path.canonicalize().ok()?)?;
    REMOTE.contains(&kind).then(|| {
        format!(
            "the store `{}` is on a network file system ({kind}), where locks and crashes may \
             damage it; keep it on a local disk, and never use it from two machines at once",
            path.display()
        )
    })
}

/// The kind of the file system that holds a path, from the text of Linux' `mountinfo`.
fn mounted_as<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    // "36 35 98:0 /root /mount/point options .. - kind source options"
    let parse = |line: &'a str| {
        let (before, after) = line.split_once(" - ")?;
        let point = PathBuf::from(unescaped(before.split(' ').nth(4)?));
        let kind = after.split(' ').next()?;
        path.starts_with(&point)
            .then(|| (point.components().count(), kind))
    };
    // Of two mounted at the same point, the later one hides the other.
    let nearest = mounts
        .lines()
        .filter_map(parse)
        .max_by_key(|(depth, _)| *depth);
    nearest.map(|(_, kind)| kind)
}

/// Blanks, tabs, line ends and backslashes are written as `\` and three octal digits.
fn unescaped(point: &str) -> String {
    let escapes = [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ];
    let unescape = |text: String, (escape, meant): (&str, &str)| text.replace(escape, meant);
    escapes.into_iter().fold(point.to_owned(), unescape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_holds_a_path() {
        let mounts = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                      40 22 0:44 / /home rw - nfs4 server:/home rw\n\
                      41 40 8:2 / /home/a\\040b rw - xfs /dev/sdb rw\n\
                      42 22 0:45 / /mnt rw - ext4 /dev/sdc rw\n\
                      43 42 0:46 / /mnt rw - fuse.sshfs host: rw\n\
                      not a mount\n";
        let kind = |path| mounted_as(mounts, Path::new(path));
        assert_eq!(kind("/var"), Some("ext4"));
        assert_eq!(kind("/homes"), Some("ext4"));
        assert_eq!(kind("/home/x"), Some("nfs4"));
        assert_eq!(kind("/home/a b/x"), Some("xfs"));
        assert_eq!(kind("/mnt/x"), Some("fuse.sshfs"));
    }

    #[test]
    fn a_directory_of_another_machine_is_told_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let (mine, theirs) = (folder.path().join("mine"), folder.path().join("theirs"));
        let link = folder.path().join("link");
        for path in [&mine, &theirs] {
            fs::create_dir(path).unwrap();
        }
        let mounts = format!(
            "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n40 22 0:44 / {} rw - nfs4 server:/x rw\n",
            theirs.canonicalize().unwrap().display()
        );
        assert_eq!(notice_of(&mounts, &mine), None);
        assert_eq!(notice_of("", &theirs), None);
        let notice = notice_of(&mounts, &theirs).unwrap();
        let name = format!("the store `{}`", theirs.display());
        for part in [
            name.as_str(),
            "a network file system (nfs4)",
            "a local disk",
        ] {
            assert!(notice.contains(part), "{notice}");
        }
        // It is the directory itself that counts, whatever leads there.
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&theirs, &link).unwrap();
            assert!(notice_of(&mounts, &link).is_some());
        }
    }

    #[test]
    fn a_new_directory_is_labelled_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("a/b");
        prepare(&new).unwrap();
        assert!(new.join("CACHEDIR.TAG").exists());
        assert_eq!(fs::read(new.join(".gitignore")).unwrap(), b"*\n");

        let used = folder.path().join("a");
        prepare(&used).unwrap();
        assert!(!used.join(".gitignore").exists());
    }

    #[test]
    fn a_lock_that_is_held_is_waited_for_but_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK);
        let soon = Duration::from_millis(30);
        let held = lock(&path, Hold::Alone, soon).unwrap().unwrap();
        for hold in [Hold::Alone, Hold::Together] {
            let failure = lock(&path, hold, soon).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Busy);
        }
        drop(held);
        let held = [
            lock(&path, Hold::Together, soon),
            lock(&path, Hold::Together, soon),
        ];
        assert!(held.iter().all(|held| held.as_ref().unwrap().is_some()));
        assert!(lock(&path, Hold::Alone, soon).is_err());
        drop(held);
        assert!(lock(&path, Hold::Alone, soon).unwrap().is_some());
    }
}
