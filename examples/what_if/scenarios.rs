//! The what-ifs, as scenarios: tweaks as data, apart from any context.
//!
//! All of them are relative tweaks of what the model answers, so that they can
//! be laid over one another.

use dug::{Error, Scenario, Tweak, node, tweak};

use crate::market::{Curve, Index, Series, VOL_PILLARS, market};
use crate::model::{quote, vol_pillar, zero_rate};
use crate::pricing::Days;

/// A kind of quote, to which a loss can be put down.
#[derive(Clone, Copy)]
pub enum Factor {
    Spots,
    Volatilities,
    Rates,
}

impl Factor {
    pub const ALL: [Factor; 3] = [Factor::Spots, Factor::Volatilities, Factor::Rates];

    /// The kind of what a tweak of a [`real_day`] moves.
    pub fn of(tweak: &Tweak) -> Option<Factor> {
        let moved = tweak.node()?;
        let moves = |series| node!(quote(series)).id() == moved;
        let mut all = Factor::ALL.into_iter();
        all.find(|factor| factor.quotes().into_iter().any(moves))
    }

    /// The quotes of this kind.
    fn quotes(self) -> [Series; 2] {
        match self {
            Factor::Spots => Index::ALL.map(Index::spot),
            Factor::Volatilities => Index::ALL.map(Index::volatility),
            Factor::Rates => Curve::ALL.map(Curve::quoted),
        }
    }
}

/// The moves of a day, applied to the last day.
pub fn real_day(day: usize) -> Result<Scenario, Error> {
    let [spots, volatilities, rates] = Factor::ALL.map(|factor| part_of_day(day, factor));
    let all = spots?.and(&volatilities?)?.and(&rates?)?;
    Ok(all.named(&market().dates[day]))
}

/// The moves of a day, of one kind alone.
///
/// Indices and volatilities move by that day's ratio. Yields move by their
/// change in points. The file has monthly averages of them, which say nothing
/// about the days within a month, so the whole change from month to month is
/// applied on the first trading day of the new month and none on the others:
/// the variance over a month is right, and no day is made up.
pub fn part_of_day(day: usize, factor: Factor) -> Result<Scenario, Error> {
    let mut scenario = Scenario::new();
    for series in factor.quotes() {
        let change = market().change(series, day);
        if change != 0.0 {
            scenario = scenario.with(match factor {
                Factor::Rates => tweak!(in quote(series) += change),
                _ => tweak!(in quote(series) *= market().log_return(series, day).exp()),
            })?;
        }
    }
    Ok(scenario)
}

/// All rates of both curves moved alike, by so many basis points.
pub fn shift(basis_points: i32) -> Result<Scenario, Error> {
    let by = f64::from(basis_points) / 10_000.0;
    let shift = Scenario::new().with(tweak!(in zero_rate(..) += by))?;
    Ok(shift.named(format!("{basis_points:+} bp")))
}

/// A function of the model that a bump moves.
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

    /// This input alone, moved up (`sign` 1) or down (`sign` -1): by one per cent
    /// of an index, one point of a volatility, one basis point of a yield.
    pub fn bump(self, sign: f64) -> Result<Scenario, Error> {
        Scenario::new().with(match self {
            Input::Quote(series @ (Series::Sp500 | Series::Nasdaq)) => {
                tweak!(in quote(series) *= 1.0 + 0.01 * sign)
            }
            Input::Quote(series @ (Series::Vix | Series::NasdaqVol)) => {
                tweak!(in quote(series) += 1.0 * sign)
            }
            Input::Quote(series @ (Series::AaaYield | Series::BaaYield)) => {
                tweak!(in quote(series) += 0.01 * sign)
            }
            Input::VolPillar(index, expiry) => tweak!(in vol_pillar(index, expiry) += 0.01 * sign),
            Input::ZeroRate(curve, tenor) => tweak!(in zero_rate(curve, tenor) += 0.0001 * sign),
        })
    }
}
