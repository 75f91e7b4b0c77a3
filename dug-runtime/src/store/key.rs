//! Under which key a record is found: that of its node, its code, the type of its result, and
//! the questions and answers by which it differs from the records before it.

use crate::digest::{Digester, Fingerprint};
use crate::id::Snapshot;
use serde::{Deserialize, Serialize};

/// How many bytes of it are the node's.
const NODE: usize = 8;
/// How many bytes there are in all.
const LENGTH: usize = NODE + 16;

/// The key of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct RecordKey([u8; LENGTH]);

/// The first bytes of a fingerprint, which a trace remembers of each answer.
pub(crate) type Short = [u8; 16];

pub(crate) fn short(fingerprint: &Fingerprint) -> Short {
    let mut short = Short::default();
    short.copy_from_slice(&fingerprint.as_bytes()[..16]);
    short
}

impl RecordKey {
    /// So many bytes at the beginning are the node's: all records of one node stand side by side.
    pub(crate) const NODE: usize = NODE;

    /// Of the first record of a node, for this code and type.
    pub(crate) fn first(node: &Snapshot) -> Self {
        let id = node.digest();
        let digest = Digester::new("dug record 1")
            .part(&id)
            .part(&node.function.code_fingerprint())
            .part(node.function.result_type().as_bytes())
            .finish();
        Self::of(&id, &digest)
    }

    /// Of the records of the same node whose runs began with these questions and answers; `self`
    /// is the first record's.
    ///
    /// The questions count: where an order of asking has given way to another, what is below the
    /// old one is not below the new one.
    pub(crate) fn after<'a>(&self, turns: impl Iterator<Item = &'a Short>) -> Self {
        let digester = Digester::new("dug branch 1").part(&self.0);
        let digest = turns.fold(digester, |digester, turn| digester.part(turn));
        Self::of(&self.0, &digest.finish())
    }

    /// Of another record of the same node whose run was given the same answers, but which also
    /// rests on something else.
    pub(crate) fn beside(&self) -> Self {
        Self::of(
            &self.0,
            &Digester::new("dug beside 1").part(&self.0).finish(),
        )
    }

    fn of(node: &[u8], digest: &[u8; 32]) -> Self {
        let mut key = [0; LENGTH];
        key[..NODE].copy_from_slice(&node[..NODE]);
        key[NODE..].copy_from_slice(&digest[..LENGTH - NODE]);
        RecordKey(key)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(RecordKey(bytes.try_into().ok()?))
    }

    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// With what the keys of all records of a node begin.
    pub(crate) fn prefix(id: &[u8; 32]) -> &[u8] {
        &id[..NODE]
    }
}
