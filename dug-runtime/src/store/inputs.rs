//! How files looked when they were read: one that looks the same need not be read again.

use super::backend::{Space, Write};
use super::inner::Inner;
use super::queue::Job;
use super::record;
use crate::digest::Fingerprint;
use crate::id::Snapshot;
use crate::input::{self, Stat};
use crate::value::Value;

impl Inner {
    /// Remembers how an input looked when it was read.
    pub(super) fn write_input(&self, job: &Job, value: &Value) {
        let settled = input::stat_of(&**value);
        let (Some(stat), Some(fingerprint)) = (settled, job.stamp.known_fingerprint()) else {
            return;
        };
        let key = input_key(&job.node.digest());
        if let Some(value) = record::seal(&key, &(stat, fingerprint)) {
            let space = Space::Input;
            let (key, value) = (key.as_slice().into(), value.into());
            self.ask(self.backend.write(&[Write::Put { space, key, value }]));
        }
    }

    /// What the input gave, if it looks as it did then.
    pub(super) fn unchanged_input(&self, node: &Snapshot) -> Option<Fingerprint> {
        let path = input::path_of(node)?;
        let (stat, fingerprint): (Stat, Fingerprint) =
            self.read_sealed(Space::Input, &input_key(&node.digest()))?;
        (Stat::of(&path)? == stat).then_some(fingerprint)
    }
}

/// Under what it is remembered how an input looked, by the digest of its node.
pub(super) fn input_key(node: &[u8; 32]) -> InputKey {
    let mut key = InputKey::default();
    key.copy_from_slice(&node[..16]);
    key
}

pub(super) type InputKey = [u8; 16];
