//! How far the work is: a bar on stderr, if that is a terminal.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Does the work, and shows meanwhile how many functions of at most so many ran.
///
/// It asks from time to time. The functions know nothing of it: what they do
/// besides returning would not happen when their results are known.
pub fn watch<R>(at_most: u64, ran: impl Fn() -> u64 + Sync, work: impl FnOnce() -> R) -> R {
    if !stderr().is_terminal() {
        return work();
    }
    let style = ProgressStyle::with_template("functions run {wide_bar} {pos} of at most {len}");
    let style = style.expect("the template is well-formed");
    let bar = ProgressBar::new(at_most).with_style(style);
    let (done, is_done) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(|| {
            let is_done = is_done;
            while let Err(RecvTimeoutError::Timeout) =
                is_done.recv_timeout(Duration::from_millis(50))
            {
                bar.set_position(ran());
            }
            bar.finish_and_clear();
        });
        // Dropped on a panic too, which ends the thread.
        let _done = done;
        work()
    })
}
