//! A result that is shared between entries, threads and callers.
//!
//! Numbers and the like lie in the value itself, so that a function that returns one takes no memory for it. All else is
//! behind a pointer, counted, and so are numbers without an encoding, each of which equals itself only. Both look alike from
//! outside.

#![allow(unsafe_code)]

use super::EncodeValue;
use crate::inline::is_plain;
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::mem::{MaybeUninit, align_of, needs_drop, size_of};
use std::ops::Deref;
use std::sync::Arc;

/// A result, its type erased. Two words.
pub(crate) struct Value {
    word: Word,
    kind: &'static Kind,
    /// What it is as far as the compiler is concerned.
    _of: PhantomData<Arc<dyn Any + Send + Sync>>,
}

/// The value, or where it is.
#[derive(Clone, Copy)]
union Word {
    plain: MaybeUninit<u64>,
    /// From [`Arc::into_raw`].
    shared: *const (),
}

/// What can be done with a word: of one type, and of one of the two places where values are. Each function is to
/// be called with a word of its kind only.
struct Kind {
    look: for<'w> unsafe fn(&'w Word) -> &'w (dyn Any + Send + Sync),
    /// How the word is counted; a plain one is not.
    counts: Option<Counts>,
}

struct Counts {
    /// There is one word more.
    retain: unsafe fn(Word),
    /// The word is gone.
    release: unsafe fn(Word),
}

/// The kinds of values of one type.
struct KindsOf<R>(PhantomData<R>);

impl<R: Send + Sync + 'static> KindsOf<R> {
    const PLAIN: &'static Kind = &Kind {
        // SAFETY: an `R` was written to the word, which nothing changes.
        look: |word| unsafe { &*std::ptr::from_ref(word).cast::<R>() },
        counts: None,
    };

    const SHARED: &'static Kind = &Kind {
        // SAFETY: the word counts for the `Arc` that it is from.
        look: |word| unsafe { &*word.shared.cast::<R>() },
        counts: Some(Counts {
            // SAFETY: as above.
            retain: |word| unsafe { Arc::increment_strong_count(word.shared.cast::<R>()) },
            // SAFETY: as above; it is not used any more.
            release: |word| unsafe { Arc::decrement_strong_count(word.shared.cast::<R>()) },
        }),
    };
}

// SAFETY: it is an `R` or an `Arc<R>`, of an `R` that is both.
unsafe impl Send for Value {}
// SAFETY: as above.
unsafe impl Sync for Value {}

impl Value {
    /// A value that nobody shares yet, of a function whose results are encoded in this way.
    pub(crate) fn of<R: Send + Sync + 'static>(value: R, encode: Option<EncodeValue>) -> Self {
        match encode {
            Some(_) => Self::new(value),
            None => Self::apart(value),
        }
    }

    /// A value that nobody shares yet, of a function whose results have an encoding.
    pub(crate) fn new<R: Send + Sync + 'static>(value: R) -> Self {
        let fits = size_of::<R>() <= size_of::<Word>() && align_of::<R>() <= align_of::<Word>();
        if !fits || needs_drop::<R>() || !is_plain::<R>() {
            return Self::apart(value);
        }
        let mut word = Word {
            plain: MaybeUninit::zeroed(),
        };
        // SAFETY: the word is as large as an `R` and as aligned, and nobody else has it.
        unsafe { (&raw mut word).cast::<R>().write(value) };
        Value {
            word,
            kind: KindsOf::<R>::PLAIN,
            _of: PhantomData,
        }
    }

    /// A value that nobody shares yet, and that is no other's equal: of a function whose results have no encoding.
    pub(crate) fn apart<R: Send + Sync + 'static>(value: R) -> Self {
        Self::sharing(Arc::new(value))
    }

    /// Another value of the same function.
    pub(crate) fn another<R: Send + Sync + 'static>(&self, value: R) -> Self {
        match self.is_plain() {
            true => Self::new(value),
            false => Self::apart(value),
        }
    }

    /// The value that others have, too.
    pub(crate) fn sharing<R: Send + Sync + 'static>(value: Arc<R>) -> Self {
        Value {
            word: Word {
                shared: Arc::into_raw(value).cast(),
            },
            kind: KindsOf::<R>::SHARED,
            _of: PhantomData,
        }
    }

    /// Whether it is a number or the like, which takes no memory besides and needs no drop.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.kind.counts.is_none()
    }

    /// Whether this is one value with the other. Plain ones are one if they are equal, which they are if and only if their
    /// encodings are.
    pub(crate) fn is_same_as(&self, other: &Value) -> bool {
        self.is_plain() == other.is_plain()
            && self.identity() == other.identity()
            && (!self.is_plain() || (**self).type_id() == (**other).type_id())
    }

    /// What distinguishes the value from all others of its type that are there.
    pub(crate) fn identity(&self) -> u64 {
        match self.kind.counts {
            // SAFETY: it is a pointer.
            Some(_) => unsafe { self.word.shared }.addr() as u64,
            // SAFETY: all bits of a plain word are set.
            None => unsafe { self.word.plain.assume_init() },
        }
    }

    /// The value as an `R`, to be shared with others.
    ///
    /// # Errors
    /// The value itself, if it is none.
    pub(crate) fn into_shared<R: Send + Sync + 'static>(self) -> Result<Arc<R>, Value> {
        if !(*self).is::<R>() {
            return Err(self);
        }
        match self.kind.counts {
            // SAFETY: it is the pointer of an `Arc<R>`, and counts for what is returned.
            Some(_) => Ok(unsafe { Arc::from_raw(self.into_word().shared.cast::<R>()) }),
            // SAFETY: it is an `R`, of which there may be two.
            None => Ok(Arc::new(unsafe { self.read() })),
        }
    }

    /// The value as an `R`: moved, if nobody else has it, or cloned.
    ///
    /// # Errors
    /// The value itself, if it is none.
    pub(crate) fn take<R: Clone + Send + Sync + 'static>(self) -> Result<R, Value> {
        match self.kind.counts {
            // SAFETY: it is an `R`, of which there may be two.
            None if (*self).is::<R>() => Ok(unsafe { self.read() }),
            _ => self.into_shared().map(Arc::unwrap_or_clone),
        }
    }

    /// Another one of the same plain value.
    ///
    /// # Safety
    /// It is a plain `R`.
    unsafe fn read<R>(&self) -> R {
        // SAFETY: `new` has written an `R` there; the types of plain values can be copied.
        unsafe { (&raw const self.word).cast::<R>().read() }
    }

    fn into_word(self) -> Word {
        std::mem::ManuallyDrop::new(self).word
    }
}

impl Deref for Value {
    type Target = dyn Any + Send + Sync;

    #[inline]
    fn deref(&self) -> &Self::Target {
        // SAFETY: the word is of this kind.
        unsafe { (self.kind.look)(&self.word) }
    }
}

impl Clone for Value {
    #[inline]
    fn clone(&self) -> Self {
        if let Some(counts) = &self.kind.counts {
            // SAFETY: the word is of this kind, and the clone counts for one more.
            unsafe { (counts.retain)(self.word) };
        }
        Value {
            word: self.word,
            kind: self.kind,
            _of: PhantomData,
        }
    }
}

impl Drop for Value {
    #[inline]
    fn drop(&mut self) {
        if let Some(counts) = &self.kind.counts {
            // SAFETY: the word is of this kind, and goes with this.
            unsafe { (counts.release)(self.word) };
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Value").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::encode_value;
    use serde::Serialize;
    use std::fmt::Debug;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn goes_in_and_out<R: Clone + Debug + PartialEq + Send + Sync + 'static>(result: R) {
        let value = Value::new(result.clone());
        assert_eq!(value.downcast_ref::<R>(), Some(&result));
        let clone = Value::clone(&value);
        assert!(clone.is_same_as(&value));
        let value = value.into_shared::<AtomicU64>().unwrap_err();
        let value = value.take::<std::sync::Weak<u8>>().unwrap_err();
        assert_eq!(*value.into_shared::<R>().unwrap(), result);
        assert_eq!(clone.take::<R>().unwrap(), result);
        let shared = Arc::new(result);
        let value = Value::sharing(Arc::clone(&shared));
        assert!(Arc::ptr_eq(&value.into_shared::<R>().unwrap(), &shared));
    }

    #[test]
    fn results_go_in_and_out() {
        goes_in_and_out(());
        goes_in_and_out(true);
        goes_in_and_out('x');
        goes_in_and_out(u64::MAX);
        goes_in_and_out(-1_i8);
        goes_in_and_out(1.5_f64);
        goes_in_and_out(u128::MAX);
        goes_in_and_out("text");
        goes_in_and_out(String::from("text"));
        goes_in_and_out(vec![Some(1), None]);
        goes_in_and_out([0_u8; 100]);
    }

    #[test]
    fn numbers_take_no_memory_and_others_are_shared() {
        assert_eq!(size_of::<Value>(), 16);
        assert_eq!(size_of::<Option<Value>>(), 16);
        assert!(Value::new(1_u64).kind.counts.is_none());
        assert!(Value::new(1_u128).kind.counts.is_some());
        let number = Value::new(AtomicU64::new(1));
        let clone = Value::clone(&number);
        let atomic = |value: &Value| Arc::clone(&value.clone().into_shared::<AtomicU64>().unwrap());
        atomic(&clone).store(2, Ordering::Relaxed);
        assert_eq!(atomic(&number).load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_value_is_the_same_as_its_clones() {
        let [a, b] = [(); 2].map(|()| Value::new(String::from("text")));
        assert!(a.is_same_as(&a.clone()) && !a.is_same_as(&b));
        let number = Value::new(1_u64);
        assert!(number.is_same_as(&Value::new(1_u64)));
        assert!(!number.is_same_as(&Value::new(2_u64)));
        assert!(!number.is_same_as(&Value::new(1_i64)));
        assert!(!number.is_same_as(&Value::sharing(Arc::new(1_u64))));
    }

    /// Compares each plain value with each, by their bits and by encodings.
    fn compare<R: Clone + Serialize + Debug + Send + Sync + 'static>(values: &[R]) {
        let encoded = |value: &R| encode_value::<R>(value).unwrap();
        for a in values {
            for b in values {
                let [one, other] = [a, b].map(|it| Value::new(it.clone()));
                assert!(one.is_plain() && other.is_plain());
                let equal = one.is_same_as(&other);
                assert_eq!(equal, encoded(a) == encoded(b), "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn numbers_are_equal_as_their_encodings_are() {
        compare(&[()]);
        compare(&[false, true]);
        compare(&['a', 'b', '\u{10FFFF}']);
        compare(&[0_u8, 1, u8::MAX]);
        compare(&[0_u16, 1, u16::MAX]);
        compare(&[0_u32, 1, u32::MAX]);
        compare(&[0_u64, 1, 250, 251, u64::MAX]);
        compare(&[0_usize, 1]);
        compare(&[0_i8, 1, -1, i8::MIN]);
        compare(&[0_i16, 1, -1, i16::MIN]);
        compare(&[0_i32, 1, -1]);
        compare(&[0_i64, 1, -1, i64::MIN]);
        compare(&[0_isize, 1, -1]);
        compare(&[0.0_f32, -0.0, 1.5, f32::INFINITY, f32::NAN]);
        let quiet = f64::NAN;
        let other = f64::from_bits(quiet.to_bits() ^ 1);
        compare(&[0.0, -0.0, 1.5, f64::INFINITY, quiet, other]);
    }

    #[test]
    fn others_are_not_compared_at_a_glance() {
        assert!(!Value::new(0_u64).is_same_as(&Value::new(0_u32)));
        assert!(!Value::new("text").is_plain());
        assert!(!Value::new(Some(1_u64)).is_plain());
    }

    #[test]
    fn what_is_shared_is_dropped_once() {
        let all = Arc::new(());
        assert!(!Value::apart(1_u64).is_same_as(&Value::apart(1_u64)));
        assert!(Value::new(1_u64).another(2_u64).is_plain());
        assert!(!Value::apart(1_u64).another(2_u64).is_plain());
        let value = Value::new(Arc::clone(&all));
        let clones = vec![value.clone(); 3];
        assert_eq!(Arc::strong_count(&all), 2);
        drop(value);
        drop(clones[0].clone().take::<Arc<()>>().unwrap());
        assert_eq!(Arc::strong_count(&all), 2);
        drop(clones);
        assert_eq!(Arc::strong_count(&all), 1);
    }
}
