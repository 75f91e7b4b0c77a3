//! Owns what a scenario of a session is, plain data, and how it is built with
//! dug: from the same tweaks in any order that means the same, and read back
//! from what was written.

use crate::act::Fault;
use crate::functions::Live;
use crate::program::{Kind, Program};
use crate::random::Random;
use crate::tweaks::{Tweaks, What, Where};
use crate::typed;
use dug::{Error, Scenario, Tweak};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The tweaks of one level of a scenario, as they are given.
pub type Level = Vec<(Where, What)>;

/// A scenario, made of levels of the pool of its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// From the pool, the outermost first; each lies over those before.
    pub levels: [Option<u8>; 3],
    /// From the pool, added with `and`.
    pub and: Option<u8>,
    /// In which order the tweaks are given; 0 is that of the pool.
    pub order: u32,
    pub travel: Travel,
}

/// How a scenario that is data is written and read back before it is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Travel {
    No,
    Json,
    Bytes,
}

/// How much the contexts of a session keep of scenarios.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keeps {
    #[default]
    Usual,
    Scenarios(u8),
    Bytes(u32),
    Nothing,
}

impl Keeps {
    pub fn retention(self) -> dug::Retention {
        match self {
            Keeps::Usual => dug::Retention::new(),
            Keeps::Scenarios(count) => dug::Retention::new().scenarios(count.into()),
            Keeps::Bytes(bytes) => dug::Retention::new().bytes(bytes as usize),
            Keeps::Nothing => dug::Retention::none(),
        }
    }
}

/// One tweak of a pool: what it is, dug's own, and what tells it from others.
#[derive(Clone)]
struct Item {
    place: Where,
    what: What,
    tweak: Tweak,
    label: String,
}

impl Item {
    /// Whether it is the same, wherever it is made.
    fn is_comparable(place: Where, what: What, program: &Program) -> bool {
        let opaque = place.kind(program) == Kind::Opaque;
        !matches!(place, Where::Guard { .. })
            && match what {
                What::Value(_) | What::Clamped(..) => !opaque,
                What::Increased(_) | What::Multiplied(_) => true,
                _ => false,
            }
    }
}

/// Whether a tweak can be written.
pub fn travels(place: Where, what: What, program: &Program) -> bool {
    let number = !matches!(
        place.kind(program),
        Kind::Fallible | Kind::Named | Kind::Opaque | Kind::Handle
    );
    let arithmetic = matches!(
        what,
        What::Increased(_) | What::Multiplied(_) | What::Clamped(..)
    );
    Item::is_comparable(place, what, program) && (number || !arithmetic)
}

/// The levels that scenarios of a case are made of, with dug's tweaks, made once.
pub struct Pool(Vec<Vec<Item>>);

/// A scenario as the session knows it.
pub struct Made {
    pub scenario: Scenario,
    /// The levels that have tweaks, the outermost first; at least one level.
    pub levels: Vec<MadeLevel>,
}

pub struct MadeLevel {
    /// The same for equal levels.
    pub label: String,
    pub tweaks: Tweaks,
}

impl Pool {
    pub fn new(live: &Arc<Live>, levels: &[Level]) -> Result<Pool, Fault> {
        let mut pool = Vec::new();
        for (number, level) in levels.iter().enumerate() {
            let mut items: Vec<Item> = Vec::new();
            let data = level.iter().enumerate();
            for (at, (place, what)) in
                data.filter(|(_, (place, _))| place.can_be_data(&live.program))
            {
                let (place, what) = (*place, what.fitted(*place, &live.program));
                let said = place.said(&live.program);
                let label = match Item::is_comparable(place, what, &live.program) {
                    true => format!("{said} {what:?}"),
                    false => format!("{said} {number}.{at}"),
                };
                items.push(Item {
                    place,
                    what,
                    tweak: typed::tweak_of(live, place, what),
                    label,
                });
            }
            let (_, items) = scenario_of(&live.program, items)?;
            pool.push(items);
        }
        Ok(Pool(pool))
    }

    /// The scenario of a recipe, checked against others that must be equal to it.
    pub fn make(&self, program: &Program, recipe: &Recipe) -> Result<Made, Fault> {
        let mut random = Random::new(u64::from(recipe.order));
        let mut levels: Vec<Vec<Item>> = recipe
            .levels
            .iter()
            .flatten()
            .filter_map(|level| self.level(*level))
            .collect();
        if levels.is_empty() {
            levels.push(Vec::new());
        }
        let mut plain = composed(program, &levels)?;
        if let Some(other) = recipe.and.and_then(|level| self.level(level)) {
            let (other_scenario, _) = scenario_of(program, other.clone())?;
            let mut both = levels[0].clone();
            both.extend(other);
            let twice = both.iter().enumerate().any(|(at, item)| {
                let before = both[..at].iter();
                before.clone().any(|other| is_twice(program, other, item))
            });
            match (plain.clone().and(&other_scenario), twice) {
                (Ok(combined), false) => {
                    (_, levels[0]) = scenario_of(program, both)?;
                    plain = combined;
                }
                (Err(Error::TweakedTwice { .. }), true) => {}
                (other, _) => return Err(format!("{plain} and {other_scenario} gave {other:?}")),
            }
        }
        let mut scenario = plain.clone();
        if recipe.order > 0 {
            for level in &mut levels {
                *level = in_another_order(program, level, &mut random);
            }
            scenario = composed(program, &levels)?;
            if scenario != plain {
                return Err(format!("{scenario} is not equal to {plain}"));
            }
        }
        let all = levels.iter().flatten();
        let data = all
            .clone()
            .all(|item| travels(item.place, item.what, program));
        scenario = sent(scenario, recipe.travel, data)?;
        let made = levels.iter().filter(|level| !level.is_empty());
        let mut levels: Vec<MadeLevel> = made.map(|level| made_level(program, level)).collect();
        if levels.is_empty() {
            levels.push(made_level(program, &[]));
        }
        Ok(Made { scenario, levels })
    }

    fn level(&self, number: u8) -> Option<Vec<Item>> {
        let count = self.0.len().max(1);
        self.0.get(usize::from(number) % count).cloned()
    }
}

/// A scenario that a running body enters; none, if it has no tweaks.
pub fn of_body(live: &Arc<Live>, levels: &[Level]) -> Option<Scenario> {
    let levels: Vec<Vec<Item>> = levels
        .iter()
        .map(|level| {
            let data = level.iter().enumerate();
            let data = data.filter(|(_, (place, _))| place.can_be_data(&live.program));
            let items = data.map(|(at, (place, what))| Item {
                place: *place,
                what: *what,
                tweak: typed::tweak_of(live, *place, *what),
                label: at.to_string(),
            });
            items.collect()
        })
        .collect();
    match composed(&live.program, &levels) {
        Ok(scenario) => Some(scenario).filter(|scenario| !scenario.is_empty()),
        Err(fault) => {
            live.complain(fault);
            None
        }
    }
}

/// The levels of such a scenario that have tweaks, by the session's account.
pub fn tweaks_of_body(program: &Program, levels: &[Level]) -> Vec<Tweaks> {
    let levels = levels.iter().map(|level| {
        let mut tweaks = Tweaks::default();
        for (place, what) in level {
            let twice = place.is_exact(program) && tweaks.is_there(program, *place);
            if !twice && place.can_be_data(program) {
                tweaks.apply(program, *place, *what);
            }
        }
        tweaks
    });
    levels.filter(|tweaks| !tweaks.is_empty()).collect()
}

fn made_level(program: &Program, items: &[Item]) -> MadeLevel {
    let mut tweaks = Tweaks::default();
    for item in items {
        tweaks.apply(program, item.place, item.what);
    }
    MadeLevel {
        label: label(program, items),
        tweaks,
    }
}

fn is_twice(program: &Program, a: &Item, b: &Item) -> bool {
    a.place.is_exact(program) && a.place.is_same(b.place, program)
}

/// The scenario of these tweaks, given one after the other, and which of them are left in it.
fn scenario_of(program: &Program, items: Vec<Item>) -> Result<(Scenario, Vec<Item>), Fault> {
    let (mut scenario, mut left) = (Scenario::new(), Vec::<Item>::new());
    for item in items {
        let twice = left.iter().any(|other| is_twice(program, other, &item));
        match (scenario.clone().with(item.tweak.clone()), twice) {
            (Ok(with), false) => scenario = with,
            (Err(Error::TweakedTwice { .. }), true) => continue,
            (other, _) => return Err(format!("{scenario} with {} gave {other:?}", item.tweak)),
        }
        left.retain(|other| match item.place {
            // A guard is the same as itself only.
            Where::Guard { .. } => other.label != item.label,
            place => !other.place.is_same(place, program),
        });
        left.push(item);
    }
    if scenario.tweaks().len() == left.len() {
        Ok((scenario, left))
    } else {
        Err(format!("{scenario} has other than {} tweaks", left.len()))
    }
}

fn composed(program: &Program, levels: &[Vec<Item>]) -> Result<Scenario, Fault> {
    let mut scenario: Option<Scenario> = None;
    for level in levels {
        let (inner, _) = scenario_of(program, level.clone())?;
        scenario = Some(match scenario {
            Some(outer) => inner.over(&outer),
            None => inner,
        });
    }
    Ok(scenario.unwrap_or_default())
}

/// Whether it does not matter which of the two was given first.
fn commute(program: &Program, a: &Item, b: &Item) -> bool {
    let wide = |item: &Item| match item.place {
        Where::Pattern { index, .. } => Some(index),
        Where::Guard { .. } => Some(None),
        Where::Node(_) | Where::Whole(_) => None,
    };
    let is_apart = |item: &Item| item.place.is_exact(program) || item.place.is_whole();
    if is_apart(a) || is_apart(b) || a.place.kind(program) != b.place.kind(program) {
        return true;
    }
    matches!((wide(a), wide(b)), (Some(Some(a)), Some(Some(b))) if a != b)
}

/// Takes one after the other of those that may come next.
fn ordered(
    program: &Program,
    items: &[Item],
    choose: &mut dyn FnMut(&[&Item]) -> usize,
) -> Vec<Item> {
    let mut rest: Vec<&Item> = items.iter().collect();
    let mut ordered = Vec::new();
    while !rest.is_empty() {
        let is_first = |at: &usize| {
            rest[..*at]
                .iter()
                .all(|other| commute(program, other, rest[*at]))
        };
        let places: Vec<usize> = (0..rest.len()).filter(is_first).collect();
        let first: Vec<&Item> = places.iter().map(|at| rest[*at]).collect();
        ordered.push(rest.remove(places[choose(&first)]).clone());
    }
    ordered
}

fn in_another_order(program: &Program, items: &[Item], random: &mut Random) -> Vec<Item> {
    ordered(program, items, &mut |first| {
        random.below(first.len() as u32) as usize
    })
}

fn label(program: &Program, items: &[Item]) -> String {
    let ordered = ordered(program, items, &mut |first| {
        let least = (0..first.len()).min_by_key(|at| &first[*at].label);
        least.unwrap_or_default()
    });
    let labels: Vec<String> = ordered.into_iter().map(|item| item.label).collect();
    labels.join("; ")
}

/// The scenario, written and read back.
fn sent(scenario: Scenario, travel: Travel, data: bool) -> Result<Scenario, Fault> {
    let read = match travel {
        Travel::No => return Ok(scenario),
        Travel::Json => to_json(&scenario).and_then(|text| from_json(&text)),
        Travel::Bytes => to_bytes(&scenario).and_then(|bytes| from_bytes(&bytes)),
    };
    match read {
        Err(_) if !data => Ok(scenario),
        Ok(read) if data && read == scenario => Ok(read),
        other => Err(format!("{scenario} was read back as {other:?}")),
    }
}

pub fn to_json(scenario: &Scenario) -> Result<String, String> {
    serde_json::to_string(scenario).map_err(|error| error.to_string())
}

pub fn from_json(text: &str) -> Result<Scenario, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

pub fn to_bytes(scenario: &Scenario) -> Result<Vec<u8>, String> {
    bincode::serde::encode_to_vec(scenario, bincode::config::standard())
        .map_err(|error| error.to_string())
}

pub fn from_bytes(bytes: &[u8]) -> Result<Scenario, String> {
    let read = bincode::serde::decode_from_slice(bytes, bincode::config::standard());
    read.map(|(scenario, _)| scenario)
        .map_err(|error| error.to_string())
}
