//! The type of a result may change although the code of its function, as far as it is looked at, does not.

use crate::elsewhere;
use dug::{Context, Store, tracked};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::path::Path;

/// What the method makes of nothing.
trait Made {
    fn made() -> Self;
}

impl Made for u64 {
    fn made() -> u64 {
        7
    }
}

impl Made for String {
    fn made() -> String {
        "\u{7}".into()
    }
}

impl Made for Vec<u8> {
    fn made() -> Vec<u8> {
        vec![7]
    }
}

/// A method, as it is in programs with other types under the same names.
macro_rules! program {
    ($store:expr, $($answer:item)*) => {{
        $($answer)*

        #[derive(Clone, Serialize, Deserialize)]
        struct Desk;

        impl Desk {
            #[tracked(code = item)]
            fn answer(&self) -> Answer {
                Answer::made()
            }
        }

        say($store, || Desk.answer())
    }};
}

fn say<R: Debug>(store: &Store, ask: impl FnOnce() -> R) {
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(ask);
    println!("{answer:?}, {} ran", context.stats().executions);
    let nodes = store.nodes().unwrap();
    assert_eq!(nodes.len(), 1, "{nodes:?}");
    store.flush().unwrap();
}

#[test]
fn a_program_of_some_version_asks() {
    let Some((store, version)) = elsewhere::given() else {
        return;
    };
    let store = &Store::open(store).unwrap();
    match version.as_str() {
        "number" => program!(store, type Answer = u64;),
        "text" => program!(store, type Answer = String;),
        "bytes" => program!(store, type Answer = Vec<u8>;),
        "pair" => program!(
            store,
            #[derive(Debug, Clone, Serialize, Deserialize)]
            struct Answer {
                rate: u64,
                units: u64,
            }

            impl Made for Answer {
                fn made() -> Self {
                    Answer { rate: 1, units: 2 }
                }
            }
        ),
        "pair, turned" => program!(
            store,
            #[derive(Debug, Clone, Serialize, Deserialize)]
            struct Answer {
                units: u64,
                rate: u64,
            }

            impl Made for Answer {
                fn made() -> Self {
                    Answer { units: 2, rate: 1 }
                }
            }
        ),
        "pair and more" => program!(
            store,
            #[derive(Debug, Clone, Serialize, Deserialize)]
            struct Answer {
                rate: u64,
                units: u64,
                more: Option<()>,
            }

            impl Made for Answer {
                fn made() -> Self {
                    Answer { rate: 1, units: 2, more: None }
                }
            }
        ),
        other => panic!("no such program: {other}"),
    }
}

/// What the program of this version answers, and how many bodies it runs for it.
fn ask(store: &Path, version: &str) -> String {
    let test = "store_result_types::a_program_of_some_version_asks";
    let printed = elsewhere::run(test, store, version);
    let said = printed.lines().find(|line| line.ends_with(" ran"));
    said.unwrap_or_else(|| panic!("{printed}")).to_owned()
}

#[test]
fn a_result_of_another_type_is_a_miss_and_stays_for_who_has_that_type() {
    let folder = tempfile::tempdir().unwrap();
    let versions = [("number", "7"), ("text", "\"\\u{7}\""), ("bytes", "[7]")];
    for ran in [1, 0] {
        for (version, answer) in versions {
            let expected = format!("{answer}, {ran} ran");
            assert_eq!(ask(folder.path(), version), expected, "{version}");
        }
    }
}

#[test]
fn a_result_whose_fields_are_others_is_a_miss() {
    let folder = tempfile::tempdir().unwrap();
    let versions = [
        ("pair", "Answer { rate: 1, units: 2 }"),
        ("pair, turned", "Answer { units: 2, rate: 1 }"),
        ("pair and more", "Answer { rate: 1, units: 2, more: None }"),
    ];
    for _ in 0..2 {
        for (version, answer) in versions {
            for ran in [1, 0] {
                let expected = format!("{answer}, {ran} ran");
                assert_eq!(ask(folder.path(), version), expected, "{version}");
            }
        }
    }
}
