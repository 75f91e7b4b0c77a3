//! Reading the tables. What is wrong with one is told with its line: `17: ..`.

use serde::{Deserialize, Serialize};

/// Closes of a trading day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Day {
    pub date: String,
    pub sp500: f64,
    pub nasdaq: f64,
    /// Per cent a year.
    pub vix: f64,
}

/// Yields of a month, averages of its days, per cent a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Month {
    pub month: String,
    pub aaa: f64,
    pub baa: f64,
}

pub fn indices(text: &str) -> Result<Vec<Day>, String> {
    read(
        text,
        "date,sp500,nasdaq,vix",
        |date, [sp500, nasdaq, vix]| Day {
            date,
            sp500,
            nasdaq,
            vix,
        },
    )
}

pub fn yields(text: &str) -> Result<Vec<Month>, String> {
    read(
        text,
        "month,aaa_percent,baa_percent",
        |month, [aaa, baa]| Month { month, aaa, baa },
    )
}

/// Rows of a key, which ascends, and positive numbers.
fn read<T, const N: usize>(
    text: &str,
    header: &str,
    row: impl Fn(String, [f64; N]) -> T,
) -> Result<Vec<T>, String> {
    let mut lines = (1..).zip(text.lines().map(str::trim_end));
    if lines.next().map(|(_, line)| line) != Some(header) {
        return Err(format!("1: the header must be `{header}`"));
    }
    let mut last_key = "";
    let mut rows = Vec::new();
    for (number, line) in lines {
        let (key, cells) = line.split_once(',').unwrap_or((line, ""));
        if key <= last_key {
            return Err(format!(
                "{number}: `{key}` does not come after `{last_key}`"
            ));
        }
        let numbers: Option<Vec<f64>> = cells.split(',').map(positive).collect();
        let numbers = numbers.and_then(|it| <[f64; N]>::try_from(it).ok());
        let numbers =
            numbers.ok_or_else(|| format!("{number}: {N} positive numbers are needed"))?;
        rows.push(row(key.to_owned(), numbers));
        last_key = key;
    }
    Ok(rows)
}

fn positive(cell: &str) -> Option<f64> {
    let number = cell.trim().parse::<f64>().ok()?;
    (number > 0.0 && number.is_finite()).then_some(number)
}
