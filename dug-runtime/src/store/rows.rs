//! A store as rows, for tests that change them: whatever lies in a store, it must harm nobody.

use super::backend::{self, Space, Write};
use super::builder::Settings;
use super::inner::Inner;
use super::key::RecordKey;
use super::{Store, layout, record};
use std::sync::Arc;

/// What lies under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The number of the table.
    pub space: u8,
    /// The key.
    pub key: Vec<u8>,
    /// What lies there, with its checksum.
    pub bytes: Vec<u8>,
}

impl Row {
    /// Makes the checksum right, so that what follows it is believed.
    pub fn seal(&mut self) {
        let (key, bytes) = (&self.key, &mut self.bytes);
        if self.space == Space::Record as u8 {
            if let Some(key) = RecordKey::from_bytes(key) {
                layout::put_checksum(&key, bytes);
            }
        } else {
            record::put_checksum(key, bytes);
        }
    }
}

/// All rows of a store. Large values are not among them.
#[must_use]
pub fn rows(store: &Store) -> Vec<Row> {
    let inner = store.inner();
    inner.ask(inner.wait_for_writer());
    let mut rows = Vec::new();
    for space in Space::ALL {
        let read = inner.each_entry(space, &[], |key, bytes| {
            rows.push(Row {
                space: space as u8,
                key: key.to_vec(),
                bytes: bytes.to_vec(),
            });
        });
        inner.ask(read);
    }
    rows
}

/// A store in memory with these rows.
#[must_use]
pub fn store_of(rows: &[Row]) -> Store {
    let backend = backend::in_memory();
    let writes = rows.iter().filter_map(|row| {
        let space = *Space::ALL.get(usize::from(row.space))?;
        let (key, value) = (row.key.as_slice().into(), row.bytes.as_slice().into());
        Some(Write::Put { space, key, value })
    });
    let inner = Inner::new(Arc::from(backend), None, Settings::default());
    inner.ask(inner.backend.write(&writes.collect::<Vec<_>>()));
    Store::start(inner)
}
