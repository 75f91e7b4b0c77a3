//! What runs again after an edit: a small program is built in many variants that share one store,
//! and of each is stated which of its functions may run.
//!
//! The program is in `desk`; its tracked functions print that they run. One target directory
//! below that of the workspace serves all variants, and the next run of the test.

mod cosmetic;
mod desk;
mod seen;
mod types;
mod why;

use desk::{Desk, Edit};

/// The tracked functions of the program, but for the one that says `code = item`.
const DEEP: &[&str] = &[
    "above",
    "bounded",
    "boxed",
    "cash",
    "described",
    "discounted",
    "distant",
    "doubled",
    "ended",
    "entries",
    "equals<Bond>",
    "equals<Stock>",
    "featured",
    "folded",
    "generated",
    "got",
    "greeting",
    "halved",
    "highest",
    "leaf",
    "lengths",
    "limited",
    "logged",
    "nested",
    "noted",
    "paced",
    "quoted",
    "rated",
    "scripted",
    "sided",
    "sides",
    "sum",
    "summed",
    "taxed",
    "titled",
    "value_of",
    "walked",
    "wired",
    "worth",
];

#[test]
fn edits_run_what_reaches_them_and_nothing_else() {
    let desk = Desk::new();
    let mut all = [DEEP, &["by_item"]].concat();
    all.sort_unstable();
    assert_eq!(desk.run(&[], &[]), all, "the first run");
    assert_eq!(desk.run(&[], &[]), [""; 0], "the second run");
    let mut wrong = Vec::new();
    let all = cosmetic::EDITS.iter().chain(seen::EDITS);
    for Edit {
        what,
        changes,
        features,
        runs,
    } in all
    {
        let ran = desk.run(changes, features);
        if ran != *runs {
            wrong.push(format!("{what}: {ran:?} ran, not {runs:?}"));
        }
    }
    // All results of the first version are there still.
    assert_eq!(desk.run(&[], &[]), [""; 0], "the first version again");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen::EDITS.len() >= 25 && cosmetic::EDITS.len() >= 15);
}
