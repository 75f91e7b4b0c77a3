//! The proof's other side: the functions of the model with no cache at all.
//!
//! A program that uses dug has no need for any of this. Here it answers two
//! questions: does caching change a single bit, and how many functions would
//! run without it? So that no second copy of the formulas can drift from the
//! first, [`also_uncached!`] compiles every function twice: as it stands, with
//! dug, and bare. A bare function asks here what the tweaks in force say of it
//! (`rules.rs`), and if need be runs its body, whose calls are bare again.

use std::cell::RefCell;

use dug::Scenario;
use serde_json::Value as Json;

use crate::rules::{Action, Rules};

/// Takes tracked functions, leaves them as they are, and adds a module
/// `uncached` with the same functions without dug.
#[macro_export]
macro_rules! also_uncached {
    ($(
        $(#[doc = $doc:literal])*
        #[tracked(name = $identity:literal)]
        pub fn $name:ident($($argument:ident: $type:ident),*) -> f64 $body:tt
    )*) => {
        $(
            $(#[doc = $doc])*
            #[tracked(name = $identity)]
            pub fn $name($($argument: $type),*) -> f64 $body
        )*

        /// The same functions, evaluated without any cache.
        pub mod uncached {
            use super::*;

            $(
                $(#[doc = $doc])*
                pub fn $name($($argument: $type),*) -> f64 {
                    let arguments = || vec![$(::serde_json::json!($argument)),*];
                    $crate::uncached::answer($identity, arguments, || $body)
                }
            )*
        }
    };
}

#[derive(Default)]
struct World {
    rules: Rules,
    functions_run: u64,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// The answer of a bare function: what the tweaks make of its body.
pub fn answer(
    function: &str,
    arguments: impl FnOnce() -> Vec<Json>,
    body: impl FnOnce() -> f64,
) -> f64 {
    let tweaks = WORLD.with_borrow_mut(|world| {
        let tweaks = world.rules.of(function, arguments);
        let hidden = matches!(tweaks.last(), Some(Action::Value(_)));
        world.functions_run += u64::from(!hidden);
        tweaks
    });
    let (old, relative) = match tweaks.split_last() {
        Some((Action::Value(value), relative)) => (*value, relative),
        _ => (body(), &*tweaks),
    };
    relative.iter().rev().fold(old, |old, tweak| tweak.of(old))
}

/// Evaluates bare functions under a scenario: the result, and how many function
/// bodies ran.
pub fn evaluate(scenario: &Scenario, body: impl FnOnce() -> f64) -> (f64, u64) {
    WORLD.set(World {
        rules: Rules::of_scenario(scenario),
        functions_run: 0,
    });
    let value = body();
    (value, WORLD.take().functions_run)
}
