//! How far the work is: a bar on a terminal, and a line for each part that is
//! done. All on stderr, so that stdout holds the report and nothing else.

use std::io::{IsTerminal, Write, stderr};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

/// Goes through the items of one part of the work, showing how far it is.
pub fn each<T, R>(part: &str, items: &[T], mut work: impl FnMut(&T) -> R) -> Vec<R> {
    let bar = if stderr().is_terminal() {
        let style = ProgressStyle::with_template("{msg:32} {wide_bar} {pos:>4} of {len}")
            .expect("the template is well-formed");
        ProgressBar::new(items.len() as u64)
            .with_style(style)
            .with_message(part.to_owned())
    } else {
        ProgressBar::hidden()
    };
    let start = Instant::now();
    let results = items
        .iter()
        .map(|item| {
            let result = work(item);
            bar.inc(1);
            result
        })
        .collect();
    bar.finish_and_clear();
    // Nobody may be listening, which is no reason to stop.
    let seconds = start.elapsed().as_secs_f64();
    let _ = writeln!(stderr(), "{part}: {} in {seconds:.2} s", items.len());
    results
}
