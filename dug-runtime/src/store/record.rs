//! What is stored of one run of a node, and how other things are sealed: a format number, a
//! checksum of the key and the rest, and the content in the encoding of [`codec`](crate::codec).

use super::head::Head;
use super::key::{RecordKey, Short, short};
use super::usage::Usage;
use crate::codec;
use crate::digest::{Digester, Fingerprint};
use crate::id::Described;
use crate::proof::ProofKey;
use serde::Serialize;
use std::sync::Arc;

/// Names the layout of what is sealed.
const FORMAT: u8 = 1;

const CHECKSUM: usize = 8;

/// So many runs may be beside another one that was given the same answers.
pub(super) const MOST_BESIDE: usize = 255;

/// A function by the digest of its path: its first bytes.
pub(crate) type FunctionKey = [u8; 8];

/// One run of a node: what it asked, what it was given, and what came of it. The code that it
/// ran with is part of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// What it has in common with others, the functions among it.
    pub(crate) head: Arc<Head>,
    pub(crate) arguments: Vec<u8>,
    /// The arguments as they are printed.
    pub(crate) text: String,
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
    /// As far as it was told by then. When it was stored counts as a use.
    pub(super) usage: Usage,
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

impl Kept {
    /// Of the value's encoding.
    pub(super) fn bytes(&self) -> Option<u64> {
        match self {
            Kept::Nowhere => None,
            Kept::Here(encoded) => Some(encoded.bytes.len() as u64),
            Kept::Blob { bytes, .. } => Some(*bytes),
        }
    }

    /// As a head has it.
    pub(super) fn shape(&self) -> Option<u32> {
        match self {
            Kept::Nowhere => None,
            Kept::Here(Encoded { shape, .. }) | Kept::Blob { shape, .. } => Some(*shape as u32),
        }
    }
}

impl Record {
    /// The node's own function first, then those of the steps, each once.
    pub(crate) fn functions(&self) -> &[FunctionKey] {
        &self.head.common().functions
    }

    /// Whether its value is stored.
    pub(crate) fn has_value(&self) -> bool {
        self.value != Kept::Nowhere
    }

    /// The steps that any run takes that is given the same answers.
    pub(crate) fn certain_steps(&self) -> &[Step] {
        let from = self.by_proof_from.map(|from| from as usize);
        let certain = from.and_then(|from| self.steps.get(..from));
        certain.unwrap_or(&self.steps)
    }

    /// Whether the record under `key` is one of those of which `first` is the first: of that
    /// code, and of results of that type.
    pub(crate) fn is_of(&self, key: &RecordKey, first: &RecordKey) -> bool {
        let place = match self.from {
            0 => *first,
            from => first.after(self.turns(from as usize).iter()),
        };
        let places = std::iter::successors(Some(place), |place| Some(place.beside()));
        let beside = if place == *key { 1 } else { 1 + MOST_BESIDE };
        places.take(beside).any(|place| place == *key)
    }

    /// Takes the steps into the order in which `known` asked, up to the first that was given
    /// another answer.
    ///
    /// What a function asks from several threads comes in another order each time. After the same
    /// answers each of these orders is one in which the function itself asks, so what was stored
    /// of other answers need not give way.
    pub(super) fn follow(&mut self, known: &Record) -> Followed {
        for (place, theirs) in known.certain_steps().iter().enumerate() {
            let mut rest = self.certain_steps().iter().skip(place);
            let ahead = rest.position(|ours| is_same_question((known, theirs), (self, ours)));
            let Some(ahead) = ahead else {
                return Followed::No;
            };
            // The others stay in the order of asking: each still comes after all that led to it.
            self.steps[place..=place + ahead].rotate_right(1);
            if self.steps[place].answer != theirs.answer {
                return Followed::Until(place);
            }
        }
        Followed::All
    }

    /// What the first steps asked and were answered.
    pub(super) fn turns(&self, count: usize) -> Vec<Short> {
        let steps = self.steps.iter().take(count);
        steps.map(|step| self.turn(step, &step.answer)).collect()
    }

    /// Names the question of a step together with an answer to it.
    pub(crate) fn turn(&self, step: &Step, answer: &Short) -> Short {
        let function = self.functions().get(step.function as usize);
        let digest = Digester::new("dug turn 1")
            .part(function.map_or(&[], |key| key.as_slice()))
            .part(&step.arguments)
            .part(answer)
            .finish();
        short(&Fingerprint::new(digest))
    }
}

/// How far a run took the steps of another.
pub(super) enum Followed {
    /// All that are certain.
    All,
    /// At this place the same question was given another answer.
    Until(usize),
    /// It did not ask what the other asked.
    No,
}

/// What is stored under `key`, with its checksum.
pub(crate) fn seal<T: Serialize>(key: &[u8], content: &T) -> Option<Vec<u8>> {
    let mut bytes = vec![FORMAT; 1 + CHECKSUM];
    codec::encode_into(content, &mut bytes).ok()?;
    put_checksum(key, &mut bytes);
    Some(bytes)
}

/// Makes the checksum that of the rest.
pub(super) fn put_checksum(key: &[u8], bytes: &mut [u8]) {
    if let Some((sum, content)) = bytes
        .get_mut(1..)
        .and_then(|rest| rest.split_at_mut_checked(CHECKSUM))
    {
        sum.copy_from_slice(&checksum(key, content));
    }
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

/// Whether steps of two records ask the same node.
fn is_same_question((a, one): (&Record, &Step), (b, other): (&Record, &Step)) -> bool {
    let function =
        |record: &Record, step: &Step| record.functions().get(step.function as usize).copied();
    function(a, one) == function(b, other) && one.arguments == other.arguments
}
