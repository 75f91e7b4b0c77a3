//! Named values that a store remembers.

use super::Store;
use super::backend::{Space, Write};
use super::inner::lock;
use super::record;
use crate::external::Stored;

/// Keys are short, names need not be.
pub(super) fn key_of(name: &str) -> [u8; 32] {
    *blake3::hash(name.as_bytes()).as_bytes()
}

impl Store {
    /// Remembers what is bound to the name; `None` if that cannot be.
    pub(crate) fn bind(&self, name: &str, value: Option<Stored>) {
        let Some(value) = value else {
            let what = format!("external({name:?})");
            let why = "its encoding does not decode";
            self.inner().tell_unstorable(&what, &what, why);
            return self.unbind(name);
        };
        let (space, key) = (Space::External, key_of(name));
        if let Some(sealed) = record::seal(&key, &(name, value)) {
            let value = sealed.into();
            let is_bound = self.change(Write::Put {
                space,
                key: key.into(),
                value,
            });
            if is_bound {
                lock(&self.inner().unbound).remove(&key);
            }
        }
    }

    pub(crate) fn unbind(&self, name: &str) {
        let (space, key) = (Space::External, key_of(name));
        let is_removed = self.change(Write::Remove {
            space,
            key: key.into(),
        });
        let mut unbound = lock(&self.inner().unbound);
        match is_removed {
            true => _ = unbound.remove(&key),
            // It is there still, and of no account to this process.
            false => _ = unbound.insert(key),
        }
    }

    pub(crate) fn bound(&self, name: &str) -> Option<Stored> {
        let (inner, key) = (self.inner(), key_of(name));
        if lock(&inner.unbound).contains(&key) {
            return None;
        }
        let (written, value): (String, Stored) = inner.read_sealed(Space::External, &key)?;
        (written == name).then_some(value)
    }

    /// Whether that could be written.
    fn change(&self, write: Write) -> bool {
        let inner = self.inner();
        inner.ask(inner.backend.write(&[write])).is_some()
    }
}
