//! Each thread's memory of recent answers: a hit reads nothing that is shared
//! but the layer's epoch, takes no lock and allocates nothing.
//!
//! A slot answers while its layer has the epoch that it had when the answer
//! was found. Slots hold values, so they are emptied when the thread leaves the layer.

use crate::arguments::Arguments;
use crate::codec::Buffer;
use crate::function::Function;
use crate::graph::{NodeIx, ValueIx};
use crate::inline::Inline;
use crate::key::hash_arguments;
use crate::stamp::Stamp;
use crate::value::{Value, expect_ref};
use hashbrown::HashTable;
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;

/// One remembered answer. Its size is what hits of many nodes cost.
pub(crate) struct Slot {
    pub(crate) function: &'static Function,
    pub(crate) layer: u64,
    pub(crate) epoch: u64,
    pub(crate) arguments: Arguments,
    pub(crate) node: NodeIx,
    pub(crate) value_ix: ValueIx,
    pub(crate) value: Kept,
    /// How often it has answered since that was last told.
    pub(crate) hits: Cell<u32>,
    /// Where it is counted how often it answers, if a store wants to know.
    pub(crate) counted: Option<Arc<Stamp>>,
    /// The how-manieth it is that was filled; set when it is.
    pub(crate) filled: u64,
    /// The frame that has noted this answer as its dependency already.
    pub(crate) recorded_by: Cell<u64>,
}

/// The value of a remembered answer.
pub(crate) enum Kept {
    Shared(Value),
    /// Of the type that the function returns.
    Inline(Inline),
}

impl Kept {
    /// The value, of the type that the function returns.
    #[inline]
    pub(crate) fn get<R: 'static>(&self) -> &R {
        match self {
            Kept::Shared(value) => expect_ref(&**value),
            #[allow(unsafe_code)]
            // SAFETY: slots are told apart by the function, and what one holds was made from an
            // answer of that very function.
            Kept::Inline(value) => unsafe { value.get() },
        }
    }
}

impl Slot {
    /// Whether it is of this call in this layer.
    fn is_of(&self, function: &'static Function, arguments: &[u8], layer: u64) -> bool {
        self.layer == layer
            && std::ptr::eq(self.function, function)
            && self.arguments.as_slice() == arguments
    }

    #[inline]
    pub(crate) fn count_hit(&self) {
        self.hits.set(self.hits.get().wrapping_add(1));
    }

    /// Tells a store how often it has answered.
    fn tell(&self) {
        if let Some(stamp) = &self.counted {
            let hits = self.hits.take();
            if hits > 0 {
                stamp.add_hits(hits.into());
            }
        }
    }
}

/// Where filling stood at some moment.
#[derive(Clone, Copy)]
pub(crate) struct Mark(u64);

/// What a thread remembers.
#[derive(Default)]
pub(crate) struct Hits {
    slots: HashTable<Slot>,
    /// For how many slots there is room. The table grows before half of that is used, so that what is
    /// removed never makes it grow: how much it takes depends on how much was remembered, not on luck.
    room: usize,
    /// The hashes of the slots in the order of filling: those of inner layers come last. Some
    /// slots may have gone.
    filled: VecDeque<u64>,
    /// How many have gone from the front of that.
    passed: u64,
    /// How many layers in a row were left that have not needed the room.
    unneeded: u8,
}

const SMALLEST: usize = 1 << 7;

/// How many answers a thread remembers; then the oldest give way.
const LARGEST: usize = 1 << 16;

/// The hash of a call in a layer; `hash` is that of the arguments.
#[inline]
fn mix(hash: u64, function: &'static Function, layer: u64) -> u64 {
    let address = std::ptr::from_ref(function).addr() as u64;
    hash ^ layer.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ address.wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

fn hash_of(slot: &Slot) -> u64 {
    let hash = hash_arguments(slot.arguments.as_slice());
    mix(hash, slot.function, slot.layer)
}

impl Hits {
    /// The answer, if it is remembered; `hash` is that of the arguments.
    #[inline]
    pub(crate) fn find(
        &self,
        function: &'static Function,
        hash: u64,
        arguments: &Buffer,
        layer: u64,
        epoch: u64,
    ) -> Option<&Slot> {
        self.slots.find(mix(hash, function, layer), |slot| {
            slot.epoch == epoch
                && slot.layer == layer
                && std::ptr::eq(slot.function, function)
                && slot.arguments.are(arguments)
        })
    }

    /// Remembers an answer; `hash` is that of the arguments. Returns what gave way, to be dropped by the
    /// caller when nothing is borrowed.
    pub(crate) fn fill(&mut self, hash: u64, mut slot: Slot) -> Option<Slot> {
        let hash = mix(hash, slot.function, slot.layer);
        let known = self.slots.find_mut(hash, |other| {
            other.is_of(slot.function, slot.arguments.as_slice(), slot.layer)
        });
        if let Some(known) = known {
            slot.filled = known.filled;
            let gone = std::mem::replace(known, slot);
            gone.tell();
            return Some(gone);
        }
        let gone = match self.slots.len() >= LARGEST {
            true => self.take_oldest(),
            false => None,
        };
        slot.filled = self.end();
        if 2 * (self.slots.len() + 1) > self.room {
            self.room = (2 * self.room).max(SMALLEST);
            self.slots.reserve(self.room - self.slots.len(), hash_of);
        }
        self.slots.insert_unique(hash, slot, hash_of);
        self.filled.push_back(hash);
        if self.filled.len() > 2 * self.slots.len() + 64 {
            self.sweep();
            self.sweep();
        }
        gone
    }

    /// The number of what is filled next.
    fn end(&self) -> u64 {
        self.passed + self.filled.len() as u64
    }

    fn take_oldest(&mut self) -> Option<Slot> {
        loop {
            let hash = self.filled.pop_front()?;
            let number = self.passed;
            self.passed += 1;
            let gone = self.take(hash, |slot| slot.filled == number);
            if gone.is_some() {
                return gone;
            }
        }
    }

    /// Passes the oldest hash by; if its slot is still there, it counts as the latest from now on.
    fn sweep(&mut self) {
        let (number, end) = (self.passed, self.end());
        let Some(hash) = self.filled.pop_front() else {
            return;
        };
        self.passed += 1;
        if let Some(slot) = self.slots.find_mut(hash, |slot| slot.filled == number) {
            slot.filled = end;
            self.filled.push_back(hash);
        }
    }

    /// Forgets the answer. What is returned must be dropped when nothing is borrowed.
    pub(crate) fn forget(
        &mut self,
        function: &'static Function,
        arguments: &[u8],
        layer: u64,
    ) -> Option<Slot> {
        let hash = mix(hash_arguments(arguments), function, layer);
        self.take(hash, |slot| slot.is_of(function, arguments, layer))
    }

    /// Forgets an answer, having told how often it was given.
    fn take(&mut self, hash: u64, is_it: impl FnMut(&Slot) -> bool) -> Option<Slot> {
        let (gone, _) = self.slots.find_entry(hash, is_it).ok()?.remove();
        gone.tell();
        Some(gone)
    }

    /// Where filling stands, for [`purge`](Self::purge).
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.end())
    }

    /// Forgets the answers of a layer, all of which were remembered since `mark`.
    pub(crate) fn purge(&mut self, layer: u64, mark: Mark) -> Vec<Slot> {
        let since = usize::try_from(mark.0.saturating_sub(self.passed)).unwrap_or(usize::MAX);
        let most = self.slots.len();
        let mut gone = Vec::new();
        let (mut next, mut kept) = (since, since);
        while let Some(hash) = self.filled.get(next).copied() {
            let (from, to) = (self.passed + next as u64, self.passed + kept as u64);
            match self.slots.find_entry(hash, |slot| slot.filled == from) {
                Ok(entry) if entry.get().layer == layer => {
                    let (slot, _) = entry.remove();
                    slot.tell();
                    gone.push(slot);
                }
                Ok(mut entry) => {
                    entry.get_mut().filled = to;
                    self.filled[kept] = hash;
                    kept += 1;
                }
                Err(_) => {}
            }
            next += 1;
        }
        self.filled.truncate(kept);
        self.shrink(most);
        gone
    }

    /// Gives room back that was not needed for a while, where `most` slots were in use just now: a table
    /// that is mostly empty is slow to look into.
    fn shrink(&mut self, most: usize) {
        /// So many layers in a row have not needed it.
        const WHILE: u8 = 16;
        let wanted = (4 * most).max(SMALLEST);
        if self.room < 2 * wanted {
            self.unneeded = 0;
            return;
        }
        self.unneeded += 1;
        if self.unneeded == WHILE {
            self.unneeded = 0;
            self.room = wanted;
            self.slots.shrink_to(wanted, hash_of);
            self.filled.shrink_to(wanted);
        }
    }

    /// Tells stores how often each answer was given.
    pub(crate) fn tell(&self) {
        self.slots.iter().for_each(Slot::tell);
    }

    /// Forgets everything. Returns what is to be dropped by the caller when nothing is borrowed.
    pub(crate) fn clear(&mut self) -> HashTable<Slot> {
        self.tell();
        self.passed += self.filled.len() as u64;
        self.filled.clear();
        self.room = 0;
        std::mem::take(&mut self.slots)
    }
}

impl Drop for Hits {
    fn drop(&mut self) {
        self.tell();
    }
}
