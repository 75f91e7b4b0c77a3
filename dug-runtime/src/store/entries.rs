//! Reads what a store holds one by one, in the order of keys.

use super::backend::{Failure, Space};
use super::inner::{Inner, damaged};
use super::record::Record;
use super::{RecordKey, function_key, latest};
use crate::id::NodeId;
use std::sync::atomic::Ordering::Relaxed;

impl Inner {
    /// The records of one node, the newest first.
    pub(super) fn records_of(
        &self,
        path: &str,
        arguments: &[u8],
    ) -> Result<Vec<(RecordKey, Record)>, Failure> {
        let function = function_key(path);
        let prefix = RecordKey::prefix(path, arguments);
        let mut records = Vec::new();
        self.each_record_under(&prefix, |key, bytes, record| {
            self.counters.records_read.fetch_add(1, Relaxed);
            self.counters.add_read(bytes);
            if record.functions().first() == Some(&function) && record.arguments == arguments {
                records.push((key, record));
            }
        })?;
        records.sort_by_key(|(_, record)| std::cmp::Reverse(record.run.saved_at));
        let is_newest =
            |(_, record): &&(RecordKey, Record)| record.run.saved_at == records[0].1.run.saved_at;
        let newest = records.iter().take_while(is_newest).count();
        // They were stored together.
        if newest > 1 {
            let mut latest = Vec::new();
            self.each_entry(Space::Latest, &prefix, |first, bytes| {
                latest.extend(latest::open(first, bytes));
            })?;
            records[..newest].sort_by_key(|(key, _)| !latest.contains(key));
        }
        Ok(records)
    }

    /// Calls `f` for each entry of the space whose key begins with `prefix`, in the order of keys.
    pub(super) fn each_entry(
        &self,
        space: Space,
        prefix: &[u8],
        mut f: impl FnMut(&[u8], &[u8]),
    ) -> Result<(), Failure> {
        const AT_ONCE: usize = 256;
        let mut after: Option<Vec<u8>> = None;
        loop {
            let entries = self
                .backend
                .scan(space, prefix, after.as_deref(), AT_ONCE)?;
            let Some((last, _)) = entries.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            for (key, bytes) in entries {
                f(&key, &bytes);
            }
        }
    }

    /// Calls `f` for each record that can be read.
    pub(super) fn each_record(&self, mut f: impl FnMut(RecordKey, Record)) -> Result<(), Failure> {
        self.each_record_under(&[], |key, _, record| f(key, record))
    }

    /// As [`each_record`](Self::each_record), for keys that begin with `prefix`, with the bytes of each.
    fn each_record_under(
        &self,
        prefix: &[u8],
        mut f: impl FnMut(RecordKey, &[u8], Record),
    ) -> Result<(), Failure> {
        self.each_entry(Space::Record, prefix, |key, bytes| {
            let Some(key) = RecordKey::from_bytes(key) else {
                return self.report(&damaged(Space::Record));
            };
            if let Some(record) = self.decode_now(&key, bytes) {
                f(key, bytes, record);
            }
        })
    }

    /// The node of the record.
    pub(super) fn id_of(&self, record: &Record) -> Option<NodeId> {
        let path = self.path(record.functions().first()?)?;
        let name = crate::registry::find(&path).map(|function| function.name().to_owned());
        let name = name.unwrap_or_else(|| {
            let plain = path.split('<').next().unwrap_or_default();
            plain.rsplit("::").next().unwrap_or_default().to_owned()
        });
        let text = format!("{name}({})", record.text);
        Some(NodeId::from_parts(
            path.to_string(),
            &record.arguments,
            text,
        ))
    }
}
