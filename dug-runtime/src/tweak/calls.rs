//! All calls of a function, with the types of its arguments: `#[tracked]` writes these once, and
//! the targets of `f(..)`, `f(a, _)` and `f(x, _) if x > 3` are made from them here.

use super::lend::{Lend, lent};
use super::parameter::Parameter;
use super::pattern::{Argument, Pattern};
use super::{Selector, Target, Wide};
use crate::bounds::{GuardArgument, Lendable, PatternOfAnonymous, PatternOfMany, ResultOfAll};
use crate::function::Function;
use crate::registry::Instances;
use std::marker::PhantomData;

/// All calls of a function with the arguments `A`, a tuple of [`Parameter`], and the result `R`.
#[must_use = "calls are made into targets"]
#[derive(Debug)]
pub struct Calls<A, R> {
    /// The function, to be compared with what other ways lead to.
    pub function: &'static Function,
    types: PhantomData<fn() -> (A, R)>,
}

impl<A, R> Calls<A, R> {
    /// Those of `function`.
    pub fn of(function: &'static Function) -> Self {
        Calls {
            function,
            types: PhantomData,
        }
    }

    /// The target of `f(..)`.
    pub fn whole(self) -> Target<R> {
        Target::new(Ok(Selector::Wide(Wide::Whole(self.function))))
    }
}

macro_rules! of_so_many {
    ($($A:ident $H:ident $a:ident)*) => {
        impl<$($A, $H,)* R> Calls<($(Parameter<fn($A), $H>,)*), R> {
            /// The target of `f(a, _)`.
            #[track_caller]
            pub fn pattern(self, ($($a,)*): ($(Option<$A>,)*)) -> Target<R>
            where
                $($H: Argument<$A>,)*
            {
                #[allow(unused_mut)]
                let mut pattern = Pattern::new(self.function);
                $($H::add(&mut pattern, $a);)*
                pattern.target()
            }

            /// The target of `f(x, _) if x > 3`.
            pub fn guard<G>(self, guard: G) -> Target<R>
            where
                $($H: Lend<$A> + Lendable,)*
                G: Fn($($H::Lent<'_>),*) -> bool + Send + Sync + 'static,
                $(G: GuardArgument<$H::Named, $H::Owned>,)*
            {
                #[allow(unused_variables)]
                Target::guarded(self.function, move |arguments| {
                    $(let $a = GuardArgument::<$H::Named, $H::Owned>::read(&guard, arguments)?;)*
                    Ok(lent!(guard() $($A $H $a)*))
                })
            }
        }
    };
}

up_to_24!(of_so_many);

/// The arguments of a function that has more of them.
#[derive(Debug)]
pub struct Many;

impl<R> Calls<Many, R> {
    /// There is none.
    pub fn pattern(self, never: impl PatternOfMany) -> Target<R> {
        never.target()
    }

    /// There is none.
    pub fn guard(self, never: impl PatternOfMany) -> Target<R> {
        never.target()
    }
}

/// All calls of a function with `impl Trait` arguments, each type of which makes a function of its own;
/// `Same` says whether all have the same result.
#[must_use = "calls are made into targets"]
#[derive(Debug)]
pub struct CallsOfAll<R, Same> {
    instances: &'static Instances,
    types: PhantomData<fn() -> (R, Same)>,
}

/// Says of an `impl Trait` function that all its results are of one type.
#[derive(Debug)]
pub struct OneResult;

impl ResultOfAll for OneResult {}

impl<R, Same> CallsOfAll<R, Same> {
    /// Those of all instantiations.
    pub fn of(instances: &'static Instances) -> Self {
        CallsOfAll {
            instances,
            types: PhantomData,
        }
    }

    /// The target of `f(..)`.
    pub fn whole(self) -> Target<R>
    where
        Same: ResultOfAll,
    {
        Target::new(Ok(Selector::Wide(Wide::Every(self.instances.definition()))))
    }

    /// There is none.
    pub fn pattern(self, never: impl PatternOfAnonymous) -> Target<R> {
        never.target()
    }

    /// There is none.
    pub fn guard(self, never: impl PatternOfAnonymous) -> Target<R> {
        never.target()
    }
}
