//! Stores seen from outside: processes that share one, are killed, and end in all ways.
//!
//! This binary runs itself again as its children: [`child::main`] is what they do. Its `main` is
//! its own, since what happens when a process ends depends on what its main thread does.

mod child;
mod disk;
mod exits;
mod killed;
mod program;
mod random;
mod together;
#[path = "../../dug-runtime/tests/damage/told.rs"]
mod told;
mod versions;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

type Test = (&'static str, fn());

const TESTS: [Test; 11] = [
    (
        "killed_children_lose_their_unwritten_tail_at_most",
        killed::at_random_moments,
    ),
    ("an_interrupt_is_as_being_killed", killed::by_an_interrupt),
    (
        "a_limit_on_the_length_of_files_stops_nobody",
        killed::on_a_full_disk,
    ),
    ("a_full_disk_stops_nobody", disk::that_is_full),
    (
        "a_disk_that_can_only_be_read_stops_nobody",
        disk::that_can_only_be_read,
    ),
    (
        "many_processes_make_one_store_at_once",
        together::on_a_new_store,
    ),
    (
        "what_is_tagged_stays_while_others_collect",
        together::while_all_collect,
    ),
    (
        "versions_of_a_program_find_their_own_results",
        versions::in_turn,
    ),
    ("versions_of_a_program_run_at_once", versions::at_once),
    (
        "all_is_written_whichever_way_a_process_ends",
        exits::in_all_ways,
    ),
    (
        "a_process_ends_though_its_store_cannot_be_written",
        exits::without_a_store,
    ),
];

fn main() -> ExitCode {
    assert!(dug::__private::pretend_code(program::pretend_code));
    if let Some(role) = child::role() {
        return child::main(&role);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let filters: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let chosen = |(name, _): &&Test| {
        filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()))
    };
    let chosen: Vec<&Test> = TESTS.iter().filter(chosen).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        chosen.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let threads = chosen.iter().map(|(name, test)| {
        let run = move || {
            let started = Instant::now();
            let passed = catch_unwind(test).is_ok();
            let word = if passed { "ok" } else { "FAILED" };
            println!(
                "test {name} ... {word} ({:.1} s)",
                started.elapsed().as_secs_f64()
            );
            passed
        };
        thread::spawn(run)
    });
    let threads: Vec<_> = threads.collect();
    let failed = threads
        .into_iter()
        .filter_map(|thread| thread.join().ok())
        .filter(|passed| !passed)
        .count();
    println!(
        "test result: {} passed; {failed} failed",
        chosen.len() - failed
    );
    ExitCode::from(u8::from(failed > 0))
}
