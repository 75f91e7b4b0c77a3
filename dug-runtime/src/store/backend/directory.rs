//! A store in small files, one a key: pure Rust, for where SQLite cannot be built.
//!
//! `store.files/<space>/<first byte>/<rest of the key>`, in hexadecimal. Each
//! file begins with a checksum of its place and its content; one that does not
//! fit is removed when it is read, and told once. What is of an earlier format is set aside as
//! `store.files.older-*`.
//!
//! Those who write take turns, by a lock on a file; where files cannot be
//! locked, two processes may both insert the same key, and the later one stays.
//! Those who read see each file whole, but a batch as far as it has come.
//! A batch that fails or is killed has come as far as some prefix; a power loss without
//! [`Backend::sync`] may undo any part of what was written since.

use super::blobs::Blobs;
use super::files::{self, Unsynced, listing, remove_abandoned, write_whole};
use super::patience::Patience;
use super::place::{self, Hold, LOCK, PATIENCE};
use super::{Backend, BlobInfo, Entry, Failure, FailureKind, Lease, Space, Write, scanned};
use crate::id::{from_hex, to_hex};
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The directory of all entries.
const FILES: &str = "store.files";

/// What its file `format` says, before the number.
const MARK: &str = "dug store in files, format ";
const FORMAT: u32 = 2;

/// Bytes of the checksum.
const CHECKSUM: usize = 16;

/// The longest key whose name every file system can hold.
const LONGEST: usize = 100;

/// What stands for no digits at all.
const NONE: &str = "_";

/// Entries and large values as files.
#[derive(Debug)]
pub(super) struct Directory {
    root: PathBuf,
    /// Why it can only be read, if so.
    unwritable: Option<Failure>,
    /// Held by the thread that writes.
    writing: Mutex<()>,
    patience: Patience,
    unsynced: Unsynced,
    blobs: Blobs,
}

impl Directory {
    /// The store in a directory that exists.
    pub(super) fn open(
        directory: &Path,
        blobs: Blobs,
        notices: &mut Vec<String>,
    ) -> Result<Directory, Failure> {
        let root = directory.join(FILES);
        let mark = root.join("format");
        if marked(&mark)? != Marked::Ours {
            let _lock = place::lock(&directory.join(LOCK), Hold::Alone, PATIENCE)?;
            notices.extend(make(&root, &mark)?);
        }
        let unsynced = Unsynced::below(root.clone());
        unsynced.add(mark)?;
        let refused = open_turns(&root).err();
        let unwritable = refused.filter(|failure| failure.kind == FailureKind::Denied);
        let unwritable = unwritable.map(|failure| {
            let text = format!("{failure}; the store can only be read");
            Failure::new(FailureKind::Denied, text)
        });
        Ok(Directory {
            unwritable,
            root,
            writing: Mutex::default(),
            patience: Patience::default(),
            unsynced,
            blobs,
        })
    }

    fn path(&self, space: Space, key: &[u8]) -> Result<PathBuf, Failure> {
        if key.len() > LONGEST {
            let text = format!("a key of {} bytes is too long for a store", key.len());
            return Err(Failure::new(FailureKind::Other, text));
        }
        let digits = to_hex(key);
        let (first, rest) = digits.split_at(digits.len().min(2));
        let folder = self.root.join(space.name()).join(named(first));
        Ok(folder.join(named(rest)))
    }

    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.path(space, key)?;
        let Some(mut bytes) = files::read(&path)? else {
            return Ok(None);
        };
        if !is_sound(space, key, &bytes) {
            // Another may have put a good one there just now: it is then missed.
            let _ = files::remove(&path);
            return Err(damaged(&path));
        }
        bytes.drain(..CHECKSUM);
        Ok(Some(bytes))
    }

    fn apply(&self, change: &Write) -> Result<bool, Failure> {
        let (path, changed) = match change {
            Write::Put { space, key, value } => {
                let path = self.path(*space, key)?;
                put(&path, *space, key, value)?;
                (path, true)
            }
            Write::Insert { space, key, value } => {
                let path = self.path(*space, key)?;
                // One that is damaged is as good as none.
                let there = files::read(&path)?;
                let free = there.is_none_or(|bytes| !is_sound(*space, key, &bytes));
                if free {
                    put(&path, *space, key, value)?;
                }
                (path, free)
            }
            Write::Replace {
                space,
                key,
                before,
                value,
            } => {
                let path = self.path(*space, key)?;
                let there = files::read(&path)?;
                let there = there.as_deref().and_then(|bytes| bytes.get(CHECKSUM..));
                let is_it = there == Some(&**before);
                if is_it {
                    put(&path, *space, key, value)?;
                }
                (path, is_it)
            }
            Write::Remove { space, key } => {
                let path = self.path(*space, key)?;
                let removed = files::remove(&path)?;
                (path, removed)
            }
        };
        self.unsynced.add(path)?;
        Ok(changed)
    }

    /// The keys from `from` on and before `end`, in order, of one folder.
    fn keys(
        &self,
        folder: &Path,
        first: &str,
        from: &[u8],
        end: Option<&[u8]>,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let key =
            |(_, rest): (PathBuf, String)| from_hex(&format!("{first}{rest}").replace(NONE, ""));
        let keys = listing(folder)?.into_iter().filter_map(key);
        let mut keys: Vec<_> = keys
            .filter(|key| **key >= *from && end.is_none_or(|end| **key < *end))
            .collect();
        keys.sort_unstable();
        Ok(keys)
    }

    /// The folders of a space, in the order of the keys in them.
    fn folders(&self, space: Space) -> Result<Vec<(PathBuf, String)>, Failure> {
        let mut folders = listing(&self.root.join(space.name()))?;
        folders.sort_unstable_by(|(_, a), (_, b)| (a != NONE, a).cmp(&(b != NONE, b)));
        Ok(folders)
    }

    /// Visits all files of entries.
    fn each(&self, mut visit: impl FnMut(Space, &str, &Path)) -> Result<(), Failure> {
        for space in Space::ALL {
            for (folder, first) in self.folders(space)? {
                for (path, rest) in listing(&folder)? {
                    visit(space, &format!("{first}{rest}"), &path);
                }
            }
        }
        Ok(())
    }
}

impl Backend for Directory {
    fn unwritable(&self) -> Option<Failure> {
        self.unwritable.clone()
    }

    fn read(&self, keys: &[(Space, &[u8])]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        let read = keys.iter().map(|(space, key)| self.get(*space, key));
        read.collect()
    }

    fn write(&self, batch: &[Write]) -> Result<Vec<bool>, Failure> {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (lock, path) = open_turns(&self.root)?;
        self.patience.write(|most| {
            place::wait(&lock, &path, Hold::Alone, most)?;
            batch.iter().map(|change| self.apply(change)).collect()
        })
    }

    fn lease(&self, hold: Hold) -> Result<Lease<'_>, Failure> {
        Ok(Box::new(place::lease(&self.root, hold)?))
    }

    fn scan(
        &self,
        space: Space,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure> {
        let (from, end) = scanned(prefix, after);
        let mut entries = Vec::new();
        for (folder, first) in self.folders(space)? {
            let last = from_hex(&first).is_some_and(|first| *first < from[..from.len().min(1)]);
            if last {
                continue;
            }
            for key in self.keys(&folder, &first, &from, end.as_deref())? {
                if entries.len() >= limit {
                    return Ok(entries);
                }
                let path = self.path(space, &key)?;
                // Another may have removed it.
                let Some(mut bytes) = files::read(&path)? else {
                    continue;
                };
                // Nothing is written without bytes: who reads that sees that it is damaged.
                let is_sound = is_sound(space, &key, &bytes);
                bytes.drain(..if is_sound { CHECKSUM } else { bytes.len() });
                entries.push((key, bytes));
            }
        }
        Ok(entries)
    }

    fn read_blob(&self, digest: &[u8; 32], bytes: u64) -> Result<Option<Vec<u8>>, Failure> {
        self.blobs.read(digest, bytes)
    }

    fn has_blob(&self, digest: &[u8; 32], bytes: u64) -> Result<bool, Failure> {
        Ok(self.blobs.has(digest, bytes))
    }

    fn write_blob(&self, digest: &[u8; 32], bytes: &[u8]) -> Result<(), Failure> {
        self.blobs.write(digest, bytes)
    }

    fn blobs(&self) -> Result<Vec<BlobInfo>, Failure> {
        self.blobs.list()
    }

    fn remove_blob(&self, digest: &[u8; 32]) -> Result<(), Failure> {
        self.blobs.remove(digest)
    }

    fn sync(&self) -> Result<(), Failure> {
        // First what the rest refers to.
        self.blobs.sync()?;
        self.unsynced.sync()
    }

    fn size(&self) -> Result<u64, Failure> {
        let mut bytes = self.blobs.size()?;
        self.each(|_, _, path| bytes += path.metadata().map_or(0, |metadata| metadata.len()))?;
        Ok(bytes)
    }

    fn compact(&self) -> Result<(), Failure> {
        self.blobs.list()?;
        self.each(|_, _, path| remove_abandoned(path))
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        // Whether entries are damaged is seen by who scans them.
        self.blobs.check()
    }
}

/// The file by whose lock those who write take turns.
fn open_turns(root: &Path) -> Result<(File, PathBuf), Failure> {
    let path = root.join("writing");
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).open(&path);
    match file {
        Ok(file) => Ok((file, path)),
        Err(error) => Err(Failure::io("write", &path, &error)),
    }
}

/// Makes what is missing. Tells if that is all, since what was there is of an earlier format.
fn make(root: &Path, mark: &Path) -> Result<Option<String>, Failure> {
    let notice = match marked(mark)? {
        Marked::Ours => return Ok(None),
        Marked::Nothing => None,
        Marked::Older(number) => {
            let reason = place::earlier(root, number, FORMAT);
            let aside = place::aside(root, "older");
            let renamed = fs::rename(root, &aside);
            renamed.map_err(|error| place::not_aside(&reason, &error))?;
            let aside = aside.display();
            Some(format!(
                "{reason}; it was set aside as `{aside}`, and a new one begun"
            ))
        }
    };
    let text = format!("{MARK}{FORMAT}\n");
    let written = write_whole(mark, &[text.as_bytes()]);
    written.map_err(|error| Failure::io("create", mark, &error))?;
    Ok(notice)
}

/// Whose the files are.
#[derive(Debug, PartialEq, Eq)]
enum Marked {
    Ours,
    /// There are none yet, or a crash has emptied the mark.
    Nothing,
    Older(u32),
}

fn marked(path: &Path) -> Result<Marked, Failure> {
    let Some(bytes) = files::read(path)? else {
        return Ok(Marked::Nothing);
    };
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(Marked::Nothing);
    }
    let text = String::from_utf8_lossy(&bytes);
    let number = text
        .strip_prefix(MARK)
        .and_then(|number| number.trim().parse::<u32>().ok());
    let name = path.display();
    match number {
        Some(FORMAT) => Ok(Marked::Ours),
        Some(number @ 1..FORMAT) => Ok(Marked::Older(number)),
        Some(number) if number > FORMAT => {
            let text = format!(
                "by `{name}`, the store was written by a later version of dug (its format is {number}, \
                 and this version knows {FORMAT}); use another directory, or the later version"
            );
            Err(Failure::new(FailureKind::Newer, text))
        }
        _ => {
            let text =
                format!("`{name}` is another program's file; use another directory for the store");
            Err(Failure::new(FailureKind::Foreign, text))
        }
    }
}

fn named(digits: &str) -> &str {
    if digits.is_empty() { NONE } else { digits }
}

fn put(path: &Path, space: Space, key: &[u8], value: &[u8]) -> Result<(), Failure> {
    let written = write_whole(path, &[&checksum(space, key, value), value]);
    written.map_err(|error| Failure::io("write", path, &error))
}

fn checksum(space: Space, key: &[u8], value: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(&[space as u8, key.len() as u8])
        .update(key)
        .update(value);
    let mut checksum = [0; CHECKSUM];
    hasher.finalize_xof().fill(&mut checksum);
    checksum
}

fn is_sound(space: Space, key: &[u8], bytes: &[u8]) -> bool {
    let split = bytes.split_at_checked(CHECKSUM);
    split.is_some_and(|(begin, value)| *begin == checksum(space, key, value))
}

fn damaged(path: &Path) -> Failure {
    let text = format!("the entry `{}` is damaged", path.display());
    Failure::new(FailureKind::Damaged, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_telling(path: &Path) -> Result<(Directory, Vec<String>), Failure> {
        let mut notices = Vec::new();
        let backend = Directory::open(path, Blobs::new(path.join("values")), &mut notices)?;
        Ok((backend, notices))
    }

    fn open(path: &Path) -> Result<Directory, Failure> {
        let (backend, notices) = open_telling(path)?;
        assert_eq!(notices, Vec::<String>::new());
        Ok(backend)
    }

    fn put(key: &[u8], value: &[u8]) -> Write {
        let (key, value) = (key.into(), value.into());
        let space = Space::Set;
        Write::Put { space, key, value }
    }

    #[test]
    fn a_damaged_entry_is_told_once_and_then_gone() {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(folder.path()).unwrap();
        let file = backend.path(Space::Set, b"key").unwrap();
        let other = backend.path(Space::Set, b"other").unwrap();
        backend.write(&[put(b"key", b"value")]).unwrap();
        let whole = fs::read(&file).unwrap();
        let mut flipped = whole.clone();
        flipped[CHECKSUM + 1] ^= 1;
        for wrong in [&flipped[..], &whole[..whole.len() - 1], &whole[..3], b""] {
            backend
                .write(&[put(b"key", b"value"), put(b"other", b"1")])
                .unwrap();
            fs::write(&file, wrong).unwrap();
            let scanned = backend.scan(Space::Set, b"", None, 9).unwrap();
            let values: Vec<&[u8]> = scanned.iter().map(|(_, value)| &**value).collect();
            assert_eq!(values, [&b""[..], b"1"]);
            let failure = backend.read(&[(Space::Set, b"key")]).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Damaged);
            assert_eq!(backend.read(&[(Space::Set, b"key")]).unwrap(), [None]);
        }
        // A sound one, but under another key.
        fs::write(&other, &whole).unwrap();
        let failure = backend.read(&[(Space::Set, b"other")]).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Damaged);

        // One that is damaged does not keep another from being inserted.
        fs::write(&file, b"damaged").unwrap();
        let (key, value) = (b"key"[..].into(), b"new"[..].into());
        let space = Space::Set;
        let inserted = backend.write(&[Write::Insert { space, key, value }]);
        assert_eq!(inserted.unwrap(), [true]);
    }

    #[test]
    fn the_format_is_looked_at_first() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path()).unwrap());
        let mark = folder.path().join(FILES).join("format");
        let refused = |text: &str| {
            fs::write(&mark, text).unwrap();
            open(folder.path()).unwrap_err().kind
        };
        assert_eq!(
            refused("dug store in files, format 3\n"),
            FailureKind::Newer
        );
        // There was none before the first.
        for other in ["something else", "dug store in files, format 0\n"] {
            assert_eq!(refused(other), FailureKind::Foreign);
        }
        // As a crash may leave it.
        fs::write(&mark, [0; 29]).unwrap();
        open(folder.path()).unwrap();
        assert_eq!(fs::read(&mark).unwrap(), b"dug store in files, format 2\n");
    }

    #[test]
    fn a_store_of_an_earlier_version_is_set_aside_as_that() {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(folder.path()).unwrap();
        backend.write(&[put(b"key", b"value")]).unwrap();
        drop(backend);
        let mark = format!("{MARK}{}\n", FORMAT - 1);
        fs::write(folder.path().join(FILES).join("format"), &mark).unwrap();
        for round in 0..2 {
            let (backend, notices) = open_telling(folder.path()).unwrap();
            let read = backend.read(&[(Space::Set, b"key")]).unwrap();
            match (round, &notices[..]) {
                (0, [notice]) => {
                    assert!(notice.contains("an earlier version of dug (its format is 1"));
                    assert!(notice.ends_with("and a new one begun"), "{notice}");
                    assert_eq!(read, [None]);
                    backend.write(&[put(b"key", b"other")]).unwrap();
                }
                (1, []) => assert_eq!(read, [Some(b"other".to_vec())]),
                _ => panic!("{notices:?}"),
            }
        }
        let listed = listing(folder.path()).unwrap().into_iter();
        let mut aside = listed.filter(|(_, name)| name.starts_with("store.files.older-"));
        let (aside, _) = aside.next().unwrap();
        assert_eq!(fs::read_to_string(aside.join("format")).unwrap(), mark);
        assert_eq!(listing(&aside.join("set")).unwrap().len(), 1);
    }

    #[test]
    fn a_key_that_is_too_long_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(folder.path()).unwrap();
        backend.write(&[put(&[1; LONGEST], b"")]).unwrap();
        assert!(backend.write(&[put(&[1; LONGEST + 1], b"")]).is_err());
    }
}
