//! Files that appear whole, and are made durable later.

use super::Failure;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// How long the unfinished file of another process is left alone.
const ABANDONED: Duration = Duration::from_secs(3600);

/// How many files may wait to be made durable.
const UNSYNCED: usize = 4096;

/// Files below a directory that a crash may still undo.
#[derive(Debug)]
pub(super) struct Unsynced {
    root: PathBuf,
    paths: Mutex<BTreeSet<PathBuf>>,
}

impl Unsynced {
    pub(super) fn below(root: PathBuf) -> Unsynced {
        let paths = Mutex::default();
        Unsynced { root, paths }
    }

    /// Notes a file that was written, removed, or found and relied upon.
    pub(super) fn add(&self, path: PathBuf) -> Result<(), Failure> {
        let mut paths = self.paths();
        paths.insert(path);
        let many = paths.len() >= UNSYNCED;
        drop(paths);
        if many { self.sync() } else { Ok(()) }
    }

    /// Makes durable what was noted. What the disk refuses is removed: it may look
    /// well until the next crash, and a later call would not notice.
    pub(super) fn sync(&self) -> Result<(), Failure> {
        let paths = std::mem::take(&mut *self.paths());
        let mut folders = BTreeSet::new();
        let mut failure = None;
        for path in &paths {
            match sync_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    let _ = fs::remove_file(path);
                    failure = Some(Failure::io("make durable", path, &error));
                }
                _ => {}
            }
            let inside = path.ancestors().skip(1);
            folders.extend(inside.take_while(|folder| folder.starts_with(&self.root)));
        }
        if !folders.is_empty() {
            folders.extend(self.root.parent());
        }
        for folder in folders {
            match sync_folder(folder) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    failure = Some(Failure::io("make durable", folder, &error));
                }
                _ => {}
            }
        }
        let Some(failure) = failure else {
            return Ok(());
        };
        self.paths().extend(paths);
        Err(failure)
    }

    fn paths(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a file that appears with all its content, or not at all. Makes its directory.
pub(super) fn write_whole(path: &Path, bytes: &[&[u8]]) -> io::Result<()> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    // All paths here have one: they were joined to a directory.
    let folder = path.parent().unwrap_or(path);
    let mut tries = 0;
    let (temporary, mut file) = loop {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!("{}-{count}.tmp", std::process::id()));
        // The number of another process may be the same: of an earlier one, or on another machine.
        match File::create_new(&temporary) {
            Ok(file) => break (temporary, file),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            // Another may have made the directory since, so it is no use to look first.
            Err(error) if error.kind() == ErrorKind::NotFound && tries < 8 => {
                tries += 1;
                fs::create_dir_all(folder)?;
            }
            Err(error) => return Err(error),
        }
    };
    let written = bytes.iter().try_for_each(|bytes| file.write_all(bytes));
    drop(file);
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed
}

/// Removes a file that one who was killed has not finished.
pub(super) fn remove_abandoned(path: &Path) {
    let unfinished = path.extension().is_some_and(|extension| extension == "tmp");
    let written = path.metadata().and_then(|metadata| metadata.modified());
    let written = written.unwrap_or_else(|_| SystemTime::now());
    if unfinished && written.elapsed().is_ok_and(|age| age > ABANDONED) {
        let _ = fs::remove_file(path);
    }
}

/// What is in a file, if it is there.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("read", path, &error)),
    }
}

/// Removes a file. The answer is whether it was there.
pub(super) fn remove(path: &Path) -> Result<bool, Failure> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::io("remove", path, &error)),
    }
}

/// The paths and names in a directory, which need not exist. Names that are no text are not ours.
pub(super) fn listing(directory: &Path) -> Result<Vec<(PathBuf, String)>, Failure> {
    let list = |error: &io::Error| Failure::io("list", directory, error);
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(list(&error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| list(&error))?;
        if let Ok(name) = entry.file_name().into_string() {
            found.push((entry.path(), name));
        }
    }
    Ok(found)
}

/// Waits until the content of a file is on the disk, whoever wrote it.
fn sync_file(path: &Path) -> io::Result<()> {
    // Windows flushes only what is open for writing.
    let mut options = OpenOptions::new();
    let file = options.read(true).write(cfg!(windows)).open(path)?;
    file.sync_all()
}

/// Waits until the names in a directory are on the disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere directories cannot be opened, and keep their names themselves.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_may_make_the_same_directory_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..200 {
            let path = folder.path().join(format!("{round}/a/file"));
            let barrier = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        barrier.wait();
                        write_whole(&path, &[b"one", b"two"]).unwrap();
                    });
                }
            });
            assert_eq!(fs::read(&path).unwrap(), b"onetwo");
            assert_eq!(listing(path.parent().unwrap()).unwrap().len(), 1);
        }
    }
}
