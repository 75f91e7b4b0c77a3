//! The code for calls with common types, made here once: where the compiler does not optimize, a crate uses what
//! generic functions were made into in those that it depends on.

use super::{Callable, Operations};
use crate::bounds::{TrackedArgument, TrackedResult};
use crate::key::Key;
use crate::private::{Computes, Numbers, Probe, erased};
use std::hint::black_box;
use std::ops::{AddAssign, MulAssign, SubAssign};

/// Asks for it. Nothing calls this: that it is public makes the compiler translate it.
pub fn common_types() {
    computed::<i32>();
    computed::<i64>();
    computed::<u32>();
    computed::<u64>();
    computed::<usize>();
    computed::<f64>();
    plain::<bool>();
    plain::<String>();
    plain::<Vec<f64>>();
    plain::<Vec<u64>>();
    plain::<Vec<String>>();
    black_box((
        Key::argument::<&str> as fn(&mut Key, &&'static str),
        Key::describe::<&str> as fn(&mut Key, &&'static str),
        Probe::<Box<str>>::READ,
    ));
}

fn computed<T>()
where
    T: TrackedArgument + TrackedResult + AddAssign + SubAssign + MulAssign + PartialOrd,
{
    called::<T>(Numbers {
        own: Computes::<T>::OWN,
        scaled: None,
    });
}

fn plain<T: TrackedArgument + TrackedResult>() {
    called::<T>(Numbers {
        own: None,
        scaled: None,
    });
}

/// What is made of a type that is an argument, or a result.
fn called<T: TrackedArgument + TrackedResult>(numbers: Numbers) {
    struct Own<T>(T);
    impl<T: TrackedArgument + TrackedResult> Own<T> {
        const CALLABLE: &'static Callable<(T,), T> = &Callable {
            read: (Probe::<T>::READ,),
            call: |given| given,
            erase: erased::<T>,
        };
    }
    black_box((
        Key::argument::<T> as fn(&mut Key, &T),
        Key::describe::<T> as fn(&mut Key, &T),
        Key::hit::<T> as fn(&Key) -> Option<T>,
        Key::run::<T> as fn(Key, &mut dyn FnMut() -> T, fn(&T) -> bool) -> T,
    ));
    black_box(Operations::stored::<T>(Ok(Own::<T>::CALLABLE), numbers));
}
