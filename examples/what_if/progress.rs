//! How far the work is: a bar on a terminal, and a line for each part that is
//! done. All on stderr, so that stdout holds the report and nothing else.

use std::io::{IsTerminal, Write, stderr};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

/// Does one part of the work, which moves the bar on by one for each of its items.
pub fn part<R>(name: &str, items: usize, work: impl FnOnce(&ProgressBar) -> R) -> R {
    let bar = if stderr().is_terminal() {
        let style = ProgressStyle::with_template("{msg:32} {wide_bar} {pos:>4} of {len}")
            .expect("the template is well-formed");
        ProgressBar::new(items as u64)
            .with_style(style)
            .with_message(name.to_owned())
    } else {
        ProgressBar::hidden()
    };
    let start = Instant::now();
    let result = work(&bar);
    bar.finish_and_clear();
    // Nobody may be listening, which is no reason to stop.
    let seconds = start.elapsed().as_secs_f64();
    let _ = writeln!(stderr(), "{name}: {items} in {seconds:.2} s");
    result
}

/// Does one part of the work item by item.
pub fn each<T, R>(name: &str, items: &[T], work: impl Fn(&T) -> R) -> Vec<R> {
    part(name, items.len(), |bar| {
        let results = items.iter().map(|item| {
            let result = work(item);
            bar.inc(1);
            result
        });
        results.collect()
    })
}
