//! Bytes that are encoded on the stack, and go to the heap only if there are many.

use super::Sink;
use std::ops::Deref;

/// Encoded bytes; few need no allocation.
#[derive(Debug, Clone)]
pub(crate) struct Buffer {
    length: usize,
    here: [u8; Buffer::HERE],
    /// All of them, if there are too many.
    there: Vec<u8>,
}

impl Default for Buffer {
    #[inline]
    fn default() -> Self {
        Buffer {
            length: 0,
            here: [0; Buffer::HERE],
            there: Vec::new(),
        }
    }
}

impl Buffer {
    const HERE: usize = 56;

    /// Puts the bytes in the place of all others.
    pub(crate) fn set(&mut self, bytes: &[u8]) {
        *self = Buffer::default();
        self.put(bytes);
    }

    /// The first bytes where they do not lie on the heap; behind the last there are zeros.
    #[inline]
    pub(crate) fn first<const N: usize>(&self) -> Option<&[u8; N]> {
        match self.length <= Self::HERE {
            true => self.here.first_chunk(),
            false => None,
        }
    }

    #[cold]
    #[inline(never)]
    fn put_there(&mut self, bytes: &[u8]) {
        if self.length <= Self::HERE {
            self.there.clear();
            self.there.extend_from_slice(&self.here[..self.length]);
        }
        self.there.extend_from_slice(bytes);
        self.length = self.there.len();
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

    #[inline]
    fn put_array<const N: usize>(&mut self, bytes: [u8; N]) {
        let place = self.here.get_mut(self.length..);
        match place.and_then(<[u8]>::first_chunk_mut) {
            Some(place) => {
                *place = bytes;
                self.length += N;
            }
            None => self.put_there(&bytes),
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.here.get(..self.length).unwrap_or(&self.there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_put() {
        for first in [0, 1, 55, 56, 57, 100] {
            for second in [0, 1, 7, 56, 200] {
                let bytes: Vec<u8> = (0..first + second + 9).map(|n| n as u8).collect();
                let mut buffer = Buffer::default();
                buffer.put(&bytes[..first]);
                buffer.put(&bytes[first..first + second]);
                buffer.put_array::<9>(bytes[first + second..].try_into().unwrap());
                assert_eq!(*buffer, *bytes);
                buffer.set(&bytes[..first]);
                assert_eq!(*buffer, bytes[..first]);
                if first < 30 {
                    let zeros = &buffer.first::<30>().unwrap()[first..];
                    assert!(zeros.iter().all(|byte| *byte == 0));
                }
                buffer.put_array([1, 2]);
                assert_eq!(buffer[first..], [1, 2]);
            }
        }
    }
}
