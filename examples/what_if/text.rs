//! The report as text, in columns.

use std::fmt::{Display, Formatter, Result};

use crate::proof::{Proof, Proofs};
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

        self.proof.fmt(f)
    }
}

impl Display for Proofs {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut line = |name: &str, cell: fn(&Proof) -> String| {
            let [days, bumps] = [&self.real_days, &self.bump_ladder].map(cell);
            writeln!(f, "{name:52}{days:>16}{bumps:>16}")
        };
        line("Functions run", |proof| proof.kind.to_owned())?;
        line("  what-ifs", |proof| grouped(proof.what_ifs as u64))?;
        line("  with dug: the base, once", |proof| grouped(proof.base))?;
        line(
            "  with dug: what the tweaks reach, in all what-ifs",
            |proof| grouped(proof.cones),
        )?;
        line("  with dug: together", |proof| grouped(proof.with_dug()))?;
        line("  brute force: a fresh context for each what-if", |proof| {
            grouped(proof.fresh_contexts)
        })?;
        line("  brute force: no cache, every call runs", |proof| {
            grouped(proof.no_cache)
        })?;
        line("  dug runs, of what fresh contexts run", |proof| {
            let share = proof.with_dug() as f64 / proof.fresh_contexts as f64;
            format!("{:.1} %", 100.0 * share)
        })?;
        line("Answers of all three identical to the bit", |proof| {
            format!(
                "{} of {}",
                grouped(proof.identical as u64),
                grouped(proof.what_ifs as u64)
            )
        })
    }
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
    write!(f, "{name:22}")?;
    for column in columns {
        write!(f, " {column:>13}")?;
    }
    writeln!(f)
}

/// An amount in whole dollars: `-1,234,567`.
fn dollars(amount: f64) -> String {
    let rounded = amount.round();
    let sign = if rounded < 0.0 { "-" } else { "" };
    sign.to_owned() + &grouped(rounded.abs() as u64)
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
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
