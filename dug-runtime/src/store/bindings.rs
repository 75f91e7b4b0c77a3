//! Named values that a store remembers.

use super::Store;
use super::backend::{Space, Write};
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
            self.change(Write::Put {
                space,
                key: key.into(),
                value: sealed.into(),
            });
        }
    }

    pub(crate) fn unbind(&self, name: &str) {
        let (space, key) = (Space::External, key_of(name).into());
        self.change(Write::Remove { space, key });
    }

    pub(crate) fn bound(&self, name: &str) -> Option<Stored> {
        let (written, value): (String, Stored) =
            self.0.inner.read_sealed(Space::External, &key_of(name))?;
        (written == name).then_some(value)
    }

    fn change(&self, write: Write) {
        let inner = &self.0.inner;
        inner.ask(inner.backend.write(&[write]));
    }
}
