//! Tweaks of many nodes, and relative ones: precedence, `old`, and what runs.

use crate::ran::{ran, take};
use dug::{Context, Scenario, node, tracked, tweak, untweak, with_context};
use serde::{Deserialize, Serialize};

#[tracked]
fn vol(name: &str, years: u32) -> i64 {
    ran(format!("vol({name},{years})"));
    base(years) + name.len() as i64
}

#[tracked]
fn base(years: u32) -> i64 {
    ran(format!("base({years})"));
    i64::from(years) * 10
}

#[tracked]
fn option(name: &str, years: u32) -> i64 {
    ran(format!("option({name},{years})"));
    2 * vol(name, years)
}

#[tracked]
fn book() -> i64 {
    ran("book");
    option("A", 1) + option("A", 2) + option("BB", 1)
}

#[test]
fn a_whole_function_known_or_not() {
    with_context(|| {
        assert_eq!(book(), 2 * (11 + 21 + 12));
        take();
        with_context(|| {
            tweak!(vol(..) => 1);
            assert_eq!(vol("never asked", 9), 1);
            assert!(node!(vol("nor this", 9)).is_tweaked());
            assert_eq!(node!(vol("nor this", 8)).get(), Some(1));
            assert!(node!(book()).is_masked() && !node!(base(1)).is_masked());
            assert_eq!(book(), 6);
            assert_eq!(take(), "option(A,1) book option(A,2) option(BB,1)");
            untweak!(vol(..));
            assert_eq!(book(), 88);
            assert_eq!(take(), "");
        });
        assert_eq!(book(), 88);
        assert_eq!(take(), "");
    });
}

#[test]
fn a_pattern_reaches_what_it_matches_and_its_cone() {
    with_context(|| {
        book();
        take();
        with_context(|| {
            tweak!(vol("A", _) => 0);
            let masked = Context::current().unwrap().stats().masked;
            assert_eq!(masked, 3, "two options and the book");
            assert_eq!(book(), 24);
            assert_eq!(take(), "option(A,1) book option(A,2)");
            assert_eq!(vol("A", 77), 0);
            assert_eq!(vol("BB", 3), 32);
            tweak!(vol(_, 1) => 5);
            assert_eq!((vol("A", 1), vol("A", 2), vol("BB", 1)), (5, 0, 5));
        });
    });
}

#[test]
fn guards_see_arguments_by_value_or_by_reference() {
    with_context(|| {
        book();
        take();
        let least = 2;
        with_context(|| {
            tweak!(vol(name, years) if name.len() == 1 && years >= least => 0);
            assert_eq!(book(), 2 * (11 + 12));
            assert_eq!(take(), "option(A,2) book");
            assert_eq!((vol("Z", 9), vol("ZZ", 9)), (0, 92));
            untweak!(vol(_, _) if true);
            assert_eq!(book(), 88);
        });
    });
}

#[test]
fn the_order_is_exact_then_the_latest_pattern_or_guard_then_the_whole_function() {
    with_context(|| {
        tweak!(vol("A", 1) => 1);
        tweak!(vol("A", _) => 2);
        tweak!(vol(_, y) if y < 3 => 3);
        tweak!(vol(..) => 4);
        let all = || (vol("A", 1), vol("A", 2), vol("A", 3), vol("B", 9));
        assert_eq!(all(), (1, 3, 2, 4));
        tweak!(vol("A", _) => 20); // the same pattern: replaced, and the latest now
        assert_eq!(all(), (1, 20, 20, 4));
        with_context(|| {
            tweak!(vol(..) => 40); // further in: before all of them
            assert_eq!(all(), (40, 40, 40, 40));
            assert_eq!(Context::current().unwrap().tweaks().len(), 1);
        });
        assert_eq!(Context::current().unwrap().tweaks().len(), 4);
        untweak!(vol("A", _));
        untweak!(vol("A", 1));
        assert_eq!(all(), (3, 3, 4, 4));
        let listed: Vec<String> = Context::current()
            .unwrap()
            .tweaks()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(listed, ["vol(..) if .. => 3", "vol(..) => 4"]);
    });
}

#[test]
fn a_relative_tweak_takes_what_the_parent_has_and_runs_no_body_for_it() {
    with_context(|| {
        assert_eq!(book(), 88);
        take();
        with_context(|| {
            tweak!(vol("A", 1) => |old| old * 2);
            assert_eq!(book(), 88 + 22);
            assert_eq!(take(), "option(A,1) book");
            let deps = node!(vol("A", 1)).dependencies();
            assert_eq!(deps.len(), 1);
            assert_eq!(deps[0].to_string(), "base(1)");
        });
        assert_eq!(book(), 88);
        assert_eq!(take(), "");
    });
}

#[test]
fn a_relative_tweak_hides_nothing() {
    with_context(|| {
        book();
        with_context(|| {
            tweak!(vol(..) += 1);
            assert_eq!(vol("A", 1), 12);
            take();
            tweak!(base(1) => 100);
            assert_eq!(vol("A", 1), 102);
            assert_eq!(take(), "vol(A,1)");
            tweak!(base(1) => 200);
            assert_eq!(vol("A", 1), 202);
            with_context(|| {
                tweak!(base(1) => 0);
                assert_eq!(vol("A", 1), 2);
            });
            assert_eq!(vol("A", 1), 202);
            untweak!(base(1));
            assert_eq!(vol("A", 1), 12);
        });
    });
}

#[test]
fn doubling_in_two_nested_contexts_makes_four_times() {
    with_context(|| {
        assert_eq!(vol("A", 1), 11);
        with_context(|| {
            tweak!(vol(..) *= 2);
            assert_eq!(vol("A", 1), 22);
            with_context(|| {
                tweak!(vol("A", _) *= 2);
                take();
                assert_eq!(vol("A", 1), 44);
                assert_eq!(take(), "");
                tweak!(vol("A", 1) -= 4);
                assert_eq!(vol("A", 1), 40);
                tweak!(vol("A", 1) => |old| old + vol("A", 2));
                assert_eq!(vol("A", 1), 44 + 4 * 21);
            });
            tweak!(vol("A", 1) => 5);
            assert_eq!(vol("A", 1), 5);
            with_context(|| {
                tweak!(vol(..) *= 3);
                assert_eq!(vol("A", 1), 15);
            });
        });
    });
}

#[test]
fn what_a_closure_asks_is_a_dependency() {
    with_context(|| {
        tweak!(vol("A", 1) => |old| old + base(7));
        assert_eq!(option("A", 1), 2 * (11 + 70));
        let deps: Vec<String> = node!(vol("A", 1))
            .dependencies()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(deps, ["base(1)", "base(7)"]);
        tweak!(base(7) => 0);
        assert_eq!(option("A", 1), 22);
    });
}

#[test]
fn clamping_and_redundant_tweaks_run_nothing_above() {
    with_context(|| {
        book();
        take();
        with_context(|| {
            tweak!(vol(_, _).clamp(0, 1000));
            assert_eq!(book(), 88);
            assert_eq!(take(), "");
            tweak!(vol(_, _).clamp(0, 12));
            assert_eq!(book(), 2 * (11 + 12 + 12));
            assert_eq!(take(), "option(A,2) book");
        });
    });
}

#[test]
fn old_is_not_computed_again_when_the_shock_changes() {
    with_context(|| {
        with_context(|| {
            tweak!(vol(..) *= 2);
            assert_eq!(vol("A", 1), 22);
            assert_eq!(take(), "vol(A,1) base(1)");
            tweak!(vol(..) *= 3);
            assert_eq!(vol("A", 1), 33);
            untweak!(vol(..));
            assert_eq!(vol("A", 1), 11);
            assert_eq!(take(), "");
        });
    });
}

#[test]
fn a_closure_that_asks_its_own_node_is_a_circle() {
    with_context(|| {
        tweak!(base(1) => |old| old + base(1));
        let error = node!(base(1)).try_call().unwrap_err();
        assert!(error.to_string().ends_with("base(1) -> base(1)"), "{error}");
    });
}

#[tracked]
fn with_own_shock() -> i64 {
    ran("with_own_shock");
    with_context(|| {
        tweak!(vol(_, 1) *= 10);
        vol("A", 1)
    })
}

#[test]
fn inside_a_running_function() {
    with_context(|| {
        assert_eq!(with_own_shock(), 110);
        take();
        with_context(|| {
            tweak!(vol("A", 1) => 3);
            assert_eq!(with_own_shock(), 30);
            assert_eq!(take(), "with_own_shock");
            tweak!(base(1) => 3);
            assert_eq!(with_own_shock(), 30);
            untweak!(vol("A", 1));
            assert_eq!(with_own_shock(), 40);
        });
        assert_eq!(with_own_shock(), 110);
    });
}

#[derive(Clone, Serialize, Deserialize)]
struct Curve(i64);

#[tracked]
impl Curve {
    fn rate(&self, years: u32) -> i64 {
        self.0 * i64::from(years)
    }
}

#[test]
fn methods_of_one_receiver_or_of_all() {
    let (low, high) = (Curve(1), Curve(5));
    with_context(|| {
        tweak!(Curve::rate(&low, _) => 7);
        assert_eq!((low.rate(2), low.rate(3), high.rate(2)), (7, 7, 10));
        tweak!(Curve::rate(_, 3) += 1);
        assert_eq!((low.rate(3), high.rate(3)), (8, 16));
        untweak!(Curve::rate(&low, _));
        assert_eq!((low.rate(2), low.rate(3)), (2, 4));
        tweak!(Curve::rate(..) => 0);
        assert_eq!((low.rate(2), low.rate(3)), (0, 1));
        tweak!(Curve::rate(curve, _) if curve.0 > 4 => -1);
        assert_eq!((low.rate(2), high.rate(2)), (0, -1));
    });
}

#[tracked]
fn sum<T: dug::TrackedResult + Copy + Into<i64>>(items: &[T]) -> i64 {
    items.iter().map(|item| (*item).into()).sum()
}

#[tracked]
fn count(items: impl IntoIterator<Item = u8> + Serialize + Clone) -> i64 {
    items.into_iter().count() as i64
}

#[test]
fn of_generic_functions_one_instantiation_or_all() {
    with_context(|| {
        tweak!(sum::<u8>(..) => 1);
        assert_eq!((sum(&[3u8, 4]), sum(&[3i16, 4])), (1, 7));
        tweak!(count(..) => 100);
        assert_eq!((count(vec![1, 2]), count(Some(3))), (100, 100));
    });
}

#[tracked(skip(log))]
fn noted(x: u32, y: u32, log: &mut Vec<u32>) -> u32 {
    log.push(x);
    x + y
}

#[test]
fn skipped_arguments_are_wild() {
    with_context(|| {
        let mut log = Vec::new();
        tweak!(noted(1, 2, _) => 9);
        assert_eq!(noted(1, 2, &mut log), 9);
        tweak!(noted(_, 5, _) => 8);
        assert_eq!((noted(1, 5, &mut log), noted(1, 6, &mut log)), (8, 7));
        assert_eq!(log, [1]);
    });
}

/// Serialized, but never read back: its arguments are told apart when they are at hand.
#[derive(Clone, Serialize)]
struct OneWay(Vec<u8>);

#[tracked]
fn odd(a: &OneWay, b: u32, c: &OneWay) -> u32 {
    a.0.len() as u32 + b + c.0.len() as u32
}

#[test]
fn patterns_need_no_arguments_that_decode() {
    let (one, two) = (OneWay(vec![3]), OneWay(vec![1, 2]));
    with_context(|| {
        assert_eq!(odd(&one, 3, &two), 6);
        tweak!(odd(_, 3, _) => 100);
        tweak!(odd(_, _, &one) => 200);
        assert_eq!(odd(&one, 3, &two), 100);
        assert_eq!(odd(&two, 3, &one), 200);
        assert_eq!(odd(&two, 4, &two), 8);
    });
}

#[test]
fn wide_tweaks_of_a_kept_context_apply_anew() {
    let shock = Context::new();
    shock.enter(|| tweak!(vol(name, _) if name == "A" => |old| old + 1));
    for _ in 0..2 {
        with_context(|| {
            assert_eq!(book(), 88);
            take();
            assert_eq!(shock.enter(book), 92);
            assert_eq!(take(), "option(A,1) book option(A,2)");
        });
    }
}

fn message(of: impl FnOnce() -> i64) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(of)).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn only_those_hear_of_a_guard_that_fails_who_ask_under_it() {
    with_context(|| {
        assert_eq!(book(), 88);
        let outside = dug::here();
        with_context(|| {
            tweak!(vol(_, years) if { assert!(years < 2, "a guard's own panic"); true } => 0);
            assert_eq!(option("A", 1), 0);
            let text = message(book);
            assert!(
                text.starts_with("the guard of a tweak cannot test `vol(\"A\", 2)`"),
                "{text}"
            );
            assert!(text.contains("a guard's own panic"), "{text}");
            assert_eq!(outside.run(|| vol("C", 5)), 51);
            assert!(message(|| vol("C", 5)).contains("a guard's own panic"));
            tweak!(vol("C", 5) => 3);
            assert_eq!(vol("C", 5), 3);
            untweak!(vol(_, _) if true);
            assert_eq!(book(), 88);
        });
        assert_eq!((book(), vol("C", 5)), (88, 51));
    });
}

#[test]
fn a_guard_that_fails_outside_is_heard_of_where_the_node_was_kept_inside() {
    with_context(|| {
        let outside = dug::here();
        let entered = Scenario::new().with(tweak!(in base(9) => 0)).unwrap();
        assert_eq!(entered.enter(book), 88);
        with_context(|| {
            assert_eq!(vol("C", 5), 51);
            outside.run(|| tweak!(vol(_, years) if { assert!(years > 9, "unclear"); true } => 0));
            assert!(message(|| vol("C", 5)).contains("unclear"));
            assert!(message(book).contains("unclear"));
        });
        for scenario in [entered, Scenario::new()] {
            scenario.enter(|| {
                assert!(message(|| vol("A", 1)).contains("unclear"));
                assert!(message(book).contains("unclear"));
            });
        }
        untweak!(vol(_, _) if true);
        assert_eq!(book(), 88);
    });
}

#[test]
fn a_guard_may_ask_for_nothing() {
    with_context(|| {
        tweak!(vol(_, years) if base(years) > 10 => 0);
        let text = message(|| vol("A", 1));
        assert!(
            text.contains("`base(1)` was called inside the guard of a tweak"),
            "{text}"
        );
    });
}

#[test]
fn a_pattern_of_nothing_but_wild_cards_is_a_pattern() {
    with_context(|| {
        tweak!(vol(_, _) => 8);
        tweak!(vol(..) => 9);
        assert_eq!(vol("A", 1), 8);
        untweak!(vol(_, _));
        assert_eq!(vol("A", 1), 9);
    });
}

#[tracked(skip(by))]
fn shifted(x: u32, by: fn(u32) -> u32) -> u32 {
    by(x)
}

#[test]
fn a_skipped_argument_of_a_pattern_is_coerced_as_in_a_call() {
    fn twice(x: u32) -> u32 {
        2 * x
    }
    with_context(|| {
        tweak!(shifted(_, twice) => 7);
        assert_eq!(shifted(3, |x| x + 1), 7);
        tweak!(shifted(4, _) => 8);
        assert_eq!((shifted(4, twice), shifted(3, twice)), (8, 7));
    });
}
