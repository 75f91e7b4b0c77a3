//! The bytes of a record. It is small: a store has one for each node, most of a few dozen bytes.
//!
//! A byte of [flags](flag), a checksum, and the parts, those of fixed length first. Numbers are
//! written seven bits to a byte, times in two bytes. What can be told from the rest is left out, and
//! what many records have in common lies in their [head](super::head).

mod parts;
mod usage;

pub(super) use usage::with_usage;

use super::head::{Head, HeadKey};
use super::key::{RecordKey, Short};
use super::record::{Encoded, Kept, Record, Run, Step};
use crate::codec;
use crate::digest::Fingerprint;
use crate::id::Described;
use crate::proof::ProofKey;
use parts::{Parts, put_bytes, put_moment, put_number, put_time};
use std::sync::Arc;

/// Names the layout; part of the checksum.
const FORMAT: u64 = 3;

const CHECKSUM: usize = 8;

/// Flags, checksum, head, and when it was stored.
const BEFORE_USAGE: usize = 1 + CHECKSUM + size_of::<HeadKey>() + 6;

/// What the record has.
mod flag {
    /// Its proof is not that of its head.
    pub(super) const PROOF: u8 = 1;
    /// Only its proof tells whether it is right.
    pub(super) const BY_PROOF: u8 = 1 << 1;
    /// Some of the steps lead to it.
    pub(super) const BRANCH: u8 = 1 << 2;
    /// The value lies in it.
    pub(super) const HERE: u8 = 1 << 4;
    pub(super) const BLOB: u8 = 1 << 5;
    /// The fingerprint is not the digest of the short value that lies in it.
    pub(super) const FINGERPRINT: u8 = 1 << 6;
    /// Tracked functions ran below: else what it took is the body's, and the estimate is, too.
    pub(super) const BELOW: u8 = 1 << 7;
}

/// Values up to this many bytes are digested again when they are read, which takes no longer
/// than reading the digest.
const DIGESTED: usize = 64;

/// Of a step whose function and whose arguments' length do not fit in its first byte.
const LONG: u8 = u8::MAX;

/// The bytes of the record under this key.
pub(super) fn encode(key: &RecordKey, record: &Record) -> Option<Vec<u8>> {
    let mut out = vec![0; 1 + CHECKSUM];
    let mut flags = 0;
    let head = record.head.common();
    if record.value.shape() != head.shape {
        return None;
    }
    out.extend_from_slice(record.head.key());
    put_moment(&mut out, record.run.saved_at);
    usage::put(&mut out, &record.usage, record.run.saved_at);
    match &record.proof {
        proof if *proof == head.proof => {}
        Some(proof) => {
            flags |= flag::PROOF;
            out.extend_from_slice(proof);
        }
        None => return None,
    }
    flags |= put_value(&mut out, &record.value, &record.fingerprint);
    flags |= put_run(&mut out, &record.run);
    put_bytes(&mut out, &record.arguments);
    put_bytes(&mut out, record.text.as_bytes());
    if record.from > 0 {
        flags |= flag::BRANCH;
        put_number(&mut out, record.from.into());
    }
    if let Some(from) = record.by_proof_from {
        flags |= flag::BY_PROOF;
        put_number(&mut out, from.into());
    }
    put_number(&mut out, record.steps.len() as u64);
    for step in &record.steps {
        put_step(&mut out, step)?;
    }
    out[0] = flags;
    put_checksum(key, &mut out);
    Some(out)
}

/// Makes the checksum that of the rest.
pub(super) fn put_checksum(key: &RecordKey, bytes: &mut [u8]) {
    if let [flags, rest @ ..] = bytes
        && let Some((sum, content)) = rest.split_at_mut_checked(CHECKSUM)
    {
        sum.copy_from_slice(&checksum(key, *flags, content));
    }
}

fn put_value(out: &mut Vec<u8>, value: &Kept, fingerprint: &Fingerprint) -> u8 {
    let mut flags = flag::FINGERPRINT;
    match value {
        Kept::Nowhere => {}
        Kept::Here(encoded) => {
            let bytes = &encoded.bytes;
            if bytes.len() <= DIGESTED && Fingerprint::of_encoding(bytes) == *fingerprint {
                flags = 0;
            }
            flags |= flag::HERE;
            put_bytes(out, bytes);
        }
        Kept::Blob { digest, bytes, .. } => {
            flags |= flag::BLOB;
            out.extend_from_slice(digest);
            put_number(out, *bytes);
        }
    }
    if flags & flag::FINGERPRINT != 0 {
        out.extend_from_slice(fingerprint.as_bytes());
    }
    flags
}

fn put_run(out: &mut Vec<u8>, run: &Run) -> u8 {
    put_time(out, run.own);
    put_time(out, run.saving);
    if run.below == 0 && run.estimate == run.own {
        return 0;
    }
    put_time(out, run.below);
    put_time(out, run.estimate);
    flag::BELOW
}

fn put_step(out: &mut Vec<u8>, step: &Step) -> Option<()> {
    let length = step.arguments.len();
    // Four bits each.
    if step.function < 15 && length < 16 && step.described.is_none() {
        out.push((step.function as u8) << 4 | length as u8);
        out.extend_from_slice(&step.arguments);
    } else {
        out.push(LONG);
        put_number(out, step.function.into());
        put_bytes(out, &step.arguments);
        match &step.described {
            Some(described) => put_bytes(out, &codec::encode(described).ok()?),
            None => put_bytes(out, &[]),
        }
    }
    out.extend_from_slice(&step.answer);
    Some(())
}

/// The record whose bytes these are under this key, if they are right and its head is there.
pub(super) fn decode(
    key: &RecordKey,
    bytes: &[u8],
    head: impl FnOnce(&HeadKey) -> Option<Arc<Head>>,
) -> Option<Record> {
    let (flags, content) = opened(key, bytes)?;
    let mut parts = Parts(content);
    let head = head(&parts.fixed()?)?;
    let record = parts.record(flags, head)?;
    let known = |step: &Step| (step.function as usize) < record.functions().len();
    let sound = parts.0.is_empty()
        && record.from as usize <= record.steps.len()
        && record.steps.iter().all(known);
    sound.then_some(record)
}

/// The flags of a record and what follows its checksum, if that is right.
fn opened<'a>(key: &RecordKey, bytes: &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (flags, rest) = bytes.split_first()?;
    let (sum, content) = rest.split_at_checked(CHECKSUM)?;
    (sum == checksum(key, *flags, content)).then_some((*flags, content))
}

impl Parts<'_> {
    /// What follows its head.
    fn record(&mut self, flags: u8, head: Arc<Head>) -> Option<Record> {
        let has = |flag: u8| flags & flag != 0;
        let saved_at = self.moment()?;
        let usage = usage::read(self, saved_at)?;
        let proof = match has(flag::PROOF) {
            true => Some(self.fixed::<{ size_of::<ProofKey>() }>()?),
            false => head.common().proof,
        };
        let (value, fingerprint) = self.value(flags, head.common().shape)?;
        let run = self.run(saved_at, has(flag::BELOW))?;
        let arguments = self.bytes()?.to_vec();
        let text = std::str::from_utf8(self.bytes()?).ok()?.to_owned();
        let from = match has(flag::BRANCH) {
            true => u32::try_from(self.number()?).ok()?,
            false => 0,
        };
        let by_proof_from = match has(flag::BY_PROOF) {
            true => Some(u32::try_from(self.number()?).ok()?),
            false => None,
        };
        let count = self.number()?;
        let mut steps = Vec::with_capacity(self.at_most(count, size_of::<Short>()));
        for _ in 0..count {
            steps.push(self.step()?);
        }
        Some(Record {
            head,
            arguments,
            text,
            steps,
            from,
            by_proof_from,
            fingerprint,
            value,
            proof,
            run,
            usage,
        })
    }

    fn value(&mut self, flags: u8, shape: Option<u32>) -> Option<(Kept, Fingerprint)> {
        let value = if flags & flag::HERE != 0 {
            let shape = shape?.into();
            let bytes = self.bytes()?.to_vec();
            Kept::Here(Encoded { bytes, shape })
        } else if flags & flag::BLOB != 0 {
            Kept::Blob {
                shape: shape?.into(),
                digest: self.fixed()?,
                bytes: self.number()?,
            }
        } else {
            Kept::Nowhere
        };
        let fingerprint = match &value {
            Kept::Here(encoded) if flags & flag::FINGERPRINT == 0 => {
                Fingerprint::of_encoding(&encoded.bytes)
            }
            _ => Fingerprint::new(self.fixed()?),
        };
        Some((value, fingerprint))
    }

    fn run(&mut self, saved_at: u64, has_below: bool) -> Option<Run> {
        let (own, saving) = (self.time()?, self.time()?);
        let (below, estimate) = match has_below {
            true => (self.time()?, self.time()?),
            false => (0, own),
        };
        Some(Run {
            saved_at,
            own,
            below,
            estimate,
            saving,
        })
    }

    fn step(&mut self) -> Option<Step> {
        let first = self.fixed::<1>()?[0];
        let (function, arguments, described) = if first == LONG {
            let function = u32::try_from(self.number()?).ok()?;
            let arguments = self.bytes()?.to_vec();
            let described = match self.bytes()? {
                [] => None,
                described => Some(codec::decode::<Described>(described).ok()?),
            };
            (function, arguments, described)
        } else {
            let arguments = self.take(usize::from(first & 15))?.to_vec();
            (u32::from(first >> 4), arguments, None)
        };
        Some(Step {
            function,
            arguments,
            described,
            answer: self.fixed()?,
        })
    }
}

/// Tells damage, and bytes of another key. It is no defence: who writes to a store is trusted.
fn checksum(key: &RecordKey, flags: u8, content: &[u8]) -> [u8; CHECKSUM] {
    let mut sum = mixed(FORMAT << 8 | u64::from(flags), content.len() as u64);
    for part in [key.bytes().as_slice(), content] {
        let (words, rest) = part.as_chunks::<8>();
        for word in words {
            sum = mixed(sum, u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        sum = mixed(sum, u64::from_le_bytes(last));
    }
    sum.to_le_bytes()
}

/// Both halves of a product, so that each bit reaches all others.
fn mixed(sum: u64, word: u64) -> u64 {
    let product = u128::from(sum ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
    ((product >> 64) as u64 ^ product as u64).rotate_left(23)
}

#[cfg(test)]
mod tests;
