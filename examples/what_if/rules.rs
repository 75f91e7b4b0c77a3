//! What a scenario says, worked out again without dug: for the proof only.
//!
//! The serialized form is all that is taken from the scenario, so that it is
//! put to the proof as well.

use std::collections::BTreeMap;

use dug::Scenario;
use serde::Deserialize;
use serde_json::Value as Json;

/// A serialized scenario.
#[derive(Deserialize)]
struct Level {
    tweaks: Vec<Rule>,
    over: Option<Box<Level>>,
}

/// A serialized tweak.
#[derive(Deserialize)]
struct Rule {
    function: String,
    arguments: Option<Vec<Json>>,
    matching: Option<Vec<Json>>,
    #[serde(flatten)]
    action: Action,
}

/// What a tweak makes of the old value.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Value(f64),
    Multiply(f64),
    Add(f64),
    Subtract(f64),
    Clamp(f64, f64),
}

impl Action {
    pub fn of(self, old: f64) -> f64 {
        match self {
            Action::Value(value) => value,
            Action::Multiply(by) => old * by,
            Action::Add(by) => old + by,
            Action::Subtract(by) => old - by,
            Action::Clamp(low, _) if old < low => low,
            Action::Clamp(_, high) if old > high => high,
            Action::Clamp(..) => old,
        }
    }
}

impl Rule {
    /// Where it stands among the rules of its level: a node by itself, then
    /// patterns, then all nodes of the function.
    fn rank(&self) -> u32 {
        match (&self.arguments, &self.matching) {
            (Some(_), _) => 0,
            (None, Some(_)) => 1,
            (None, None) => 2,
        }
    }

    fn matches(&self, arguments: &[Json]) -> bool {
        match (&self.arguments, &self.matching) {
            (Some(exact), _) => exact == arguments,
            (None, Some(parts)) => {
                let mut pairs = parts.iter().zip(arguments);
                pairs.all(|(part, argument)| part == "any" || part["is"] == *argument)
            }
            (None, None) => true,
        }
    }
}

/// The tweaks in force by function, those that come first in front.
#[derive(Default)]
pub struct Rules(BTreeMap<String, Vec<Rule>>);

impl Rules {
    pub fn of_scenario(scenario: &Scenario) -> Rules {
        let written = serde_json::to_value(scenario).expect("the scenarios here are data");
        let innermost = Level::deserialize(written).expect("scenarios are written like this");
        let mut rules = Rules::default();
        let mut next = Some(Box::new(innermost));
        while let Some(level) = next {
            let mut tweaks = level.tweaks;
            tweaks.reverse(); // of patterns, the latest comes first
            tweaks.sort_by_key(Rule::rank);
            for rule in tweaks {
                let same = rules.0.entry(rule.function.clone()).or_default();
                same.push(rule);
            }
            next = level.over;
        }
        rules
    }

    /// The tweaks of a call, up to the first one that hides the rest.
    pub fn of(&self, function: &str, arguments: impl FnOnce() -> Vec<Json>) -> Vec<Action> {
        let Some(rules) = self.0.get(function) else {
            return Vec::new();
        };
        let arguments = arguments();
        let mut chain = Vec::new();
        for rule in rules.iter().filter(|rule| rule.matches(&arguments)) {
            chain.push(rule.action);
            if let Action::Value(_) = rule.action {
                break;
            }
        }
        chain
    }
}
