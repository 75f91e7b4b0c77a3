//! The bytes of a record. It is small: a store has one for each node, most of a few dozen bytes.
//!
//! A byte of [flags](flag), a checksum, and the parts, those of fixed length first. Numbers are
//! written seven bits to a byte, times in two bytes. What can be told from the rest is left out.

use super::key::{RecordKey, Short};
use super::record::{Encoded, FunctionKey, Kept, Record, Run, Step};
use crate::codec;
use crate::digest::Fingerprint;
use crate::id::Described;
use crate::proof::ProofKey;

/// Names the layout; part of the checksum.
const FORMAT: u64 = 2;

const CHECKSUM: usize = 8;

/// What the record has.
mod flag {
    pub(super) const PROOF: u8 = 1;
    /// Only its proof tells whether it is right.
    pub(super) const BY_PROOF: u8 = 1 << 1;
    /// Some of the steps lead to it.
    pub(super) const BRANCH: u8 = 1 << 2;
    /// Its steps ask other functions.
    pub(super) const OTHERS: u8 = 1 << 3;
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
    out.extend_from_slice(record.functions.first()?);
    put_moment(&mut out, record.run.saved_at);
    if let Some(proof) = &record.proof {
        flags |= flag::PROOF;
        out.extend_from_slice(proof);
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
    if record.functions.len() > 1 {
        flags |= flag::OTHERS;
        put_number(&mut out, record.functions.len() as u64 - 1);
        out.extend(record.functions[1..].iter().flatten());
    }
    put_number(&mut out, record.steps.len() as u64);
    for step in &record.steps {
        put_step(&mut out, step)?;
    }
    out[0] = flags;
    let checksum = checksum(key, flags, &out[1 + CHECKSUM..]);
    out[1..=CHECKSUM].copy_from_slice(&checksum);
    Some(out)
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
            put_shape(out, encoded.shape);
            put_bytes(out, bytes);
        }
        Kept::Blob {
            digest,
            bytes,
            shape,
        } => {
            flags |= flag::BLOB;
            put_shape(out, *shape);
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

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// The lower half: what a program takes for a value of its type has the same shape by no accident.
fn put_shape(out: &mut Vec<u8>, shape: u64) {
    out.extend_from_slice(&(shape as u32).to_le_bytes());
}

/// Milliseconds in six bytes: eight thousand years.
fn put_moment(out: &mut Vec<u8>, milliseconds: u64) {
    out.extend_from_slice(&milliseconds.to_le_bytes()[..6]);
}

/// Nanoseconds to three digits, rounded up: ten bits, and by how many they are shifted.
fn put_time(out: &mut Vec<u8>, nanoseconds: u64) {
    let mut shift = (u64::BITS - nanoseconds.leading_zeros()).saturating_sub(10);
    let mut bits = nanoseconds.div_ceil(1 << shift);
    if bits == 1 << 10 {
        bits >>= 1;
        shift += 1;
    }
    out.extend_from_slice(&((shift as u16) << 10 | bits as u16).to_le_bytes());
}

/// The record whose bytes these are under this key, if they are right.
pub(super) fn decode(key: &RecordKey, bytes: &[u8]) -> Option<Record> {
    let (flags, rest) = bytes.split_first()?;
    let (sum, content) = rest.split_at_checked(CHECKSUM)?;
    if sum != checksum(key, *flags, content) {
        return None;
    }
    let mut parts = Parts(content);
    let record = parts.record(*flags)?;
    let known = |step: &Step| (step.function as usize) < record.functions.len();
    let sound = parts.0.is_empty()
        && record.from as usize <= record.steps.len()
        && record.steps.iter().all(known);
    sound.then_some(record)
}

/// What is left to be read. Nothing that it says is believed before it is there.
struct Parts<'a>(&'a [u8]);

impl Parts<'_> {
    fn record(&mut self, flags: u8) -> Option<Record> {
        let has = |flag: u8| flags & flag != 0;
        let mut functions = vec![self.fixed::<{ size_of::<FunctionKey>() }>()?];
        let saved_at = self.moment()?;
        let proof = match has(flag::PROOF) {
            true => Some(self.fixed::<{ size_of::<ProofKey>() }>()?),
            false => None,
        };
        let (value, fingerprint) = self.value(flags)?;
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
        if has(flag::OTHERS) {
            for _ in 0..self.number()? {
                functions.push(self.fixed()?);
            }
        }
        let count = self.number()?;
        let mut steps = Vec::with_capacity(self.at_most(count, size_of::<Short>()));
        for _ in 0..count {
            steps.push(self.step()?);
        }
        Some(Record {
            functions,
            arguments,
            text,
            steps,
            from,
            by_proof_from,
            fingerprint,
            value,
            proof,
            run,
        })
    }

    fn value(&mut self, flags: u8) -> Option<(Kept, Fingerprint)> {
        let value = if flags & flag::HERE != 0 {
            let shape = self.shape()?;
            let bytes = self.bytes()?.to_vec();
            Kept::Here(Encoded { bytes, shape })
        } else if flags & flag::BLOB != 0 {
            Kept::Blob {
                shape: self.shape()?,
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

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.fixed::<1>()?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<&[u8]> {
        let count = self.number()?;
        self.take(usize::try_from(count).ok()?)
    }

    fn shape(&mut self) -> Option<u64> {
        Some(u32::from_le_bytes(self.fixed()?).into())
    }

    fn moment(&mut self) -> Option<u64> {
        let mut bytes = [0; 8];
        bytes[..6].copy_from_slice(self.take(6)?);
        Some(u64::from_le_bytes(bytes))
    }

    fn time(&mut self) -> Option<u64> {
        let time = u16::from_le_bytes(self.fixed()?);
        let (bits, shift) = (u64::from(time & 0x3ff), u32::from(time >> 10));
        Some(if bits.leading_zeros() < shift {
            u64::MAX
        } else {
            bits << shift
        })
    }

    /// How many of a promised count there is room for, each of at least so many bytes.
    fn at_most(&self, count: u64, each: usize) -> usize {
        usize::try_from(count).map_or(0, |count| count.min(self.0.len() / each))
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
