//! Small results without a pointer: a hit reads them where it finds them.
//!
//! A value fits if it has at most 16 bytes and nothing to drop. It is moved in here and read by
//! reference, never duplicated: who wants one clones it, as anywhere else.

#![allow(unsafe_code)]

use crate::value::{Value, expect_ref};
use std::any::TypeId;
use std::mem::{MaybeUninit, align_of, needs_drop, size_of};

/// A value of a type that the caller knows.
#[derive(Clone, Copy)]
pub(crate) struct Inline([MaybeUninit<u64>; 2]);

/// Whether values of the type fit.
pub(crate) const fn fits<R>() -> bool {
    size_of::<R>() <= size_of::<Inline>()
        && align_of::<R>() <= align_of::<Inline>()
        && !needs_drop::<R>()
}

/// Whether the type is one of the standard library's that can be copied, and are cloned by that alone: numbers and the
/// like.
#[inline(always)]
pub(crate) fn is_plain<R: 'static>() -> bool {
    macro_rules! is_one_of {
        ($($ty:ty),*) => {{
            const fn can_be_copied<T: Copy>() {}
            const { $(can_be_copied::<$ty>();)* }
            $(TypeId::of::<R>() == TypeId::of::<$ty>())||*
        }};
    }
    is_one_of!(
        (),
        bool,
        char,
        u8,
        u16,
        u32,
        u64,
        u128,
        usize,
        i8,
        i16,
        i32,
        i64,
        i128,
        isize,
        f32,
        f64,
        &'static str,
        Option<u64>,
        Option<i64>,
        Option<f64>,
        (f64, f64)
    )
}

/// Makes a clone of a value inline.
pub(crate) type Inlines = fn(&Value) -> Option<Inline>;

/// How values of the type are made inline, if they fit.
pub(crate) const fn inlines<R: Clone + Send + Sync + 'static>() -> Option<Inlines> {
    match fits::<R>() {
        true => Some(|value| Inline::new(R::clone(expect_ref::<R>(&**value)))),
        false => None,
    }
}

impl Inline {
    /// Nothing.
    pub(crate) const NONE: Self = Inline([MaybeUninit::uninit(); 2]);

    /// Moves the value in here; `None` if it does not fit.
    #[inline]
    pub(crate) fn new<R>(value: R) -> Option<Self> {
        if !fits::<R>() {
            return None;
        }
        let mut place = [MaybeUninit::uninit(); 2];
        // SAFETY: the place is as large as an `R` and as aligned, and nobody else has it.
        unsafe { place.as_mut_ptr().cast::<R>().write(value) };
        Some(Inline(place))
    }

    /// The value.
    ///
    /// # Safety
    /// It was made from an `R`.
    #[inline]
    pub(crate) unsafe fn get<R>(&self) -> &R {
        // SAFETY: `new` has written an `R` here, which nothing changes while this is borrowed.
        unsafe { &*self.0.as_ptr().cast::<R>() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Padded(u8, u32, u16);

    fn goes_in_and_out<R: Copy + PartialEq + std::fmt::Debug>(value: R) {
        let inline = Inline::new(value).unwrap();
        let copy = inline;
        // SAFETY: both were made from an `R`.
        unsafe {
            assert_eq!(*inline.get::<R>(), value);
            assert_eq!(*copy.get::<R>(), value);
        }
    }

    #[test]
    fn small_values_go_in_and_out() {
        goes_in_and_out(());
        goes_in_and_out(7u8);
        goes_in_and_out(u64::MAX);
        goes_in_and_out((1.5f64, -2i64));
        goes_in_and_out("text");
        goes_in_and_out(Padded(1, 2, 3));
        goes_in_and_out(Some(3u32));
        goes_in_and_out(Err::<u8, char>('x'));
    }

    #[test]
    fn others_do_not_fit() {
        assert!(Inline::new([0u64; 3]).is_none());
        assert!(Inline::new(Box::new(1)).is_none());
        assert!(Inline::new(1u128).is_none() == (align_of::<u128>() > 8));
    }
}
