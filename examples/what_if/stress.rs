//! Stress scenarios from a file that people edit: a list of scenarios, as dug
//! serializes them.

use std::fs;
use std::path::Path;

use dug::Scenario;
use serde_json::Value as Json;

/// Reads them. What is wrong is said with the file, the scenario, and the node
/// or the field.
pub fn load(file: &Path) -> Result<Vec<Scenario>, String> {
    let wrong = |problem: String| format!("{}: {problem}", file.display());
    let text = fs::read_to_string(file).map_err(|it| wrong(format!("cannot be read: {it}")))?;
    let list: Vec<Json> =
        serde_json::from_str(&text).map_err(|it| wrong(format!("no list in JSON: {it}")))?;
    let scenarios = list.into_iter().zip(1..).map(|(written, place)| {
        let name = match written["name"].as_str() {
            Some(name) => format!("scenario `{name}`"),
            None => format!("scenario {place}"),
        };
        serde_json::from_value(written).map_err(|problem| wrong(format!("{name}: {problem}")))
    });
    scenarios.collect()
}
