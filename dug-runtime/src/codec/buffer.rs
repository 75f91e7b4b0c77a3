//! Bytes that are encoded on the stack, and go to the heap only if there are many.

use super::{Sink, encode};
use std::ops::Deref;

/// Encoded bytes; few need no allocation.
#[derive(Debug, Clone)]
pub(crate) struct Buffer {
    length: usize,
    /// Behind the last byte there are zeros.
    here: [u8; Buffer::HERE],
    /// All of them, if there are too many.
    #[allow(
        clippy::box_collection,
        reason = "few have any, and all are moved about"
    )]
    there: Option<Box<Vec<u8>>>,
}

impl Default for Buffer {
    #[inline(always)]
    fn default() -> Self {
        Buffer {
            length: 0,
            here: [0; Buffer::HERE],
            there: None,
        }
    }
}

impl Buffer {
    /// So many need no allocation.
    pub(crate) const HERE: usize = 56;

    /// Puts the bytes in the place of all others.
    pub(crate) fn set(&mut self, bytes: &[u8]) {
        *self = Buffer::default();
        self.put(bytes);
    }

    /// All bytes as a word, with zeros behind the last, and their number, which is below 16; `None` if there are more.
    #[inline(always)]
    pub(crate) fn word(&self) -> Option<(u128, usize)> {
        let first = self.first()?;
        (self.length < first.len()).then(|| (u128::from_le_bytes(*first), self.length))
    }

    /// Whether the first bytes are these, and there are zeros behind them if there are less; where they lie on the heap,
    /// this is not known. (Word by word, as they were written.)
    #[inline]
    pub(crate) fn is_padded(&self, bytes: &[u8; 30]) -> bool {
        let Some(own) = self.first::<32>() else {
            return false;
        };
        let word = |bytes: &[u8], place: usize| {
            let word = bytes.get(place..).and_then(<[u8]>::first_chunk);
            word.map_or(0, |word| u64::from_le_bytes(*word))
        };
        let differs = |place| word(own, place) ^ word(bytes, place);
        let last = word(own, 24) ^ word(bytes, 22) >> 16;
        (differs(0) | differs(8) | differs(16) | last) == 0
    }

    /// The first bytes where they do not lie on the heap.
    #[inline]
    pub(crate) fn first<const N: usize>(&self) -> Option<&[u8; N]> {
        match self.there {
            None => self.here.first_chunk(),
            Some(_) => None,
        }
    }

    #[cold]
    #[inline(never)]
    fn put_there(&mut self, bytes: &[u8]) {
        let here = &self.here[..self.length.min(Self::HERE)];
        let there = self.there.get_or_insert_with(|| Box::new(here.to_vec()));
        there.extend_from_slice(bytes);
        self.length = there.len();
    }
}

impl Sink for Buffer {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        match self.here.get_mut(self.length..self.length + bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.length += bytes.len();
            }
            None => self.put_there(bytes),
        }
    }

    #[inline(always)]
    fn put_word(&mut self, word: u128, length: usize) {
        let place = self.here.get_mut(self.length..);
        match place.and_then(<[u8]>::first_chunk_mut) {
            Some(place) => {
                *place = word.to_le_bytes();
                self.length += length;
            }
            None => self.put(&word.to_le_bytes()[..length]),
        }
    }

    #[inline(never)]
    fn put_counted(&mut self, bytes: &[u8]) {
        let place = self.here.get_mut(self.length..);
        let place = place.and_then(<[u8]>::first_chunk_mut::<32>);
        if let (Some(place), Some(words)) = (place, counted_words(bytes)) {
            for (place, word) in place.as_chunks_mut().0.iter_mut().zip(words) {
                *place = word.to_le_bytes();
            }
            self.length += 1 + bytes.len();
            return;
        }
        encode::put_number(self, bytes.len() as u64);
        self.put(bytes);
    }
}

/// How many bytes there are, and them, if they take no more than four words: they are looked at word by word next, and
/// what is read as it was written need not be waited for.
#[inline(always)]
fn counted_words(bytes: &[u8]) -> Option<[u64; 4]> {
    let (low, high) = match bytes.len() {
        length @ 16..=31 => {
            let (first, last) = (bytes.first_chunk()?, bytes.last_chunk()?);
            // What of the last ones is not among the first, with nothing left of a full word.
            let behind = u128::from_le_bytes(*last) >> (8 * (31 - length)) >> 8;
            (u128::from_le_bytes(*first), behind)
        }
        length @ 8..16 => {
            let (first, last) = (bytes.first_chunk()?, bytes.last_chunk()?);
            let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            (
                u128::from(first) | u128::from(last) << (8 * (length - 8)),
                0,
            )
        }
        length @ 4..8 => {
            let (first, last) = (bytes.first_chunk()?, bytes.last_chunk()?);
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            let word = u64::from(first) | u64::from(last) << (8 * (length - 4));
            (word.into(), 0)
        }
        0..4 => {
            let put = |word: u32, byte: &u8| word << 8 | u32::from(*byte);
            (bytes.iter().rev().fold(0, put).into(), 0)
        }
        _ => return None,
    };
    let (front, back) = (
        low << 8 | bytes.len() as u128,
        high << 8 | low >> (u128::BITS - 8),
    );
    let upper = |word: u128| (word >> 64) as u64;
    Some([front as u64, upper(front), back as u64, upper(back)])
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.there {
            None => &self.here[..self.length],
            Some(there) => there,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_put() {
        let most = (0..=34).chain([54, 55, 56, 57, 200, 250, 251, 300]);
        for first in [0, 1, 14, 15, 16, 55, 56, 57, 100] {
            for second in most.clone() {
                let bytes: Vec<u8> = (1..first + second + 10).map(|n| n as u8).collect();
                let mut buffer = Buffer::default();
                buffer.put(&bytes[..first]);
                buffer.put(&bytes[first..first + second]);
                let rest: &[u8; 9] = bytes[first + second..].try_into().unwrap();
                let mut word = [0; 16];
                word[..9].copy_from_slice(rest);
                buffer.put_word(u128::from_le_bytes(word), 9);
                assert_eq!(*buffer, *bytes);
                buffer.set(&bytes[..first]);
                buffer.put_counted(&bytes[first..first + second]);
                let mut plain = bytes[..first].to_vec();
                plain.put_counted(&bytes[first..first + second]);
                assert_eq!(*buffer, *plain);
                if let Some(whole) = buffer.first::<{ Buffer::HERE }>() {
                    assert!(whole[buffer.len()..].iter().all(|byte| *byte == 0));
                }
                buffer.set(&bytes[..first]);
                assert_eq!(*buffer, bytes[..first]);
                buffer.put_word(0x0403, 2);
                assert_eq!(buffer[first..], [3, 4]);
                let whole = buffer.word();
                assert_eq!(whole.is_some(), first + 2 < 16);
                if let Some((word, length)) = whole {
                    assert_eq!(length, first + 2);
                    assert_eq!(word.to_le_bytes()[..length], *buffer);
                    assert!(word.to_le_bytes()[length..].iter().all(|byte| *byte == 0));
                }
            }
        }
    }
}
