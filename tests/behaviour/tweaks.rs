//! Tweaks, masks, and what they cost.

use crate::ran::{ran, take};
use dug::{Context, node, tracked, tweak, untweak, with_context};

#[tracked]
fn spot() -> i64 {
    ran("spot");
    100
}

#[tracked]
fn rate() -> i64 {
    ran("rate");
    2
}

/// Falls in steps of ten: most changes of the spot do not change it.
#[tracked]
fn bucket() -> i64 {
    ran("bucket");
    spot() / 10
}

#[tracked]
fn option(strike: i64) -> i64 {
    ran(format!("option({strike})"));
    (spot() - strike).max(0)
}

#[tracked]
fn book() -> i64 {
    ran("book");
    option(90) + option(110) + bucket()
}

#[tracked]
fn bond() -> i64 {
    ran("bond");
    100 * rate()
}

/// Asks for `rate` only where the spot is high.
#[tracked]
fn switch() -> i64 {
    ran("switch");
    if spot() > 100 { rate() } else { 0 }
}

#[test]
fn the_arguments_and_the_value_are_evaluated_once_before_the_tweak_applies() {
    with_context(|| {
        let mut evaluated = Vec::new();
        tweak!(option({ evaluated.push("argument"); 90 }) => { evaluated.push("value"); option(90) + 1 });
        assert_eq!(evaluated, ["argument", "value"]);
        assert_eq!(option(90), 11);
    });
}

#[test]
fn only_what_depends_on_a_tweak_runs_again() {
    with_context(|| {
        book();
        bond();
        take();
        with_context(|| {
            tweak!(spot() => 120);
            assert_eq!(book(), 30 + 10 + 12);
            assert_eq!(bond(), 200);
            assert_eq!(take(), "option(90) book option(110) bucket");
        });
        assert_eq!(book(), 20);
        assert_eq!(take(), "");
    });
}

#[test]
fn an_equal_result_stops_the_wave() {
    with_context(|| {
        assert_eq!(bucket() + switch(), 10);
        take();
        with_context(|| {
            tweak!(spot() => 99);
            assert_eq!(option(110), 0);
            take();
            assert_eq!(switch(), 0);
            assert_eq!(take(), "switch");
        });
        // Over one node that answers as before, nothing runs.
        #[tracked]
        fn above() -> i64 {
            ran("above");
            bucket() + 1
        }
        assert_eq!(above(), 11);
        take();
        with_context(|| {
            tweak!(spot() => 109);
            assert_eq!(above(), 11);
            assert_eq!(take(), "bucket");
        });
    });
}

/// Rule 4.8.
#[test]
fn a_tweak_to_the_value_that_is_there_runs_nothing() {
    with_context(|| {
        book();
        take();
        with_context(|| {
            tweak!(spot() => 100);
            assert!(node!(book()).is_masked());
            assert!(node!(book()).is_cached());
            assert_eq!(book(), 20);
            assert_eq!(take(), "");
        });
        tweak!(spot() => 100);
        assert_eq!(book(), 20);
        assert_eq!(take(), "");
    });
}

/// Rule 3.3: the own suspect entry is adopted when its dependencies answer as they did.
#[test]
fn going_back_adopts_the_entry_that_was_there() {
    with_context(|| {
        book();
        tweak!(spot() => 120);
        assert!(!node!(book()).is_cached());
        untweak!(spot());
        take();
        assert!(node!(book()).is_cached());
        assert_eq!(book(), 20);
        assert_eq!(take(), "");

        tweak!(spot() => 120);
        assert_eq!(book(), 52);
        take();
        // Its value of before is known only to what depends on it.
        tweak!(spot() => 100);
        assert_eq!(option(90), 10);
        assert_eq!(take(), "option(90)");
    });
}

/// Rule 3.3: the first difference ends the check, in the order of asking.
#[test]
fn no_body_runs_that_the_function_would_not_ask_for() {
    with_context(|| {
        tweak!(spot() => 101);
        assert_eq!(switch(), 2);
        take();
        with_context(|| {
            tweak!(spot() => 50);
            node!(rate()).invalidate();
            assert_eq!(switch(), 0);
            assert_eq!(take(), "switch");
        });
    });
}

/// Rule 4.3.
#[test]
fn a_tweaked_node_hides_what_lies_below_it() {
    with_context(|| {
        book();
        with_context(|| {
            tweak!(option(90) => 1);
            tweak!(option(110) => 2);
            tweak!(bucket() => 3);
            assert_eq!(book(), 6);
            take();
            tweak!(spot() => 500);
            assert!(node!(book()).is_cached());
            assert_eq!(book(), 6);
            assert_eq!(take(), "");
            untweak!(bucket());
            assert_eq!(book(), 53);
        });
    });
}

/// Rule 3.4: marking does not pass through a tweaked node, and follows what is visible.
#[test]
fn marks_follow_the_entries_that_are_visible() {
    with_context(|| {
        tweak!(spot() => 101);
        assert_eq!(switch(), 2);
        with_context(|| {
            tweak!(spot() => 50);
            assert_eq!(switch(), 0);
            with_context(|| {
                // The entry of `switch` that is visible from here has not asked for `rate`.
                tweak!(rate() => 9);
                assert!(!node!(switch()).is_masked());
                assert_eq!(switch(), 0);
            });
        });
        with_context(|| {
            tweak!(switch() => 1);
            tweak!(rate() => 9);
            #[tracked]
            fn above() -> i64 {
                switch()
            }
            assert_eq!(above(), 1);
            with_context(|| {
                tweak!(rate() => 10);
                assert!(!node!(above()).is_masked());
            });
        });
    });
}

/// Rule 4.2: the walk over own entries does not stop where the parents' entries are masked already.
#[test]
fn two_walks() {
    with_context(|| {
        book();
        with_context(|| {
            tweak!(spot() => 120);
            assert_eq!(book(), 52);
            tweak!(spot() => 130);
            assert_eq!(book(), 40 + 20 + 13);
            tweak!(spot() => 90);
            assert_eq!(book(), 9);
        });
        assert_eq!(book(), 20);
    });
}

#[test]
fn tweaks_are_listed_replaced_and_taken_back() {
    let context = Context::new();
    context.enter(|| {
        tweak!(spot() => 1);
        tweak!(option(5) => 2);
        tweak!(spot() => 3);
        let listed: Vec<_> = context
            .tweaks()
            .iter()
            .map(|tweak| tweak.node().unwrap().to_string())
            .collect();
        assert_eq!(listed, ["spot()", "option(5)"]);
        assert_eq!(context.tweaks()[0].value::<i64>(), Some(3));
        untweak!(option(5));
        untweak!(option(6));
        assert_eq!(option(5), 0);
    });
    assert_eq!(context.tweaks().len(), 1);
}

#[test]
fn what_masks_is_what_is_in_force() {
    with_context(|| {
        tweak!(spot() => 7);
        assert!(!node!(spot()).is_masked(), "there is no parent");
        book();
        with_context(|| {
            assert!(!node!(book()).is_masked());
            tweak!(spot() => 8);
            assert!(node!(spot()).is_masked() && node!(book()).is_masked());
            assert!(!node!(bond()).is_masked());
            book();
            untweak!(spot());
            assert!(!node!(spot()).is_masked() && !node!(book()).is_masked());
            take();
            assert_eq!(book(), 0);
            assert_eq!(take(), "");
            tweak!(spot() => 9);
            tweak!(option(90) => 0);
            untweak!(spot());
            assert!(node!(book()).is_masked() && !node!(bucket()).is_masked());
        });
    });
}

#[test]
fn invalidating_reaches_what_asks_for_what_a_tweak_further_out_has_made() {
    with_context(|| {
        tweak!(spot() => |old| old + 1);
        spot();
        with_context(|| {
            book();
            take();
            node!(spot()).invalidate();
            assert!(!node!(book()).is_cached());
            book();
            assert_eq!(take(), "spot");
            book();
            assert_eq!(take(), "");
        });
    });
}

#[test]
fn invalidating_runs_the_body_once_and_what_depends_on_it_if_it_differs() {
    with_context(|| {
        book();
        take();
        node!(spot()).invalidate();
        assert!(!node!(book()).is_cached());
        assert_eq!(book(), 20);
        assert_eq!(take(), "spot");
        with_context(|| {
            node!(spot()).invalidate();
            assert!(!node!(book()).is_masked(), "no tweak is in force");
            assert_eq!(book(), 20);
            assert_eq!(take(), "spot");
            assert_eq!(book(), 20);
            assert_eq!(take(), "");
        });
        assert_eq!(book(), 20);
        assert_eq!(take(), "");
    });
}

#[test]
fn unloading_frees_the_value_and_leaves_what_depends_on_it() {
    with_context(|| {
        book();
        node!(spot()).unload();
        assert!(!node!(spot()).is_cached());
        assert!(node!(book()).is_cached());
        take();
        assert_eq!(spot(), 100);
        assert_eq!(take(), "spot");
        // The entry above is checked against what is left of the value.
        node!(spot()).unload();
        node!(bucket()).invalidate();
        assert_eq!(book(), 20);
        assert_eq!(take(), "bucket spot");
        tweak!(spot() => 111);
        assert_eq!(book(), 21 + 1 + 11);
    });
}
