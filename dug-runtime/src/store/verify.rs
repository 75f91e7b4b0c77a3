//! Reads all that a store holds and tells what is damaged, changing nothing.

use super::backend::{Failure, FailureKind, Hold, Space};
use super::bindings;
use super::code;
use super::head::Common;
use super::inner::Inner;
use super::record::{self, Kept, Record};
use super::tags::Tag;
use super::{RecordKey, Store};
use crate::digest::Fingerprint;
use crate::error::Error;
use crate::external::Stored;
use crate::function::Function;
use crate::id::{Snapshot, to_hex};
use crate::input::Stat;
use crate::proof::Parts;
use crate::registry;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What was found in a store.
///
/// ```
/// # use dug::Store;
/// let verified = Store::in_memory().verify()?;
/// assert!(verified.is_sound());
/// assert_eq!(verified.to_string(), "0 records, 0 values; all is sound");
/// # Ok::<(), dug::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// Records that are as they were written.
    pub records: u64,
    /// Values that decode, and encode to what is stored. Those that this program cannot
    /// decode are not among them: it does not know the function, or not with the code of that run.
    pub values: u64,
    /// What is not as it was written, each in a sentence. It counts as missing: what it would
    /// have answered runs again, and is then stored again.
    pub damaged: Vec<String>,
}

impl Verified {
    /// Whether nothing is damaged.
    ///
    /// ```
    /// # use dug::Store;
    /// assert!(Store::in_memory().verify()?.is_sound());
    /// # Ok::<(), dug::Error>(())
    /// ```
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty()
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verified {
            records,
            values,
            damaged,
        } = self;
        write!(out, "{records} records, {values} values; ")?;
        if damaged.is_empty() {
            return out.write_str("all is sound");
        }
        write!(out, "damaged: {}", damaged.len())?;
        for found in damaged {
            write!(out, "\n  {found}")?;
        }
        Ok(())
    }
}

impl Store {
    /// Reads everything, and tells what is damaged: whether each entry is what was written, and
    /// whether each value decodes and encodes to the same bytes, where this program has its function.
    /// Changes nothing. What was set aside as damaged when the store was opened is not looked at:
    /// [`notices`](Self::notices) tell of that.
    ///
    /// # Errors
    /// [`Error::Store`]: the store cannot be read.
    ///
    /// ```
    /// use dug::{Context, Store, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// let store = Store::in_memory();
    /// Context::builder().store(store.clone()).build().enter(|| (1..10).for_each(|x| _ = square(x)));
    /// let verified = store.verify()?;
    /// assert_eq!((verified.records, verified.values), (9, 9));
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn verify(&self) -> Result<Verified, Error> {
        let inner = self.inner();
        let verified = self.settle().and_then(|()| inner.verify());
        verified.map_err(|failure| super::failed(inner.place.as_deref(), &failure))
    }
}

impl Inner {
    fn verify(&self) -> Result<Verified, Failure> {
        // Nobody collects meanwhile, where that can be had.
        let _lease = self.backend.lease(Hold::Together);
        let mut verified = Verified {
            damaged: self.backend.check()?,
            ..Verified::default()
        };
        let read = self.each_entry(Space::Record, &[], |key, bytes| {
            let decoded = RecordKey::from_bytes(key);
            let decoded = decoded.and_then(|key| Some((key, self.decode(&key, bytes)?)));
            let Some((key, record)) = decoded else {
                return verified.add(Space::Record, key);
            };
            verified.records += 1;
            match catch_unwind(AssertUnwindSafe(|| {
                self.check_value(&key, &record, &verified)
            })) {
                Ok(Value::Sound) => verified.values += 1,
                Ok(Value::Unknown) => {}
                Ok(Value::Damaged(why)) => verified.tell(self, &record, why),
                Err(_) => verified.tell(self, &record, "panics when it is decoded"),
            }
        });
        verified.end(read)?;
        let read = self.each_entry(Space::Function, &[], |key, bytes| {
            if code::Row::open(key, bytes).is_none() {
                verified.add(Space::Function, key);
            }
        });
        verified.end(read)?;
        self.verify_all::<Parts>(&mut verified, Space::Set, |key, parts| parts.key() == key)?;
        self.verify_all::<Common>(&mut verified, Space::Head, |key, common| {
            common.finish().is_some_and(|head| head.key() == key)
        })?;
        self.verify_all::<(Stat, Fingerprint)>(&mut verified, Space::Input, |_, _| true)?;
        self.verify_all::<Tag>(&mut verified, Space::Tag, |_, _| true)?;
        self.verify_all::<u64>(&mut verified, Space::Count, |_, _| true)?;
        self.verify_all::<Vec<u8>>(&mut verified, Space::Latest, |_, key| {
            RecordKey::from_bytes(&key).is_some()
        })?;
        self.verify_all::<(String, Stored)>(&mut verified, Space::External, |key, (name, _)| {
            bindings::key_of(&name) == key
        })?;
        Ok(verified)
    }

    fn verify_all<T: DeserializeOwned>(
        &self,
        verified: &mut Verified,
        space: Space,
        is_right: impl Fn(&[u8], T) -> bool,
    ) -> Result<(), Failure> {
        let read = self.each_entry(space, &[], |key, bytes| {
            let content: Option<T> = record::open(key, bytes);
            if !content.is_some_and(|content| is_right(key, content)) {
                verified.add(space, key);
            }
        });
        verified.end(read)
    }

    /// Runs user code.
    fn check_value(&self, key: &RecordKey, record: &Record, verified: &Verified) -> Value {
        let apart;
        let (bytes, shape) = match &record.value {
            Kept::Nowhere => return Value::Unknown,
            Kept::Here(encoded) => (&encoded.bytes, encoded.shape),
            Kept::Blob {
                digest,
                bytes,
                shape,
            } => {
                // What is damaged is removed by reading it, and was found already.
                let name = to_hex(digest);
                let file = &name[2..];
                if verified.damaged.iter().any(|found| found.contains(file)) {
                    return Value::Unknown;
                }
                match self.backend.read_blob(digest, *bytes) {
                    Ok(Some(bytes)) => apart = bytes,
                    Ok(None) => return Value::Damaged("is missing"),
                    Err(_) => return Value::Damaged("cannot be read"),
                }
                (&apart, *shape)
            }
        };
        let path = record.functions().first().and_then(|key| self.path(key));
        let function = path.as_deref().and_then(registry::find);
        match function.filter(|function| ran_with_its_code(function, key, record)) {
            Some(function) => check(function, record, bytes, shape),
            None => Value::Unknown,
        }
    }
}

fn ran_with_its_code(function: &'static Function, key: &RecordKey, record: &Record) -> bool {
    let node = Snapshot::new(function, &record.arguments, None);
    record.is_of(key, &RecordKey::first(&node))
}

/// How a stored value is.
enum Value {
    Sound,
    /// There is none, or this program cannot tell.
    Unknown,
    Damaged(&'static str),
}

fn check(function: &Function, record: &Record, bytes: &[u8], shape: u64) -> Value {
    if !function.is_by_graph() && Fingerprint::of_encoding(bytes) != record.fingerprint {
        return Value::Damaged("is not the one that the run gave");
    }
    let Some(results) = function.results() else {
        return Value::Unknown;
    };
    let Ok(value) = (results.decode)(bytes) else {
        return Value::Damaged("does not decode");
    };
    if (results.shape)(&*value) != shape {
        // Of another type that the code does not tell from the one it has now.
        return Value::Unknown;
    }
    match (results.encode)(&*value) {
        Ok(again) if may_be_equal(&again, bytes) => Value::Sound,
        _ => Value::Damaged("encodes to other bytes than those it was decoded from"),
    }
}

/// Whether these may be encodings of one value: they are equal but for the order of their bytes, as sets
/// have no order of their own.
fn may_be_equal(one: &[u8], other: &[u8]) -> bool {
    let sorted = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes.sort_unstable();
        bytes
    };
    one == other || one.len() == other.len() && sorted(one) == sorted(other)
}

impl Verified {
    /// Reading has come to the end of a table, or to where that is damaged.
    fn end(&mut self, read: Result<(), Failure>) -> Result<(), Failure> {
        match read {
            Err(failure) if failure.kind == FailureKind::Damaged => {
                if !self.damaged.contains(&failure.message) {
                    self.damaged.push(failure.message);
                }
                Ok(())
            }
            read => read,
        }
    }

    fn add(&mut self, space: Space, key: &[u8]) {
        let (key, what) = (to_hex(key), space.describe());
        self.damaged
            .push(format!("the entry {key} is damaged: {what}"));
    }

    fn tell(&mut self, store: &Inner, record: &Record, why: &str) {
        let node = store.id_of(record);
        let node = node.map_or_else(|| format!("({})", record.text), |node| node.to_string());
        self.damaged.push(format!("the value of `{node}` {why}"));
    }
}
