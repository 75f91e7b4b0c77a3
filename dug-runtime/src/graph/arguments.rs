//! The encoded arguments of the nodes of a tree.

use super::numbered::Numbered;
use crate::arguments::Arguments;
use std::sync::Arc;

/// The arguments of a node: short ones lie here, which makes a record of a node 24 bytes long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    /// How many bytes there are, or [`LONG`].
    len: u8,
    /// The arguments, or their number among those of their length.
    bytes: [u8; SHORT],
}

/// How many bytes lie in the record itself.
const SHORT: usize = 10;

/// How many bytes lie in a record of their own.
const MIDDLING: usize = 27;

const LONG: u8 = u8::MAX;

/// The arguments that are too long to lie in the records of their nodes.
#[derive(Debug, Default)]
pub(super) struct LongArguments {
    middling: Numbered<[u8; MIDDLING]>,
    long: Numbered<Arc<[u8]>>,
}

impl LongArguments {
    /// Keeps arguments, until they are [removed](Self::remove).
    pub(super) fn keep(&mut self, arguments: &[u8]) -> Kept {
        match arguments.len() {
            0..=SHORT => Kept::new(arguments.len() as u8, arguments),
            length @ ..=MIDDLING => {
                let mut bytes = [0; MIDDLING];
                bytes[..length].copy_from_slice(arguments);
                Kept::new(length as u8, &self.middling.insert(bytes).to_ne_bytes())
            }
            _ => self.keep_long(arguments.into()),
        }
    }

    fn keep_long(&mut self, arguments: Arc<[u8]>) -> Kept {
        Kept::new(LONG, &self.long.insert(arguments).to_ne_bytes())
    }

    /// Keeps the same arguments for another node.
    pub(super) fn keep_again(&mut self, kept: Kept) -> Kept {
        match kept.place() {
            Place::Here => kept,
            Place::Middling(number) => {
                let bytes = self.middling[number];
                Kept::new(kept.len, &self.middling.insert(bytes).to_ne_bytes())
            }
            Place::Long(number) => self.keep_long(Arc::clone(&self.long[number])),
        }
    }

    #[inline]
    pub(super) fn bytes<'a>(&'a self, kept: &'a Kept) -> &'a [u8] {
        let length = usize::from(kept.len);
        match kept.place() {
            Place::Here => &kept.bytes[..length],
            Place::Middling(number) => &self.middling[number][..length],
            Place::Long(number) => &self.long[number],
        }
    }

    /// The arguments apart from the tree.
    pub(super) fn get(&self, kept: &Kept) -> Arguments {
        match kept.place() {
            Place::Long(number) => Arguments::of_shared(&self.long[number]),
            Place::Here | Place::Middling(_) => Arguments::new(self.bytes(kept)),
        }
    }

    pub(super) fn remove(&mut self, kept: Kept) {
        match kept.place() {
            Place::Here => {}
            Place::Middling(number) => {
                self.middling.remove(number);
            }
            Place::Long(number) => {
                self.long.remove(number);
            }
        }
    }
}

/// Where arguments lie.
enum Place {
    Here,
    Middling(u32),
    Long(u32),
}

impl Kept {
    fn new(len: u8, first: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        bytes[..first.len()].copy_from_slice(first);
        Kept { len, bytes }
    }

    #[inline]
    fn place(&self) -> Place {
        let [a, b, c, d, ..] = self.bytes;
        let number = u32::from_ne_bytes([a, b, c, d]);
        match self.len {
            LONG => Place::Long(number),
            len if usize::from(len) > SHORT => Place::Middling(number),
            _ => Place::Here,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_any_length_are_kept() {
        let mut long = LongArguments::default();
        for len in [0, 1, 4, 9, 10, 11, 26, 27, 28, 254, 255, 256, 1000] {
            let arguments: Vec<u8> = (0..len).map(|byte| byte as u8).collect();
            let kept = long.keep(&arguments);
            let again = long.keep_again(kept);
            long.remove(kept);
            assert_eq!(long.bytes(&again), arguments);
            assert_eq!(long.get(&again).as_slice(), arguments);
            long.remove(again);
        }
        assert_eq!((long.middling.len(), long.long.len()), (0, 0));
    }
}
