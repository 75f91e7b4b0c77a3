//! What a generic function is called with counts, wherever it is from.

use crate::desk::{Changes, Desk};

const HERE: Changes = &[("types/src/main.rs", "self.0 + 3", "self.0 + 30")];
const FAR: Changes = &[("types/models/src/lib.rs", "self.0 + 1", "self.0 + 100")];
const NEAR: Changes = &[("types/src/lib.rs", "self.0 + 2", "self.0 + 20")];

/// What runs in the variant, and the answers.
fn run(desk: &Desk, changes: Changes) -> (Vec<String>, String) {
    let text = desk.said_by("types", changes, &[], &[]);
    let ran = text.lines().filter_map(|line| line.strip_prefix("ran "));
    let mut ran: Vec<String> = ran.map(str::to_owned).collect();
    ran.sort();
    let answers = text.lines().last().unwrap_or_default();
    (ran, answers.to_owned())
}

#[test]
fn types_of_crates_without_tracked_functions_count_with_all_of_the_program() {
    let desk = Desk::new();
    let (ran, answers) = run(&desk, &[]);
    assert_eq!(
        ran,
        ["shown<Far>", "shown<Here>", "shown<Near>", "shown<Value>"]
    );
    assert_eq!(answers, r#"answers ["11", "13", "12", "10"]"#);
    assert_eq!(run(&desk, &[]).0, [""; 0], "the same program");
    let (ran, answers) = run(&desk, HERE);
    assert_eq!(ran, ["shown<Far>", "shown<Here>"]);
    assert_eq!(answers, r#"answers ["11", "40", "12", "10"]"#);
    assert_eq!(run(&desk, HERE).0, [""; 0], "the same program");
    let (ran, answers) = run(&desk, FAR);
    assert_eq!(ran, ["shown<Far>", "shown<Here>"]);
    assert_eq!(answers, r#"answers ["110", "13", "12", "10"]"#);
    let (ran, answers) = run(&desk, NEAR);
    assert_eq!(ran, ["shown<Far>", "shown<Here>", "shown<Near>"]);
    assert_eq!(answers, r#"answers ["11", "13", "30", "10"]"#);
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
