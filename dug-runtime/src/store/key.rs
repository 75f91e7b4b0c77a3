//! Under which key a record is found: that of its node, its code, the type of its result, and
//! the questions and answers by which it differs from the records before it.

use crate::digest::{Digester, Fingerprint};
use crate::function::{Function, version_digest};
use crate::id::Snapshot;
use serde::{Deserialize, Serialize};

/// How many bytes of it are the node's: all records of one node stand side by side.
const NODE: usize = 5;
/// How many bytes there are in all: a table holds each key twice.
pub(crate) const LENGTH: usize = NODE + 7;

/// The key of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct RecordKey([u8; LENGTH]);

/// The first bytes of a fingerprint, which a trace remembers of each answer.
pub(crate) type Short = [u8; 8];

pub(crate) fn short(fingerprint: &Fingerprint) -> Short {
    let mut short = Short::default();
    let length = short.len();
    short.copy_from_slice(&fingerprint.as_bytes()[..length]);
    short
}

impl RecordKey {
    /// So many bytes at the beginning are the node's: all records of one node stand side by side.
    pub(crate) const NODE: usize = NODE;

    /// Of the first record of a node, for this code and type.
    pub(crate) fn first(node: &Snapshot) -> Self {
        let version = node.function.version_digest();
        let path = node.function.path_digest();
        Self::of_version(path, node.arguments.as_slice(), &version)
    }

    /// As [`first`](Self::first), by the digest of the function's path, for another code and
    /// another type of results.
    pub(crate) fn first_with(
        path: &[u8; 32],
        arguments: &[u8],
        code: &Fingerprint,
        result_type: &str,
    ) -> Self {
        let version = version_digest(code.as_bytes(), result_type);
        Self::of_version(path, arguments, &version)
    }

    fn of_version(path: &[u8; 32], arguments: &[u8], version: &[u8; 32]) -> Self {
        let mut key = digest(path, arguments);
        // The one half depends on the node alone and the other on the code alone, so that it
        // has to be digested once: no two pairs are likely to have the same sum.
        for (byte, other) in key[NODE..].iter_mut().zip(version) {
            *byte ^= other;
        }
        RecordKey(key)
    }

    /// Of the records of the same node whose runs began with these questions and answers; `self`
    /// is the first record's.
    ///
    /// The questions count: where an order of asking has given way to another, what is below the
    /// old one is not below the new one.
    pub(crate) fn after<'a>(&self, turns: impl Iterator<Item = &'a Short>) -> Self {
        let digester = Digester::new("dug branch 2").part(&self.0);
        let digest = turns.fold(digester, |digester, turn| digester.part(turn));
        let mut key = self.0;
        key[NODE..].copy_from_slice(&digest.finish()[..LENGTH - NODE]);
        RecordKey(key)
    }

    /// Of another record of the same node whose run was given the same answers, but which also
    /// rests on something else.
    pub(crate) fn beside(&self) -> Self {
        let digest = Digester::new("dug beside 1").part(&self.0).finish();
        let mut key = self.0;
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
    pub(crate) fn prefix(path: &str, arguments: &[u8]) -> [u8; NODE] {
        let mut prefix = [0; NODE];
        let digest = digest(&Function::digest_of_path(path), arguments);
        prefix.copy_from_slice(&digest[..NODE]);
        prefix
    }
}

fn digest(path: &[u8; 32], arguments: &[u8]) -> [u8; LENGTH] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&path[..24]);
    hasher.update(arguments);
    let mut key = [0; LENGTH];
    key.copy_from_slice(&hasher.finalize().as_bytes()[..LENGTH]);
    key
}
