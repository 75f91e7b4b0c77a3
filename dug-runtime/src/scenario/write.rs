//! Scenarios on their way out of the process.
//!
//! In formats that people read, arguments and values are written as they are,
//! so that a scenario can be edited by hand; in others, as dug encodes them.

use super::Scenario;
use crate::codec;
use crate::error::Error;
use crate::function::{Function, Results};
use crate::id::to_hex;
use crate::tweak::{Action, Arithmetic, Operator, Selector, Tweak, Wide};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value as Json, json};
use std::any::TypeId;

/// The serialized form for machines.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Scenario")]
pub(super) struct Written {
    pub(super) format: u8,
    /// The outermost first.
    pub(super) levels: Vec<(Option<String>, Vec<WrittenTweak>)>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WrittenTweak {
    pub(super) function: String,
    pub(super) text: String,
    pub(super) nodes: WrittenNodes,
    pub(super) action: WrittenAction,
}

#[derive(Serialize, Deserialize)]
pub(super) enum WrittenNodes {
    Exact {
        arguments: Vec<u8>,
        /// Where each argument ends, of those that cannot be read back.
        ends: Option<Vec<u32>>,
    },
    Pattern(Vec<Option<Vec<u8>>>),
    Whole,
}

#[derive(Serialize, Deserialize)]
pub(super) enum WrittenAction {
    Value(Vec<u8>),
    Multiply(Vec<u8>),
    Add(Vec<u8>),
    Subtract(Vec<u8>),
    Clamp(Vec<u8>),
    /// A multiplication of another type by a number.
    Scale(f64),
}

impl Serialize for Scenario {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let written = readable(self).map_err(S::Error::custom)?;
            return written.serialize(serializer);
        }
        let levels = self.levels.iter().map(|level| {
            let tweaks = level.tweaks.in_order();
            let tweaks = tweaks.iter().map(to_bytes).collect::<Result<_, _>>();
            Ok((level.name.clone(), tweaks?))
        });
        let levels = levels.collect::<Result<_, Error>>();
        Written {
            format: codec::FORMAT,
            levels: levels.map_err(S::Error::custom)?,
        }
        .serialize(serializer)
    }
}

/// The error for a tweak that cannot leave the process.
fn unwritable(tweak: &Tweak, reason: impl Into<String>) -> Error {
    Error::Unwritable {
        tweak: tweak.to_string(),
        reason: reason.into(),
    }
}

fn function_of(tweak: &Tweak) -> Result<(&Selector, &'static Function), Error> {
    let selector = tweak.selector.as_ref().map_err(Error::clone)?;
    if let Selector::Wide(Wide::Guard { .. }) = selector {
        return Err(unwritable(
            tweak,
            "a guard is code; write a pattern in its place",
        ));
    }
    let function = selector.function().ok_or_else(|| {
        unwritable(
            tweak,
            "it is about all instantiations of a generic function, whose results have no one type",
        )
    })?;
    Ok((selector, function))
}

fn results_of(tweak: &Tweak, function: &Function) -> Result<Results, Error> {
    function.results().ok_or_else(|| {
        unwritable(
            tweak,
            "its function is `in_memory`: results have no encoding",
        )
    })
}

/// What of an operand can be written.
enum Operand {
    /// It has the type of the result; its encoding.
    Own(Vec<u8>),
    Scale(f64),
}

fn operand_of(
    tweak: &Tweak,
    function: &Function,
    arithmetic: &Arithmetic,
) -> Result<Operand, Error> {
    let results = results_of(tweak, function)?;
    let numbers = function.numbers();
    let own = (results.type_id)();
    if arithmetic.is_of(own) {
        if numbers.own.is_none() {
            return Err(unwritable(
                tweak,
                "nothing here says how to compute with the results when it is read back: \
                 their type must be known, and add, subtract, multiply and compare with itself",
            ));
        }
        let encoded = (arithmetic.encode)(&*arithmetic.operand);
        let bytes = encoded.map_err(|error| unwritable(tweak, error.to_string()))?;
        return Ok(Operand::Own(bytes));
    }
    let factor = arithmetic.operand.downcast_ref::<f64>();
    match factor.filter(|_| numbers.scaled.is_some() && arithmetic.operator == Operator::Multiply) {
        Some(factor) if arithmetic.operand_type == TypeId::of::<f64>() => {
            Ok(Operand::Scale(*factor))
        }
        _ => Err(unwritable(
            tweak,
            "its operand has another type than the result; only `*=` with an `f64` may",
        )),
    }
}

fn to_bytes(tweak: &Tweak) -> Result<WrittenTweak, Error> {
    let (selector, function) = function_of(tweak)?;
    let nodes = match selector {
        Selector::Exact(exact) => WrittenNodes::Exact {
            arguments: exact.arguments.as_slice().to_vec(),
            ends: exact
                .described
                .as_ref()
                .map(|described| described.ends.clone()),
        },
        Selector::Wide(Wide::Pattern { parts, .. }) => {
            let part = |part: &Option<Box<[u8]>>| part.as_ref().map(|part| part.to_vec());
            WrittenNodes::Pattern(parts.iter().map(part).collect())
        }
        Selector::Wide(_) => WrittenNodes::Whole,
    };
    let action = match &tweak.action {
        Action::Closure(_) => return Err(closure(tweak)),
        Action::Value(value) => {
            let results = results_of(tweak, function)?;
            let encoded = (results.encode)(&**value)
                .and_then(|bytes| (results.decode)(&bytes).map(|_| bytes));
            WrittenAction::Value(encoded.map_err(|error| unwritable(tweak, error.to_string()))?)
        }
        Action::Arithmetic(arithmetic) => match operand_of(tweak, function, arithmetic)? {
            Operand::Scale(factor) => WrittenAction::Scale(factor),
            Operand::Own(bytes) => match arithmetic.operator {
                Operator::Multiply => WrittenAction::Multiply(bytes),
                Operator::Add => WrittenAction::Add(bytes),
                Operator::Subtract => WrittenAction::Subtract(bytes),
                Operator::Clamp => WrittenAction::Clamp(bytes),
            },
        },
    };
    Ok(WrittenTweak {
        function: function.path().to_owned(),
        text: match selector {
            Selector::Exact(exact) => match &exact.described {
                Some(described) => described.text.clone(),
                None => String::new(),
            },
            Selector::Wide(_) => String::new(),
        },
        nodes,
        action,
    })
}

fn closure(tweak: &Tweak) -> Error {
    unwritable(
        tweak,
        "a closure is code; write `*=`, `+=`, `-=` or `.clamp(low, high)` in its place, which are data",
    )
}

/// An object whose fields are written in the order in which people read them.
struct Object(Vec<(&'static str, Field)>);

enum Field {
    Plain(Json),
    Object(Box<Object>),
    List(Vec<Object>),
}

impl Object {
    fn set(&mut self, name: &'static str, value: Json) {
        self.0.push((name, Field::Plain(value)));
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, field)| (name, field)))
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Field::Plain(value) => value.serialize(serializer),
            Field::Object(object) => object.serialize(serializer),
            Field::List(objects) => objects.serialize(serializer),
        }
    }
}

/// The scenario for people.
fn readable(scenario: &Scenario) -> Result<Object, Error> {
    /// Those who read it recurse, and have limits.
    const DEEPEST: usize = 60;
    if scenario.levels.len() > DEEPEST {
        return Err(Error::Unwritable {
            tweak: format!("{} levels", scenario.levels.len()),
            reason: format!(
                "a scenario that people read lies over at most {} others",
                DEEPEST - 1
            ),
        });
    }
    let mut outer: Option<Object> = None;
    for level in &scenario.levels {
        let mut object = Object(Vec::new());
        if let Some(name) = &level.name {
            object.set("name", json!(name));
        }
        let tweaks = level.tweaks.in_order();
        let tweaks = tweaks.iter().map(tweak_to_json).collect::<Result<_, _>>()?;
        object.0.push(("tweaks", Field::List(tweaks)));
        if let Some(outer) = outer {
            object.0.push(("over", Field::Object(Box::new(outer))));
        }
        outer = Some(object);
    }
    Ok(outer.unwrap_or_else(|| Object(Vec::new())))
}

fn tweak_to_json(tweak: &Tweak) -> Result<Object, Error> {
    let (selector, function) = function_of(tweak)?;
    let mut object = Object(Vec::new());
    object.set("function", json!(function.path()));
    match selector {
        Selector::Exact(exact) => match function.arguments_to_json(exact.arguments.as_slice()) {
            Ok(arguments) => object.set("arguments", Json::Array(arguments)),
            Err(_) => {
                object.set("encoded", json!(to_hex(exact.arguments.as_slice())));
                if let Some(described) = &exact.described {
                    object.set("text", json!(described.text));
                    object.set("ends", json!(described.ends));
                }
            }
        },
        Selector::Wide(Wide::Pattern { parts, .. }) => {
            let parts = function.parts_to_json(parts);
            let parts = parts.map_err(|error| unwritable(tweak, error.to_string()))?;
            let part = |part: Option<Json>| part.map_or(json!("any"), |part| json!({ "is": part }));
            object.set("matching", parts.into_iter().map(part).collect());
        }
        Selector::Wide(_) => {}
    }
    let (word, operand) = match &tweak.action {
        Action::Closure(_) => return Err(closure(tweak)),
        Action::Value(value) => {
            let results = results_of(tweak, function)?;
            let written = (results.encode)(&**value)
                .and_then(|bytes| (results.decode)(&bytes))
                .and_then(|value| (results.to_json)(&*value));
            let written = written.map_err(|error| unwritable(tweak, error.to_string()));
            ("value", written?)
        }
        Action::Arithmetic(arithmetic) => arithmetic_to_json(tweak, function, arithmetic)?,
    };
    object.set(word, operand);
    Ok(object)
}

fn arithmetic_to_json(
    tweak: &Tweak,
    function: &Function,
    arithmetic: &Arithmetic,
) -> Result<(&'static str, Json), Error> {
    let results = results_of(tweak, function)?;
    let number = |bytes: &[u8]| {
        let written = (results.decode)(bytes).and_then(|value| (results.to_json)(&*value));
        written.map_err(|error| unwritable(tweak, error.to_string()))
    };
    let bytes = match operand_of(tweak, function, arithmetic)? {
        Operand::Scale(factor) => {
            let written = codec::to_json(&factor);
            let written = written.map_err(|error| unwritable(tweak, error.to_string()))?;
            return Ok(("scale", written));
        }
        Operand::Own(bytes) => bytes,
    };
    Ok(match arithmetic.operator {
        Operator::Multiply => ("multiply", number(&bytes)?),
        Operator::Add => ("add", number(&bytes)?),
        Operator::Subtract => ("subtract", number(&bytes)?),
        Operator::Clamp => {
            let (low, high) =
                (results.split)(&bytes).map_err(|error| unwritable(tweak, error.to_string()))?;
            ("clamp", json!([number(low)?, number(high)?]))
        }
    })
}
