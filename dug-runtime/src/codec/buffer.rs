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
        let number = u8::try_from(bytes.len()).ok().filter(|it| *it <= 250);
        let place = self.here.get_mut(self.length..);
        if let (Some(number), Some([first, place @ ..])) = (number, place)
            && copy(place, bytes).is_some()
        {
            *first = number;
            self.length += 1 + bytes.len();
            return;
        }
        encode::put_number(self, bytes.len() as u64);
        self.put(bytes);
    }
}

/// Copies the bytes to the front of the place, if there is room for them; few of them in two moves, which overlap.
#[inline(always)]
fn copy(place: &mut [u8], bytes: &[u8]) -> Option<()> {
    #[inline(always)]
    fn overlap<const N: usize>(place: &mut [u8], bytes: &[u8]) -> Option<()> {
        let (first, last) = (bytes.first_chunk::<N>()?, bytes.last_chunk::<N>()?);
        *place.first_chunk_mut()? = *first;
        *place.last_chunk_mut()? = *last;
        Some(())
    }
    let place = place.get_mut(..bytes.len())?;
    match bytes.len() {
        8..16 => overlap::<8>(place, bytes),
        16..=32 => overlap::<16>(place, bytes),
        _ => {
            place.copy_from_slice(bytes);
            Some(())
        }
    }
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
        for first in [0, 1, 14, 15, 16, 55, 56, 57, 100] {
            for second in [0, 1, 7, 8, 15, 16, 24, 32, 33, 56, 200, 251, 300] {
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
