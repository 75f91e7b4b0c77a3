//! Scenarios: tweaks as data, apart from any cache.

mod digest;
mod enter;
mod read;
mod write;

use crate::bounds::TweakAsValue;
use crate::error::Error;
use crate::tweak::{InForce, Selector, Tweak};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, OnceLock};

/// A set of tweaks as data: named, composed, compared, serialized, and entered as often as wanted.
///
/// [`enter`](Self::enter) runs a closure under these tweaks. What the scenario has computed is kept
/// under the context that it was entered from, so that an equal scenario runs nothing again, and
/// what no tweak of it can touch is computed once for all scenarios that are entered from there:
/// see [`Retention`](crate::Retention) for how much is kept. The context around is never changed.
///
/// Two scenarios are equal if their tweaks are, in whatever order they were given where that does
/// not matter; names do not count. A closure, a guard, or a value without an encoding equals
/// itself and its clones only.
///
/// ```
/// use dug::{Scenario, tracked, tweak, with_context};
///
/// #[tracked]
/// fn spot(name: &str) -> f64 { if name == "AAPL" { 100.0 } else { 200.0 } }
/// #[tracked]
/// fn vol(name: &str) -> f64 { 0.5 }
/// #[tracked]
/// fn value() -> f64 { spot("AAPL") * vol("AAPL") + spot("MSFT") * vol("MSFT") }
///
/// # fn main() -> Result<(), dug::Error> {
/// let crash = Scenario::new()
///     .named("crash")
///     .with(tweak!(in spot("AAPL") => 80.0))?
///     .with(tweak!(in vol(_) *= 1.5))?;
/// with_context(|| {
///     assert_eq!(value(), 150.0);
///     assert_eq!(crash.enter(|| value()), 210.0);
///     assert_eq!(value(), 150.0);
/// });
/// # Ok(())
/// # }
/// ```
///
/// # Written down
///
/// A scenario is serialized with serde. Closures and guards are code, and refuse. In formats that
/// people read, such as JSON, it is an object with a `name`, a list of `tweaks`, and the scenario
/// that it lies `over`. A tweak names a `function` by its path, and
///
/// | field | says |
/// |---|---|
/// | `arguments` | the arguments of one node, as a list |
/// | `matching` | a pattern: a list of `"any"` and `{"is": argument}` |
/// | neither | all nodes of the function |
/// | `value` | what they answer |
/// | `multiply`, `add`, `subtract`, `clamp: [low, high]` | what is done to what they would answer otherwise |
/// | `scale` | the same as `multiply`, for results that are no numbers and multiply by one |
///
/// `arguments` need a function that can be called by its arguments alone: for others, such as those
/// with skipped arguments, the encoded ones are written instead (`encoded`, `text`, `ends`), which
/// are not meant to be edited. `add`, `subtract`, `multiply` and `clamp` travel for results that add,
/// subtract, multiply and compare with themselves, as numbers do. A function's path is what
/// [`NodeId::function`](crate::NodeId::function) says; `#[tracked(name = "..")]` chooses it. Many
/// scenarios in one file are a list of them.
///
/// ```json
/// {
///     "name": "shock",
///     "tweaks": [{ "function": "market::vol", "multiply": 1.5 }],
///     "over": {
///         "name": "day",
///         "tweaks": [{ "function": "market::spot", "arguments": ["AAPL", 2], "value": 120.5 }]
///     }
/// }
/// ```
///
/// In other formats, such as bincode, arguments and values are bytes in dug's own encoding. What is
/// read must name functions that the program has (a generic one must have been called or
/// [registered](https://docs.rs/dug)), and arguments and values that they take and give.
///
/// ```
/// use dug::{Scenario, tracked, with_context};
///
/// #[tracked(name = "market::spot")]
/// fn spot(name: &str, days: u32) -> f64 { name.len() as f64 + f64::from(days) }
///
/// let shock: Scenario = serde_json::from_str(r#"{
///     "name": "shock",
///     "tweaks": [
///         { "function": "market::spot", "arguments": ["AAPL", 2], "value": 120.5 },
///         { "function": "market::spot", "matching": [{ "is": "MSFT" }, "any"], "multiply": 2 }
///     ]
/// }"#).unwrap();
/// with_context(|| {
///     shock.enter(|| {
///         assert_eq!((spot("AAPL", 2), spot("AAPL", 3), spot("MSFT", 3)), (120.5, 7.0, 14.0));
///     });
/// });
///
/// let wrong = r#"{ "tweaks": [{ "function": "market::spot", "arguments": ["AAPL", -1], "value": 0 }] }"#;
/// let error = serde_json::from_str::<Scenario>(wrong).unwrap_err();
/// assert!(error.to_string().contains("spot(\"AAPL\",-1)"));
/// ```
#[derive(Clone)]
pub struct Scenario {
    /// The outermost first; there is at least one.
    levels: Vec<Arc<Level>>,
}

/// The tweaks of one context.
#[derive(Debug, Clone, Default)]
pub(crate) struct Level {
    name: Option<String>,
    tweaks: InForce,
    digest: OnceLock<[u8; 32]>,
}

impl Default for Scenario {
    fn default() -> Self {
        Scenario::new()
    }
}

impl Scenario {
    /// A scenario without tweaks.
    ///
    /// ```
    /// assert!(dug::Scenario::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Scenario {
            levels: vec![Arc::default()],
        }
    }

    fn innermost(&self) -> &Level {
        match self.levels.last() {
            Some(level) => level,
            None => unreachable!("a scenario has a level"),
        }
    }

    fn change(&mut self) -> &mut Level {
        let Some(level) = self.levels.last_mut() else {
            unreachable!("a scenario has a level");
        };
        Arc::make_mut(level)
    }

    /// The scenario under a name, which is for people: it plays no part in comparisons. Of one that
    /// [lies over](Self::over) others, the innermost gets it.
    ///
    /// ```
    /// use dug::Scenario;
    ///
    /// assert_eq!(Scenario::new().named("base").name(), Some("base"));
    /// assert_eq!(Scenario::new().named("base"), Scenario::new());
    /// ```
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.change().name = Some(name.into());
        self
    }

    /// Its name.
    ///
    /// ```
    /// assert_eq!(dug::Scenario::new().name(), None);
    /// ```
    pub fn name(&self) -> Option<&str> {
        self.innermost().name.as_deref()
    }

    /// The scenario with one more tweak. The same pattern or whole function tweaked again is
    /// replaced, and of patterns and guards the latest comes first.
    ///
    /// # Errors
    /// - [`Error::TweakedTwice`], if it tweaks this very node already.
    /// - [`Error::Encode`] or [`Error::Unencodable`], if an argument or the value refuses to be serialized.
    /// - [`Error::EmptyClamp`], if it clamps between bounds between which nothing lies.
    ///
    /// ```
    /// use dug::{Error, Scenario, tracked, tweak};
    ///
    /// #[tracked]
    /// fn rate() -> f64 { 0.02 }
    ///
    /// let up = Scenario::new().with(tweak!(in rate() += 0.01)).unwrap();
    /// let twice = up.with(tweak!(in rate() => 0.0));
    /// assert!(matches!(twice, Err(Error::TweakedTwice { node }) if node == "rate()"));
    /// ```
    pub fn with<T: TweakAsValue>(mut self, tweak: T) -> Result<Self, Error> {
        self.change().add(tweak.into_tweak())?;
        Ok(self)
    }

    /// Both in one: the tweaks of `other` after those of this one. Of scenarios that
    /// [lie over](Self::over) others, level by level, the outermost first.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    ///
    /// ```
    /// use dug::{Scenario, tracked, tweak};
    ///
    /// #[tracked]
    /// fn rate(years: u32) -> f64 { f64::from(years) }
    ///
    /// # fn main() -> Result<(), dug::Error> {
    /// let short = Scenario::new().with(tweak!(in rate(1) => 0.5))?;
    /// let long = Scenario::new().with(tweak!(in rate(9) => 9.5))?;
    /// let both = short.clone().and(&long)?;
    /// assert_eq!(both.tweaks().len(), 2);
    /// assert_eq!(both, long.and(&short)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn and(mut self, other: &Scenario) -> Result<Self, Error> {
        let levels = self.levels.len().max(other.levels.len());
        self.levels.resize_with(levels, Arc::default);
        for (level, other) in self.levels.iter_mut().zip(&other.levels) {
            let level = Arc::make_mut(level);
            for tweak in other.tweaks.in_order() {
                level.add(tweak)?;
            }
        }
        Ok(self)
    }

    /// This scenario inside `outer`: nested contexts, the tweaks of `outer` further out. So
    /// scenarios over the same outer one share what that has computed. A level without tweaks is no context: over or
    /// inside of an empty scenario, one is what it is alone.
    ///
    /// ```
    /// use dug::{Scenario, tracked, tweak, with_context};
    ///
    /// #[tracked]
    /// fn rate() -> f64 { 1.0 }
    ///
    /// # fn main() -> Result<(), dug::Error> {
    /// let day = Scenario::new().named("day").with(tweak!(in rate() => 2.0))?;
    /// let shock = Scenario::new().named("shock").with(tweak!(in rate() *= 1.5))?;
    /// let shocked = shock.over(&day);
    /// assert_eq!(with_context(|| shocked.enter(|| rate())), 3.0);
    /// assert_eq!(shocked.to_string(), "shock over day");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn over(&self, outer: &Scenario) -> Scenario {
        let levels = outer.levels.iter().chain(&self.levels);
        Scenario {
            levels: levels.cloned().collect(),
        }
    }

    /// The scenarios of which this one consists, each inside the one before: one, unless it
    /// [lies over](Self::over) others.
    ///
    /// ```
    /// use dug::Scenario;
    ///
    /// let shock = Scenario::new().named("shock");
    /// let levels = shock.over(&Scenario::new().named("day")).levels();
    /// assert_eq!(levels[0].name(), Some("day"));
    /// assert_eq!(levels[1].name(), Some("shock"));
    /// ```
    #[must_use]
    pub fn levels(&self) -> Vec<Scenario> {
        let alone = |level: &Arc<Level>| Scenario {
            levels: vec![Arc::clone(level)],
        };
        self.levels.iter().map(alone).collect()
    }

    /// Its tweaks, those of outer levels first, each level's in the order in which they were given.
    ///
    /// ```
    /// use dug::{Scenario, tracked, tweak};
    ///
    /// #[tracked]
    /// fn rate(years: u32) -> f64 { f64::from(years) }
    ///
    /// let flat = Scenario::new().with(tweak!(in rate(..) => 0.5)).unwrap();
    /// assert_eq!(flat.tweaks()[0].to_string(), "rate(..) => 0.5");
    /// ```
    #[must_use]
    pub fn tweaks(&self) -> Vec<Tweak> {
        let levels = self.levels.iter();
        levels.flat_map(|level| level.tweaks.in_order()).collect()
    }

    /// Whether there are no tweaks.
    ///
    /// ```
    /// assert!(dug::Scenario::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.levels.iter().all(|level| level.tweaks.is_empty())
    }

    /// A scenario of these levels, the outermost first, each with its name and its tweaks in
    /// the order in which they are given.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub(crate) fn of_levels(
        levels: impl IntoIterator<Item = (Option<String>, Vec<Tweak>)>,
    ) -> Result<Scenario, Error> {
        let mut scenario = Scenario { levels: Vec::new() };
        for (name, tweaks) in levels {
            let mut level = Level {
                name,
                ..Level::default()
            };
            for tweak in tweaks {
                level.add(tweak)?;
            }
            scenario.levels.push(Arc::new(level));
        }
        if scenario.levels.is_empty() {
            scenario.levels.push(Arc::default());
        }
        Ok(scenario)
    }

    /// The levels that have tweaks.
    fn effective(&self) -> impl Iterator<Item = &Arc<Level>> {
        self.levels.iter().filter(|level| !level.tweaks.is_empty())
    }
}

impl Level {
    fn add(&mut self, tweak: Tweak) -> Result<(), Error> {
        let selector = tweak.selector.clone()?;
        tweak.digest()?;
        if let Selector::Exact(exact) = &selector
            && self.tweaks.tweaks_node(exact)
        {
            return Err(Error::TweakedTwice {
                node: exact.print(),
            });
        }
        self.tweaks.add(tweak, &selector);
        self.digest = OnceLock::new();
        Ok(())
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        *self.digest.get_or_init(|| digest::of_level(&self.tweaks))
    }
}

impl PartialEq for Scenario {
    fn eq(&self, other: &Self) -> bool {
        let digests = |scenario: &Scenario| -> Vec<[u8; 32]> {
            scenario.effective().map(|level| level.digest()).collect()
        };
        digests(self) == digests(other)
    }
}

impl Eq for Scenario {}

impl Hash for Scenario {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for level in self.effective() {
            level.digest().hash(state);
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, level) in self.levels.iter().rev().enumerate() {
            if place > 0 {
                out.write_str(" over ")?;
            }
            match &level.name {
                Some(name) => out.write_str(name)?,
                None => {
                    let tweaks = level.tweaks.in_order();
                    let tweaks: Vec<String> = tweaks.iter().map(Tweak::to_string).collect();
                    write!(out, "{{{}}}", tweaks.join("; "))?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tweaks: Vec<String> = self.tweaks().iter().map(Tweak::to_string).collect();
        write!(out, "Scenario({self}: {})", tweaks.join("; "))
    }
}

// Nothing in it changes: a panic cannot leave it half changed.
impl UnwindSafe for Scenario {}
impl RefUnwindSafe for Scenario {}
