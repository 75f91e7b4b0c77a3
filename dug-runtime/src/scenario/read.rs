//! Scenarios on their way into the process: each function must be known, and
//! each argument and value must be one that it takes or gives.

use super::Scenario;
use super::write::{Written, WrittenAction, WrittenNodes, WrittenTweak};
use crate::codec::{self, passed};
use crate::error::Error;
use crate::function::{Function, Results};
use crate::id::{Described, from_hex};
use crate::registry;
use crate::tweak::{Action, Arithmetic, Exact, Operator, Selector, Tweak, Wide};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

impl<'de> Deserialize<'de> for Scenario {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let written = Json::deserialize(deserializer)?;
            return from_json(written).map_err(D::Error::custom);
        }
        let written = Written::deserialize(deserializer)?;
        if written.format != codec::FORMAT {
            let message = "the scenario was written by another version of dug";
            return Err(D::Error::custom(message));
        }
        if written.levels.is_empty() {
            return Err(D::Error::custom("a scenario has a level"));
        }
        let levels = written.levels.into_iter().map(|(name, tweaks)| {
            let tweaks = tweaks.into_iter().map(from_bytes);
            Ok((name, tweaks.collect::<Result<_, Error>>()?))
        });
        let levels = levels.collect::<Result<Vec<_>, Error>>();
        let scenario = levels.and_then(Scenario::of_levels);
        scenario.map_err(D::Error::custom)
    }
}

fn unreadable(what: impl Into<String>, reason: impl Into<String>) -> Error {
    Error::Unreadable {
        what: what.into(),
        reason: reason.into(),
    }
}

fn find(path: &str, node: &str) -> Result<&'static Function, Error> {
    registry::find(path).ok_or_else(|| Error::UnknownFunction {
        node: node.to_owned(),
        function: path.to_owned(),
    })
}

/// The exact node, if these are arguments of the function.
fn exact(
    function: &'static Function,
    arguments: &[u8],
    described: Option<Described>,
) -> Result<Exact, Error> {
    if described.is_none() && function.is_callable() {
        function.read_arguments(arguments)?;
    }
    Ok(Exact::new(function, arguments, described))
}

fn results_of(node: &str, function: &Function) -> Result<Results, Error> {
    function.results().ok_or_else(|| {
        unreadable(
            node,
            "its function is `in_memory`: results have no encoding",
        )
    })
}

fn value(node: &str, function: &Function, bytes: &[u8]) -> Result<Action, Error> {
    let value = (results_of(node, function)?.decode)(bytes)
        .map_err(|error| unreadable(node, format!("its value does not decode: {error}")))?;
    Ok(Action::Value(value))
}

fn arithmetic(
    node: &str,
    function: &Function,
    operator: Operator,
    bytes: &[u8],
) -> Result<Action, Error> {
    let numbers = function.numbers().own;
    let number = numbers.ok_or_else(|| unreadable(node, "its results are no numbers"))?;
    let arithmetic = (number.decode)(operator, bytes)
        .map_err(|error| unreadable(node, format!("its operand does not decode: {error}")))?;
    Ok(Action::Arithmetic(Arc::new(arithmetic)))
}

fn scale(node: &str, function: &Function, factor: f64) -> Result<Action, Error> {
    let scaled = function.numbers().scaled;
    let scaled =
        scaled.ok_or_else(|| unreadable(node, "its results do not multiply by a number"))?;
    let arithmetic: Arithmetic = (scaled.multiply)(factor);
    Ok(Action::Arithmetic(Arc::new(arithmetic)))
}

fn from_bytes(written: WrittenTweak) -> Result<Tweak, Error> {
    let name = written.function.rsplit("::").next().unwrap_or_default();
    let function = find(&written.function, &format!("{name}({})", written.text))?;
    let selector = match written.nodes {
        WrittenNodes::Exact { arguments, ends } => {
            // What can be printed from the arguments is not believed.
            let ends = ends.filter(|_| function.read_arguments(&arguments).is_err());
            let text = written.text;
            let described = ends.map(|ends| Described { text, ends });
            Selector::Exact(exact(function, &arguments, described)?)
        }
        WrittenNodes::Whole => Selector::Wide(Wide::Whole(function)),
        WrittenNodes::Pattern(parts) => {
            let parts: Vec<Option<Box<[u8]>>> =
                parts.into_iter().map(|part| part.map(Into::into)).collect();
            function.check_parts(&parts)?;
            Selector::Wide(Wide::Pattern {
                function,
                parts: parts.into(),
            })
        }
    };
    let node = selector.to_string();
    let action = match written.action {
        WrittenAction::Value(bytes) => value(&node, function, &bytes)?,
        WrittenAction::Multiply(bytes) => arithmetic(&node, function, Operator::Multiply, &bytes)?,
        WrittenAction::Add(bytes) => arithmetic(&node, function, Operator::Add, &bytes)?,
        WrittenAction::Subtract(bytes) => arithmetic(&node, function, Operator::Subtract, &bytes)?,
        WrittenAction::Clamp(bytes) => arithmetic(&node, function, Operator::Clamp, &bytes)?,
        WrittenAction::Scale(factor) => scale(&node, function, factor)?,
    };
    Ok(Tweak::new(Ok(selector), action))
}

/// The fields of an object, each of which must be used.
struct Fields {
    map: Map<String, Json>,
    /// Whose they are, for messages.
    what: String,
}

impl Fields {
    fn of(written: Json, what: &str) -> Result<Self, Error> {
        match written {
            Json::Object(map) => Ok(Fields {
                map,
                what: what.to_owned(),
            }),
            other => Err(unreadable(what, format!("`{other}` is no object"))),
        }
    }

    fn take(&mut self, field: &str) -> Option<Json> {
        self.map.remove(field)
    }

    fn text(&mut self, field: &str) -> Result<Option<String>, Error> {
        match self.take(field) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(other) => Err(unreadable(
                &self.what,
                format!("its `{field}` is no text: `{other}`"),
            )),
        }
    }

    fn list(&mut self, field: &str) -> Result<Option<Vec<Json>>, Error> {
        match self.take(field) {
            None => Ok(None),
            Some(Json::Array(list)) => Ok(Some(list)),
            Some(other) => Err(unreadable(
                &self.what,
                format!("its `{field}` is no list: `{other}`"),
            )),
        }
    }

    fn end(self, known: &str) -> Result<(), Error> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(field) => Err(unreadable(
                self.what,
                format!(
                    "`{field}` means nothing here, or not beside the others; it may have {known}"
                ),
            )),
        }
    }
}

fn from_json(written: Json) -> Result<Scenario, Error> {
    let mut levels = Vec::new();
    let mut next = Some(written);
    while let Some(written) = next {
        let mut fields = Fields::of(written, "a scenario")?;
        let name = fields.text("name")?;
        let tweaks = fields.list("tweaks")?.unwrap_or_default().into_iter();
        let tweaks = tweaks.map(tweak_from_json).collect::<Result<_, _>>()?;
        next = fields.take("over").filter(|outer| !outer.is_null());
        fields.end("`name`, `tweaks` and `over`")?;
        levels.push((name, tweaks));
    }
    levels.reverse();
    Scenario::of_levels(levels)
}

const TWEAK: &str = "`function`; `arguments`, or `matching`, or neither for all of its nodes; and one \
                     of `value`, `multiply`, `add`, `subtract`, `clamp` and `scale`";

fn tweak_from_json(written: Json) -> Result<Tweak, Error> {
    let mut fields = Fields::of(written, "a tweak")?;
    let path = fields.text("function")?;
    let path = path.ok_or_else(|| unreadable("a tweak", "it names no `function`"))?;
    let shown = fields.map.get("arguments").map(Json::to_string);
    let shown = shown.map(|list| list.trim_matches(['[', ']']).to_owned());
    let name = path.rsplit("::").next().unwrap_or_default();
    let node = format!("{name}({})", shown.as_deref().unwrap_or(".."));
    let function = find(&path, &node)?;
    fields.what = format!("the tweak of `{node}`");
    let selector = selector_from_json(function, &mut fields)?;
    let action = action_from_json(function, &mut fields, &selector.to_string())?;
    fields.end(TWEAK)?;
    Ok(Tweak::new(Ok(selector), action))
}

fn selector_from_json(function: &'static Function, fields: &mut Fields) -> Result<Selector, Error> {
    let what = fields.what.clone();
    let wrong = |error: Error| match error {
        Error::NotCallable { reason, .. } => unreadable(&what, reason),
        other => other,
    };
    if let Some(arguments) = fields.list("arguments")? {
        let parts = arguments.into_iter().map(Some).collect();
        let parts = function.arguments_from_json(parts).map_err(wrong)?;
        let encoded = passed::plain(parts.iter().flatten().map(|part| &part[..]));
        return Ok(Selector::Exact(
            exact(function, &encoded, None).map_err(wrong)?,
        ));
    }
    if let Some(digits) = fields.text("encoded")? {
        let encoded = from_hex(&digits);
        let encoded = encoded.ok_or_else(|| unreadable(&what, "`encoded` is not hexadecimal"))?;
        let text = fields.text("text")?;
        let ends = fields.take("ends").map(serde_json::from_value::<Vec<u32>>);
        let ends = ends
            .transpose()
            .map_err(|error| unreadable(&what, error.to_string()))?;
        let described = text.zip(ends).map(|(text, ends)| Described { text, ends });
        return Ok(Selector::Exact(
            exact(function, &encoded, described).map_err(wrong)?,
        ));
    }
    let Some(parts) = fields.list("matching")? else {
        return Ok(Selector::Wide(Wide::Whole(function)));
    };
    let part = |part: Json| match part {
        Json::String(text) if text == "any" => Ok(None),
        Json::Object(mut map) if map.len() == 1 && map.contains_key("is") => Ok(map.remove("is")),
        other => Err(unreadable(
            &what,
            format!("`{other}` is neither \"any\" nor {{\"is\": ..}}"),
        )),
    };
    let parts = parts.into_iter().map(part).collect::<Result<Vec<_>, _>>()?;
    let parts = function.arguments_from_json(parts).map_err(wrong)?;
    let parts = parts.into();
    Ok(Selector::Wide(Wide::Pattern { function, parts }))
}

fn action_from_json(
    function: &'static Function,
    fields: &mut Fields,
    node: &str,
) -> Result<Action, Error> {
    let encoded = |written: Json| {
        let results = results_of(node, function)?;
        let value = (results.from_json)(written).map_err(|error| {
            unreadable(
                node,
                format!("its value is not one that the function gives: {error}"),
            )
        })?;
        (results.encode)(&*value).map_err(|error| unreadable(node, error.to_string()))
    };
    if let Some(written) = fields.take("value") {
        return value(node, function, &encoded(written)?);
    }
    let operators = [
        ("multiply", Operator::Multiply),
        ("add", Operator::Add),
        ("subtract", Operator::Subtract),
    ];
    for (word, operator) in operators {
        if let Some(written) = fields.take(word) {
            return arithmetic(node, function, operator, &encoded(written)?);
        }
    }
    if let Some(bounds) = fields.list("clamp")? {
        let [low, high] = <[Json; 2]>::try_from(bounds)
            .map_err(|_| unreadable(node, "`clamp` takes two values, the lower first"))?;
        let mut bytes = encoded(low)?;
        bytes.extend(encoded(high)?);
        return arithmetic(node, function, Operator::Clamp, &bytes);
    }
    match fields.take("scale") {
        Some(factor) => match factor.as_f64() {
            Some(factor) => scale(node, function, factor),
            None => Err(unreadable(
                node,
                format!("`scale` is no number: `{factor}`"),
            )),
        },
        None => Err(unreadable(
            node,
            match fields.map.keys().next() {
                // A misspelt word, most likely.
                Some(field) => format!("`{field}` means nothing here; a tweak has {TWEAK}"),
                None => format!("it does not say what the nodes answer; a tweak has {TWEAK}"),
            },
        )),
    }
}
