//! The what-ifs: which inputs take which values, and what the book is worth then.

use dug::{Context, tweak, with_context};

use crate::book::Desk;
use crate::market::{Curve, Index, Series, VOL_PILLARS, market};
use crate::model::{book_value, desk_value, quote, vol_pillar, zero_rate};
use crate::pricing::Days;
use crate::uncached;

/// A function of the model that a what-if moves.
#[derive(Clone, Copy)]
pub enum Input {
    Quote(Series),
    VolPillar(Index, Days),
    ZeroRate(Curve, Days),
}

impl Input {
    /// All of them: every quote, every pillar, every tenor.
    pub fn all() -> Vec<Input> {
        let quotes = Series::ALL.into_iter().map(Input::Quote);
        let pillars = Index::ALL
            .into_iter()
            .flat_map(|index| VOL_PILLARS.map(|expiry| Input::VolPillar(index, expiry)));
        let tenors = Curve::ALL.into_iter().flat_map(|curve| {
            curve
                .tenors()
                .iter()
                .map(move |&tenor| Input::ZeroRate(curve, tenor))
        });
        quotes.chain(pillars).chain(tenors).collect()
    }

    /// Its value in the current context.
    fn value(self) -> f64 {
        match self {
            Input::Quote(series) => quote(series),
            Input::VolPillar(index, expiry) => vol_pillar(index, expiry),
            Input::ZeroRate(curve, tenor) => zero_rate(curve, tenor),
        }
    }

    /// The value after a bump: one per cent of an index, one point of a
    /// volatility, one basis point of a yield.
    fn bumped(self, sign: f64) -> f64 {
        let value = self.value();
        match self {
            Input::Quote(Series::Sp500 | Series::Nasdaq) => value * (1.0 + 0.01 * sign),
            Input::Quote(Series::Vix | Series::NasdaqVol) => value + 1.0 * sign,
            Input::Quote(Series::AaaYield | Series::BaaYield) => value + 0.01 * sign,
            Input::VolPillar(..) => value + 0.01 * sign,
            Input::ZeroRate(..) => value + 0.0001 * sign,
        }
    }
}

/// Inputs that take other values.
#[derive(Default)]
pub struct WhatIf(Vec<(Input, f64)>);

impl WhatIf {
    /// The moves of a day, applied to the last day.
    pub fn real_day(day: usize) -> WhatIf {
        let moved = |series| (Input::Quote(series), market().moved(series, day));
        WhatIf(Series::ALL.map(moved).into())
    }

    /// One input alone, moved up (`sign` 1) or down (`sign` -1).
    pub fn bump(input: Input, sign: f64) -> WhatIf {
        WhatIf(vec![(input, input.bumped(sign))])
    }

    /// The book under this what-if: a context of its own, its tweaks, and the
    /// same call as ever. Inside the context of the base only what the tweaks
    /// reach runs again; outside of any context everything runs.
    pub fn evaluate(&self) -> Outcome {
        with_context(|| {
            for &(input, value) in &self.0 {
                match input {
                    Input::Quote(series) => tweak!(quote(series) => value),
                    Input::VolPillar(index, expiry) => tweak!(vol_pillar(index, expiry) => value),
                    Input::ZeroRate(curve, tenor) => tweak!(zero_rate(curve, tenor) => value),
                }
            }
            Outcome::here()
        })
    }

    /// The value of the book by the bare functions, and how many of them ran.
    pub fn evaluate_uncached(&self) -> (f64, u64) {
        uncached::evaluate(|| {
            for &(input, value) in &self.0 {
                match input {
                    Input::Quote(series) => uncached::set("quote", (series,), value),
                    Input::VolPillar(index, expiry) => {
                        uncached::set("vol_pillar", (index, expiry), value);
                    }
                    Input::ZeroRate(curve, tenor) => {
                        uncached::set("zero_rate", (curve, tenor), value);
                    }
                }
            }
            crate::model::uncached::book_value()
        })
    }
}

/// What the book is worth in a context.
pub struct Outcome {
    /// The whole book, dollars.
    pub value: f64,
    /// Each desk, in the order of [`Desk::ALL`], dollars.
    pub desks: [f64; Desk::ALL.len()],
    /// How many functions ran for it in this context.
    pub functions_run: u64,
}

impl Outcome {
    /// In the current context.
    pub fn here() -> Outcome {
        let value = book_value();
        let desks = Desk::ALL.map(desk_value);
        let context = Context::current().expect("what-ifs are evaluated in a context");
        Outcome {
            value,
            desks,
            functions_run: context.stats().executions,
        }
    }
}
