//! Rows of a store with parts changed, in memory.
//!
//! Where the checksum is made right again afterwards, what is there is believed, and answers may be
//! wrong; but nothing else may go wrong. What is tried is the same in each run.

use crate::all;
use crate::allocator;
use crate::program::{Answers, ask_for};
use dug::__private::{Row, rows, store_of};
use dug::{Context, Store, Tracked};

/// How often rows are changed.
fn cases() -> u64 {
    if all() { 300_000 } else { 3000 }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        const LIKELY: [u8; 8] = [0, 1, 0x7f, 0x80, 0xfb, 0xfc, 0xfd, 0xff];
        match self.below(2) {
            0 => LIKELY[self.below(8)],
            _ => self.next() as u8,
        }
    }

    /// Changes the bytes a little.
    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        match self.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, self.byte()),
            2 if !bytes.is_empty() => _ = bytes.remove(at),
            3 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
            _ if !bytes.is_empty() => bytes[at] = self.byte(),
            _ => {}
        }
    }
}

/// Rows of a store that knows all kinds of things.
fn all_kinds() -> Vec<Row> {
    let store = Store::in_memory();
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        dug::external("name", 7_u64);
        ask_for(Answers::Right);
        dug::node!(crate::program::text()).tag("tag");
    });
    rows(&store)
}

fn use_all(store: &Store, answers: Answers) {
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        ask_for(answers);
        let bound: Option<Tracked<u64>> = dug::external_value("name");
        drop(bound);
        let node = dug::node!(crate::program::text());
        let _ = (node.tags(), node.is_stale(), node.metadata());
    });
    let _ = store.tagged::<String>("tag");
    let _ = (store.nodes(), store.tags(), store.verify());
    let _ = store.flush();
}

#[test]
fn rows_that_were_changed() {
    let whole = all_kinds();
    use_all(&store_of(&whole), Answers::Right);
    let mut random = Random(1);
    for case in 0..cases() {
        let mut changed = whole.clone();
        let sealed = case % 2 == 0;
        for _ in 0..=random.below(3) {
            let row = random.below(changed.len());
            let row = &mut changed[row];
            random.change(&mut row.bytes);
            if sealed {
                row.seal();
            }
        }
        let answers = if sealed { Answers::Any } else { Answers::Right };
        use_all(&store_of(&changed), answers);
    }
    allocator::check("changed rows");
}

/// What lies under one key was written under another.
#[test]
fn rows_that_were_exchanged() {
    let whole = all_kinds();
    let mut random = Random(2);
    for case in 0..cases() / 4 {
        let mut changed = whole.clone();
        let sealed = case % 2 == 0;
        for _ in 0..=random.below(3) {
            let [one, other] = [(); 2].map(|()| random.below(whole.len()));
            changed[one].bytes.clone_from(&whole[other].bytes);
            if sealed {
                changed[one].seal();
            }
        }
        let answers = if sealed { Answers::Any } else { Answers::Right };
        use_all(&store_of(&changed), answers);
    }
    allocator::check("exchanged rows");
}
