//! The report as text, in columns.

use std::fmt::{Display, Formatter, Result};

use crate::proof::Proof;
use crate::report::{DeskLine, LadderLine, Report};
use crate::risk::Risk;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(
            f,
            "{} positions on {}, under {} daily moves since {}. US dollars.\n",
            self.positions, self.valuation_date, self.scenarios, self.first_scenario
        )?;

        row(
            f,
            "",
            &["value", "VaR 95 %", "ES 95 %", "VaR 99 %", "ES 99 %"],
        )?;
        for DeskLine { desk, value, risk } in &self.desks {
            value_row(f, desk, *value, risk)?;
        }
        value_row(f, "Book", self.base_value, &self.risk)?;
        writeln!(
            f,
            "Yields are monthly averages and move on the first trading day of a month only.\n"
        )?;

        row(
            f,
            "Ten worst days",
            &["profit", "S&P 500", "NASDAQ", "VIX", "Baa yield"],
        )?;
        for day in &self.worst_days {
            let [sp500, nasdaq, vix] = [day.sp500_return, day.nasdaq_return, day.vix_return]
                .map(|log_return| format!("{:+.1} %", 100.0 * log_return.exp_m1()));
            let baa = format!("{:+.0} bp", 100.0 * day.baa_change);
            row(
                f,
                &day.date,
                &[&dollars(day.profit), &sp500, &nasdaq, &vix, &baa],
            )?;
        }
        writeln!(f)?;

        factors(f, self)?;
        writeln!(f)?;

        way(f, self)?;
        writeln!(f)?;

        row(
            f,
            "All rates shifted by",
            &["value", "VaR 95 %", "ES 95 %", "VaR 99 %", "ES 99 %"],
        )?;
        for it in &self.shifts {
            let name = format!("{:+} bp", it.basis_points);
            value_row(f, &name, it.value, &it.risk)?;
        }
        writeln!(f)?;

        stress(f, self)?;
        writeln!(f)?;

        row(
            f,
            "One input alone",
            &["bump", "profit up", "down", "functions run"],
        )?;
        for LadderLine {
            input,
            bump,
            profit_up,
            profit_down,
            functions_run,
        } in &self.ladder
        {
            let (up, down) = (dollars(*profit_up), dollars(*profit_down));
            row(f, input, &[bump, &up, &down, &functions_run.to_string()])?;
        }
        writeln!(f)?;

        proofs(f, self)
    }
}

/// What each kind of quote has to do with the worst day.
fn factors(f: &mut Formatter<'_>, report: &Report) -> Result {
    let title = format!("{} by factor", report.worst_days[0].date);
    row(f, &title, &["alone", "Shapley"])?;
    let attribution = &report.worst_day_by_factor;
    for it in attribution.contributions() {
        let shapley = it.shapley.map_or_else(String::new, dollars);
        row(f, &it.name, &[&dollars(it.alone), &shapley])?;
    }
    let total = dollars(attribution.total());
    row(f, "Interaction", &[&dollars(attribution.rest())])?;
    row(f, "Together", &[&total, &total])
}

/// How the worst day came to the position that loses most.
fn way(f: &mut Formatter<'_>, report: &Report) -> Result {
    const LINES: usize = 10;
    let text = report.worst_day_in_a_position.to_string();
    writeln!(
        f,
        "The position that loses most then, and what changed on the way to it"
    )?;
    for line in text.lines().take(LINES) {
        writeln!(f, "{line}")?;
    }
    if text.lines().nth(LINES).is_some() {
        writeln!(f, "..")?;
    }
    Ok(())
}

fn stress(f: &mut Formatter<'_>, report: &Report) -> Result {
    let columns = ["profit", "S&P 500", "NASDAQ", "bonds", "functions run"];
    row(f, "Stress scenario", &columns)?;
    for it in &report.stress {
        let [sp500, nasdaq, bonds] = it.desks.map(dollars);
        let functions_run = grouped(it.functions_run);
        let columns = [&dollars(it.profit), &sp500, &nasdaq, &bonds, &functions_run];
        row(f, &it.scenario, &columns.map(String::as_str))?;
    }
    Ok(())
}

/// What ran for each kind of scenario.
fn proofs(f: &mut Formatter<'_>, report: &Report) -> Result {
    let columns = ["what-ifs", "dug", "fresh context", "no cache", "compared"];
    row(f, "Functions run for each", &columns)?;
    for it in &report.proof {
        let columns = [
            grouped(it.what_ifs as u64),
            mean(it.with_dug, it.what_ifs),
            mean(it.fresh_contexts, it.compared),
            mean(it.no_cache, it.compared),
            grouped(it.compared as u64),
        ];
        row(f, it.kind, &columns.each_ref().map(String::as_str))?;
    }
    let again = &report.again;
    let what_ifs = grouped(again.what_ifs as u64);
    let with_dug = mean(again.with_dug, again.what_ifs);
    row(
        f,
        "real days, entered again",
        &[&what_ifs, &with_dug, "", "", &what_ifs],
    )?;

    let mut compared = again.what_ifs;
    let mut identical = again.identical;
    for it in &report.proof {
        compared += it.compared;
        identical += it.identical;
    }
    writeln!(
        f,
        "dug: on top of the base, and of what the rows above have left. Fresh context: nothing is\n\
         there before. No cache: every call runs. Compared: with brute force of both kinds{}.",
        report.proof.iter().map(sampled).collect::<String>()
    )?;
    writeln!(
        f,
        "Answers identical to the bit: {} of {}",
        grouped(identical as u64),
        grouped(compared as u64)
    )
}

/// Of which scenarios not all are compared.
fn sampled(proof: &Proof) -> String {
    match proof.every {
        1 => String::new(),
        every => format!(",\nof {} one in {every}", proof.kind),
    }
}

/// Functions run by each of so many.
fn mean(functions_run: u64, what_ifs: usize) -> String {
    let tenths = (10.0 * functions_run as f64 / what_ifs as f64).round() as u64;
    format!("{}.{}", grouped(tenths / 10), tenths % 10)
}

fn value_row(f: &mut Formatter<'_>, name: &str, value: f64, risk: &[Risk; 2]) -> Result {
    let [at_95, at_99] = risk.map(|it| [it.value_at_risk, it.expected_shortfall].map(dollars));
    row(
        f,
        name,
        &[&dollars(value), &at_95[0], &at_95[1], &at_99[0], &at_99[1]],
    )
}

/// A name, and columns on the right of it.
fn row(f: &mut Formatter<'_>, name: &str, columns: &[&str]) -> Result {
    write!(f, "{name:26}")?;
    for column in columns {
        write!(f, " {column:>13}")?;
    }
    writeln!(f)
}

/// An amount in whole dollars: `-1,234,567`.
pub fn dollars(amount: f64) -> String {
    let rounded = amount.round();
    let sign = if rounded < 0.0 { "-" } else { "" };
    sign.to_owned() + &grouped(rounded.abs() as u64)
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
