//! Large values as files, named by the BLAKE3 digest of what is in them.
//!
//! A file appears under its name when it is written whole, and is never
//! changed. Its content is compared with its name on every reading, so one
//! that a crash has torn is found and removed.
//!
//! Writing does not wait for the disk; [`Blobs::sync`] does, for all that has
//! been handed to [`Blobs::write`] since, whoever wrote it first.

use super::files::{self, Unsynced, listing, remove_abandoned, write_whole};
use super::{BlobInfo, Failure, FailureKind};
use crate::id::{from_hex, to_hex};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Large values in a directory, which is made when the first is written.
#[derive(Debug)]
pub(super) struct Blobs {
    directory: PathBuf,
    unsynced: Unsynced,
}

impl Blobs {
    /// The large values in an absolute path.
    pub(super) fn new(directory: PathBuf) -> Blobs {
        let unsynced = Unsynced::below(directory.clone());
        Blobs {
            directory,
            unsynced,
        }
    }

    pub(super) fn path(&self, digest: &[u8; 32]) -> PathBuf {
        let name = to_hex(digest);
        let (folder, file) = name.split_at(2);
        self.directory.join(folder).join(file)
    }

    pub(super) fn read(&self, digest: &[u8; 32], length: u64) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.path(digest);
        // A file may be said to be longer than the memory.
        if path.metadata().is_ok_and(|there| there.len() != length) {
            let _ = files::remove(&path);
            return Err(damaged(&path));
        }
        let Some(bytes) = files::read(&path)? else {
            return Ok(None);
        };
        if blake3::hash(&bytes).as_bytes() == digest {
            return Ok(Some(bytes));
        }
        // Another may have put a good one there just now: it is then written once more.
        let _ = files::remove(&path);
        Err(damaged(&path))
    }

    pub(super) fn has(&self, digest: &[u8; 32], length: u64) -> bool {
        let metadata = self.path(digest).metadata();
        metadata.is_ok_and(|there| there.len() == length)
    }

    pub(super) fn write(&self, digest: &[u8; 32], bytes: &[u8]) -> Result<(), Failure> {
        let path = self.path(digest);
        if !found(&path, bytes.len() as u64) {
            let written = write_whole(&path, &[bytes]);
            written.map_err(|error| Failure::io("write", &path, &error))?;
        }
        self.unsynced.add(path)
    }

    /// What is there, without temporary files; those of killed processes are removed.
    pub(super) fn list(&self) -> Result<Vec<BlobInfo>, Failure> {
        let mut blobs = Vec::new();
        self.each(|path, digest| {
            let Some(digest) = digest else {
                return remove_abandoned(path);
            };
            // Others may be removing files.
            if let Ok(metadata) = path.metadata() {
                blobs.push(BlobInfo {
                    digest,
                    bytes: metadata.len(),
                    written: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                });
            }
        })?;
        Ok(blobs)
    }

    pub(super) fn remove(&self, digest: &[u8; 32]) -> Result<(), Failure> {
        files::remove(&self.path(digest)).map(drop)
    }

    /// Returns when what was handed to `write` is durable.
    pub(super) fn sync(&self) -> Result<(), Failure> {
        self.unsynced.sync()
    }

    /// Bytes in all files; looks at each of them.
    pub(super) fn size(&self) -> Result<u64, Failure> {
        let mut bytes = 0;
        self.each(|path, _| bytes += path.metadata().map_or(0, |metadata| metadata.len()))?;
        Ok(bytes)
    }

    /// What is damaged, found by reading all.
    pub(super) fn check(&self) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        self.each(|path, digest| {
            let Some(digest) = digest else { return };
            let mut hasher = blake3::Hasher::new();
            let read = File::open(path).and_then(|file| hasher.update_reader(file).map(drop));
            match read {
                Ok(()) if *hasher.finalize().as_bytes() == digest => {}
                Ok(()) => found.push(damaged(path).message),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => found.push(Failure::io("read", path, &error).message),
            }
        })?;
        Ok(found)
    }

    /// Visits all files, with the digests that their names say.
    fn each(&self, mut visit: impl FnMut(&Path, Option<[u8; 32]>)) -> Result<(), Failure> {
        for (folder, first) in listing(&self.directory)? {
            if first.len() != 2 {
                continue;
            }
            for (path, rest) in listing(&folder)? {
                let digest = from_hex(&(first.clone() + &rest));
                let digest = digest.and_then(|digest| digest.try_into().ok());
                visit(&path, digest);
            }
        }
        Ok(())
    }
}

fn damaged(path: &Path) -> Failure {
    let text = format!(
        "`{}` does not hold what its name says: it is damaged",
        path.display()
    );
    Failure::new(FailureKind::Damaged, text)
}

/// Whether the file is there already. It is then marked as written now, so that
/// one who removes what nothing refers to leaves it alone.
fn found(path: &Path, bytes: u64) -> bool {
    // A file that a crash has cut short is written again.
    if path.metadata().is_ok_and(|there| there.len() == bytes) {
        if let Ok(file) = OpenOptions::new().append(true).open(path) {
            let _ = file.set_modified(SystemTime::now());
        }
        return true;
    }
    false
}
