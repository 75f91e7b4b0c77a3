//! What the example found, as data; `text.rs` prints it.

use std::iter;

use dug::{Attribution, Diff};
use serde::Serialize;

use crate::book::{Desk, book};
use crate::market::{Series, market};
use crate::names;
use crate::outcome::Outcome;
use crate::parts::{Parts, SHIFTS};
use crate::proof::{Again, Proof};
use crate::risk::{Risk, risk};
use crate::scenarios::Input;

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
    pub worst_day_by_factor: Attribution,
    pub worst_day_in_a_position: Diff,
    pub shifts: Vec<ShiftLine>,
    pub stress: Vec<StressLine>,
    pub ladder: Vec<LadderLine>,
    pub proof: Vec<Proof>,
    pub again: Again,
    #[serde(skip)]
    pub profits: Vec<f64>,
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

/// The book and its risk after a parallel shift of all rates.
#[derive(Serialize)]
pub struct ShiftLine {
    pub basis_points: i32,
    pub value: f64,
    pub risk: [Risk; 2],
}

/// What a scenario of the user's file would earn.
#[derive(Serialize)]
pub struct StressLine {
    pub scenario: String,
    pub profit: f64,
    /// By desk, in the order of [`Desk::ALL`].
    pub desks: [f64; Desk::ALL.len()],
    pub functions_run: u64,
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

impl Report {
    /// Puts the report together: `days` are positions in the file, in the order
    /// of the real days; `inputs` are those of the bumps.
    pub fn new(days: &[usize], inputs: &[Input], parts: Parts) -> Report {
        let base = &parts.base.outcomes[0];
        let profits = profits(base.value, &parts.real_days.outcomes);
        let mut worst_days: Vec<DayLine> = iter::zip(days, &profits).map(day_line).collect();
        worst_days.sort_by(|a, b| a.profit.total_cmp(&b.profit));
        worst_days.truncate(10);
        Report {
            valuation_date: market().dates[market().dates.len() - 1].clone(),
            positions: book().len(),
            base_value: base.value,
            desks: Desk::ALL.map(|desk| desk_line(desk, &parts)).into(),
            scenarios: days.len(),
            first_scenario: market().dates[days[0]].clone(),
            risk: risks(&profits),
            worst_days,
            shifts: shift_lines(&parts),
            stress: stress_lines(&parts),
            ladder: iter::zip(inputs, parts.bumps.outcomes.chunks(2))
                .map(|(&input, pair)| ladder_line(input, &pair[0], &pair[1], base.value))
                .collect(),
            proof: parts.proofs(),
            worst_day_by_factor: parts.attribution,
            worst_day_in_a_position: parts.way,
            again: parts.again,
            profits,
        }
    }

    /// Whether caching changed nothing.
    pub fn holds(&self) -> bool {
        self.again.holds() && self.proof.iter().all(Proof::holds)
    }
}

/// Risk at two levels of confidence.
fn risks(profits: &[f64]) -> [Risk; 2] {
    [95, 99].map(|confidence| risk(profits, confidence))
}

fn profits(base: f64, outcomes: &[Outcome]) -> Vec<f64> {
    outcomes.iter().map(|it| it.value - base).collect()
}

fn desk_line(desk: Desk, parts: &Parts) -> DeskLine {
    let value_in = |outcome: &Outcome| outcome.desks[desk as usize];
    let value = value_in(&parts.base.outcomes[0]);
    let days = parts.real_days.outcomes.iter();
    let profits: Vec<f64> = days.map(|it| value_in(it) - value).collect();
    DeskLine {
        desk: desk.name(),
        value,
        risk: risks(&profits),
    }
}

fn day_line((&day, &profit): (&usize, &f64)) -> DayLine {
    let market = market();
    DayLine {
        date: market.dates[day].clone(),
        profit,
        sp500_return: market.log_return(Series::Sp500, day),
        nasdaq_return: market.log_return(Series::Nasdaq, day),
        vix_return: market.log_return(Series::Vix, day),
        baa_change: market.change(Series::BaaYield, day),
    }
}

fn shift_lines(parts: &Parts) -> Vec<ShiftLine> {
    let days = parts.real_days.outcomes.len();
    let shifts = parts.shifted_days.outcomes.chunks(1 + days);
    iter::zip(SHIFTS, shifts)
        .map(|(basis_points, outcomes)| {
            let value = outcomes[0].value;
            ShiftLine {
                basis_points,
                value,
                risk: risks(&profits(value, &outcomes[1..])),
            }
        })
        .collect()
}

fn stress_lines(parts: &Parts) -> Vec<StressLine> {
    let base = &parts.base.outcomes[0];
    let lines = iter::zip(&parts.stress.scenarios, &parts.stress.outcomes);
    lines
        .map(|(scenario, outcome)| StressLine {
            scenario: scenario.to_string(),
            profit: outcome.value - base.value,
            desks: Desk::ALL.map(|it| outcome.desks[it as usize] - base.desks[it as usize]),
            functions_run: outcome.functions_run,
        })
        .collect()
}

fn ladder_line(input: Input, up: &Outcome, down: &Outcome, base: f64) -> LadderLine {
    LadderLine {
        input: names::input(input),
        bump: names::bump(input),
        profit_up: up.value - base,
        profit_down: down.value - base,
        functions_run: up.functions_run,
    }
}
