//! What each tweak of a scenario does to a number.
//!
//! `players` makes a scenario of any subset of the tweaks; `shapley`, which is
//! pure, shares the total out; `table` prints.

mod players;
mod shapley;
mod table;

use crate::context::Context;
use crate::error::Error;
use crate::scenario::Scenario;
use crate::trace;
use crate::tweak::Tweak;
use players::Game;
use serde::Serialize;

/// How the difference that a scenario makes to a number comes from its tweaks; [`attribution`] makes it.
///
/// It is data (`Serialize`), and a table (`Display`; a precision, as in `{:.2}`, holds for all its numbers).
///
/// ```
/// use dug::{Scenario, attribution, tracked, tweak, with_context};
///
/// #[tracked]
/// fn price() -> f64 { 10.0 }
/// #[tracked]
/// fn quantity() -> f64 { 4.0 }
/// #[tracked]
/// fn revenue() -> f64 { price() * quantity() }
///
/// # fn main() -> Result<(), dug::Error> {
/// let plan = Scenario::new()
///     .with(tweak!(in price() => 12.0))?
///     .with(tweak!(in quantity() => 3.0))?;
/// let shares = with_context(|| attribution(&Scenario::new(), &plan, || revenue()))?;
/// assert_eq!(shares.total(), -4.0);
/// assert_eq!(
///     shares.to_string(),
///     "                   alone  Shapley\n\
///      price() => 12.0        8        7\n\
///      quantity() => 3.0    -10      -11\n\
///      rest                  -2\n\
///      total                 -4       -4\n"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attribution {
    base: f64,
    scenario: f64,
    total: f64,
    contributions: Vec<Contribution>,
    rest: f64,
}

/// What one tweak, or one group of them, does to the number.
///
/// ```
/// # use dug::{Scenario, attribution, tracked, tweak, with_context};
/// # #[tracked] fn one() -> f64 { 1.0 }
/// let two = Scenario::new().with(tweak!(in one() => 2.0)).unwrap();
/// let shares = with_context(|| attribution(&Scenario::new(), &two, || one())).unwrap();
/// let share = &shares.contributions()[0];
/// assert_eq!((share.name.as_str(), share.alone, share.shapley), ("one() => 2.0", 1.0, Some(1.0)));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Contribution {
    /// The group; without groups, the tweak as it is printed.
    pub name: String,
    /// The tweaks, as they are printed. Those of the base that the scenario has not, or has
    /// otherwise, are among them, marked with "without".
    pub tweaks: Vec<String>,
    /// What it does alone: the number with nothing but this applied to the base, less that of the base.
    pub alone: f64,
    /// What it does on average over all orders in which the tweaks may come. `None` if there are
    /// more of them than [`Attribution::MOST_SHARED`].
    pub shapley: Option<f64>,
}

impl Attribution {
    /// For more tweaks, or groups, than this there are no Shapley values: they need the number
    /// for each subset.
    ///
    /// ```
    /// assert_eq!(dug::Attribution::MOST_SHARED, 12);
    /// ```
    pub const MOST_SHARED: usize = 12;

    /// The number in the base.
    ///
    /// ```
    /// # use dug::{Scenario, attribution, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> f64 { 1.0 }
    /// let two = Scenario::new().with(tweak!(in one() => 2.0)).unwrap();
    /// let shares = with_context(|| attribution(&Scenario::new(), &two, || one())).unwrap();
    /// assert_eq!(shares.base(), 1.0);
    /// ```
    pub fn base(&self) -> f64 {
        self.base
    }

    /// The number in the scenario.
    ///
    /// ```
    /// # use dug::{Scenario, attribution, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> f64 { 1.0 }
    /// let two = Scenario::new().with(tweak!(in one() => 2.0)).unwrap();
    /// let shares = with_context(|| attribution(&Scenario::new(), &two, || one())).unwrap();
    /// assert_eq!(shares.scenario(), 2.0);
    /// ```
    pub fn scenario(&self) -> f64 {
        self.scenario
    }

    /// The number in the scenario less that in the base.
    ///
    /// ```
    /// # use dug::{Scenario, attribution, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> f64 { 1.0 }
    /// let two = Scenario::new().with(tweak!(in one() => 2.5)).unwrap();
    /// let shares = with_context(|| attribution(&Scenario::new(), &two, || one())).unwrap();
    /// assert_eq!(shares.total(), 1.5);
    /// ```
    pub fn total(&self) -> f64 {
        self.total
    }

    /// What each tweak, or each group, does: those of outer levels first, groups in the order of
    /// their first tweaks.
    ///
    /// ```
    /// # use dug::{Scenario, attribution, tracked, with_context};
    /// # #[tracked] fn one() -> f64 { 1.0 }
    /// let none = Scenario::new();
    /// let shares = with_context(|| attribution(&none, &none, || one())).unwrap();
    /// assert!(shares.contributions().is_empty());
    /// ```
    pub fn contributions(&self) -> &[Contribution] {
        &self.contributions
    }

    /// The first contribution of that name.
    ///
    /// ```
    /// # use dug::{Scenario, attribution, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> f64 { 1.0 }
    /// let two = Scenario::new().with(tweak!(in one() => 2.0)).unwrap();
    /// let shares = with_context(|| attribution(&Scenario::new(), &two, || one())).unwrap();
    /// assert_eq!(shares.contribution("one() => 2.0").unwrap().alone, 1.0);
    /// ```
    pub fn contribution(&self, name: &str) -> Option<&Contribution> {
        self.contributions.iter().find(|one| one.name == name)
    }

    /// What the tweaks do together beyond what each does alone: the total less the sum of these.
    ///
    /// ```
    /// # use dug::{Scenario, attribution, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> f64 { 1.0 }
    /// let two = Scenario::new().with(tweak!(in one() => 2.0)).unwrap();
    /// let shares = with_context(|| attribution(&Scenario::new(), &two, || one())).unwrap();
    /// assert_eq!(shares.rest(), 0.0);
    /// ```
    pub fn rest(&self) -> f64 {
        self.rest
    }
}

/// Shares the difference that `scenario` makes to what `f` returns out among its tweaks.
///
/// `f` is called in the base, in the scenario, and in the base with each tweak alone; for up to
/// [`Attribution::MOST_SHARED`] tweaks, in the base with each subset of them. Every tweak stays at
/// its level, and in its order. All of these scenarios are entered from the current context, and
/// share what it keeps for them; outside every context, one is made for it. Shapley values take a
/// scenario for each set of tweaks, two to the power of their number, each kept as
/// [`Retention`](crate::Retention) allows.
///
/// Tweaks that both have at the same place are part of the base. Where the base has tweaks that
/// the scenario has not, taking one away counts as a tweak; where both tweak the same nodes
/// otherwise, replacing the one by the other does.
///
/// The Shapley values sum to the total: each is rounded, at the end, from sums carried with twice
/// the precision, of differences that are rounded once; so what is left is a few units in the last
/// place of the largest number that `f` has returned.
///
/// # Errors
/// As [`Scenario::with`].
///
/// # Panics
/// As [`Scenario::enter`], and when `f` does.
///
/// ```
/// use dug::{Scenario, attribution, tracked, tweak};
///
/// #[tracked]
/// fn rate(years: u32) -> f64 { f64::from(years) }
///
/// # fn main() -> Result<(), dug::Error> {
/// let day = Scenario::new().with(tweak!(in rate(_) += 1.0))?;
/// let shock = Scenario::new().with(tweak!(in rate(2) *= 3.0))?;
/// let shares = attribution(&day, &shock.over(&day), || rate(1) + rate(2))?;
/// assert_eq!(shares.total(), 6.0);
/// assert_eq!(shares.contributions()[0].shapley, Some(6.0));
/// # Ok(())
/// # }
/// ```
pub fn attribution(
    base: &Scenario,
    scenario: &Scenario,
    f: impl Fn() -> f64 + Sync,
) -> Result<Attribution, Error> {
    in_context(|| share_out(&Game::of_tweaks(base, scenario)?, f))
}

/// As [`attribution`], for groups of tweaks, such as all of one risk factor: `group` tells the
/// group of a tweak by name. The tweaks of a group come and go together.
///
/// Of tweaks that the base has, and the scenario has not, it is asked as well.
///
/// # Errors
/// As [`attribution`].
///
/// # Panics
/// As [`attribution`], and when `group` does.
///
/// ```
/// use dug::{Scenario, attribution_by, tracked, tweak};
///
/// #[tracked]
/// fn spot(name: &str) -> f64 { 100.0 * name.len() as f64 }
/// #[tracked]
/// fn rate() -> f64 { 0.5 }
///
/// # fn main() -> Result<(), dug::Error> {
/// let bad_day = Scenario::new()
///     .with(tweak!(in spot("A") -= 10.0))?
///     .with(tweak!(in spot("BB") -= 20.0))?
///     .with(tweak!(in rate() => 0.25))?;
/// let factor = |tweak: &dug::Tweak| match tweak.function() {
///     Some(path) if path.ends_with("spot") => "equity".to_owned(),
///     _ => "rates".to_owned(),
/// };
/// let value = || (spot("A") + spot("BB")) * rate();
/// let shares = attribution_by(&Scenario::new(), &bad_day, factor, value)?;
/// assert_eq!(shares.contribution("equity").unwrap().alone, -15.0);
/// assert_eq!(shares.contribution("rates").unwrap().alone, -75.0);
/// assert_eq!(shares.rest(), 7.5);
/// # Ok(())
/// # }
/// ```
pub fn attribution_by(
    base: &Scenario,
    scenario: &Scenario,
    group: impl Fn(&Tweak) -> String,
    f: impl Fn() -> f64 + Sync,
) -> Result<Attribution, Error> {
    in_context(|| share_out(&Game::of_groups(base, scenario, group)?, f))
}

fn in_context<R>(f: impl FnOnce() -> R) -> R {
    match trace::with(|thread| thread.current_layer()) {
        Some(_) => f(),
        None => Context::new().enter(f),
    }
}

fn share_out(game: &Game, f: impl Fn() -> f64) -> Result<Attribution, Error> {
    let count = game.players().len();
    let with = |chosen: &dyn Fn(usize) -> bool| -> Result<f64, Error> {
        Ok(game.between(chosen)?.enter(&f))
    };
    let (base, scenario) = (game.base().enter(&f), game.whole().enter(&f));
    let (alone, shapley) = match count <= Attribution::MOST_SHARED {
        true => {
            let mut numbers = vec![base];
            for subset in 1_usize..1 << count {
                numbers.push(match subset + 1 == 1 << count {
                    true => scenario,
                    false => with(&|player| subset >> player & 1 == 1)?,
                });
            }
            let alone = (0..count).map(|player| numbers[1 << player] - base);
            (alone.collect(), Some(shapley::values(&numbers, count)))
        }
        false => {
            let alone = (0..count).map(|one| Ok(with(&|player| player == one)? - base));
            (alone.collect::<Result<Vec<f64>, Error>>()?, None)
        }
    };
    let total = scenario - base;
    let less = alone.iter().map(|alone| -alone);
    let rest = shapley::sum(std::iter::once(total).chain(less));
    let players = game.players().iter().zip(alone).enumerate();
    let contributions = players.map(|(place, (player, alone))| Contribution {
        name: player.name.clone(),
        tweaks: player.tweaks.clone(),
        alone,
        shapley: shapley.as_ref().map(|values| values[place]),
    });
    Ok(Attribution {
        base,
        scenario,
        total,
        contributions: contributions.collect(),
        rest,
    })
}
