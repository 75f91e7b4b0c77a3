//! Patterns: the arguments of a call, each given or left open.

use super::parameter::{ByElement, ByReference, ByValue, Skipped, Unlent};
use super::{Exact, Selector, Target, Wide};
use crate::bounds::TrackedArgument;
use crate::function::Function;
use crate::key::Key;

/// How patterns know an argument of the type `T`.
pub trait Argument<T> {
    /// Adds it to a pattern, as it was given or left open.
    fn add(pattern: &mut Pattern, given: Option<T>);
}

macro_rules! keyed {
    ($($how:ident),*) => {$(
        impl<T: TrackedArgument> Argument<T> for $how {
            fn add(pattern: &mut Pattern, given: Option<T>) {
                pattern.add(given);
            }
        }
    )*};
}

keyed!(ByValue, ByReference, ByElement, Unlent);

impl<T> Argument<T> for Skipped {
    fn add(_: &mut Pattern, _: Option<T>) {}
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
    pub(super) fn new(function: &'static Function) -> Self {
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
    pub(super) fn target<R>(mut self) -> Target<R> {
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
