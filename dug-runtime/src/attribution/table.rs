//! An attribution as a table.

use super::Attribution;
use std::fmt;

/// Characters of a name; what is longer is cut and marked.
const LONGEST: usize = 48;

impl fmt::Display for Attribution {
    /// A line for each contribution, then the rest and the total.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |number: f64| printed(number, out.precision());
        let shared = self.contributions.iter().all(|one| one.shapley.is_some());
        let mut lines = vec![[String::new(), "alone".to_owned(), "Shapley".to_owned()]];
        for one in &self.contributions {
            let shapley = one.shapley.map(number).unwrap_or_default();
            lines.push([cut(&one.name), number(one.alone), shapley]);
        }
        lines.push(["rest".to_owned(), number(self.rest), String::new()]);
        let total = number(self.total);
        lines.push(["total".to_owned(), total.clone(), total]);
        let width = |column: usize| {
            let widths = lines.iter().map(|line| line[column].chars().count());
            widths.max().unwrap_or(0)
        };
        let [names, alone, shapley] = [width(0), width(1), width(2)];
        for [name, one, two] in &lines {
            let line = match shared {
                true => format!("{name:names$}  {one:>alone$}  {two:>shapley$}"),
                false => format!("{name:names$}  {one:>alone$}"),
            };
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// With so many places behind the point; by default with six digits or so.
fn printed(number: f64, precision: Option<usize>) -> String {
    if let Some(places) = precision {
        return format!("{number:.places$}");
    }
    let size = number.abs();
    if !number.is_finite() || number == 0.0 {
        return number.abs().to_string().replace(
            "inf",
            match number < 0.0 {
                true => "-inf",
                false => "inf",
            },
        );
    }
    if !(1e-4..1e12).contains(&size) {
        return format!("{number:.5e}");
    }
    let places = (5 - size.log10().floor() as i32).clamp(0, 9);
    let text = format!("{number:.*}", places.unsigned_abs() as usize);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let numbers = [0.1 + 0.2, -1234567.8, 1e-7, 0.0, -0.0, 100.0, f64::NAN];
        let texts = numbers.map(|number| printed(number, None));
        let expected = ["0.3", "-1234568", "1.00000e-7", "0", "0", "100", "NaN"];
        assert_eq!(texts, expected);
        assert_eq!(printed(f64::NEG_INFINITY, None), "-inf");
        assert_eq!(printed(2.0 / 3.0, Some(2)), "0.67");
    }
}
