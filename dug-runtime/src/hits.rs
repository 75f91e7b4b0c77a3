//! Each thread's memory of recent answers: a hit reads nothing that is shared
//! but the layer's epoch, takes no lock and allocates nothing.
//!
//! A slot answers while its layer has the epoch that it had when the answer
//! was found. Slots hold values, so they are emptied when the thread leaves the layer.

use crate::arguments::Arguments;
use crate::function::Function;
use crate::graph::{NodeIx, ValueIx};
use crate::key::hash_arguments;
use crate::stamp::Stamp;
use crate::value::Value;
use std::cell::Cell;
use std::sync::Arc;

/// One remembered answer. Its size is what hits of many nodes cost.
pub(crate) struct Slot {
    pub(crate) function: &'static Function,
    /// Half of that of the arguments, set when it is placed: these are compared, too.
    pub(crate) hash: u32,
    /// How often it has answered since that was last told.
    pub(crate) hits: Cell<u32>,
    pub(crate) layer: u64,
    pub(crate) epoch: u64,
    pub(crate) arguments: Arguments,
    pub(crate) node: NodeIx,
    pub(crate) value_ix: ValueIx,
    pub(crate) value: Value,
    /// The frame that has noted this answer as its dependency already.
    pub(crate) recorded_by: Cell<u64>,
}

/// An answer to be remembered, or that is remembered no more.
pub(crate) struct Remembered {
    pub(crate) slot: Slot,
    /// Where it is counted how often it answers, if a store wants to know.
    pub(crate) counted: Option<Arc<Stamp>>,
}

impl Remembered {
    fn tell(&self) {
        if let Some(stamp) = &self.counted {
            self.slot.tell(stamp);
        }
    }
}

impl Slot {
    #[inline]
    fn answers(
        &self,
        function: &'static Function,
        hash: u64,
        arguments: &[u8],
        layer: u64,
    ) -> bool {
        self.hash == hash as u32
            && self.layer == layer
            && std::ptr::eq(self.function, function)
            && self.arguments.as_slice() == arguments
    }

    #[inline]
    pub(crate) fn count_hit(&self) {
        self.hits.set(self.hits.get().wrapping_add(1));
    }

    fn tell(&self, stamp: &Stamp) {
        let hits = self.hits.take();
        if hits > 0 {
            stamp.add_hits(hits.into());
        }
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
    /// Where the answers are counted, by their places; empty until a store wants to know.
    counted: Vec<Option<Arc<Stamp>>>,
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
    pub(crate) fn fill(&mut self, answer: Remembered) -> (Option<Remembered>, Vec<Remembered>) {
        let mut gone = Vec::new();
        if 2 * self.occupied >= self.slots.len() && self.slots.len() < LARGEST {
            gone = self.grow();
        }
        (self.place(answer), gone)
    }

    /// Forgets the answer. What is returned must be dropped when nothing is borrowed.
    pub(crate) fn forget(
        &mut self,
        function: &'static Function,
        arguments: &[u8],
        layer: u64,
    ) -> Option<Remembered> {
        if self.slots.is_empty() {
            return None;
        }
        let hash = hash_arguments(arguments);
        let pair = self.pair(hash, function, layer);
        let is_it = |slot: &Option<Slot>| {
            let slot = slot.as_ref();
            slot.is_some_and(|slot| slot.answers(function, hash, arguments, layer))
        };
        let place = self.slots[pair..pair + 2].iter().position(is_it)?;
        self.take(pair + place)
    }

    fn place(&mut self, answer: Remembered) -> Option<Remembered> {
        let Remembered { mut slot, counted } = answer;
        let hash = hash_arguments(slot.arguments.as_slice());
        slot.hash = hash as u32;
        let (arguments, layer) = (slot.arguments.as_slice(), slot.layer);
        let pair = self.pair(hash, slot.function, layer);
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
        if self.counted.is_empty() && counted.is_some() {
            self.counted.resize(self.slots.len(), None);
        }
        let before = match self.counted.get_mut(place) {
            Some(at) => std::mem::replace(at, counted),
            None => None,
        };
        if self.filled.len() < self.filled.capacity() {
            self.filled.push(place as u32);
        } else {
            self.overflowed = true;
        }
        let gone = old.map(|slot| Remembered {
            slot,
            counted: before,
        });
        gone.inspect(Remembered::tell)
    }

    /// Forgets the answer in this place, having told how often it was given.
    fn take(&mut self, place: usize) -> Option<Remembered> {
        let slot = self.slots[place].take()?;
        self.occupied -= 1;
        let counted = self.counted.get_mut(place).and_then(Option::take);
        let gone = Remembered { slot, counted };
        gone.tell();
        Some(gone)
    }

    fn grow(&mut self) -> Vec<Remembered> {
        let size = (4 * self.slots.len()).clamp(SMALLEST, LARGEST);
        let old = std::mem::take(&mut self.slots);
        let counted = std::mem::take(&mut self.counted).into_iter();
        let counted = counted.chain(std::iter::repeat(None));
        self.slots.resize_with(size, || None);
        self.occupied = 0;
        self.filled = Vec::with_capacity(2 * size);
        let mut gone = Vec::new();
        for (slot, counted) in old.into_iter().zip(counted) {
            let answer = slot.map(|slot| Remembered { slot, counted });
            gone.extend(answer.and_then(|answer| self.place(answer)));
        }
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
    pub(crate) fn purge(&mut self, layer: u64, mark: Mark) -> Vec<Remembered> {
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
            let slot = &self.slots[place as usize];
            if slot.as_ref().is_some_and(|slot| slot.layer == layer) {
                gone.extend(self.take(place as usize));
            } else if slot.is_some() {
                self.filled[kept] = place;
                kept += 1;
            }
        }
        self.filled.truncate(kept);
        gone
    }

    /// Tells stores how often each answer was given.
    pub(crate) fn tell(&self) {
        for (slot, counted) in self.slots.iter().zip(&self.counted) {
            if let (Some(slot), Some(stamp)) = (slot, counted) {
                slot.tell(stamp);
            }
        }
    }

    /// Forgets everything. Returns what is to be dropped by the caller when nothing is borrowed.
    pub(crate) fn clear(&mut self) -> (Vec<Option<Slot>>, Vec<Option<Arc<Stamp>>>) {
        self.tell();
        let size = self.slots.len();
        self.occupied = 0;
        self.filled.clear();
        let mut empty = Vec::new();
        empty.resize_with(size, || None);
        let slots = std::mem::replace(&mut self.slots, empty);
        (slots, std::mem::take(&mut self.counted))
    }
}

impl Drop for Hits {
    fn drop(&mut self) {
        self.tell();
    }
}
