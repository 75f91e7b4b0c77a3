//! What the handles among the arguments of a call hold: a part of its key, but
//! not of its identity.
//!
//! A handle is encoded as the node that it came from. What it holds is written behind all
//! arguments, in a tail that ends in a mark:
//!
//! ```text
//! arguments | what the handles hold, in their order | length of that: 4 bytes | mark: 16 bytes
//! ```
//!
//! The identity of such a call has an empty tail. Arguments without handles have none, unless they, or
//! the first ones of them, end in the mark by themselves: then they have an empty one too, so that a
//! mark always ends a tail.

use crate::digest::Fingerprint;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};

const MARK: [u8; 16] = *b"\xf5dug:passed:end\xfa";
const LENGTH: usize = 4;
/// Of an empty tail.
const SHORTEST: usize = LENGTH + MARK.len();

/// What one handle holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) fingerprint: Fingerprint,
    /// What the handles held that the node was given that this one came from.
    pub(crate) below: Vec<Level>,
}

/// A handle, or one further down. Those below follow it, so that nothing here is recursive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Level {
    depth: u32,
    fingerprint: Fingerprint,
}

thread_local! {
    /// What was met of handles in what is encoded on this thread, and not yet taken.
    static MET: RefCell<Vec<Passed>> = const { RefCell::new(Vec::new()) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// What the handles hold that are decoded next.
    static NEXT: RefCell<std::vec::IntoIter<Passed>> = RefCell::default();
}

/// How many handles were met so far.
#[inline]
pub(crate) fn met() -> usize {
    COUNT.get()
}

/// A handle has been encoded.
pub(crate) fn meet(passed: Passed) {
    MET.with_borrow_mut(|met| {
        met.push(passed);
        COUNT.set(met.len());
    });
}

/// Takes what was met since there were `before`.
pub(crate) fn take_met(before: usize) -> Vec<Passed> {
    MET.with_borrow_mut(|met| {
        let taken = met.split_off(before.min(met.len()));
        COUNT.set(met.len());
        taken
    })
}

/// The arguments, and the tail behind them.
#[inline]
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let front = bytes.strip_suffix(&MARK)?;
    let (front, length) = front.split_last_chunk::<LENGTH>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let end = front.len().checked_sub(length)?;
    Some(front.split_at(end))
}

/// Whether the call is one with handles.
#[inline]
pub(crate) fn has_tail(bytes: &[u8]) -> bool {
    split(bytes).is_some()
}

/// The encoding of the arguments alone.
#[inline]
pub(crate) fn without_tail(bytes: &[u8]) -> &[u8] {
    split(bytes).map_or(bytes, |(arguments, _)| arguments)
}

/// What the handles hold, and those below them; of an identity, nothing is known of that.
pub(crate) fn levels(bytes: &[u8]) -> Vec<Level> {
    let tail = split(bytes).and_then(|(_, tail)| super::decode(tail).ok());
    tail.unwrap_or_default()
}

/// What the handles hold, in their order.
pub(crate) fn passed(bytes: &[u8]) -> Vec<Passed> {
    let mut passed: Vec<Passed> = Vec::new();
    for Level { depth, fingerprint } in levels(bytes) {
        match (depth.checked_sub(1), passed.last_mut()) {
            (Some(depth), Some(last)) => last.below.push(Level { depth, fingerprint }),
            _ => passed.push(Passed {
                fingerprint,
                below: Vec::new(),
            }),
        }
    }
    passed
}

/// All of them, those below one behind it.
pub(crate) fn flat(passed: impl IntoIterator<Item = Passed>) -> Vec<Level> {
    let mut levels = Vec::new();
    for Passed { fingerprint, below } in passed {
        levels.push(Level {
            depth: 0,
            fingerprint,
        });
        let below = below.into_iter();
        levels.extend(below.map(|level| Level {
            depth: level.depth.saturating_add(1),
            ..level
        }));
    }
    levels
}

/// What identifies the node: the arguments, whatever the handles among them hold.
pub(crate) fn identity(bytes: &[u8]) -> Cow<'_, [u8]> {
    match split(bytes) {
        None | Some((_, [])) => Cow::Borrowed(bytes),
        Some((arguments, _)) => Cow::Owned(with_tail(arguments, &[])),
    }
}

/// Arguments whose handles hold this.
pub(crate) fn with_tail(arguments: &[u8], levels: &[Level]) -> Vec<u8> {
    let tail = match levels {
        [] => Vec::new(),
        // Numbers and digests are never refused.
        levels => super::encode(levels).unwrap_or_default(),
    };
    let length = u32::try_from(tail.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(arguments.len() + tail.len() + SHORTEST);
    bytes.extend_from_slice(arguments);
    bytes.extend_from_slice(&tail);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&MARK);
    bytes
}

/// Whether these arguments need a tail although there are no handles among them.
#[inline]
pub(crate) fn ends_like_a_tail(arguments: &[u8]) -> bool {
    // One byte tells nearly always.
    arguments.last() == MARK.last() && arguments.ends_with(&MARK)
}

/// Encoded arguments without handles, as a key has them that was given one after the other.
pub(crate) fn plain<'a>(each: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut arguments, mut needs_tail) = (Vec::new(), false);
    for argument in each {
        arguments.extend_from_slice(argument);
        needs_tail |= ends_like_a_tail(&arguments);
    }
    match needs_tail {
        true => with_tail(&arguments, &[]),
        false => arguments,
    }
}

/// Decodes with `decode` what holds handles that hold `passed`; of those behind, nothing is known.
pub(crate) fn holding<R>(passed: &mut std::vec::IntoIter<Passed>, decode: impl FnOnce() -> R) -> R {
    /// Puts back what was there before.
    struct Restore<'a>(&'a mut std::vec::IntoIter<Passed>);

    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            NEXT.with_borrow_mut(|next| std::mem::swap(next, self.0));
        }
    }

    NEXT.with_borrow_mut(|next| std::mem::swap(next, passed));
    let _restore = Restore(passed);
    decode()
}

/// What the handle holds that is decoded now, if that is known.
pub(crate) fn next() -> Option<Passed> {
    NEXT.with_borrow_mut(Iterator::next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(byte: u8) -> Passed {
        Passed {
            fingerprint: Fingerprint::of_encoding(&[byte]),
            below: Vec::new(),
        }
    }

    #[test]
    fn what_handles_hold_is_no_part_of_the_identity() {
        let inner = Passed {
            below: flat([some(1)]),
            ..some(2)
        };
        let nested = Passed {
            below: flat([inner, some(3)]),
            ..some(4)
        };
        let one = with_tail(b"arguments", &flat([some(1), nested.clone()]));
        let other = with_tail(b"arguments", &flat([some(2), nested.clone()]));
        assert_ne!(one, other);
        assert_eq!(identity(&one), identity(&other));
        assert_eq!(identity(&identity(&one)), identity(&one));
        assert_eq!(without_tail(&one), b"arguments");
        assert_eq!(passed(&one), [some(1), nested]);
        assert_eq!(passed(&identity(&one)), []);
        assert!(has_tail(&one) && has_tail(&identity(&one)));
    }

    #[test]
    fn arguments_without_handles_are_their_identity() {
        assert_eq!(identity(b"arguments"), Cow::Borrowed(b"arguments"));
        assert!(!has_tail(b"arguments") && !has_tail(&MARK));
        assert_eq!(without_tail(&MARK), MARK);
        assert_eq!(without_tail(&plain([&MARK[..]])), MARK);
        assert_eq!(plain([&b"one"[..], &b"other"[..]]), b"oneother");
        assert!(has_tail(&plain([&MARK[..], &b"other"[..]])));
    }

    #[test]
    fn lengths_that_lie_are_no_tails() {
        let mut bytes = with_tail(b"arguments", &flat([some(1)]));
        let at = bytes.len() - SHORTEST;
        bytes[at..at + LENGTH].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(!has_tail(&bytes));
        bytes[at..at + LENGTH].copy_from_slice(&3u32.to_le_bytes());
        assert_eq!(passed(&bytes), []);
    }
}
