//! Each thread's memory of recent answers: a hit reads nothing that is shared
//! but the layer's epoch, takes no lock and allocates nothing.
//!
//! A slot answers while its layer has the epoch that it had when the answer
//! was found. Slots hold values, so they are emptied when the thread leaves the layer.

use crate::arguments::Arguments;
use crate::function::Function;
use crate::graph::{NodeIx, ValueIx};
use crate::stamp::Stamp;
use crate::value::Value;
use std::cell::Cell;
use std::sync::Arc;

/// One remembered answer.
pub(crate) struct Slot {
    pub(crate) function: &'static Function,
    pub(crate) hash: u64,
    pub(crate) layer: u64,
    pub(crate) epoch: u64,
    pub(crate) arguments: Arguments,
    pub(crate) node: NodeIx,
    pub(crate) value_ix: ValueIx,
    pub(crate) value: Value,
    /// The frame that has noted this answer as its dependency already.
    pub(crate) recorded_by: Cell<u64>,
    /// How often it has answered.
    pub(crate) hits: Cell<u32>,
    /// Where that is counted, if a store wants to know.
    pub(crate) counted: Option<Arc<Stamp>>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.settle();
    }
}

impl Slot {
    /// Tells how often it has answered since it last told.
    fn settle(&self) {
        if let Some(stamp) = &self.counted {
            let hits = self.hits.take();
            if hits > 0 {
                stamp.add_hits(hits.into());
            }
        }
    }

    #[inline]
    pub(crate) fn count_hit(&self) {
        self.hits.set(self.hits.get().wrapping_add(1));
    }

    #[inline]
    fn answers(
        &self,
        function: &'static Function,
        hash: u64,
        arguments: &[u8],
        layer: u64,
    ) -> bool {
        self.hash == hash
            && self.layer == layer
            && std::ptr::eq(self.function, function)
            && self.arguments.as_slice() == arguments
    }
}

/// Where filling stood at some moment.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    rewritten: usize,
    filled: usize,
}

/// A table of pairs of slots that grows with what is asked: a call has its place in one pair.
#[derive(Default)]
pub(crate) struct Hits {
    slots: Vec<Option<Slot>>,
    occupied: usize,
    /// Places in the order of filling; those of inner layers come last.
    filled: Vec<u32>,
    /// Some places may be missing in `filled`.
    overflowed: bool,
    /// Counts how often `filled` was written anew.
    rewritten: usize,
    /// Which of a pair gives way next.
    victim: usize,
}

const SMALLEST: usize = 1 << 8;
const LARGEST: usize = 1 << 15;

impl Hits {
    /// The first place of the pair; there is at least one pair.
    #[inline]
    fn pair(&self, hash: u64, function: &'static Function, layer: u64) -> usize {
        let address = std::ptr::from_ref(function).addr() as u64;
        let mixed = hash
            ^ layer.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ address.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        // The upper half is mixed best.
        2 * (((mixed ^ (mixed >> 32)) as usize) & (self.slots.len() / 2 - 1))
    }

    #[inline]
    pub(crate) fn find(
        &self,
        function: &'static Function,
        hash: u64,
        arguments: &[u8],
        layer: u64,
        epoch: u64,
    ) -> Option<&Slot> {
        if self.slots.is_empty() {
            return None;
        }
        let pair = self.pair(hash, function, layer);
        self.slots[pair..pair + 2]
            .iter()
            .flatten()
            .find(|slot| slot.epoch == epoch && slot.answers(function, hash, arguments, layer))
    }

    /// Remembers an answer. Returns what gave way, to be dropped by the caller when nothing is borrowed.
    pub(crate) fn fill(&mut self, slot: Slot) -> (Option<Slot>, Vec<Slot>) {
        let mut gone = Vec::new();
        if 2 * self.occupied >= self.slots.len() && self.slots.len() < LARGEST {
            gone = self.grow();
        }
        (self.place(slot), gone)
    }

    fn place(&mut self, slot: Slot) -> Option<Slot> {
        let pair = self.pair(slot.hash, slot.function, slot.layer);
        let (hash, layer, arguments) = (slot.hash, slot.layer, slot.arguments.as_slice());
        let known = |other: &Option<Slot>| {
            let other = other.as_ref();
            other.is_none_or(|other| other.answers(slot.function, hash, arguments, layer))
        };
        let place = match self.slots[pair..pair + 2].iter().position(known) {
            Some(place) => pair + place,
            None => {
                self.victim ^= 1;
                pair + self.victim
            }
        };
        let old = self.slots[place].replace(slot);
        self.occupied += usize::from(old.is_none());
        if self.filled.len() < self.filled.capacity() {
            self.filled.push(place as u32);
        } else {
            self.overflowed = true;
        }
        old
    }

    fn grow(&mut self) -> Vec<Slot> {
        let size = (4 * self.slots.len()).clamp(SMALLEST, LARGEST);
        let old = std::mem::take(&mut self.slots);
        self.slots.resize_with(size, || None);
        self.occupied = 0;
        self.filled = Vec::with_capacity(2 * size);
        let gone = old
            .into_iter()
            .flatten()
            .filter_map(|slot| self.place(slot));
        let gone = gone.collect();
        self.rewrite_filled();
        gone
    }

    fn rewrite_filled(&mut self) {
        self.filled.clear();
        let occupied = self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.is_some());
        self.filled.extend(occupied.map(|(place, _)| place as u32));
        self.overflowed = false;
        self.rewritten += 1;
    }

    /// Where filling stands, for [`purge`](Self::purge).
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            rewritten: self.rewritten,
            filled: self.filled.len(),
        }
    }

    /// Forgets the answers of a layer, all of which were remembered since `mark`.
    pub(crate) fn purge(&mut self, layer: u64, mark: Mark) -> Vec<Slot> {
        if self.overflowed {
            self.rewrite_filled();
        }
        let since = if mark.rewritten == self.rewritten {
            mark.filled
        } else {
            0
        };
        let mut gone = Vec::new();
        let since = since.min(self.filled.len());
        let mut kept = since;
        for next in since..self.filled.len() {
            let place = self.filled[next];
            let slot = &mut self.slots[place as usize];
            if slot.as_ref().is_some_and(|slot| slot.layer == layer) {
                gone.extend(slot.take());
                self.occupied -= 1;
            } else if slot.is_some() {
                self.filled[kept] = place;
                kept += 1;
            }
        }
        self.filled.truncate(kept);
        gone
    }

    /// Tells stores how often each answer was given.
    pub(crate) fn settle(&self) {
        self.slots.iter().flatten().for_each(Slot::settle);
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) -> Vec<Option<Slot>> {
        let size = self.slots.len();
        self.occupied = 0;
        self.filled.clear();
        let mut empty = Vec::new();
        empty.resize_with(size, || None);
        std::mem::replace(&mut self.slots, empty)
    }
}
