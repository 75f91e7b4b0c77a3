//! The code for calls with common types, made here once: where the compiler does not optimize, crates share what
//! generic functions were made into further down.

use super::{Callable, Operations};
use crate::bounds::{TrackedArgument, TrackedResult};
use crate::key::Key;
use crate::private::{Computes, Numbers, Probe, erased};
use std::hint::black_box;
use std::ops::{AddAssign, MulAssign, SubAssign};

/// Asks for it. Nothing calls this: that it is public makes the compiler translate it.
pub fn common_types() {
    number::<i32>();
    number::<i64>();
    number::<u32>();
    number::<u64>();
    number::<usize>();
    number::<f64>();
    other::<bool>();
    other::<String>();
    other::<Vec<f64>>();
    other::<Vec<u64>>();
    other::<Vec<String>>();
}

/// What calls do with an argument, and with a result.
fn uses<T: TrackedArgument + TrackedResult>() {
    black_box((
        Key::argument::<T> as fn(&mut Key, &T),
        Key::describe::<T> as fn(&mut Key, &T),
        Key::hit::<T> as fn(&Key) -> Option<T>,
        Key::run::<T> as fn(Key, &mut dyn FnMut() -> T, fn(&T) -> bool) -> T,
    ));
}

fn operations<T: TrackedArgument + TrackedResult>(numbers: Numbers) {
    struct Own<T>(T);
    impl<T: TrackedArgument + TrackedResult> Own<T> {
        const CALLABLE: &'static Callable<(T,), T> = &Callable {
            read: (Probe::<T>::READ,),
            call: |given| given,
            erase: erased::<T>,
        };
    }
    black_box(Operations::stored::<T>(Ok(Own::<T>::CALLABLE), numbers));
}

fn number<T>()
where
    T: TrackedArgument + TrackedResult + AddAssign + SubAssign + MulAssign + PartialOrd,
{
    uses::<T>();
    operations::<T>(Numbers {
        own: Computes::<T>::OWN,
        scaled: None,
    });
}

fn other<T: TrackedArgument + TrackedResult>() {
    uses::<T>();
    operations::<T>(Numbers {
        own: None,
        scaled: None,
    });
}
