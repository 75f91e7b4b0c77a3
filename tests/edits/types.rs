//! What a generic function is called with counts, wherever it is from; and so does the type of a result.

use crate::desk::{Changes, Desk};

const HERE: Changes = &[("types/src/main.rs", "self.0 + 3", "self.0 + 30")];
const FAR: Changes = &[("types/models/src/lib.rs", "self.0 + 1", "self.0 + 100")];
const NEAR: Changes = &[("types/src/lib.rs", "self.0 + 2", "self.0 + 20")];
const INNER: Changes = &[("types/src/lib.rs", "self.0 + 4", "self.0 + 40")];

/// What runs in the variant, and the answers.
fn run(desk: &Desk, changes: Changes) -> (Vec<String>, String) {
    run_with(desk, changes, &[])
}

fn run_with(desk: &Desk, changes: Changes, arguments: &[&str]) -> (Vec<String>, String) {
    let text = desk.said_by("types", changes, &[], arguments);
    let ran = text.lines().filter_map(|line| line.strip_prefix("ran "));
    let mut ran: Vec<String> = ran.map(str::to_owned).collect();
    ran.sort();
    let answers = text.lines().last().unwrap_or_default();
    (ran, answers.to_owned())
}

#[test]
fn types_of_crates_without_tracked_functions_and_of_bodies_count_with_all_of_the_program() {
    let desk = Desk::new();
    let (ran, answers) = run(&desk, &[]);
    assert_eq!(
        ran,
        [
            "inside",
            "shown<Far>",
            "shown<Here>",
            "shown<Inner>",
            "shown<Near>",
            "shown<Value>"
        ]
    );
    assert_eq!(answers, r#"answers ["11", "13", "12", "10", "14"]"#);
    assert_eq!(run(&desk, &[]).0, [""; 0], "the same program");
    let (ran, answers) = run(&desk, HERE);
    assert_eq!(ran, ["inside", "shown<Far>", "shown<Here>", "shown<Inner>"]);
    assert_eq!(answers, r#"answers ["11", "40", "12", "10", "14"]"#);
    assert_eq!(run(&desk, HERE).0, [""; 0], "the same program");
    let (ran, answers) = run(&desk, FAR);
    assert_eq!(ran, ["inside", "shown<Far>", "shown<Here>", "shown<Inner>"]);
    assert_eq!(answers, r#"answers ["110", "13", "12", "10", "14"]"#);
    let (ran, answers) = run(&desk, NEAR);
    assert_eq!(
        ran,
        [
            "inside",
            "shown<Far>",
            "shown<Here>",
            "shown<Inner>",
            "shown<Near>"
        ]
    );
    assert_eq!(answers, r#"answers ["11", "13", "30", "10", "14"]"#);
    let (ran, answers) = run(&desk, INNER);
    assert_eq!(ran, ["inside", "shown<Far>", "shown<Here>", "shown<Inner>"]);
    assert_eq!(answers, r#"answers ["11", "13", "12", "10", "50"]"#);
    let both = [
        ("types/src/main.rs", "self.0 + 3", "self.0 + 4"),
        ("types/src/lib.rs", "self.0 + 2", "self.0 + 4"),
    ];
    let text = desk.said_by("types", &both, &[], &["report"]);
    for part in [
        "program around models::Far changed",
        "program around types::Here changed",
        "helper method fmt (types/src/lib.rs) changed",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

const FIELDS: &str = "pub struct Paid {\n    rate: u64,\n    units: u64,\n}";
const DERIVES: &str = "#[derive(Debug, Clone, Serialize, Deserialize)]\npub struct Paid {\n    rate: u64,\n    units: u64,\n}";
const MADE: &str = "Paid { rate: 1, units: 2 }";

/// The type that is answered by code which, as far as it is looked at, is the same; and the answer.
const PAID: &[(&str, Changes)] = &[
    ("Paid { rate: 1, units: 2 }", &[]),
    (
        "Paid { units: 2, rate: 1 }",
        &[(
            "types/src/lib.rs",
            FIELDS,
            "pub struct Paid {\n    units: u64,\n    rate: u64,\n}",
        )],
    ),
    (
        "Paid { rate: 1, units: 2, more: None }",
        &[
            (
                "types/src/lib.rs",
                "units: u64,\n}",
                "units: u64,\n    more: Option<()>,\n}",
            ),
            (
                "types/src/lib.rs",
                MADE,
                "Paid { rate: 1, units: 2, more: None }",
            ),
        ],
    ),
    (
        "7",
        &[
            ("types/src/lib.rs", DERIVES, "pub type Paid = u64;"),
            ("types/src/lib.rs", MADE, "7"),
        ],
    ),
    (
        "\"\\u{7}\"",
        &[
            ("types/src/lib.rs", DERIVES, "pub type Paid = String;"),
            ("types/src/lib.rs", MADE, "\"\\u{7}\".into()"),
        ],
    ),
    (
        "[7]",
        &[
            ("types/src/lib.rs", DERIVES, "pub type Paid = Vec<u8>;"),
            ("types/src/lib.rs", MADE, "vec![7]"),
        ],
    ),
];

#[test]
fn a_result_of_another_type_is_a_miss() {
    let desk = Desk::new();
    let asks = |(answer, changes): &(&str, Changes)| {
        let (ran, answers) = run_with(&desk, changes, &["paid"]);
        assert_eq!(answers, format!("answers {answer}"));
        ran
    };
    // One name stands for all that have these fields or those.
    for paid in [&PAID[..3], &PAID[..3]].concat() {
        assert_eq!(asks(&paid), ["paid"]);
        assert_eq!(asks(&paid), [""; 0]);
    }
    // What a type of another name was answered stays.
    for paid in &PAID[3..] {
        assert_eq!(asks(paid), ["paid"]);
    }
    for paid in &PAID[2..] {
        assert_eq!(asks(paid), [""; 0]);
    }
}
