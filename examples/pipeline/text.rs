//! The report as text, in columns.

use std::fmt::{Display, Formatter, Result};

use crate::report::{LAST, Report, tag};
use crate::score::{Evaluation, FORECASTERS, NAMES, Score};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(
            f,
            "Volatility of the S&P 500 over the next {} trading days, forecast from what was known,\n\
             each year by a model of the years before. Errors are of logarithms: 0.10 is about 10 %.\n",
            self.answers.window
        )?;
        errors(f, self)?;
        directions(f, self)?;
        coefficients(f, self)?;
        what_ifs(f, self)?;
        steps(f, self)?;
        revision(f, self)?;
        let [first, again] = &self.runs;
        writeln!(
            f,
            "Functions run: {} in {}, and {} in {} when asked again\n\
             Digest of the answers: {}",
            first.functions_run,
            seconds(first.seconds),
            again.functions_run,
            seconds(again.seconds),
            self.digest()
        )
    }
}

/// Errors of each forecaster, by year.
fn errors(f: &mut Formatter<'_>, report: &Report) -> Result {
    row(f, "Root mean squared error", &NAMES.map(str::to_owned))?;
    evaluations(f, report, |score| format!("{:.3}", score.rmse))?;
    writeln!(f)?;
    row(f, "R2 over the past mean", &NAMES.map(str::to_owned))?;
    evaluations(f, report, |score| format!("{:+.3}", score.r2))?;
    writeln!(
        f,
        "Windows overlap: a year of days holds no more than 12 that are independent.\n"
    )
}

/// Who knew whether volatility would rise.
fn directions(f: &mut Formatter<'_>, report: &Report) -> Result {
    row(f, "Direction told rightly", &NAMES.map(str::to_owned))?;
    evaluations(f, report, |score| {
        score.direction.map_or_else(String::new, percent)
    })?;
    writeln!(f)
}

fn evaluations(f: &mut Formatter<'_>, report: &Report, show: impl Fn(&Score) -> String) -> Result {
    let columns = |of: &Evaluation| -> [String; FORECASTERS] { of.scores.each_ref().map(&show) };
    for it in &report.answers.years {
        let name = format!("{} ({} days)", it.year, it.evaluation.days);
        row(f, &name, &columns(&it.evaluation))?;
    }
    let overall = &report.answers.overall;
    row(
        f,
        &format!("All ({} days)", overall.days),
        &columns(overall),
    )
}

fn coefficients(f: &mut Formatter<'_>, report: &Report) -> Result {
    let year = report.answers.years.iter().find(|it| it.year == LAST);
    let title = format!("Coefficients of {}", tag(LAST));
    row(f, &title, &["value", "from", "to"].map(str::to_owned))?;
    for it in &report.answers.coefficients {
        let columns = [it.value, it.interval.from, it.interval.to];
        row(f, it.feature, &columns.map(|it| format!("{it:+.3}")))?;
    }
    year.into_iter().try_for_each(|it| {
        writeln!(
            f,
            "Fitted to {} days, with a penalty of {}. From .. to holds 90 % of block bootstraps.\n",
            it.training_days, it.penalty
        )
    })
}

fn what_ifs(f: &mut Formatter<'_>, report: &Report) -> Result {
    let columns = ["RMSE", "R2", "mean's RMSE", "functions run"];
    row(f, "What if", &columns.map(str::to_owned))?;
    let line = |f: &mut Formatter<'_>, name: &str, of: &Evaluation, functions_run: u64| {
        let [model, mean, ..] = of.scores;
        let columns = [
            format!("{:.3}", model.rmse),
            format!("{:+.3}", model.r2),
            format!("{:.3}", mean.rmse),
            functions_run.to_string(),
        ];
        row(f, name, &columns)
    };
    line(f, "as it is", &report.answers.overall, 0)?;
    for it in &report.what_ifs {
        line(f, &it.name, &it.evaluation, it.functions_run)?;
    }
    writeln!(f)
}

fn steps(f: &mut Formatter<'_>, report: &Report) -> Result {
    let columns = ["bytes", "one run", "hits", "loads", "time saved"];
    row(f, "Steps and their results", &columns.map(str::to_owned))?;
    for it in &report.steps {
        let tags = it.tags.iter().map(|tag| format!(" {tag}"));
        let name = it.node.clone() + &tags.collect::<String>();
        let columns = it.metadata.as_ref().map(|it| {
            [
                it.value_size.map_or_else(String::new, |it| it.to_string()),
                seconds(it.call_time.as_secs_f64()),
                it.hits.to_string(),
                it.loads.to_string(),
                seconds(it.estimated_saved_time().as_secs_f64()),
            ]
        });
        row(f, &name, &columns.unwrap_or_default())?;
    }
    writeln!(f)
}

fn revision(f: &mut Formatter<'_>, report: &Report) -> Result {
    let revision = &report.revision;
    let title = format!("If {} is revised", revision.month);
    let columns = ["stale", "own code stale", "functions run"];
    row(f, &title, &columns.map(str::to_owned))?;
    for (it, functions_run) in std::iter::zip(&revision.standing, &revision.functions_run) {
        let columns = [
            yes(it.is_stale),
            yes(it.is_stale_to_0),
            functions_run.to_string(),
        ];
        row(f, &it.node, &columns)?;
    }
    writeln!(
        f,
        "The model's RMSE goes from {:.5} to {:.5}. Back at the old file: {} functions run.\n",
        report.answers.overall.scores[0].rmse,
        revision.overall.scores[0].rmse,
        revision.back.functions_run
    )
}

fn yes(it: bool) -> String {
    if it { "yes" } else { "no" }.to_owned()
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.4} s")
}

/// A name, and columns on the right of it.
fn row(f: &mut Formatter<'_>, name: &str, columns: &[String]) -> Result {
    write!(f, "{name:26}")?;
    for column in columns {
        write!(f, " {column:>14}")?;
    }
    writeln!(f)
}
