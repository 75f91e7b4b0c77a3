//! The values of a tree: results and tweaks, counted, compared by encoding.
//!
//! Fingerprints are made only when one is asked for: when a value is unloaded
//! while something still has to be compared with it.

use super::numbered::Numbered;
use super::pages::Pages;
use super::{Garbage, ValueIx};
use crate::digest::Fingerprint;
use crate::function::Function;
use crate::stamp::Stamp;
use crate::value::{EncodeValue, Value};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// What is left of a value.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Held(Value),
    /// Not in memory; the fingerprint is there for comparisons. Without one it differs from every value.
    Unloaded(Option<Box<Fingerprint>>),
}

impl Content {
    /// What is left of a value with this fingerprint.
    pub(crate) fn of(fingerprint: Fingerprint) -> Self {
        Content::Unloaded(Some(Box::new(fingerprint)))
    }
}

#[derive(Debug)]
pub(super) struct ValueRecord {
    content: Content,
    /// Entries and dependencies that name the value.
    references: u32,
    /// Entries and tweaks that need the content.
    holders: u32,
    /// Values of one class are known to have equal encodings.
    class: NonZeroU32,
    /// The number of the function that results are encoded as those of, or [`NO_FUNCTION`].
    function: u32,
}

const _: () = assert!(size_of::<Option<ValueRecord>>() <= 32);

/// No function has this number.
const NO_FUNCTION: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Values {
    records: Numbered<ValueRecord>,
    /// What a store needs to know of a value, once one does.
    stamps: Pages<Arc<Stamp>>,
    /// How the results of a function are encoded, by its number.
    encodings: Vec<Option<EncodeValue>>,
    /// The class that was given last.
    classes: u32,
    /// Whether any was found in a store.
    has_found: bool,
}

impl Values {
    /// A new value, held once by the caller.
    #[cfg(test)]
    pub(crate) fn insert(&mut self, value: Value, function: Option<&'static Function>) -> ValueIx {
        self.insert_content(Content::Held(value), function, None)
    }

    /// A new value, of which there may only be a fingerprint, held once by the caller.
    pub(crate) fn insert_content(
        &mut self,
        content: Content,
        function: Option<&'static Function>,
        stamp: Option<Arc<Stamp>>,
    ) -> ValueIx {
        self.has_found |= stamp.as_ref().is_some_and(|stamp| stamp.is_found());
        let class = self.new_class();
        let function = function.map_or(NO_FUNCTION, |function| self.know(function));
        let value = ValueIx::new(self.records.insert(ValueRecord {
            content,
            references: 1,
            holders: 0,
            class,
            function,
        }));
        if let Some(stamp) = stamp {
            self.stamps.insert(value.number(), stamp);
        }
        value
    }

    /// A class without values.
    fn new_class(&mut self) -> NonZeroU32 {
        if self.classes == u32::MAX {
            self.renumber_classes();
        }
        self.classes += 1;
        NonZeroU32::MIN.saturating_add(self.classes - 1)
    }

    /// Gives the classes of the values that there are the lowest numbers: there are fewer than half of
    /// all numbers.
    fn renumber_classes(&mut self) {
        self.classes = 0;
        let mut renumbered = HashMap::new();
        for record in self.records.values_mut() {
            record.class = *renumbered.entry(record.class).or_insert_with(|| {
                self.classes += 1;
                NonZeroU32::MIN.saturating_add(self.classes - 1)
            });
        }
    }

    /// The number of the function, the encoding of which is known from now on.
    fn know(&mut self, function: &'static Function) -> u32 {
        let number = function.number();
        if number >= self.encodings.len() {
            self.encodings.resize(number + 1, None);
        }
        self.encodings[number] = function.encode_result();
        number as u32
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
        self.stamps.get(value.number())
    }

    /// The stamp; one that rests on nothing but a tweak, where the value was not run with a store.
    pub(crate) fn stamp_of(&mut self, value: ValueIx) -> Arc<Stamp> {
        let (encode, content) = (self.encode(value), &self.records[value.number()].content);
        let stamp = self.stamps.get_or_insert_with(value.number(), || {
            Arc::new(match content {
                Content::Held(value) => Stamp::of_tweak(Some(Value::clone(value)), encode),
                Content::Unloaded(fingerprint) => {
                    Stamp::known(fingerprint.as_deref().copied(), None)
                }
            })
        });
        Arc::clone(stamp)
    }

    /// Returns the one that the value had.
    #[must_use = "it may own a value, whose drop is user code"]
    pub(super) fn replace_stamp(
        &mut self,
        value: ValueIx,
        stamp: Arc<Stamp>,
    ) -> Option<Arc<Stamp>> {
        let old = self.stamps.remove(value.number());
        self.stamps.insert(value.number(), stamp);
        old
    }

    pub(crate) fn content(&self, value: ValueIx) -> &Content {
        &self.records[value.number()].content
    }

    pub(crate) fn encode(&self, value: ValueIx) -> Option<EncodeValue> {
        let function = self.records[value.number()].function;
        *self.encodings.get(function as usize)?
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
        self.records[value.number()].references += 1;
    }

    /// If this was the last reference, what the value owned is garbage: drops of it are user code.
    pub(super) fn release(&mut self, value: ValueIx, garbage: &mut Vec<Garbage>) {
        let record = &mut self.records[value.number()];
        record.references -= 1;
        if record.references > 0 {
            return;
        }
        garbage.extend(self.stamps.remove(value.number()).map(Garbage::Stamp));
        if let Content::Held(content) = self.records.remove(value.number()).content
            && !content.is_plain()
        {
            garbage.push(Garbage::Value(content));
        }
    }

    /// An entry or a tweak begins to need the content.
    pub(crate) fn hold(&mut self, value: ValueIx) {
        self.records[value.number()].holders += 1;
    }

    /// An entry or a tweak no longer needs the content. Tells whether nobody does.
    pub(crate) fn unhold(&mut self, value: ValueIx) -> bool {
        let record = &mut self.records[value.number()];
        record.holders -= 1;
        record.holders == 0
    }

    /// Replaces the content by what is left for comparisons.
    pub(crate) fn unload(&mut self, value: ValueIx, left: Content) -> Content {
        std::mem::replace(&mut self.records[value.number()].content, left)
    }

    /// Whether the two are known to be equal without looking at them.
    #[inline]
    pub(crate) fn known_equal(&self, a: ValueIx, b: ValueIx) -> bool {
        a == b || self.records[a.number()].class == self.records[b.number()].class
    }

    /// Remembers that the two were found to be equal.
    pub(crate) fn set_equal(&mut self, a: ValueIx, b: ValueIx) {
        self.records[b.number()].class = self.records[a.number()].class;
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_stays_that_when_all_classes_were_given() {
        let mut values = Values::default();
        let insert = |values: &mut Values| values.insert(Value::new([0_u8]), None);
        values.classes = u32::MAX - 4;
        let [a, b, c, d] = [(); 4].map(|()| insert(&mut values));
        values.set_equal(a, c);
        let mut garbage = Vec::new();
        values.release(b, &mut garbage);
        assert_eq!((garbage.len(), values.classes), (1, u32::MAX));
        // Two classes are left: that of `a` and `c`, and that of `d`.
        let e = insert(&mut values);
        assert_eq!(values.classes, 3);
        assert!(values.known_equal(a, c));
        for (one, other) in [(a, d), (a, e), (c, d), (c, e), (d, e)] {
            assert!(!values.known_equal(one, other));
        }
    }

    #[test]
    fn the_stamp_of_a_value_goes_with_it() {
        let (mut values, mut garbage) = (Values::default(), Vec::new());
        let stamp = Arc::new(Stamp::passing());
        let content = Content::Held(Value::new([0_u8]));
        let value = values.insert_content(content, None, Some(Arc::clone(&stamp)));
        assert!(Arc::ptr_eq(&values.stamp_of(value), &stamp));
        values.retain(value);
        values.release(value, &mut garbage);
        assert!(values.stamp(value).is_some() && garbage.is_empty());
        values.release(value, &mut garbage);
        assert_eq!(garbage.len(), 2);
        // Its number is given again.
        assert_eq!(values.insert(Value::new([1_u8]), None), value);
        assert!(values.stamp(value).is_none() && values.encode(value).is_none());
    }
}
