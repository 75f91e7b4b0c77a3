//! Names of nodes. What is stored of a node that has one is never collected.

use super::Store;
use super::backend::{Failure, Hold, Space, Write};
use super::inner::{Inner, damaged};
use super::key::RecordKey;
use super::record::{self, Record};
use crate::digest::Fingerprint;
use crate::id::NodeId;
use crate::stamp::Stamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tag {
    pub(super) name: String,
    pub(crate) node: NodeId,
    /// The record that answered when the node was tagged, and the fingerprint of its value.
    pub(crate) result: Option<(RecordKey, Fingerprint)>,
}

/// Under what a name is found; names may be of any length.
fn key_of(name: &str) -> [u8; 32] {
    *blake3::hash(name.as_bytes()).as_bytes()
}

impl Store {
    /// The names of tagged nodes, sorted. What cannot be read is reported, and left out.
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn foo(x: i64) -> i64 { 2 * x }
    ///
    /// let store = Store::in_memory();
    /// let context = Context::builder().store(store.clone()).build();
    /// context.enter(|| node!(foo(4)).tag("best"));
    /// assert_eq!(store.tags(), ["best"]);
    /// ```
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        let tags = self.inner().all_tags();
        let mut names: Vec<String> = tags.into_iter().map(|tag| tag.name).collect();
        names.sort();
        names
    }

    /// Takes a name away; what it stood for may be collected from now on, unless it has another.
    /// Tells whether a node had it. What fails is reported as all that a store cannot do.
    ///
    /// ```
    /// # use dug::{Context, Store, node, tracked};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// let store = Store::in_memory();
    /// let context = Context::builder().store(store.clone()).build();
    /// context.enter(|| node!(foo(4)).tag("best"));
    /// assert!(store.untag("best"));
    /// assert!(!store.untag("best"));
    /// ```
    pub fn untag(&self, name: &str) -> bool {
        let inner = self.inner();
        let (space, key) = (Space::Tag, key_of(name).as_slice().into());
        let removed = inner.backend.write(&[Write::Remove { space, key }]);
        inner
            .ask(removed)
            .is_some_and(|removed| removed.first() == Some(&true))
    }

    /// The node that the name stands for, and the encoding and the shape of its value.
    pub(crate) fn find_tagged(&self, name: &str) -> Option<(NodeId, Stamp, Vec<u8>, u64)> {
        let _ = self.settle();
        let inner = self.inner();
        let tag = inner.tagged(name)?;
        let (key, record) = match tag.result {
            Some((key, fingerprint)) => {
                let is_it =
                    |record: &Record| record.fingerprint == fingerprint && record.has_value();
                let there = inner.record(&key).filter(|record| is_it(record));
                let there = there.map(|record| (key, record));
                // Another run may have stored it elsewhere.
                there.or_else(|| self.newest_that(&tag.node, is_it))?
            }
            // What ran beneath a tweak has no proof.
            None => self.newest_that(&tag.node, |record| record.proof.is_some())?,
        };
        let node = inner.id_of(&record).unwrap_or(tag.node);
        let stamp = Stamp::found(&record, key);
        stamp.set_proof(None);
        let encoded = inner.value(&record)?;
        Some((node, stamp, encoded.bytes, encoded.shape))
    }

    /// The newest result of the node of which this is said, whatever the handles among its arguments held.
    fn newest_that(
        &self,
        node: &NodeId,
        is_it: impl Fn(&Record) -> bool,
    ) -> Option<(RecordKey, Arc<Record>)> {
        let inner = self.inner();
        let variants = self.variants_of(node).into_iter();
        let newest = variants.filter_map(|node| {
            let records = inner.ask(inner.records_of(node.function(), node.arguments()))?;
            records.into_iter().find(|(_, record)| is_it(record))
        });
        let (key, record) = newest.max_by_key(|(_, record)| record.run.saved_at)?;
        Some((key, Arc::new(record)))
    }

    /// The names of this node, sorted.
    pub(crate) fn tags_of(&self, node: &NodeId) -> Vec<String> {
        let tags = self.inner().all_tags().into_iter();
        let mut names: Vec<String> = tags
            .filter(|tag| tag.node == *node)
            .map(|tag| tag.name)
            .collect();
        names.sort();
        names
    }

    /// Gives the node a name, which stands for the value that the stamp is of.
    pub(crate) fn tag(&self, name: &str, node: &NodeId, stamp: Option<&Stamp>) {
        // Only then it is known where the value is.
        let _ = self.settle();
        let result = stamp.and_then(|stamp| stamp.stored());
        let tag = Tag {
            name: name.to_owned(),
            node: node.clone(),
            result,
        };
        let key = key_of(name);
        if let Some(value) = record::seal(&key, &tag) {
            let (space, key, value) = (Space::Tag, key.as_slice().into(), value.into());
            let inner = self.inner();
            // Who collects has seen the tag, or has not begun.
            let lease = inner.ask(inner.backend.lease(Hold::Together));
            if lease.is_some() {
                inner.ask(inner.backend.write(&[Write::Put { space, key, value }]));
            }
        }
    }
}

impl Inner {
    /// What the name stands for.
    pub(crate) fn tagged(&self, name: &str) -> Option<Tag> {
        let tag: Tag = self.read_sealed(Space::Tag, &key_of(name))?;
        (tag.name == name).then_some(tag)
    }

    /// All tags that can be read; the others are reported.
    fn all_tags(&self) -> Vec<Tag> {
        let mut tags = Vec::new();
        let read = self.each_tag(|tag| match tag {
            Some(tag) => tags.push(tag),
            None => self.report(&damaged(Space::Tag)),
        });
        self.ask(read);
        tags
    }

    /// Calls `f` for each tag, with `None` for what is damaged.
    pub(super) fn each_tag(&self, mut f: impl FnMut(Option<Tag>)) -> Result<(), Failure> {
        self.each_entry(Space::Tag, &[], |key, bytes| f(record::open(key, bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Settings;
    use crate::store::backend;

    #[test]
    fn a_name_of_any_length_stands_for_what_was_tagged() {
        let inner = Inner::new(backend::in_memory().into(), None, Settings::default());
        let store = Store::start(inner);
        let node = NodeId::from_parts("f".to_owned(), &[1, 2], "f(1)".to_owned());
        let long = "a name ".repeat(100);
        for name in ["", "short", long.as_str()] {
            assert_eq!(store.inner().tagged(name), None);
            store.tag(name, &node, None);
            let tag = store.inner().tagged(name).unwrap();
            assert_eq!((&tag.node, tag.node.to_string()), (&node, node.to_string()));
        }
        assert_eq!(store.tags(), ["", long.as_str(), "short"]);
        assert!(store.inner().take_failure().is_none());
    }
}
