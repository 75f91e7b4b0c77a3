//! Whether rows are read in the order in which they were written, and then several at once: one
//! by one, a row takes several times as long.

use super::Entry;
use super::statements::Statements;
use rusqlite::{Connection, OptionalExtension};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering::Relaxed};

/// So far behind the row that was read last, another still counts as the next.
const NEAR: i64 = 8;
/// As many rows have to be read in order first.
const STREAK: u32 = 2;
/// At most so many rows are read at once, and about as many bytes.
const ROWS: u32 = 256;
const BYTES: usize = 256 << 10;

/// A guess: threads that read at the same time disturb it.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The number of the row that was read last.
    last: AtomicI64,
    /// How many times in a row the next one was near.
    streak: AtomicU32,
}

impl Order {
    pub(super) fn read(
        &self,
        connection: &Connection,
        statements: &Statements,
        key: &[u8],
    ) -> rusqlite::Result<(Option<Vec<u8>>, Vec<Entry>)> {
        let mut get = connection.prepare_cached(&statements.get_row)?;
        let found = get.query_row([key], |row| Ok((row.get(0)?, row.get(1)?)));
        let Some((value, row)) = found.optional()? else {
            return Ok((None, Vec::new()));
        };
        let last = self.last.swap(row, Relaxed);
        let is_next = row > last && row - last <= NEAR;
        let streak = match is_next {
            true => self.streak.fetch_add(1, Relaxed).saturating_add(1),
            false => {
                self.streak.store(0, Relaxed);
                0
            }
        };
        let next = match streak {
            ..STREAK => Vec::new(),
            // Twice as many each time.
            _ => self.next(connection, statements, row, ROWS.min(4 << streak.min(16)))?,
        };
        Ok((value, next))
    }

    fn next(
        &self,
        connection: &Connection,
        statements: &Statements,
        row: i64,
        limit: u32,
    ) -> rusqlite::Result<Vec<Entry>> {
        let mut statement = connection.prepare_cached(&statements.next_rows)?;
        let mut rows = statement.query((row, limit))?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut bytes = 0;
        while let Some(found) = rows.next()? {
            let entry: Entry = (found.get(0)?, found.get(1)?);
            bytes += entry.1.len();
            entries.push(entry);
            self.last.store(found.get(2)?, Relaxed);
            if bytes > BYTES {
                break;
            }
        }
        Ok(entries)
    }
}
