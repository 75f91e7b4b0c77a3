//! One remembered answer.

use super::fold;
use crate::arguments::Arguments;
use crate::codec::Buffer;
use crate::graph::{NodeIx, ValueIx};
use crate::inline::{self, Inline};
use crate::key::hash_arguments;
use crate::layer::Layer;
use crate::stamp::Stamp;
use crate::value::{Value, expect_ref};
use smallvec::SmallVec;
use std::cell::Cell;
use std::sync::Arc;

/// An answer, to be remembered.
pub(crate) struct Answer {
    /// That of the call.
    pub(crate) name: Name,
    /// If the name is long.
    pub(crate) arguments: Option<Arguments>,
    /// The layer that it is the answer of.
    pub(crate) of: When,
    /// Where it was asked for; what is known of the layer that it is the answer of, is remembered of this one.
    pub(crate) inside: When,
    pub(crate) node: NodeIx,
    pub(crate) value_ix: ValueIx,
    pub(crate) value: Kept,
    /// How often it was given since that was last told.
    pub(crate) hits: u32,
    /// Where it is counted how often it is given, if a store wants to know.
    pub(crate) counted: Option<Arc<Stamp>>,
    /// The frame that has noted this answer as its dependency already.
    pub(crate) recorded_by: u64,
}

/// A layer, as long as it has an epoch.
#[derive(Clone, Copy)]
pub(crate) struct When {
    pub(crate) layer: u64,
    pub(crate) epoch: u64,
}

impl When {
    pub(crate) fn now(layer: &Layer) -> Self {
        When {
            layer: layer.uid,
            epoch: layer.surface.epoch(),
        }
    }
}

/// The value of an answer.
pub(crate) enum Kept {
    Shared(Value),
    /// Of the type that the function returns.
    Inline(Inline),
}

/// The function and the arguments of a call: these themselves and their length, if they are short, else their hash and a
/// mark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name(u128);

impl Name {
    /// No call has it.
    const NONE: Name = Name(0);
    /// So many bytes are short.
    pub(super) const SHORT: usize = 11;
    /// Where the mark is, which is never zero.
    const MARK: u32 = 88;
    const IS_SHORT: u128 = 0x10 << Self::MARK;
    const IS_LONG: u128 = 0xFF << Self::MARK;
    /// Where the number of the function is.
    const FUNCTION: u32 = 96;

    /// Of a function with arguments that are short.
    #[inline(always)]
    pub(crate) fn of_short(function: u32, arguments: &Buffer) -> Option<Self> {
        let (word, length) = arguments.word()?;
        let length = (length <= Self::SHORT).then_some(length as u128)?;
        let name = word | length << Self::MARK | Self::IS_SHORT;
        Some(Name(name | u128::from(function) << Self::FUNCTION))
    }

    /// Of a function with arguments that are not.
    #[inline]
    pub(crate) fn of_long(function: u32, arguments: &Buffer) -> Self {
        let hash = match arguments.first() {
            Some(padded) => hash_padded(padded, arguments.len()),
            None => hash_arguments(arguments),
        };
        let name = u128::from(hash) | Self::IS_LONG;
        Name(name | u128::from(function) << Self::FUNCTION)
    }

    pub(crate) fn of(function: u32, arguments: &Buffer) -> Self {
        let short = Self::of_short(function, arguments);
        short.unwrap_or_else(|| Self::of_long(function, arguments))
    }

    #[inline]
    pub(super) fn halves(self) -> [u64; 2] {
        [self.0 as u64, (self.0 >> 64) as u64]
    }

    /// Whether others may have the same.
    #[inline]
    pub(crate) fn is_long(self) -> bool {
        self.0 & Self::IS_LONG == Self::IS_LONG
    }
}

/// The hash of bytes, of which there are so many, and zeros behind them: word by word, in the way of
/// [wyhash](https://github.com/wangyi-fudan/wyhash).
#[inline]
fn hash_padded(padded: &[u8; Buffer::HERE], length: usize) -> u64 {
    const SALTS: [u64; 4] = [
        0xA076_1D64_78BD_642F,
        0xE703_7ED1_A0B4_28DB,
        0x8EBC_6AF0_9C88_C6E3,
        0x5899_65CC_7537_4CC3,
    ];
    let (words, _) = padded.as_chunks::<8>();
    let word = |place: usize| u64::from_le_bytes(words[place]);
    let front = fold(word(0) ^ SALTS[0], word(1) ^ length as u64);
    let mut hash = front ^ fold(word(2) ^ SALTS[1], word(3) ^ SALTS[2]);
    if length > 32 {
        let middle = fold(word(4) ^ SALTS[3], word(5) ^ hash);
        hash = fold(word(6) ^ SALTS[0], middle);
    }
    hash
}

/// What a hit reads of an answer: a line of the processor's cache.
#[repr(align(64))]
pub(crate) struct Line {
    pub(super) name: Name,
    /// Nothing, if the value does not fit.
    inline: Inline,
    /// Zero if the answer was forgotten.
    epoch: u64,
    recorded_by: Cell<u64>,
    node: NodeIx,
    value_ix: ValueIx,
    hits: Cell<u32>,
    /// Tells where it is listed in the order of filling.
    pub(super) number: u32,
}

/// What a hit reads besides if the arguments are long or the result is large; most answers have nothing of this.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Extra {
    /// If they are long.
    arguments: Option<Arguments>,
    gives: Gives,
}

const _: () = assert!(size_of::<Line>() == 64 && size_of::<Extra>() == 64);

/// What an answer holds that is to be dropped when nothing is borrowed, as drops of values are user code.
#[derive(Default)]
struct Gives {
    /// If it does not fit inline.
    value: Option<Value>,
    counted: Option<Arc<Stamp>>,
}

/// What was held by answers that are gone, to be dropped when nothing is borrowed.
#[derive(Default)]
#[must_use]
pub(crate) struct Gone(SmallVec<[Gives; 1]>);

impl Gone {
    /// What the answer holds; a store is told how often it was given.
    pub(super) fn add(&mut self, line: &Line, extra: Option<&mut Extra>) {
        let Some(extra) = extra else { return };
        line.tell(extra);
        let gives = std::mem::take(&mut extra.gives);
        if gives.value.is_some() || gives.counted.is_some() {
            self.0.push(gives);
        }
    }
}

/// A call that is looked for.
pub(crate) struct Call<'a> {
    pub(super) name: Name,
    /// If the name is long.
    pub(super) arguments: Option<&'a Buffer>,
}

impl<'a> Call<'a> {
    /// The arguments are given if the name is long.
    #[inline(always)]
    pub(crate) fn new(name: Name, arguments: Option<&'a Buffer>) -> Self {
        Call { name, arguments }
    }
}

impl Answer {
    pub(super) fn parts(self) -> (Line, Option<Extra>) {
        let (inline, value) = match self.value {
            Kept::Inline(inline) => (inline, None),
            Kept::Shared(value) => (Inline::NONE, Some(value)),
        };
        let line = Line {
            name: self.name,
            inline,
            epoch: self.of.epoch,
            recorded_by: Cell::new(self.recorded_by),
            node: self.node,
            value_ix: self.value_ix,
            hits: Cell::new(self.hits),
            number: 0,
        };
        let counted = self.counted;
        let has_extra = self.arguments.is_some() || value.is_some() || counted.is_some();
        let extra = has_extra.then_some(Extra {
            arguments: self.arguments,
            gives: Gives { value, counted },
        });
        (line, extra)
    }
}

impl Line {
    /// Of a place where there is nothing.
    #[inline]
    pub(super) fn empty() -> Self {
        Line {
            name: Name::NONE,
            inline: Inline::NONE,
            epoch: 0,
            recorded_by: Cell::new(0),
            node: NodeIx::LEAST,
            value_ix: ValueIx::LEAST,
            hits: Cell::new(0),
            number: 0,
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.name == Name::NONE
    }

    /// Whether it is the answer in the layer, its own or that of a layer further out.
    #[inline(always)]
    pub(crate) fn stands(&self, layer: &Layer) -> bool {
        self.is_as_of(layer.surface.epoch()) || self.stands_further_out(layer)
    }

    /// Whether it was the answer of the layer that has the epoch.
    #[inline(always)]
    pub(crate) fn is_as_of(&self, epoch: u64) -> bool {
        self.epoch == epoch
    }

    /// What lies here of a value that fits.
    #[inline]
    pub(crate) fn inline(&self) -> &Inline {
        &self.inline
    }

    #[inline]
    pub(crate) fn node(&self) -> (NodeIx, ValueIx) {
        (self.node, self.value_ix)
    }

    /// The frame that has noted it as its dependency already.
    #[inline]
    pub(crate) fn recorded_by(&self) -> &Cell<u64> {
        &self.recorded_by
    }

    #[inline]
    pub(crate) fn count_hit(&self) {
        self.hits.set(self.hits.get().wrapping_add(1));
    }

    #[inline]
    fn stands_further_out(&self, layer: &Layer) -> bool {
        // The layers further in are looked at first: what holds further out then, held all the while.
        let mut inner = &*layer.surface;
        while inner.lets_through(self.node)
            && let Some(outer) = inner.parent()
        {
            if self.is_as_of(outer.epoch()) {
                // A run below a scenario is looked at in each of its layers.
                return !outer.is_in_scenario;
            }
            inner = outer;
        }
        false
    }

    /// Tells a store how often it was given.
    pub(super) fn tell(&self, extra: &Extra) {
        if let Some(stamp) = &extra.gives.counted {
            let hits = self.hits.take();
            if hits > 0 {
                stamp.add_hits(hits.into());
            }
        }
    }

    /// It answers no more.
    pub(super) fn forget(&mut self) {
        self.epoch = 0;
    }
}

impl Extra {
    /// Whether these are the arguments, if they are long.
    #[inline]
    pub(super) fn has(&self, arguments: &Buffer) -> bool {
        let own = self.arguments.as_ref();
        own.is_some_and(|own| own.are(arguments))
    }

    /// As [`has`](Self::has), of bytes; true if they are short.
    pub(super) fn may_be_of(&self, arguments: &[u8]) -> bool {
        let has = |own: &Arguments| own.as_slice() == arguments;
        self.arguments.as_ref().is_none_or(has)
    }

    pub(super) fn is_nothing(&self) -> bool {
        let gives = &self.gives;
        self.arguments.is_none() && gives.value.is_none() && gives.counted.is_none()
    }
}

/// A remembered answer.
#[derive(Clone, Copy)]
pub(crate) struct Remembered<'a> {
    pub(super) line: &'a Line,
    pub(super) extra: Option<&'a Extra>,
}

impl<'a> Remembered<'a> {
    /// The value, of the type that the function returns.
    #[inline]
    pub(crate) fn value<R: 'static>(self) -> &'a R {
        match inline::fits::<R>() {
            #[allow(unsafe_code)]
            // SAFETY: answers are told apart by the function, and what is kept of one was made from an
            // answer of that very function: inline, since it fits.
            true => unsafe { self.line.inline.get() },
            false => match self.extra.and_then(|extra| extra.gives.value.as_ref()) {
                Some(value) => expect_ref(&**value),
                None => unreachable!("a value that does not fit is held"),
            },
        }
    }

    #[inline]
    pub(crate) fn line(self) -> &'a Line {
        self.line
    }
}
