//! The encoded arguments of the nodes of a tree.

use super::numbered::Numbered;
use crate::arguments::Arguments;
use std::sync::Arc;

/// The arguments of a node: short ones lie here. Makes a record of a node 48 bytes long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    /// How many bytes there are, or [`LONG`].
    len: u8,
    /// The arguments, or their number among the long ones.
    bytes: [u8; INLINE],
}

const INLINE: usize = 26;

const LONG: u8 = u8::MAX;

/// The arguments that are too long to lie in the records of their nodes.
#[derive(Debug, Default)]
pub(super) struct LongArguments(Numbered<Arc<[u8]>>);

impl LongArguments {
    /// Keeps arguments, until they are [removed](Self::remove).
    pub(super) fn keep(&mut self, arguments: &[u8]) -> Kept {
        if arguments.len() > INLINE {
            return self.keep_long(arguments.into());
        }
        let mut bytes = [0; INLINE];
        bytes[..arguments.len()].copy_from_slice(arguments);
        Kept {
            len: arguments.len() as u8,
            bytes,
        }
    }

    fn keep_long(&mut self, arguments: Arc<[u8]>) -> Kept {
        let mut bytes = [0; INLINE];
        let number = self.0.insert(arguments).to_ne_bytes();
        bytes[..number.len()].copy_from_slice(&number);
        Kept { len: LONG, bytes }
    }

    /// Keeps the same arguments for another node.
    pub(super) fn keep_again(&mut self, kept: Kept) -> Kept {
        match kept.long() {
            Some(number) => self.keep_long(Arc::clone(&self.0[number])),
            None => kept,
        }
    }

    #[inline]
    pub(super) fn bytes<'a>(&'a self, kept: &'a Kept) -> &'a [u8] {
        match kept.long() {
            Some(number) => &self.0[number],
            None => &kept.bytes[..usize::from(kept.len)],
        }
    }

    /// The arguments apart from the tree.
    pub(super) fn get(&self, kept: &Kept) -> Arguments {
        match kept.long() {
            Some(number) => Arguments::of_shared(&self.0[number]),
            None => Arguments::new(self.bytes(kept)),
        }
    }

    pub(super) fn remove(&mut self, kept: Kept) {
        if let Some(number) = kept.long() {
            self.0.remove(number);
        }
    }
}

impl Kept {
    /// The number of the arguments, if they are long.
    #[inline]
    fn long(&self) -> Option<u32> {
        let [a, b, c, d, ..] = self.bytes;
        (self.len == LONG).then(|| u32::from_ne_bytes([a, b, c, d]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_any_length_are_kept() {
        let mut long = LongArguments::default();
        for len in [0, 1, 26, 27, 28, 30, 31, 254, 255, 256, 1000] {
            let arguments: Vec<u8> = (0..len).map(|byte| byte as u8).collect();
            let kept = long.keep(&arguments);
            let again = long.keep_again(kept);
            long.remove(kept);
            assert_eq!(long.bytes(&again), arguments);
            assert_eq!(long.get(&again).as_slice(), arguments);
            long.remove(again);
        }
        assert_eq!(long.0.len(), 0);
    }
}
