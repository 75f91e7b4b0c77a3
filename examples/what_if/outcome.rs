//! What the book is worth under a scenario.

use dug::{Context, Scenario};

use crate::book::Desk;
use crate::model::{self, book_value, desk_value};
use crate::uncached;

/// What the book is worth in a context.
pub struct Outcome {
    /// The whole book, dollars.
    pub value: f64,
    /// Each desk, in the order of [`Desk::ALL`], dollars.
    pub desks: [f64; Desk::ALL.len()],
    /// How many functions ran for it.
    pub functions_run: u64,
}

/// Of the book, and of each desk.
pub type Values = (f64, [f64; Desk::ALL.len()]);

/// In the current context: the same calls, whatever it is.
pub fn values() -> Values {
    (book_value(), Desk::ALL.map(desk_value))
}

impl Outcome {
    pub fn new((value, desks): Values, functions_run: u64) -> Outcome {
        Outcome {
            value,
            desks,
            functions_run,
        }
    }

    /// With nothing to share, if called outside of any context: everything runs.
    pub fn fresh(scenario: &Scenario) -> Outcome {
        scenario.enter(|| {
            let values = values();
            let context = Context::current().expect("a scenario is entered");
            Outcome::new(values, context.stats().executions)
        })
    }

    /// The value of the book by the bare functions, and how many of them ran.
    pub fn uncached(scenario: &Scenario) -> (f64, u64) {
        uncached::evaluate(scenario, model::uncached::book_value)
    }
}
