//! All calls of a function, with the types of its arguments: `#[tracked]` writes these once, and
//! the targets of `f(..)`, `f(a, _)` and `f(x, _) if x > 3` are made from them here.

use super::lend::{Lend, Skipped, Unlent, lent};
use super::{Exact, Selector, Target, Wide};
use crate::bounds::{GuardArgument, PatternOfAnonymous, ResultOfAll, TrackedArgument};
use crate::function::Function;
use crate::key::Key;
use crate::registry::Instances;
use std::marker::PhantomData;

/// All calls of a function with the arguments `A`, a tuple of [`Given`], and the result `R`.
#[must_use = "calls are made into targets"]
#[derive(Debug)]
pub struct Calls<A, R> {
    /// The function.
    pub function: &'static Function,
    types: PhantomData<fn() -> (A, R)>,
}

/// An argument of the type `T`, and how a guard is lent it.
#[derive(Debug)]
pub struct Given<T, How>(PhantomData<fn() -> (T, How)>);

/// A guard is given the value itself.
#[derive(Debug)]
pub struct ByValue;

/// A `&N` or an `Option<&N>`: a guard is lent an `N`.
#[derive(Debug)]
pub struct ByReference;

/// A `&[&N]`: a guard is lent each `N`.
#[derive(Debug)]
pub struct ByElement;

/// An argument as patterns know it.
pub trait Argument {
    /// Its type in the signature.
    type Type;

    /// Adds it to a pattern, as it was given or left open.
    fn add(pattern: &mut Pattern, given: Option<Self::Type>);
}

macro_rules! keyed {
    ($($how:ident),*) => {$(
        impl<T: TrackedArgument> Argument for Given<T, $how> {
            type Type = T;

            fn add(pattern: &mut Pattern, given: Option<T>) {
                pattern.add(given);
            }
        }
    )*};
}

keyed!(ByValue, ByReference, ByElement, Unlent);

impl<T> Argument for Given<T, Skipped> {
    type Type = T;

    fn add(_: &mut Pattern, _: Option<T>) {}
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
    ($($A:ident $a:ident)*) => {
        impl<$($A,)* R> Calls<($($A,)*), R> {
            /// The target of `f(a, _)`.
            #[track_caller]
            pub fn pattern(self, ($($a,)*): ($(Option<$A::Type>,)*)) -> Target<R>
            where
                $($A: Argument,)*
            {
                #[allow(unused_mut)]
                let mut pattern = Pattern::new(self.function);
                $($A::add(&mut pattern, $a);)*
                pattern.target()
            }

            /// The target of `f(x, _) if x > 3`.
            pub fn guard<G>(self, guard: G) -> Target<R>
            where
                $($A: Lend,)*
                G: Fn($($A::Lent<'_>),*) -> bool + Send + Sync + 'static,
                $(G: GuardArgument<$A::Named, $A::Owned>,)*
            {
                #[allow(unused_variables)]
                Target::guarded(self.function, move |arguments| {
                    $(let $a = GuardArgument::<$A::Named, $A::Owned>::read(&guard, arguments)?;)*
                    Ok(lent!(guard() $($A $a)*))
                })
            }
        }
    };
}

up_to_24!(of_so_many);

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

/// A pattern in the making: the arguments of a call, one by one, each given or left open.
#[derive(Debug)]
pub struct Pattern {
    key: Key,
    parts: Vec<Option<Box<[u8]>>>,
}

impl Pattern {
    /// Of a call of `function`, without arguments so far.
    #[track_caller]
    fn new(function: &'static Function) -> Self {
        Pattern {
            key: Key::new(function),
            parts: Vec::new(),
        }
    }

    fn add<T: TrackedArgument>(&mut self, argument: Option<T>) {
        let part = argument.map(|argument| {
            let start = self.key.encoded().len();
            self.key.argument(&argument);
            self.key.describe(&argument);
            self.key.encoded()[start..].into()
        });
        self.parts.push(part);
    }

    /// The nodes; one, if every argument was given.
    fn target<R>(mut self) -> Target<R> {
        if let Some(error) = self.key.refusal() {
            return Target::new(Err(error));
        }
        if self.key.function.prints(&self.key.arguments) {
            self.key.set_described(None);
        }
        let function = self.key.function;
        Target::new(Ok(match self.parts.iter().all(Option::is_some) {
            true => Selector::Exact(Exact::of(&self.key)),
            false => Selector::Wide(Wide::Pattern {
                function,
                parts: self.parts.into(),
            }),
        }))
    }
}
