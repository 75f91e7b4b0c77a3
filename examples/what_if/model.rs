//! The model: how the value of the book follows from the quotes.
//!
//! ```text
//! quote -> zero_rate -> discount_factor -> forward ------+
//!       -> vol_pillar -> implied_volatility -------------+-> position_value
//!                                                        |
//!          book_value <- desk_value <- sub_book_value <--+
//! ```
//!
//! Ordinary functions that call one another. With `#[tracked]` each remembers
//! its results, and dug knows which of them were made from which. The finer the
//! functions, the less runs again: because the options of an expiry ask only
//! for the pillars next to it, a bump of one pillar leaves the others alone.
//!
//! Each has a name that stays, whatever becomes of its module: files of scenarios
//! (`stress.json`) use it.
//!
//! (`also_uncached!` compiles the same text a second time without dug, for the
//! proof at the end of the report. It changes nothing here.)

use dug::tracked;

use crate::also_uncached;
use crate::book::{Desk, Instrument, PositionId, SubBook, book};
use crate::market::{Curve, Index, Series, VOL_PILLARS, market};
use crate::pricing::{self, Days, Place, years};

also_uncached! {

/// The last value of a series: points, or per cent.
#[tracked(name = "quote")]
pub fn quote(series: Series) -> f64 {
    market().last(series)
}

/// The level to which the volatility of an index reverts.
#[tracked(name = "long_run_volatility")]
pub fn long_run_volatility(index: Index) -> f64 {
    market().average(index.volatility()) / 100.0
}

/// A pillar of the volatility term structure of an index.
#[tracked(name = "vol_pillar")]
pub fn vol_pillar(index: Index, expiry: Days) -> f64 {
    let short = quote(index.volatility()) / 100.0;
    pricing::mean_reverting_volatility(short, long_run_volatility(index), years(expiry))
}

/// The volatility to any expiry, the same for all strikes: total variance is
/// linear in time between two pillars.
#[tracked(name = "implied_volatility")]
pub fn implied_volatility(index: Index, expiry: Days) -> f64 {
    let time = years(expiry);
    let total_variance = |pillar| {
        let volatility = vol_pillar(index, pillar);
        (years(pillar), volatility * volatility * years(pillar))
    };
    match pricing::place(&VOL_PILLARS, expiry) {
        Place::At(pillar) => vol_pillar(index, pillar),
        Place::Between(left, right) => {
            (pricing::linear(time, total_variance(left), total_variance(right)) / time).sqrt()
        }
    }
}

/// The yield of a curve at one of its tenors. One yield a curve is quoted, so
/// the curve is flat until a what-if moves a tenor.
#[tracked(name = "zero_rate")]
pub fn zero_rate(curve: Curve, _tenor: Days) -> f64 {
    quote(curve.quoted()) / 100.0
}

/// What a dollar paid on a day is worth now; yields are linear between tenors.
#[tracked(name = "discount_factor")]
pub fn discount_factor(curve: Curve, day: Days) -> f64 {
    let time = years(day);
    let point = |tenor| (years(tenor), zero_rate(curve, tenor));
    let rate = match pricing::place(curve.tenors(), day) {
        Place::At(tenor) => zero_rate(curve, tenor),
        Place::Between(left, right) => pricing::linear(time, point(left), point(right)),
    };
    pricing::discount_factor(rate, time)
}

/// The forward of an index.
#[tracked(name = "forward")]
pub fn forward(index: Index, expiry: Days) -> f64 {
    let spot = quote(index.spot());
    let discount_factor = discount_factor(Curve::Aaa, expiry);
    pricing::forward(spot, index.dividend_yield(), discount_factor, years(expiry))
}

/// The value of a position in dollars, negative if it is short.
#[tracked(name = "position_value")]
pub fn position_value(id: PositionId) -> f64 {
    let position = book().position(id);
    let unit = match &position.instrument {
        Instrument::Option(option) => pricing::black_scholes(
            option.kind,
            forward(option.index, option.expiry),
            option.strike,
            years(option.expiry),
            implied_volatility(option.index, option.expiry),
            discount_factor(Curve::Aaa, option.expiry),
        ),
        Instrument::Bond(bond) => bond
            .cash_flows()
            .map(|(day, amount)| amount * discount_factor(Curve::Baa, day))
            .sum(),
    };
    position.units * unit
}

/// The value of the positions of a sub-book.
#[tracked(name = "sub_book_value")]
pub fn sub_book_value(sub_book: SubBook) -> f64 {
    book().positions(sub_book).map(position_value).sum()
}

/// The value of a desk.
#[tracked(name = "desk_value")]
pub fn desk_value(desk: Desk) -> f64 {
    book().sub_books(desk).map(sub_book_value).sum()
}

/// The value of the whole book.
#[tracked(name = "book_value")]
pub fn book_value() -> f64 {
    Desk::ALL.into_iter().map(desk_value).sum()
}

}
