//! The values of a tree: results and tweaks, counted, compared by encoding.
//!
//! Fingerprints are made only when one is asked for: when a value is unloaded
//! while something still has to be compared with it.

use super::ValueIx;
use super::numbered::Numbered;
use crate::digest::Fingerprint;
use crate::stamp::Stamp;
use crate::value::{EncodeValue, Value};
use std::sync::Arc;

/// What is left of a value.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Held(Value),
    /// Not in memory; the fingerprint is there for comparisons.
    Fingerprint(Fingerprint),
    /// Unloaded without a fingerprint: differs from every value.
    Gone,
}

#[derive(Debug)]
struct ValueRecord {
    content: Content,
    encode: Option<EncodeValue>,
    /// Entries and dependencies that name the value.
    references: u32,
    /// Entries and tweaks that need the content.
    holders: u32,
    /// Values of one class are known to have equal encodings.
    class: u64,
    /// What a store needs to know of it, once one does.
    stamp: Option<Arc<Stamp>>,
}

#[derive(Debug, Default)]
pub(crate) struct Values {
    records: Numbered<ValueRecord>,
    classes: u64,
    /// Whether any was found in a store.
    has_found: bool,
}

impl Values {
    /// A new value, held once by the caller.
    #[cfg(test)]
    pub(crate) fn insert(&mut self, value: Value, encode: Option<EncodeValue>) -> ValueIx {
        self.insert_content(Content::Held(value), encode, None)
    }

    /// A new value, of which there may only be a fingerprint, held once by the caller.
    pub(crate) fn insert_content(
        &mut self,
        content: Content,
        encode: Option<EncodeValue>,
        stamp: Option<Arc<Stamp>>,
    ) -> ValueIx {
        self.classes += 1;
        self.has_found |= stamp.as_ref().is_some_and(|stamp| stamp.is_found());
        ValueIx(self.records.insert(ValueRecord {
            content,
            encode,
            references: 1,
            holders: 0,
            class: self.classes,
            stamp,
        }))
    }

    /// Whether any value was ever found in a store.
    pub(super) fn has_found(&self) -> bool {
        self.has_found
    }

    /// Whether the value itself is in memory.
    #[inline]
    pub(crate) fn is_held(&self, value: ValueIx) -> bool {
        matches!(self.content(value), Content::Held(_))
    }

    pub(crate) fn stamp(&self, value: ValueIx) -> Option<&Arc<Stamp>> {
        self.records[value.0].stamp.as_ref()
    }

    /// The stamp; one that rests on nothing but a tweak, where the value was not run with a store.
    pub(crate) fn stamp_of(&mut self, value: ValueIx) -> Arc<Stamp> {
        let record = &mut self.records[value.0];
        let stamp = record.stamp.get_or_insert_with(|| {
            Arc::new(match &record.content {
                Content::Held(value) => Stamp::of_tweak(Some(Value::clone(value)), record.encode),
                Content::Fingerprint(fingerprint) => Stamp::known(Some(*fingerprint), None),
                Content::Gone => Stamp::known(None, None),
            })
        });
        Arc::clone(stamp)
    }

    pub(crate) fn set_stamp(&mut self, value: ValueIx, stamp: Arc<Stamp>) {
        self.records[value.0].stamp = Some(stamp);
    }

    pub(crate) fn content(&self, value: ValueIx) -> &Content {
        &self.records[value.0].content
    }

    pub(crate) fn encode(&self, value: ValueIx) -> Option<EncodeValue> {
        self.records[value.0].encode
    }

    /// The value of a valid entry or a tweak.
    #[inline]
    pub(crate) fn held(&self, value: ValueIx) -> &Value {
        match self.content(value) {
            Content::Held(value) => value,
            _ => unreachable!("an answer's value is in memory"),
        }
    }

    #[inline]
    pub(crate) fn retain(&mut self, value: ValueIx) {
        self.records[value.0].references += 1;
    }

    /// Gives back the content if this was the last reference.
    pub(crate) fn release(&mut self, value: ValueIx) -> Option<Value> {
        let record = &mut self.records[value.0];
        record.references -= 1;
        if record.references > 0 {
            return None;
        }
        match self.records.remove(value.0).content {
            Content::Held(content) => Some(content),
            _ => None,
        }
    }

    /// An entry or a tweak begins to need the content.
    pub(crate) fn hold(&mut self, value: ValueIx) {
        self.records[value.0].holders += 1;
    }

    /// An entry or a tweak no longer needs the content. Tells whether nobody does.
    pub(crate) fn unhold(&mut self, value: ValueIx) -> bool {
        let record = &mut self.records[value.0];
        record.holders -= 1;
        record.holders == 0
    }

    /// Replaces the content by what is left for comparisons.
    pub(crate) fn unload(&mut self, value: ValueIx, left: Content) -> Content {
        std::mem::replace(&mut self.records[value.0].content, left)
    }

    /// Whether the two are known to be equal without looking at them.
    #[inline]
    pub(crate) fn known_equal(&self, a: ValueIx, b: ValueIx) -> bool {
        a == b || self.records[a.0].class == self.records[b.0].class
    }

    /// Remembers that the two were found to be equal.
    pub(crate) fn set_equal(&mut self, a: ValueIx, b: ValueIx) {
        self.records[b.0].class = self.records[a.0].class;
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}
