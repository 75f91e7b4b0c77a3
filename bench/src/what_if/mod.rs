//! A change and a what-if on the small graph of [`dag`], dug beside salsa and comemo.

mod graph;
mod kept;
mod timed;

use crate::dag;

/// Steps for one sample, and those whose runs are counted.
const STEPS: usize = 100;
/// Steps, and changes, for one sample of comemo: each takes a tenth of a second.
const FEW: usize = 2;

pub fn run(rounds: usize) {
    let comemo_built = kept::comemo_built();
    timed::build(rounds);
    kept::print_runs();
    for turns in dag::WORK {
        dag::set_work(turns);
        let work = dag::work_of(turns);
        // What comemo takes itself is so much more than the work that it is measured once.
        let (rounds, with_comemo) = match turns {
            0 => (rounds, true),
            _ => (rounds.min(7), false),
        };
        timed::changes(rounds, &work, with_comemo);
        timed::steps(rounds, &work, with_comemo);
    }
    dag::set_work(0);
    kept::print_heap(comemo_built);
}
