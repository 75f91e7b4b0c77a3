//! Connections to the database of a store, and which file they are to.
//!
//! The WAL is found by name, after the database was opened. Were the database
//! set aside in between, a connection would join the old one with the WAL of the
//! new one. So the lock of the directory is held meanwhile; and where files cannot be locked, a
//! connection counts only if the same file stood under the name before and after.

use super::statements::CACHED;
use crate::store::backend::patience::Patience;
use crate::store::backend::{Failure, FailureKind};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use std::path::Path;

/// What may be done with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Full,
    ReadOnly,
    /// Not even the files that coordinate processes can be written beside it.
    Fixed,
}

/// Which file stands under a name: its device and its number. Where they are
/// not known, a file cannot be renamed while it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Identity {
    /// Of what stands there now, if anything does.
    pub(super) fn of(file: &Path) -> Option<Identity> {
        let metadata = file.metadata().ok()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Some(Identity(metadata.dev(), metadata.ino()))
        }
        #[cfg(not(unix))]
        {
            let _ = metadata;
            Some(Identity(0, 0))
        }
    }
}

/// A new connection to a database that exists, set up but not looked at. The caller
/// holds the lock of the directory.
pub(super) fn connect(file: &Path, access: Access) -> Result<(Connection, Identity), Failure> {
    let before = Identity::of(file);
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match access {
        // Becomes one for reading if the file cannot be written.
        Access::Full | Access::ReadOnly => {
            connect_with(file, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)
        }
        Access::Fixed => {
            let flags = flags | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            connect_with(Path::new(&immutable(file)), flags)
        }
    };
    match before {
        Some(identity) if before == Identity::of(file) => {
            let connection = connection.map_err(|error| failed(file, &error))?;
            Ok((connection, identity))
        }
        _ => Err(moved(file)),
    }
}

/// Tells that another file stands under the name, or none.
pub(super) fn moved(file: &Path) -> Failure {
    let text = format!("the store `{}` was moved away or removed", file.display());
    Failure::new(FailureKind::Missing, text)
}

/// A new connection. Its cache may grow to 16 MB: digests are read in no order, and from the
/// default of 2 MB the pages of an index of 100 000 keys are read again for each batch. The set-up reads the schema, and with it opens the WAL.
pub(super) fn connect_with(file: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(Patience::LONG)?;
    connection.set_prepared_statement_cache_capacity(CACHED);
    connection.execute_batch(
        "PRAGMA synchronous=NORMAL; \
         PRAGMA cache_size=-16384; \
         PRAGMA wal_autocheckpoint=8192; \
         PRAGMA journal_size_limit=67108864; \
         PRAGMA checkpoint_fullfsync=ON; \
         PRAGMA cell_size_check=ON; \
         PRAGMA trusted_schema=OFF",
    )?;
    Ok(connection)
}

/// The address of a database that nobody changes.
fn immutable(file: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in file.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                address.push(char::from(*byte));
            }
            _ => address.push_str(&format!("%{byte:02x}")),
        }
    }
    address + "?immutable=1"
}

/// What an error of SQLite means for the store in this file.
pub(super) fn failed(file: &Path, error: &rusqlite::Error) -> Failure {
    let name = file.display();
    let kind = match error {
        // SQLite has no code for this: its header says that nobody could read it.
        rusqlite::Error::SqliteFailure(_, Some(text)) if text == "unsupported file format" => {
            FailureKind::Damaged
        }
        rusqlite::Error::SqliteFailure(code, _) => {
            let kind = failure_kind(code);
            let is_guess = kind == FailureKind::Full && code.code != ErrorCode::DiskFull;
            let guess = if is_guess {
                "; its disk may be full"
            } else {
                ""
            };
            let text = format!(
                "the store `{name}`: {error} (SQLite's code {}){guess}",
                code.extended_code
            );
            return Failure::new(kind, text);
        }
        // Not the types that were written, or no text.
        rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::Utf8Error(..) => FailureKind::Damaged,
        _ => FailureKind::Other,
    };
    Failure::new(kind, format!("the store `{name}`: {error}"))
}

fn failure_kind(error: &ffi::Error) -> FailureKind {
    match error.code {
        ErrorCode::DiskFull => FailureKind::Full,
        ErrorCode::ReadOnly if error.extended_code == ffi::SQLITE_READONLY_DBMOVED => {
            FailureKind::Missing
        }
        ErrorCode::PermissionDenied
        | ErrorCode::ReadOnly
        | ErrorCode::AuthorizationForStatementDenied => FailureKind::Denied,
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed => FailureKind::Busy,
        // No statement here can break a constraint of a sound database.
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation => {
            FailureKind::Damaged
        }
        ErrorCode::CannotOpen => FailureKind::Missing,
        ErrorCode::SystemIoFailure => match error.extended_code {
            ffi::SQLITE_IOERR_WRITE
            | ffi::SQLITE_IOERR_FSYNC
            | ffi::SQLITE_IOERR_DIR_FSYNC
            | ffi::SQLITE_IOERR_TRUNCATE
            | ffi::SQLITE_IOERR_SHMSIZE
            | ffi::SQLITE_IOERR_SHMMAP => FailureKind::Full,
            _ => FailureKind::Io,
        },
        _ => FailureKind::Other,
    }
}
