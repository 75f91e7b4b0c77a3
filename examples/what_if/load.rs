//! Reading `indices.csv` and `yields.csv`. Everything that can be wrong with
//! them is found here, and reported with file and line.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use crate::market::{Market, realised_volatility};

/// What is wrong with the input, and where. Prints as `indices.csv:17: ..`.
#[derive(Debug)]
pub struct InputError {
    file: String,
    line: Option<usize>,
    problem: String,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.problem),
            None => write!(f, "{}: {}", self.file, self.problem),
        }
    }
}

impl std::error::Error for InputError {}

/// Loads both files of a directory.
pub fn load(directory: &Path) -> Result<Market, InputError> {
    let indices = Table::read(
        directory,
        "indices.csv",
        "date,sp500,nasdaq,vix",
        "2018-12-31",
    )?;
    let yields = Table::read(
        directory,
        "yields.csv",
        "month,aaa_percent,baa_percent",
        "2018-12",
    )?;

    let mut by_month = BTreeMap::new();
    for row in &yields.rows {
        by_month.insert(row.key(), (row.number(1, -100.0)?, row.number(2, -100.0)?));
    }

    let mut dates = Vec::new();
    let [mut sp500, mut nasdaq, mut vix, mut aaa, mut baa] = [const { Vec::new() }; 5];
    for row in &indices.rows {
        let month = &row.key()[.."2018-12".len()];
        let &(month_aaa, month_baa) = by_month
            .get(month)
            .ok_or_else(|| row.error(format!("there is no row for {month} in yields.csv")))?;
        dates.push(row.key().to_owned());
        sp500.push(row.number(1, 0.0)?);
        nasdaq.push(row.number(2, 0.0)?);
        vix.push(row.number(3, 0.0)?);
        aaa.push(month_aaa);
        baa.push(month_baa);
    }
    let last = indices
        .rows
        .last()
        .filter(|_| dates.len() > 1)
        .ok_or_else(|| InputError {
            file: "indices.csv".into(),
            line: None,
            problem: "a daily move takes two days, and there are fewer".into(),
        })?;

    let nasdaq_vol = realised_volatility(&nasdaq);
    if nasdaq_vol[0] == 0.0 {
        return Err(last.error("`nasdaq` never moves in the first month of the file"));
    }
    Ok(Market {
        dates,
        values: [sp500, nasdaq, vix, nasdaq_vol, aaa, baa],
    })
}

/// A file of comma-separated values whose first column orders its rows.
struct Table {
    rows: Vec<Row>,
}

/// A line of it, which knows where it stands.
struct Row {
    file: &'static str,
    header: &'static str,
    line: usize,
    cells: Vec<String>,
}

impl Table {
    /// Reads a file, which must have exactly this header, and keys that look
    /// like the sample and ascend.
    fn read(
        directory: &Path,
        file: &'static str,
        header: &'static str,
        sample: &str,
    ) -> Result<Table, InputError> {
        let path = directory.join(file);
        let bytes = fs::read(&path).map_err(|error| InputError {
            file: path.display().to_string(),
            line: None,
            problem: format!("cannot be read: {error}"),
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count();
            InputError {
                file: file.into(),
                line: Some(line),
                problem: "is not UTF-8".into(),
            }
        })?;

        let row = |line: usize, text: &str| {
            let cells = text.split(',').map(|cell| cell.trim().to_owned()).collect();
            Row {
                file,
                header,
                line,
                cells,
            }
        };
        let mut lines = (1..).zip(text.lines());
        let (line, first) = lines.next().unwrap_or((1, ""));
        if first.trim() != header {
            return Err(row(line, first).error(format!("the header must be `{header}`")));
        }
        let mut rows: Vec<Row> = Vec::new();
        for (line, text) in lines {
            let row = row(line, text);
            row.check_shape(sample)?;
            if let Some(previous) = rows.last().filter(|previous| previous.key() >= row.key()) {
                let problem = format!("{} does not come after {}", row.key(), previous.key());
                return Err(row.error(problem));
            }
            rows.push(row);
        }
        Ok(Table { rows })
    }
}

impl Row {
    fn key(&self) -> &str {
        &self.cells[0]
    }

    fn check_shape(&self, sample: &str) -> Result<(), InputError> {
        let (expected, found) = (self.header.split(',').count(), self.cells.len());
        if found != expected {
            return Err(self.error(format!("{expected} values are needed, {found} found")));
        }
        let alike = |a: u8, b: u8| a == b || (a.is_ascii_digit() && b.is_ascii_digit());
        let shaped = self.key().len() == sample.len()
            && self
                .key()
                .bytes()
                .zip(sample.bytes())
                .all(|(a, b)| alike(a, b));
        if !shaped {
            let column = self.column(0);
            return Err(self.error(format!(
                "`{}` is not a {column} such as {sample}",
                self.key()
            )));
        }
        Ok(())
    }

    /// The number in a column, which must be finite and above `floor`.
    fn number(&self, column: usize, floor: f64) -> Result<f64, InputError> {
        let (cell, name) = (&self.cells[column], self.column(column));
        match cell.parse::<f64>() {
            Ok(value) if value.is_finite() && value > floor => Ok(value),
            Ok(_) => Err(self.error(format!("`{name}` must be above {floor}, and is {cell}"))),
            Err(_) => Err(self.error(format!("`{name}` must be a number, and is `{cell}`"))),
        }
    }

    fn column(&self, column: usize) -> &'static str {
        self.header
            .split(',')
            .nth(column)
            .expect("a column of the header")
    }

    fn error(&self, problem: impl Into<String>) -> InputError {
        InputError {
            file: self.file.into(),
            line: Some(self.line),
            problem: problem.into(),
        }
    }
}
