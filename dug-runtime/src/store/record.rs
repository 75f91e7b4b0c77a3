//! What is stored of one run of a node, and how other things are sealed: a format number, a
//! checksum of the key and the rest, and the content in the encoding of [`codec`](crate::codec).

use super::key::{RecordKey, Short, Version};
use super::layout;
use crate::codec;
use crate::digest::Fingerprint;
use crate::id::Described;
use crate::proof::ProofKey;
use serde::Serialize;

/// Names the layout of what is sealed.
const FORMAT: u8 = 1;

const CHECKSUM: usize = 8;

/// A function by the digest of its path: its first bytes.
pub(crate) type FunctionKey = [u8; 8];

/// One run of a node: what it asked, what it was given, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The node's own function first, then those of the steps, each once.
    pub(crate) functions: Vec<FunctionKey>,
    pub(crate) arguments: Vec<u8>,
    /// The arguments as they are printed.
    pub(crate) text: String,
    /// The code that it ran with.
    pub(crate) code: Version,
    /// The dependencies in the order of asking.
    pub(crate) steps: Vec<Step>,
    /// How many of them lead to this record.
    pub(crate) from: u32,
    /// Given if the steps are not all that it depends on: then only its proof tells whether it is
    /// right. Whatever else it depends on, it takes so many steps.
    pub(crate) by_proof_from: Option<u32>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) value: Kept,
    pub(crate) proof: Option<ProofKey>,
    pub(crate) run: Run,
}

/// One dependency, and what it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// By place in the record's list.
    pub(crate) function: u32,
    pub(crate) arguments: Vec<u8>,
    /// Where the arguments cannot be read back from their encoding.
    pub(crate) described: Option<Described>,
    pub(crate) answer: Short,
}

/// Where the value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is not stored.
    Nowhere,
    Here(Encoded),
    /// Under its digest, in the place of large ones.
    Blob {
        digest: [u8; 32],
        bytes: u64,
        shape: u64,
    },
}

/// A value's encoding, and the shape that was encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) shape: u64,
}

/// What a run has cost; times in nanoseconds, to three digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Run {
    /// When it was stored, in milliseconds since 1970.
    pub(crate) saved_at: u64,
    /// The body, without the tracked functions that it called.
    pub(crate) own: u64,
    /// The tracked functions that it called and that ran.
    pub(crate) below: u64,
    /// All that it would take without memoization.
    pub(crate) estimate: u64,
    /// Encoding and checking the value.
    pub(crate) saving: u64,
}

impl Record {
    /// The steps that any run takes that is given the same answers.
    pub(crate) fn certain_steps(&self) -> &[Step] {
        let from = self.by_proof_from.map(|from| from as usize);
        let certain = from.and_then(|from| self.steps.get(..from));
        certain.unwrap_or(&self.steps)
    }

    /// Its bytes under this key.
    pub(crate) fn encode(&self, key: &RecordKey) -> Option<Vec<u8>> {
        layout::encode(key, self)
    }

    /// The record whose bytes these are, if they are right.
    pub(crate) fn decode(key: &RecordKey, bytes: &[u8]) -> Option<Record> {
        layout::decode(key, bytes)
    }
}

/// What is stored under `key`, with its checksum.
pub(crate) fn seal<T: Serialize>(key: &[u8], content: &T) -> Option<Vec<u8>> {
    let mut bytes = vec![FORMAT; 1 + CHECKSUM];
    codec::encode_into(content, &mut bytes).ok()?;
    let checksum = checksum(key, &bytes[1 + CHECKSUM..]);
    bytes[1..=CHECKSUM].copy_from_slice(&checksum);
    Some(bytes)
}

/// What was [sealed](seal) under `key`, if these are the bytes.
pub(crate) fn open<T: serde::de::DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Option<T> {
    let (format, rest) = bytes.split_first()?;
    let (sum, content) = rest.split_at_checked(CHECKSUM)?;
    let right = *format == FORMAT && sum == checksum(key, content);
    right.then(|| codec::decode(content).ok()).flatten()
}

fn checksum(key: &[u8], content: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[FORMAT]);
    hasher.update(&(key.len() as u64).to_le_bytes());
    hasher.update(key);
    hasher.update(content);
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..CHECKSUM]);
    sum
}

/// Whether two steps, each of its record, asked the same node.
pub(super) fn is_same_question((a, one): (&Record, &Step), (b, other): (&Record, &Step)) -> bool {
    let function =
        |record: &Record, step: &Step| record.functions.get(step.function as usize).copied();
    function(a, one) == function(b, other) && one.arguments == other.arguments
}
