//! After an edit it is said which item has changed, and the edit can be accepted.

use crate::desk::{Changes, Desk};

/// A helper gives something else.
const DISCOUNT: Changes = &[("src/curve.rs", "x * RATE - shift(x)", "x * RATE + shift(x)")];

/// A helper of a helper.
const SHIFT: Changes = &[(
    "src/curve.rs",
    "if x > 0 { STEP } else { 0 }",
    "if x > 0 { 2 * STEP } else { 0 }",
)];

#[test]
fn the_helper_that_was_edited_is_named_with_its_file() {
    let desk = Desk::new();
    desk.run(&[], &[]);
    assert_eq!(
        desk.said(&[], &[], &["why"]),
        "above(4) is stored, and right\nnested(1) is stored, and right\n"
    );
    assert_eq!(
        desk.said(DISCOUNT, &[], &["why"]),
        "above(4) would run\n  \
           discounted(4) would run: the code of `desk::curve::discounted` has changed: \
           helper fn discount (src/curve.rs) changed\n\
         nested(1) is stored, and right\n"
    );
    let both = desk.said(SHIFT, &[], &["why"]);
    assert_eq!(
        both.matches("helper fn shift (src/curve.rs) changed")
            .count(),
        2,
        "{both}"
    );
    let constant = [("src/curve.rs", "RATE: i64 = 3", "RATE: i64 = 4")];
    let text = desk.said(&constant, &[], &["why"]);
    assert!(text.contains("const RATE (src/curve.rs) changed"), "{text}");
    let new = [
        (
            "src/curve.rs",
            "x * RATE - shift(x)",
            "x * RATE - shift(x) - more(x)",
        ),
        ("src/curve.rs", "", "\nfn more(x: i64) -> i64 { x }\n"),
    ];
    let text = desk.said(&new, &[], &["why"]);
    assert!(
        text.contains("helper fn more (src/curve.rs) is new"),
        "{text}"
    );
    // What was edited and taken back is no cause, though it was stored last.
    desk.run(DISCOUNT, &[]);
    let text = desk.said(SHIFT, &[], &["why"]);
    assert!(!text.contains("fn discount"), "{text}");
    assert!(text.contains("fn shift (src/curve.rs) changed"), "{text}");
}

#[test]
fn a_report_names_what_was_edited_in_each_function() {
    let desk = Desk::new();
    desk.run(&[], &[]);
    let text = desk.said(&[], &[], &["report"]);
    assert!(text.starts_with("0 of "), "{text}");
    let text = desk.said(SHIFT, &[], &["report"]);
    let expected = "  desk::curve::above: 1 of 1\n    \
                        rests on desk::curve::discounted\n  \
                      desk::curve::discounted: 1 of 1\n    \
                        helper fn shift (src/curve.rs) changed\n  \
                      desk::curve::nested: 1 of 1\n    \
                        helper fn shift (src/curve.rs) changed\n";
    assert!(
        text.starts_with("3 of ") && text.contains(expected),
        "{text}"
    );
    let own = [(
        "src/curve.rs",
        "    ran(\"leaf\");\n    x + 1",
        "    ran(\"leaf\");\n    1 + x",
    )];
    let text = desk.said(&own, &[], &["report"]);
    assert!(
        text.contains("desk::curve::leaf: 1 of 1\n    its own code changed\n"),
        "{text}"
    );
    let version = [(
        "src/curve.rs",
        "#[tracked]\nfn leaf",
        "#[tracked(version = \"2\")]\nfn leaf",
    )];
    let text = desk.said(&version, &[], &["report"]);
    assert!(
        text.contains("desk::curve::leaf: 1 of 1\n    version none became \"2\"\n"),
        "{text}"
    );
    let around = [(
        "src/scripts.rs",
        "    cell!(\"scripted\"",
        "    let x = x + 0;\n    cell!(\"scripted\"",
    )];
    let text = desk.said(&around, &[], &["report"]);
    assert!(
        text.contains("scripted: 1 of 1\n    helper fn script (src/scripts.rs) changed\n"),
        "{text}"
    );
    let krate = [("rates/src/lib.rs", "", "\npub fn unused() {}\n")];
    let text = desk.said(&krate, &[], &["report"]);
    let part = "source rates/src/lib.rs changed";
    assert!(text.contains(part), "{text}");
}

#[test]
fn what_is_accepted_stays_across_builds() {
    let desk = Desk::new();
    let ran = desk.run(&[], &[]);
    assert!(!ran.is_empty());
    assert_eq!(desk.said(DISCOUNT, &[], &["accept"]), "accepted 2\n");
    assert_eq!(desk.run(DISCOUNT, &[]), [""; 0], "the edit was accepted");
    assert_eq!(
        desk.run(SHIFT, &[]),
        ["above", "discounted", "nested"],
        "another was not"
    );
    assert_eq!(desk.run(&[], &[]), [""; 0], "the first version again");
    let text = desk.said(SHIFT, &[], &["accept all"]);
    assert!(
        !text.contains("ran "),
        "what has run has the last word: {text}"
    );
    let both = [SHIFT[0], ("src/curve.rs", "STEP: i64 = 2", "STEP: i64 = 5")];
    let text = desk.said(&both, &[], &["accept all"]);
    assert!(!text.contains("ran "), "all was accepted: {text}");
    assert_eq!(desk.run(&both, &[]), [""; 0]);
    // The code of a generic function is known before it is used.
    let generic = [("src/generic.rs", "coupon + 100", "100 + coupon")];
    let text = desk.said(&generic, &[], &["report"]);
    let part = "helper fn bond (src/generic.rs) changed";
    assert!(text.contains(part), "{text}");
    desk.said(&generic, &[], &["accept all"]);
    assert_eq!(desk.run(&generic, &[]), [""; 0]);
}
