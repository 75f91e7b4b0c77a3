//! A store whose rows are changed, asked by a program.
//!
//! The first byte says whether checksums are made right afterwards. If so, what lies there is
//! believed, and answers may be wrong; else they are right.

#![no_main]

mod program;

use dug::__private::{Row, rows, store_of};
use dug::{Context, Policy, Store, Tracked};
use libfuzzer_sys::fuzz_target;
use program::{Answers, ask};
use std::sync::LazyLock;

/// Rows of a sound store, and the answers.
static WHOLE: LazyLock<(Vec<Row>, Answers)> = LazyLock::new(|| {
    let store = Store::in_memory();
    let context = Context::builder().store(store.clone()).build();
    let answers = context.enter(|| {
        dug::external("other", vec![1_u64, 2]);
        let answers = ask();
        dug::node!(program::top()).tag("tag");
        answers
    });
    (rows(&store), answers)
});

/// Bytes that say what to do.
struct Orders<'a>(&'a [u8]);

impl<'a> Orders<'a> {
    fn byte(&mut self) -> Option<usize> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(usize::from(*first))
    }

    fn bytes(&mut self) -> &'a [u8] {
        let count = self.byte().unwrap_or(0).min(self.0.len());
        let (bytes, rest) = self.0.split_at(count);
        self.0 = rest;
        bytes
    }

    /// Changes one row; `None` at the end.
    fn change(&mut self, rows: &mut Vec<Row>, sealed: bool) -> Option<()> {
        let place = self.byte()? % rows.len();
        let what = self.byte()?;
        let row = &mut rows[place];
        let at = (self.byte()? * 2).min(row.bytes.len());
        match what % 6 {
            0 => row.bytes.truncate(at),
            1 => _ = row.bytes.splice(at..at, self.bytes().iter().copied()),
            2 => {
                let with = self.bytes();
                let to = (at + with.len()).min(row.bytes.len());
                row.bytes.splice(at..to, with.iter().copied());
            }
            3 if at < row.bytes.len() => _ = row.bytes.remove(at),
            4 => {
                let other = self.byte()? % rows.len();
                rows[place].bytes = rows[other].bytes.clone();
            }
            _ => {
                // All behind the checksum.
                row.bytes.truncate(9);
                row.bytes.extend_from_slice(self.bytes());
            }
        }
        if sealed {
            rows[place].seal();
        }
        Some(())
    }
}

fn use_all(store: &Store, policy: Policy) -> Answers {
    let context = Context::builder().store(store.clone()).policy(policy);
    let answers = context.build().enter(|| {
        let other: Option<Tracked<Vec<u64>>> = dug::external_value("other");
        drop(other);
        let answers = ask();
        let node = dug::node!(program::top());
        let _ = (node.tags(), node.is_stale(), node.metadata());
        answers
    });
    let _ = store.tagged::<u64>("tag");
    let _ = (store.nodes(), store.tags(), store.verify());
    let _ = store.flush();
    answers
}

fuzz_target!(|bytes: &[u8]| {
    let (whole, right) = &*WHOLE;
    let mut orders = Orders(bytes);
    let Some(first) = orders.byte() else { return };
    let sealed = first % 2 == 1;
    let policy = match first / 2 % 3 {
        0 => Policy::Recompute,
        1 => Policy::RecomputeTo(1),
        _ => Policy::OnlyMissing,
    };
    let mut changed = whole.clone();
    while orders.change(&mut changed, sealed).is_some() {}
    let store = store_of(&changed);
    let answers = use_all(&store, policy);
    let again = use_all(&store, policy);
    if !sealed {
        assert_eq!((&answers, &again), (right, right));
    }
});
