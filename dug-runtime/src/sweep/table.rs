//! What a sweep has cost, for people and as data.

use super::{Failure, Figures, Outcome, Swept};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::fmt;

/// Longer names are cut.
const WIDEST: usize = 48;

/// How many functions brute force runs for each one that ran.
fn ratio(figures: Figures) -> Option<f64> {
    let brute_force = figures.brute_force?;
    (figures.executions > 0).then(|| brute_force as f64 / figures.executions as f64)
}

/// One line of the table; empty cells of columns that nobody asked for.
struct Row {
    name: String,
    cells: Vec<String>,
    note: String,
}

impl Row {
    fn new(name: &str, figures: Figures, compared: bool, note: String) -> Self {
        let unknown = || "-".to_owned();
        let mut cells = vec![figures.executions.to_string()];
        if compared {
            let brute_force = figures.brute_force.map(|count| count.to_string());
            cells.push(brute_force.unwrap_or_else(unknown));
            let ratio = ratio(figures).map(|ratio| format!("{ratio:.1}"));
            cells.push(ratio.unwrap_or_else(unknown));
        }
        cells.extend([figures.adopted.to_string(), figures.hits.to_string()]);
        let mut name: String = name.replace('\n', " ");
        if let Some((cut, _)) = name.char_indices().nth(WIDEST) {
            name.truncate(cut);
            name.push_str("..");
        }
        Row { name, cells, note }
    }
}

fn note<R>(outcome: &Outcome<R>) -> String {
    match outcome.result() {
        Ok(_) => String::new(),
        Err(Failure::Cancelled) => "cancelled".to_owned(),
        Err(Failure::Panicked(panic)) => {
            let line = panic.message().lines().next();
            format!("panicked: {}", line.unwrap_or_default())
        }
    }
}

impl<R> fmt::Display for Swept<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let compared = total.brute_force.is_some();
        let mut heads = vec!["run"];
        if compared {
            heads.extend(["brute force", "ratio"]);
        }
        heads.extend(["adopted", "hits"]);
        let mut rows = vec![Row {
            name: "scenario".to_owned(),
            cells: heads.into_iter().map(str::to_owned).collect(),
            note: String::new(),
        }];
        for outcome in self {
            let name = outcome.scenario().to_string();
            rows.push(Row::new(&name, outcome.figures(), compared, note(outcome)));
        }
        let failed = match self.failed() {
            0 => String::new(),
            failed => format!("{failed} of {} without a result", self.len()),
        };
        rows.push(Row::new("total", total, compared, failed));
        let lengths = rows.iter().map(|row| row.name.chars().count());
        let widest = lengths.max().unwrap_or_default();
        let column = |place: usize| {
            let cells = rows.iter().map(|row| row.cells[place].len());
            cells.max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..rows[0].cells.len()).map(column).collect();
        for (place, row) in rows.iter().enumerate() {
            if place > 0 {
                writeln!(out)?;
            }
            write!(out, "{:widest$}", row.name)?;
            for (cell, width) in row.cells.iter().zip(&widths) {
                write!(out, "  {cell:>width$}")?;
            }
            if !row.note.is_empty() {
                write!(out, "  {}", row.note)?;
            }
        }
        Ok(())
    }
}

impl<R> Serialize for Outcome<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Outcome", 4)?;
        out.serialize_field("scenario", &self.scenario().to_string())?;
        let (outcome, message) = match self.result() {
            Ok(_) => ("answered", None),
            Err(Failure::Cancelled) => ("cancelled", None),
            Err(Failure::Panicked(panic)) => ("panicked", Some(panic.message())),
        };
        out.serialize_field("outcome", outcome)?;
        out.serialize_field("message", &message)?;
        out.serialize_field("figures", &self.figures())?;
        out.end()
    }
}

impl<R> Serialize for Swept<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Swept", 2)?;
        out.serialize_field("scenarios", self.outcomes())?;
        out.serialize_field("total", &self.total())?;
        out.end()
    }
}
