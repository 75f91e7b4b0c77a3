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
use crate::store::backend::place::{self, Hold, LOCK, PATIENCE, beside};
use crate::store::backend::{Failure, FailureKind, Space};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The name of the database.
pub(super) const NAME: &str = "store.sqlite";

/// The format of what is kept, as the database's `user_version`.
pub(super) const FORMAT: i64 = 3;

/// Marks a database as dug's: "dug1".
pub(super) const APPLICATION: i64 = 0x6475_6731;

/// What SQLite keeps beside a database, in the order in which it is set aside.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A store that is open.
pub(super) struct Ready {
    pub(super) connection: Connection,
    pub(super) identity: Identity,
    pub(super) access: Access,
    /// Why it can only be read, if so.
    pub(super) unwritable: Option<Failure>,
}

/// What stands under the name of the database.
enum Found {
    Ready(Ready),
    /// Nothing, or a database that was not finished.
    Nothing,
    /// A store that is of no use to this version, whatever becomes of it.
    Useless(Useless),
}

/// Why a database is to be set aside, and under what name.
struct Useless {
    reason: String,
    word: &'static str,
}

fn damaged(reason: String) -> Found {
    let word = "damaged";
    Found::Useless(Useless { reason, word })
}

/// What a database is.
#[derive(Debug, PartialEq, Eq)]
enum Content {
    Store,
    Nothing,
    Newer(i64),
    Older(i64),
    Foreign,
    /// A store that lacks tables, or has others.
    Altered,
}

/// A connection to the store's database, made if it is missing.
pub(super) fn open(file: &Path, notices: &mut Vec<String>) -> Result<Ready, Failure> {
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
    let Found::Ready(ready) = found else {
        return Err(moved(file));
    };
    Ok(ready)
}

/// Whether nothing comes of looking once more, alone.
fn is_final(failure: &Failure) -> bool {
    let kinds = [FailureKind::Newer, FailureKind::Foreign, FailureKind::Busy];
    kinds.contains(&failure.kind)
}

/// Looks again while no other process makes or sets aside, and does what is needed.
fn repaired(file: &Path, notices: &mut Vec<String>) -> Result<Found, Failure> {
    let _lock = lock(file, Hold::Alone)?;
    let useless = match patiently(|| examine(file))? {
        found @ Found::Ready(..) => return Ok(found),
        Found::Nothing => return patiently(|| create(file)),
        Found::Useless(useless) => useless,
    };
    let reason = useless.reason;
    let aside = set_aside(file, useless.word);
    let aside = aside.map_err(|error| place::not_aside(&reason, &error))?;
    let aside = format!("{reason}; it was set aside as `{}`", aside.display());
    let created = patiently(|| create(file)).map_err(|failure| {
        let text = format!("{aside}, but no new one can be begun: {failure}");
        Failure::new(failure.kind, text)
    })?;
    notices.push(format!("{aside}, and a new one begun"));
    Ok(created)
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
    let Found::Ready(ready) = &found else {
        return Ok(found);
    };
    if ready.access != Access::Full || !suspicion.exists() {
        return Ok(found);
    }
    let reason = match integrity(&ready.connection, 1) {
        Ok(wrong) => {
            let name = file.display();
            let wrong = wrong.first();
            wrong.map(|wrong| format!("the store `{name}` is damaged: {wrong}"))
        }
        Err(error) => {
            let failure = failed(file, &error);
            if failure.kind != FailureKind::Damaged {
                return Err(failure);
            }
            Some(is_damaged(&failure))
        }
    };
    let _ = fs::remove_file(&suspicion);
    Ok(reason.map_or(found, damaged))
}

fn is_damaged(failure: &Failure) -> String {
    format!("{failure}; it is damaged")
}

/// Looks what there is.
fn look(file: &Path) -> Result<Found, Failure> {
    match file.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(Failure::io("open", file, &error)),
        Ok(_) => {}
    }
    let looked = look_as(file, Access::Full, None).or_else(|failure| {
        let failure = explained(file, failure);
        if !failure.is_of_writing() || is_waiting(file) {
            return Err(failure);
        }
        let text = format!("{failure}; the store can only be read");
        let unwritable = Failure::new(failure.kind, text);
        let looked = look_as(file, Access::Fixed, Some(unwritable));
        looked.map_err(|other| match other.kind {
            FailureKind::Missing => failure,
            _ => other,
        })
    });
    looked.or_else(|failure| match failure.kind {
        FailureKind::Damaged => Ok(damaged(is_damaged(&failure))),
        _ => Err(failure),
    })
}

fn look_as(file: &Path, access: Access, unwritable: Option<Failure>) -> Result<Found, Failure> {
    let failed = |error: rusqlite::Error| failed(file, &error);
    let (connection, identity) = connect(file, access)?;
    let name = file.display();
    let content = connection
        .unchecked_transaction()
        .and_then(|transaction| content(&transaction));
    match content.map_err(failed)? {
        Content::Store => {
            let (access, unwritable) = match connection.is_readonly("main") {
                Ok(true) if access == Access::Full => {
                    let text = format!("the store `{name}` can only be read");
                    let failure = Failure::new(FailureKind::Denied, text);
                    (Access::ReadOnly, Some(failure))
                }
                _ => (access, unwritable),
            };
            if access == Access::Full {
                write_ahead(&connection).map_err(failed)?;
            }
            Ok(Found::Ready(Ready {
                connection,
                identity,
                access,
                unwritable,
            }))
        }
        Content::Nothing => Ok(Found::Nothing),
        Content::Altered => Ok(damaged(format!(
            "the store `{name}` is damaged: its tables are not a store's"
        ))),
        Content::Older(version) => Ok(Found::Useless(Useless {
            reason: place::earlier(file, version, FORMAT),
            word: "older",
        })),
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

/// The failure to open or make a database. SQLite does not say why it cannot.
fn explained(file: &Path, failure: Failure) -> Failure {
    if failure.kind != FailureKind::Missing {
        return failure;
    }
    match probed(file) {
        Err(error) => Failure::io("write beside", file, &error),
        Ok(()) if file.is_file() => Failure::new(FailureKind::Denied, failure.message),
        Ok(()) => failure,
    }
}

/// Whether what was written last lies beside the database. Who reads only that would miss it.
fn is_waiting(file: &Path) -> bool {
    let waits = beside(file, "-wal").metadata();
    waits.is_ok_and(|waits| waits.len() > 0)
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
        (APPLICATION, version @ 1..FORMAT) => Content::Older(version),
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
    let connection = make(file).map_err(|error| explained(file, failed(file, &error)))?;
    let identity = Identity::of(file).ok_or_else(|| moved(file))?;
    Ok(Found::Ready(Ready {
        connection,
        identity,
        access: Access::Full,
        unwritable: None,
    }))
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
fn set_aside(file: &Path, word: &str) -> std::io::Result<PathBuf> {
    let aside = place::aside(file, word);
    fs::rename(file, &aside)?;
    for end in BESIDE {
        match fs::rename(beside(file, end), beside(&aside, end)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}
