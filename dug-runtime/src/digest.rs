//! Fingerprints: BLAKE3 digests that stand for code, for a value or for a computation.

use crate::id::to_hex;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A digest that stands for something: equal fingerprints, equal things.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Fingerprint(bytes)
    }

    /// Of bytes that are a value's encoding.
    pub(crate) fn of_encoding(bytes: &[u8]) -> Self {
        Fingerprint(*blake3::hash(bytes).as_bytes())
    }

    /// The digest itself.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// with_context(|| {
    ///     let fingerprint = node!(one()).tracked().fingerprint();
    ///     assert_eq!(fingerprint.to_string().len(), 64);
    ///     assert_eq!(fingerprint.as_bytes().len(), 32);
    /// });
    /// ```
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&to_hex(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Fingerprint({self})")
    }
}

/// Digests parts one after the other, each with its length, so that no two lists of parts look alike.
pub(crate) struct Digester(blake3::Hasher);

impl Digester {
    /// `domain` tells what the digest is of.
    pub(crate) fn new(domain: &str) -> Self {
        let digester = Digester(blake3::Hasher::new());
        digester.part(domain.as_bytes())
    }

    pub(crate) fn part(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }
}
