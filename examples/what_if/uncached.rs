//! The proof's other side: the functions of the model with no cache at all.
//!
//! A program that uses dug has no need for any of this. Here it answers two
//! questions: does caching change a single bit, and how many functions would
//! run without it? So that no second copy of the formulas can drift from the
//! first, [`also_uncached!`] compiles every function twice: as it stands, with
//! dug, and bare. A bare function asks here whether it is overridden, and if
//! not runs its body, whose calls are bare again.

use std::any::Any;
use std::cell::RefCell;

/// Takes tracked functions, leaves them as they are, and adds a module
/// `uncached` with the same functions without dug.
#[macro_export]
macro_rules! also_uncached {
    ($(
        $(#[doc = $doc:literal])*
        #[tracked]
        pub fn $name:ident($($argument:ident: $type:ident),*) -> f64 $body:tt
    )*) => {
        $(
            $(#[doc = $doc])*
            #[tracked]
            pub fn $name($($argument: $type),*) -> f64 $body
        )*

        /// The same functions, evaluated without any cache.
        pub mod uncached {
            use super::*;

            $(
                $(#[doc = $doc])*
                pub fn $name($($argument: $type),*) -> f64 {
                    $crate::uncached::answer(stringify!($name), ($($argument,)*), || $body)
                }
            )*
        }
    };
}

/// One overridden function call, and its answer.
struct Override {
    function: &'static str,
    arguments: Box<dyn Any>,
    value: f64,
}

#[derive(Default)]
struct World {
    overrides: Vec<Override>,
    functions_run: u64,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// The answer of a bare function: the override if there is one, else its body.
pub fn answer<A: PartialEq + 'static>(
    function: &'static str,
    arguments: A,
    body: impl FnOnce() -> f64,
) -> f64 {
    let overridden = WORLD.with_borrow_mut(|world| {
        let found = world.overrides.iter().find(|other| {
            other.function == function && other.arguments.downcast_ref() == Some(&arguments)
        });
        let value = found.map(|other| other.value);
        world.functions_run += u64::from(value.is_none());
        value
    });
    overridden.unwrap_or_else(body)
}

/// Overrides a bare function for these arguments, until [`evaluate`] is done.
pub fn set<A: PartialEq + 'static>(function: &'static str, arguments: A, value: f64) {
    let arguments = Box::new(arguments);
    WORLD.with_borrow_mut(|world| {
        world.overrides.push(Override {
            function,
            arguments,
            value,
        })
    });
}

/// Evaluates bare functions in a world of their own: the result, and how many
/// function bodies ran.
pub fn evaluate(body: impl FnOnce() -> f64) -> (f64, u64) {
    WORLD.set(World::default());
    let value = body();
    (value, WORLD.take().functions_run)
}
