//! Opening the database of a store: knowing it, making it, setting a damaged one aside.
//!
//! Connections are opened under the lock of the directory, held together with
//! others that do. Who finds no database, or a damaged one, takes the lock alone and
//! looks again: of several processes, one does what is needed. Where files cannot
//! be locked, making still works, since it begins with looking inside a transaction.
//!
//! A database of another program, or of a later format, is never changed.

use super::connection::{Access, Identity, connect, connect_with, failed, moved};
use super::statements::Statements;
use crate::store::backend::place::{self, Hold, LOCK, PATIENCE};
use crate::store::backend::{Failure, FailureKind, Space};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The name of the database.
pub(super) const NAME: &str = "store.sqlite";

/// The format of what is kept, as the database's `user_version`.
pub(super) const FORMAT: i64 = 3;

/// Marks a database as dug's: "dug1".
pub(super) const APPLICATION: i64 = 0x6475_6731;

/// What SQLite keeps beside a database, in the order in which it is set aside.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What stands under the name of the database.
enum Found {
    Ready(Connection, Identity, Access),
    /// Nothing, or a database that was not finished.
    Nothing,
    /// And a text that says so.
    Damaged(String),
}

/// What a database is.
#[derive(Debug, PartialEq, Eq)]
enum Content {
    Store,
    Nothing,
    Newer(i64),
    Foreign,
    /// A store that lacks tables, or has others.
    Altered,
}

/// A connection to the store's database, made if it is missing.
pub(super) fn open(
    file: &Path,
    notices: &mut Vec<String>,
) -> Result<(Connection, Identity, Access), Failure> {
    let looked = if suspicion(file).exists() {
        Ok(Found::Nothing)
    } else {
        let _lock = lock(file, Hold::Together)?;
        patiently(|| look(file))
    };
    let found = match looked {
        Ok(found @ Found::Ready(..)) => found,
        Err(failure) if is_final(&failure) => return Err(failure),
        // Another may be making or setting aside just this.
        _ => repaired(file, notices)?,
    };
    let Found::Ready(connection, identity, access) = found else {
        return Err(moved(file));
    };
    if access != Access::Full {
        notices.push(format!("the store `{}` can only be read", file.display()));
    }
    Ok((connection, identity, access))
}

/// Whether nothing comes of looking once more, alone.
fn is_final(failure: &Failure) -> bool {
    let kinds = [FailureKind::Newer, FailureKind::Foreign, FailureKind::Busy];
    kinds.contains(&failure.kind)
}

/// Looks again while no other process makes or sets aside, and does what is needed.
fn repaired(file: &Path, notices: &mut Vec<String>) -> Result<Found, Failure> {
    let _lock = lock(file, Hold::Alone)?;
    match patiently(|| examine(file))? {
        found @ Found::Ready(..) => return Ok(found),
        Found::Nothing => {}
        Found::Damaged(reason) => {
            let aside = set_aside(file).map_err(|error| {
                let text = format!("{reason}; it is damaged, and cannot be set aside: {error}");
                Failure::new(FailureKind::Damaged, text)
            })?;
            notices.push(format!(
                "{reason}; it was damaged, so it was set aside as `{}`, and a new one begun",
                aside.display()
            ));
        }
    }
    patiently(|| create(file))
}

/// Locks the directory of the database, where files can be locked.
pub(super) fn lock(file: &Path, hold: Hold) -> Result<Option<fs::File>, Failure> {
    place::lock(&file.with_file_name(LOCK), hold, PATIENCE)
}

/// Tries again while others are in the way. SQLite itself does not wait in all
/// cases, as when it changes to WAL mode.
fn patiently<T>(mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match attempt() {
            Err(failure) if failure.kind == FailureKind::Busy && begun.elapsed() < PATIENCE => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(50));
            }
            answer => return answer,
        }
    }
}

/// As [`look`], and reads everything if damage was met while the store was open.
fn examine(file: &Path) -> Result<Found, Failure> {
    let found = look(file)?;
    let suspicion = suspicion(file);
    let Found::Ready(connection, _, Access::Full) = &found else {
        return Ok(found);
    };
    if !suspicion.exists() {
        return Ok(found);
    }
    let reason = match integrity(connection, 1) {
        Ok(wrong) => {
            let name = file.display();
            let wrong = wrong.first();
            wrong.map(|wrong| format!("the store `{name}`: {wrong}"))
        }
        Err(error) => {
            let failure = failed(file, &error);
            if failure.kind != FailureKind::Damaged {
                return Err(failure);
            }
            Some(failure.message)
        }
    };
    let _ = fs::remove_file(&suspicion);
    Ok(reason.map_or(found, Found::Damaged))
}

/// Looks what there is.
fn look(file: &Path) -> Result<Found, Failure> {
    match file.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(Failure::io("open", file, &error)),
        Ok(_) => {}
    }
    let mut looked = look_as(file, Access::Full);
    if looked
        .as_ref()
        .is_err_and(|failure| matches!(failure.kind, FailureKind::Denied | FailureKind::Missing))
        && is_fixed(file)
    {
        looked = look_as(file, Access::Fixed);
    }
    looked.or_else(|failure| match failure.kind {
        FailureKind::Damaged => Ok(Found::Damaged(failure.message)),
        _ => Err(failure),
    })
}

fn look_as(file: &Path, access: Access) -> Result<Found, Failure> {
    let failed = |error: rusqlite::Error| failed(file, &error);
    let (connection, identity) = connect(file, access)?;
    let name = file.display();
    let content = connection
        .unchecked_transaction()
        .and_then(|transaction| content(&transaction));
    match content.map_err(failed)? {
        Content::Store => {
            let access = match connection.is_readonly("main") {
                Ok(true) if access == Access::Full => Access::ReadOnly,
                _ => access,
            };
            if access == Access::Full {
                write_ahead(&connection).map_err(failed)?;
            }
            Ok(Found::Ready(connection, identity, access))
        }
        Content::Nothing => Ok(Found::Nothing),
        Content::Altered => Ok(Found::Damaged(format!(
            "the store `{name}`: its tables are not a store's"
        ))),
        Content::Newer(version) => {
            let text = format!(
                "the store `{name}` was written by a later version of dug (its format is {version}, \
                 and this version knows {FORMAT}); use another directory, or the later version"
            );
            Err(Failure::new(FailureKind::Newer, text))
        }
        Content::Foreign => {
            let text = format!(
                "`{name}` is another program's database; use another directory for the store"
            );
            Err(Failure::new(FailureKind::Foreign, text))
        }
    }
}

/// Whether nothing can be written beside the database, and nothing waits there to be read.
fn is_fixed(file: &Path) -> bool {
    let denied = [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem];
    let is_denied = probed(file).is_err_and(|error| denied.contains(&error.kind()));
    is_denied && !beside(file, "-wal").exists()
}

/// What the database says that it is, inside a transaction: lest half of what
/// another makes be seen. Changes nothing.
fn content(transaction: &Transaction<'_>) -> rusqlite::Result<Content> {
    let number = |name: &str| transaction.pragma_query_value(None, name, |row| row.get(0));
    let application: i64 = number("application_id")?;
    let version: i64 = number("user_version")?;
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid";
    let mut statement = transaction.prepare(sql)?;
    let tables = statement.query_map((), |row| row.get(0))?;
    let tables = tables.collect::<rusqlite::Result<Vec<String>>>()?;
    let expected = Space::ALL
        .iter()
        .map(|space| &Statements::of(*space).create);
    Ok(match (application, version) {
        (APPLICATION, FORMAT) if expected.eq(&tables) => Content::Store,
        (APPLICATION, version) if version > FORMAT => Content::Newer(version),
        (APPLICATION, _) => Content::Altered,
        (0, 0) if tables.is_empty() => Content::Nothing,
        _ => Content::Foreign,
    })
}

/// Makes a store in a new or empty database.
fn create(file: &Path) -> Result<Found, Failure> {
    if !file.exists() {
        // Left by one who was killed while setting a database aside.
        for end in BESIDE {
            let _ = fs::remove_file(beside(file, end));
        }
    }
    let connection = make(file).map_err(|error| {
        let failure = failed(file, &error);
        // SQLite does not say why.
        let reason = probed(file).err();
        let reason = reason.filter(|_| failure.kind == FailureKind::Missing);
        reason.map_or(failure, |reason| Failure::io("create", file, &reason))
    })?;
    let identity = Identity::of(file).ok_or_else(|| moved(file))?;
    Ok(Found::Ready(connection, identity, Access::Full))
}

/// Whether a file can be made beside the database.
fn probed(file: &Path) -> std::io::Result<()> {
    let probe = beside(file, ".probe");
    fs::File::create_new(&probe)?;
    fs::remove_file(&probe)
}

fn make(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = connect_with(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Before anything is written, or it does nothing.
    connection.execute_batch("PRAGMA auto_vacuum=INCREMENTAL")?;
    write_ahead(&connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Where files cannot be locked, another may have made it.
    if content(&transaction)? == Content::Nothing {
        for space in Space::ALL {
            transaction.execute(&Statements::of(space).create, ())?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
    }
    transaction.commit()?;
    Ok(connection)
}

/// Changes to WAL mode, unless the database is in it.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        connection.execute_batch("PRAGMA journal_mode=WAL")?;
    }
    Ok(())
}

/// What is wrong in the whole database, at most so many texts.
pub(super) fn integrity(connection: &Connection, most: usize) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({most})"))?;
    let found = statement.query_map((), |row| row.get::<_, String>(0))?;
    let found = found.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(found.into_iter().filter(|text| text != "ok").collect())
}

/// Notes that damage was met, for who opens the store next. Those who have it open go on.
pub(super) fn suspect(file: &Path) {
    let _ = fs::write(suspicion(file), b"");
}

fn suspicion(file: &Path) -> PathBuf {
    beside(file, ".suspect")
}

/// Renames the database, and what SQLite keeps beside it. Who has it open goes on with
/// the renamed one. The database goes first: without it, the rest is nobody's.
fn set_aside(file: &Path) -> std::io::Result<PathBuf> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = now.map_or(0, |now| now.as_secs());
    let names = std::iter::once(format!(".damaged-{seconds}"))
        .chain((1..).map(|n| format!(".damaged-{seconds}-{n}")));
    let free = names
        .map(|end| beside(file, &end))
        .find(|path| !path.exists());
    let aside = free.unwrap_or_else(|| beside(file, ".damaged"));
    fs::rename(file, &aside)?;
    for end in BESIDE {
        match fs::rename(beside(file, end), beside(&aside, end)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

/// The path with something appended.
fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    PathBuf::from(name)
}
