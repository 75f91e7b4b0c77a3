//! The SQL of each space, written once.
//!
//! A table has ordinary row ids: `WITHOUT ROWID` is four times slower at writing keys
//! in no order, as digests are.

use super::super::Space;
use rusqlite::{CachedStatement, Connection};
use std::sync::LazyLock;

/// What is done with one table.
pub(super) struct Statements {
    pub(super) create: String,
    pub(super) get: String,
    /// As `get`, with the row's number.
    pub(super) get_row: String,
    /// The rows behind one, at most so many.
    pub(super) next_rows: String,
    pub(super) put: String,
    pub(super) insert: String,
    pub(super) replace: String,
    pub(super) remove: String,
    /// From a key on, at most so many.
    pub(super) scan: String,
    /// As `scan`, and below another key.
    pub(super) scan_below: String,
}

/// As many as [`Statements`] has, for all spaces.
pub(super) const CACHED: usize = 9 * Space::ALL.len() + 4;

impl Statements {
    pub(super) fn of(space: Space) -> &'static Statements {
        static ALL: LazyLock<Vec<Statements>> =
            LazyLock::new(|| Space::ALL.map(Statements::new).into());
        &ALL[space as usize]
    }

    fn new(space: Space) -> Statements {
        // `set` is a word of SQL.
        let table = format!("\"{}\"", space.name());
        let scan = |below: &str| {
            format!("SELECT key, value FROM {table} WHERE key >= ?1{below} ORDER BY key LIMIT ?2")
        };
        Statements {
            create: format!("CREATE TABLE {table} (key BLOB PRIMARY KEY, value BLOB NOT NULL)"),
            get: format!("SELECT value FROM {table} WHERE key = ?1"),
            get_row: format!("SELECT value, rowid FROM {table} WHERE key = ?1"),
            next_rows: format!(
                "SELECT key, value, rowid FROM {table} WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"
            ),
            put: format!(
                "INSERT INTO {table} (key, value) VALUES (?1, ?2) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value"
            ),
            insert: format!(
                "INSERT INTO {table} (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING"
            ),
            replace: format!("UPDATE {table} SET value = ?3 WHERE key = ?1 AND value = ?2"),
            remove: format!("DELETE FROM {table} WHERE key = ?1"),
            scan: scan(""),
            scan_below: scan(" AND key < ?3"),
        }
    }
}

/// The statement that was used last: most batches use one for nearly all their rows, and to look
/// it up each time takes a tenth of what a row takes.
pub(super) struct Prepared<'a> {
    connection: &'a Connection,
    last: Option<(&'static str, CachedStatement<'a>)>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Prepared {
            connection,
            last: None,
        }
    }

    pub(super) fn statement(
        &mut self,
        sql: &'static str,
    ) -> rusqlite::Result<&mut CachedStatement<'a>> {
        let last = self.last.take();
        let last = match last.filter(|(other, _)| std::ptr::eq(*other, sql)) {
            Some(last) => last,
            None => (sql, self.connection.prepare_cached(sql)?),
        };
        Ok(&mut self.last.insert(last).1)
    }
}
