//! A backend that ends with the process.
//!
//! The lock is held for one operation, and no operation runs anything of
//! the caller's; so a batch is seen whole or not at all.

use super::{Backend, BlobInfo, Entry, Failure, Hold, Lease, Space, Write, scanned};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

/// Everything, under one lock.
#[derive(Default)]
pub(super) struct Memory {
    kept: RwLock<Kept>,
    lease: RwLock<()>,
}

#[derive(Default)]
struct Kept {
    spaces: [Entries; Space::ALL.len()],
    blobs: HashMap<[u8; 32], Blob>,
    /// Of all keys, values and blobs together.
    bytes: u64,
}

type Entries = BTreeMap<Box<[u8]>, Box<[u8]>>;

struct Blob {
    bytes: Box<[u8]>,
    written: SystemTime,
}

impl Kept {
    fn apply(&mut self, change: &Write) -> bool {
        match change {
            Write::Put { space, key, value } => self.put(*space, key, value),
            Write::Insert { space, key, value } => {
                let free = !self.spaces[*space as usize].contains_key(key);
                if free {
                    self.put(*space, key, value);
                }
                return free;
            }
            Write::Replace {
                space,
                key,
                before,
                value,
            } => {
                let there = self.spaces[*space as usize].get(key);
                let is_it = there.is_some_and(|there| there == before);
                if is_it {
                    self.put(*space, key, value);
                }
                return is_it;
            }
            Write::Remove { space, key } => {
                let removed = self.spaces[*space as usize].remove(key);
                if let Some(value) = &removed {
                    self.bytes -= (key.len() + value.len()) as u64;
                }
                return removed.is_some();
            }
        }
        true
    }

    fn put(&mut self, space: Space, key: &[u8], value: &[u8]) {
        let replaced = self.spaces[space as usize].insert(key.into(), value.into());
        self.bytes += (key.len() + value.len()) as u64;
        if let Some(replaced) = replaced {
            self.bytes -= (key.len() + replaced.len()) as u64;
        }
    }
}

impl Memory {
    // Nothing that panics runs under the lock, but for want of memory.
    fn kept(&self) -> RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Kept> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory")
            .field("bytes", &self.kept().bytes)
            .finish()
    }
}

impl Backend for Memory {
    fn read(&self, keys: &[(Space, &[u8])]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        let kept = self.kept();
        let read = |&(space, key): &(Space, &[u8])| {
            let value = kept.spaces[space as usize].get(key);
            value.map(|value| value.to_vec())
        };
        Ok(keys.iter().map(read).collect())
    }

    fn write(&self, batch: &[Write]) -> Result<Vec<bool>, Failure> {
        let mut kept = self.change();
        Ok(batch.iter().map(|change| kept.apply(change)).collect())
    }

    fn lease(&self, hold: Hold) -> Result<Lease<'_>, Failure> {
        Ok(match hold {
            Hold::Alone => Box::new(self.lease.write().unwrap_or_else(PoisonError::into_inner)),
            Hold::Together => Box::new(self.lease.read().unwrap_or_else(PoisonError::into_inner)),
        })
    }

    fn scan(
        &self,
        space: Space,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure> {
        let (from, end) = scanned(prefix, after);
        if end.as_ref().is_some_and(|end| *end <= from) {
            return Ok(Vec::new());
        }
        let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let kept = self.kept();
        let entries = kept.spaces[space as usize].range::<[u8], _>((Bound::Included(&*from), end));
        let entries = entries.map(|(key, value)| (key.to_vec(), value.to_vec()));
        Ok(entries.take(limit).collect())
    }

    fn read_blob(&self, digest: &[u8; 32], _bytes: u64) -> Result<Option<Vec<u8>>, Failure> {
        let kept = self.kept();
        Ok(kept.blobs.get(digest).map(|blob| blob.bytes.to_vec()))
    }

    fn has_blob(&self, digest: &[u8; 32], _bytes: u64) -> Result<bool, Failure> {
        Ok(self.kept().blobs.contains_key(digest))
    }

    fn write_blob(&self, digest: &[u8; 32], bytes: &[u8]) -> Result<(), Failure> {
        let mut kept = self.change();
        let written = SystemTime::now();
        if let Some(blob) = kept.blobs.get_mut(digest) {
            blob.written = written;
            return Ok(());
        }
        let blob = Blob {
            bytes: bytes.into(),
            written,
        };
        kept.bytes += bytes.len() as u64;
        kept.blobs.insert(*digest, blob);
        Ok(())
    }

    fn blobs(&self) -> Result<Vec<BlobInfo>, Failure> {
        let kept = self.kept();
        let tell = |(digest, blob): (&[u8; 32], &Blob)| BlobInfo {
            digest: *digest,
            bytes: blob.bytes.len() as u64,
            written: blob.written,
        };
        Ok(kept.blobs.iter().map(tell).collect())
    }

    fn remove_blob(&self, digest: &[u8; 32]) -> Result<(), Failure> {
        let mut kept = self.change();
        if let Some(blob) = kept.blobs.remove(digest) {
            kept.bytes -= blob.bytes.len() as u64;
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), Failure> {
        Ok(())
    }

    fn size(&self) -> Result<u64, Failure> {
        Ok(self.kept().bytes)
    }

    fn compact(&self) -> Result<(), Failure> {
        Ok(())
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        Ok(Vec::new())
    }
}
