//! What the example found, as data; `text.rs` prints it.

use serde::Serialize;

use crate::book::{Desk, book};
use crate::market::{Curve, Index, Series, market};
use crate::pricing::Days;
use crate::proof::Proofs;
use crate::risk::{Risk, risk};
use crate::what_ifs::{Input, Outcome};

/// Everything that is printed. Money in dollars; a loss is a negative profit.
#[derive(Serialize)]
pub struct Report {
    pub valuation_date: String,
    pub positions: usize,
    pub base_value: f64,
    pub desks: Vec<DeskLine>,
    pub scenarios: usize,
    pub first_scenario: String,
    pub risk: [Risk; 2],
    pub worst_days: Vec<DayLine>,
    pub ladder: Vec<LadderLine>,
    pub proof: Proofs,
}

/// The value of a desk, and its risk by itself.
#[derive(Serialize)]
pub struct DeskLine {
    pub desk: &'static str,
    pub value: f64,
    pub risk: [Risk; 2],
}

/// A day that would cost much if it came again. Index moves are log returns.
#[derive(Serialize)]
pub struct DayLine {
    pub date: String,
    pub profit: f64,
    pub sp500_return: f64,
    pub nasdaq_return: f64,
    pub vix_return: f64,
    /// In percentage points.
    pub baa_change: f64,
}

/// What it is worth if one input moves alone.
#[derive(Serialize)]
pub struct LadderLine {
    pub input: String,
    pub bump: &'static str,
    pub profit_up: f64,
    pub profit_down: f64,
    /// For the move up.
    pub functions_run: u64,
}

/// Value at risk and expected shortfall at 95 and 99 per cent.
fn risks(profits: &[f64]) -> [Risk; 2] {
    [95, 99].map(|confidence| risk(profits, confidence))
}

impl Report {
    /// Puts the report together: `days` are positions in the file, with their
    /// outcomes; the ladder has two outcomes, up and down, for each input.
    pub fn new(
        base: &Outcome,
        days: &[usize],
        day_outcomes: &[Outcome],
        inputs: &[Input],
        ladder_outcomes: &[Outcome],
        proof: Proofs,
    ) -> Report {
        let market = market();
        let profits: Vec<f64> = day_outcomes
            .iter()
            .map(|it| it.value - base.value)
            .collect();
        let desk_line = |desk: Desk| {
            let value = base.desks[desk as usize];
            let profits: Vec<f64> = day_outcomes
                .iter()
                .map(|it| it.desks[desk as usize] - value)
                .collect();
            DeskLine {
                desk: desk.name(),
                value,
                risk: risks(&profits),
            }
        };
        let day_line = |(&day, &profit): (&usize, &f64)| DayLine {
            date: market.dates[day].clone(),
            profit,
            sp500_return: market.log_return(Series::Sp500, day),
            nasdaq_return: market.log_return(Series::Nasdaq, day),
            vix_return: market.log_return(Series::Vix, day),
            baa_change: market.change(Series::BaaYield, day),
        };
        let ladder_line = |(&input, pair): (&Input, &[Outcome])| LadderLine {
            input: input_name(input),
            bump: bump_name(input),
            profit_up: pair[0].value - base.value,
            profit_down: pair[1].value - base.value,
            functions_run: pair[0].functions_run,
        };
        let mut worst_days: Vec<DayLine> = days.iter().zip(&profits).map(day_line).collect();
        worst_days.sort_by(|a, b| a.profit.total_cmp(&b.profit));
        worst_days.truncate(10);
        Report {
            valuation_date: market.dates[market.dates.len() - 1].clone(),
            positions: book().len(),
            base_value: base.value,
            desks: Desk::ALL.into_iter().map(desk_line).collect(),
            scenarios: days.len(),
            first_scenario: market.dates[days[0]].clone(),
            risk: risks(&profits),
            worst_days,
            ladder: inputs
                .iter()
                .zip(ladder_outcomes.chunks(2))
                .map(ladder_line)
                .collect(),
            proof,
        }
    }
}

fn input_name(input: Input) -> String {
    let index = |index| match index {
        Index::Sp500 => "S&P 500",
        Index::Nasdaq => "NASDAQ",
    };
    match input {
        Input::Quote(series) => match series {
            Series::Sp500 => "S&P 500".into(),
            Series::Nasdaq => "NASDAQ".into(),
            Series::Vix => "VIX".into(),
            Series::NasdaqVol => "NASDAQ volatility".into(),
            Series::AaaYield => "Aaa yield".into(),
            Series::BaaYield => "Baa yield".into(),
        },
        Input::VolPillar(of, expiry) => format!("{} volatility {}", index(of), period(expiry)),
        Input::ZeroRate(Curve::Aaa, tenor) => format!("Aaa yield {}", period(tenor)),
        Input::ZeroRate(Curve::Baa, tenor) => format!("Baa yield {}", period(tenor)),
    }
}

fn bump_name(input: Input) -> &'static str {
    match input {
        Input::Quote(Series::Sp500 | Series::Nasdaq) => "1 %",
        Input::Quote(Series::Vix | Series::NasdaqVol) | Input::VolPillar(..) => "1 point",
        Input::Quote(Series::AaaYield | Series::BaaYield) | Input::ZeroRate(..) => "1 bp",
    }
}

/// Days as the market writes them: `3M`, `18M`, `2Y`.
fn period(days: Days) -> String {
    let months = (days * 12 + 182) / 365;
    if months.is_multiple_of(12) {
        format!("{}Y", months / 12)
    } else {
        format!("{months}M")
    }
}
