//! What many records have in common. It lies in the store once, under a digest of what it says,
//! and each of the records names it.

use super::record::{FunctionKey, Kept};
use crate::codec;
use crate::digest::Digester;
use crate::proof::{Proof, ProofKey};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Names a head: a digest of what it says.
pub(crate) type HeadKey = [u8; 10];

/// What a head says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Common {
    /// The node's own function first, then those of the steps, each once.
    pub(crate) functions: Vec<FunctionKey>,
    /// Of the value, if it is stored: the lower half. What a program takes for a value of its
    /// type has the same shape by no accident.
    pub(crate) shape: Option<u32>,
    /// The proof, if it rests on code alone: there are few such proofs, and many records of each.
    pub(crate) proof: Option<ProofKey>,
}

/// What records have in common, and how they name it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    key: HeadKey,
    common: Common,
}

impl Common {
    pub(crate) fn finish(self) -> Option<Head> {
        let content = codec::encode(&self).ok()?;
        let digest = Digester::new("dug head 1").part(&content).finish();
        let mut key = HeadKey::default();
        let length = key.len();
        key.copy_from_slice(&digest[..length]);
        Some(Head { key, common: self })
    }
}

impl Head {
    pub(crate) fn key(&self) -> &HeadKey {
        &self.key
    }

    /// The same for a value of another shape.
    pub(super) fn with_shape(&self, shape: Option<u32>) -> Option<Head> {
        let common = self.common.clone();
        Common { shape, ..common }.finish()
    }

    pub(crate) fn common(&self) -> &Common {
        &self.common
    }
}

/// Heads that were made, so that each is digested once.
#[derive(Default)]
pub(super) struct Heads(HashMap<Common, Arc<Head>, foldhash::fast::RandomState>);

/// How many are remembered.
const MOST_MADE: usize = 1 << 12;

impl Heads {
    /// What a record has in common with others that names these functions, and has such a value.
    pub(super) fn for_record(
        &mut self,
        functions: Vec<FunctionKey>,
        value: &Kept,
        proof: Option<&Proof>,
    ) -> Option<Arc<Head>> {
        let of_code = proof.filter(|proof| !proof.has_inputs());
        self.of(Common {
            functions,
            shape: value.shape(),
            proof: of_code.map(|proof| *proof.key()),
        })
    }

    fn of(&mut self, common: Common) -> Option<Arc<Head>> {
        if let Some(head) = self.0.get(&common) {
            return Some(Arc::clone(head));
        }
        let head = Arc::new(common.clone().finish()?);
        if self.0.len() >= MOST_MADE {
            self.0.clear();
        }
        self.0.insert(common, Arc::clone(&head));
        Some(head)
    }
}
