//! A store in a SQLite database.
//!
//! The database is in WAL mode, so that reading and writing do not wait for
//! each other; its commits survive a killed process, and [`Backend::sync`] makes them survive power
//! loss. A connection is used by one thread at a time and then put back; one that met an
//! error is closed instead.
//!
//! The file of the database is opened by SQLite alone: closing a file drops
//! all the locks that the process has on it, whoever took them.

mod connection;
mod open;
mod order;
mod statements;
#[cfg(test)]
mod tests;

use self::connection::{Access, Identity, connect, failed, moved};
use self::order::Order;
use self::statements::{Prepared, Statements};
use super::blobs::Blobs;
use super::files::sync_folder;
use super::patience::Patience;
use super::place::{self, Hold};
use super::{Backend, BlobInfo, Entry, Failure, FailureKind, Lease, Space, Write, scanned};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many connections that nobody uses are kept.
const IDLE: usize = 32;

/// How many free pages are given back in one transaction: a few milliseconds' worth.
const VACUUMED: usize = 1000;

/// An open database, and the large values that belong to it.
pub(super) struct Sqlite {
    file: PathBuf,
    access: Access,
    /// Why it can only be read, if so.
    unwritable: Option<Failure>,
    /// Of the file when it was opened.
    identity: Identity,
    idle: Mutex<Vec<Connection>>,
    blobs: Blobs,
    patience: Patience,
    /// In which records are read.
    order: Order,
    /// Damage was met, and noted for who opens the store next.
    suspected: AtomicBool,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite")
            .field("file", &self.file)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

impl Sqlite {
    /// The store in a directory. A damaged database is set aside, and a new one made.
    pub(super) fn open(
        directory: &Path,
        blobs: Blobs,
        notices: &mut Vec<String>,
    ) -> Result<Sqlite, Failure> {
        let file = directory.join(open::NAME);
        let ready = open::open(&file, notices)?;
        Ok(Sqlite {
            file,
            access: ready.access,
            unwritable: ready.unwritable,
            identity: ready.identity,
            idle: Mutex::new(vec![ready.connection]),
            blobs,
            patience: Patience::default(),
            order: Order::default(),
            suspected: AtomicBool::new(false),
        })
    }

    /// Works in a transaction that writes, of which the caller knows that it can.
    fn alone<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        self.patience.write(|most| {
            self.with(|connection| {
                connection.busy_timeout(most)?;
                let answer = work(connection)?;
                connection.busy_timeout(Patience::LONG)?;
                Ok(answer)
            })
        })
    }

    /// Works with a connection that no other thread uses meanwhile.
    fn with<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        let idle = self.idle().pop();
        let mut connection = idle.map_or_else(|| self.connect(), Ok)?;
        let answer = work(&mut connection).map_err(|error| {
            let failure = failed(&self.file, &error);
            if failure.kind == FailureKind::Damaged {
                self.suspect();
            }
            failure
        })?;
        let mut idle = self.idle();
        if idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(answer)
    }

    /// Damage was met.
    fn suspect(&self) {
        if !self.suspected.swap(true, Ordering::Relaxed) {
            open::suspect(&self.file);
        }
    }

    /// An index that is damaged may give any keys, in any order: who goes on from the last of
    /// them would never come to an end.
    fn check_order(&self, from: &[u8], entries: &[Entry]) -> Result<(), Failure> {
        let begins = entries.first().is_none_or(|(first, _)| **first >= *from);
        if begins && entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Ok(());
        }
        self.suspect();
        let text = format!("the store `{}`: keys are out of order", self.file.display());
        Err(Failure::new(FailureKind::Damaged, text))
    }

    fn connect(&self) -> Result<Connection, Failure> {
        let _lock = open::lock(&self.file, Hold::Together)?;
        let (connection, identity) = connect(&self.file, self.access)?;
        if identity == self.identity {
            Ok(connection)
        } else {
            Err(moved(&self.file))
        }
    }

    /// Fails if writing would, or would be of no use.
    fn writable(&self) -> Result<(), Failure> {
        if let Some(failure) = &self.unwritable {
            return Err(failure.clone());
        }
        // SQLite itself would go on with a file that nobody finds any more.
        if Identity::of(&self.file) != Some(self.identity) {
            return Err(moved(&self.file));
        }
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Sqlite {
    fn unwritable(&self) -> Option<Failure> {
        self.unwritable.clone()
    }

    fn read(&self, keys: &[(Space, &[u8])]) -> Result<Vec<Option<Vec<u8>>>, Failure> {
        self.with(|connection| {
            if let [(space, key)] = keys {
                return Ok(vec![get(connection, *space, key)?]);
            }
            let transaction = connection.transaction()?;
            let mut gets = Prepared::new(&transaction);
            let values = keys.iter().map(|(space, key)| {
                let get = gets.statement(&Statements::of(*space).get)?;
                get.query_row([key], |row| row.get(0)).optional()
            });
            let values = values.collect::<rusqlite::Result<_>>()?;
            drop(gets);
            transaction.commit()?;
            Ok(values)
        })
    }

    fn read_on(&self, space: Space, key: &[u8]) -> Result<(Option<Vec<u8>>, Vec<Entry>), Failure> {
        self.with(|connection| self.order.read(connection, Statements::of(space), key))
    }

    fn write(&self, batch: &[Write]) -> Result<Vec<bool>, Failure> {
        self.writable()?;
        self.alone(|connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut prepared = Prepared::new(&transaction);
            let changed = batch.iter().map(|change| apply(&mut prepared, change));
            let changed = changed.collect::<rusqlite::Result<_>>()?;
            drop(prepared);
            transaction.commit()?;
            Ok(changed)
        })
    }

    fn lease(&self, hold: Hold) -> Result<Lease<'_>, Failure> {
        self.writable()?;
        let directory = self.file.parent().unwrap_or(&self.file);
        Ok(Box::new(place::lease(directory, hold)?))
    }

    fn scan(
        &self,
        space: Space,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure> {
        let (from, end) = scanned(prefix, after);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let statements = Statements::of(space);
        let entries: Vec<Entry> = self.with(|connection| {
            let entry = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            match end {
                Some(end) => connection
                    .prepare_cached(&statements.scan_below)?
                    .query_map((&from, limit, end), entry)?
                    .collect(),
                None => connection
                    .prepare_cached(&statements.scan)?
                    .query_map((&from, limit), entry)?
                    .collect(),
            }
        })?;
        self.check_order(&from, &entries)?;
        Ok(entries)
    }

    fn read_blob(&self, digest: &[u8; 32], bytes: u64) -> Result<Option<Vec<u8>>, Failure> {
        self.blobs.read(digest, bytes)
    }

    fn has_blob(&self, digest: &[u8; 32], bytes: u64) -> Result<bool, Failure> {
        Ok(self.blobs.has(digest, bytes))
    }

    fn write_blob(&self, digest: &[u8; 32], bytes: &[u8]) -> Result<(), Failure> {
        self.writable()?;
        self.blobs.write(digest, bytes)
    }

    fn blobs(&self) -> Result<Vec<BlobInfo>, Failure> {
        self.blobs.list()
    }

    fn remove_blob(&self, digest: &[u8; 32]) -> Result<(), Failure> {
        self.writable()?;
        self.blobs.remove(digest)
    }

    /// A commit with `synchronous=FULL` waits until the WAL is on the disk, and
    /// with it all that was committed before. What is no longer in the WAL was
    /// made durable when it was moved to the database. A checkpoint would not do: readers
    /// can keep it from doing anything at all.
    fn sync(&self) -> Result<(), Failure> {
        if self.unwritable.is_some() {
            return Ok(());
        }
        self.writable()?;
        // First what the rest refers to.
        self.blobs.sync()?;
        self.alone(|connection| {
            connection.execute_batch("PRAGMA synchronous=FULL; PRAGMA fullfsync=ON")?;
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Writes the page that says so again: a commit that writes nothing waits for nothing.
            transaction.pragma_update(None, "user_version", open::FORMAT)?;
            transaction.commit()?;
            connection.execute_batch("PRAGMA synchronous=NORMAL; PRAGMA fullfsync=OFF")
        })?;
        let directory = self.file.parent().unwrap_or(&self.file);
        let synced = sync_folder(directory);
        synced.map_err(|error| Failure::io("make durable", directory, &error))
    }

    /// Free pages are not counted, nor what waits in the WAL.
    fn size(&self) -> Result<u64, Failure> {
        let pages: i64 = self.with(|connection| {
            let sql = "SELECT (page_count - freelist_count) * page_size \
                       FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
            connection
                .prepare_cached(sql)?
                .query_row((), |row| row.get(0))
        })?;
        Ok(self.blobs.size()? + pages.unsigned_abs())
    }

    fn compact(&self) -> Result<(), Failure> {
        self.writable()?;
        // Removes what killed processes left.
        self.blobs.list()?;
        let vacuum = format!("PRAGMA incremental_vacuum({VACUUMED})");
        // Others write between the steps.
        while self.with(|connection| {
            // A row for each page that was freed.
            let mut freed = connection.prepare(&vacuum)?;
            let freed = freed.query_map((), |_| Ok(()))?;
            Ok(freed.collect::<rusqlite::Result<Vec<()>>>()?.len() == VACUUMED)
        })? {}
        // Readers can keep it from being cut short; then it is used again as it is.
        self.with(|connection| connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"))
    }

    fn check(&self) -> Result<Vec<String>, Failure> {
        let found = self.with(|connection| open::integrity(connection, 100));
        let mut found = found.or_else(|failure| match failure.kind {
            FailureKind::Damaged => Ok(vec![failure.message]),
            _ => Err(failure),
        })?;
        found.extend(self.blobs.check()?);
        Ok(found)
    }
}

fn get(connection: &Connection, space: Space, key: &[u8]) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached(&Statements::of(space).get)?;
    statement.query_row([key], |row| row.get(0)).optional()
}

fn apply(prepared: &mut Prepared<'_>, change: &Write) -> rusqlite::Result<bool> {
    let changed = match change {
        Write::Put { space, key, value } => prepared
            .statement(&Statements::of(*space).put)?
            .execute((key, value))?,
        Write::Insert { space, key, value } => prepared
            .statement(&Statements::of(*space).insert)?
            .execute((key, value))?,
        Write::Replace {
            space,
            key,
            before,
            value,
        } => prepared
            .statement(&Statements::of(*space).replace)?
            .execute((key, before, value))?,
        Write::Remove { space, key } => prepared
            .statement(&Statements::of(*space).remove)?
            .execute([key])?,
    };
    Ok(changed > 0)
}
