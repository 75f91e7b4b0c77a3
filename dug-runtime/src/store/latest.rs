//! Where the latest result of a node is that has a proof, if it is not the first of the node's: what
//! the world is now, it was when that was stored, as a rule.

use super::Store;
use super::backend::{Space, Write};
use super::inner::Inner;
use super::key::RecordKey;
use super::record::{self, Record};
use std::sync::Arc;

/// From now on the latest of the node with this first key is under the other.
pub(super) fn write(first: &RecordKey, latest: &RecordKey) -> Option<Write> {
    let value = record::seal(first.bytes(), &latest.bytes().as_slice())?;
    Some(Write::Put {
        space: Space::Latest,
        key: first.bytes().as_slice().into(),
        value: value.into(),
    })
}

/// What such an entry says.
pub(super) fn open(first: &[u8], bytes: &[u8]) -> Option<RecordKey> {
    let key: Vec<u8> = record::open(first, bytes)?;
    RecordKey::from_bytes(&key)
}

impl Store {
    /// The latest record of the node with this first key, if that is another than the first one.
    pub(crate) fn latest(&self, first: &RecordKey) -> Option<(RecordKey, Arc<Record>)> {
        let inner = self.inner();
        let key = inner.latest_key(first)?;
        let record = inner.record(&key)?;
        record.is_of(&key, first).then_some((key, record))
    }
}

impl Inner {
    fn latest_key(&self, first: &RecordKey) -> Option<RecordKey> {
        let bytes: Vec<u8> = self.read_sealed(Space::Latest, first.bytes())?;
        RecordKey::from_bytes(&bytes).filter(|key| key != first)
    }
}
