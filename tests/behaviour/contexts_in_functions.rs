//! Rule 3.7: tracked functions that open contexts and tweak inside them.

use crate::ran::{ran, take};
use dug::{Context, Scenario, node, tracked, tweak, untweak, with_context};

#[tracked]
fn a() -> i64 {
    ran("a");
    0
}

#[tracked]
fn x() -> bool {
    ran("x");
    false
}

#[tracked]
fn c() -> i64 {
    ran("c");
    if x() { a() } else { 0 }
}

/// The example of the rule: no value that it was given says that it depends on `x`.
#[tracked]
fn f() -> i64 {
    ran("f");
    with_context(|| {
        tweak!(a() => 1);
        c()
    })
}

#[tracked]
fn untweaked() -> i64 {
    ran("untweaked");
    with_context(|| c() + 1)
}

#[tracked]
fn nested() -> i64 {
    ran("nested");
    with_context(|| {
        tweak!(x() => true);
        f() + with_context(|| {
            tweak!(a() => 10);
            c()
        })
    })
}

#[tracked]
fn above() -> i64 {
    ran("above");
    f() + 100
}

#[test]
fn what_is_asked_inside_is_a_dependency_at_every_depth_without_cut_off() {
    with_context(|| {
        assert_eq!((f(), c(), above()), (0, 0, 100));
        tweak!(x() => true);
        assert_eq!(c(), 0, "outside nothing changes");
        assert_eq!(f(), 1);
        assert_eq!(above(), 101);
    });
}

#[test]
fn it_holds_in_a_child_too() {
    with_context(|| {
        above();
        with_context(|| {
            tweak!(x() => true);
            assert!(node!(f()).is_masked() && node!(above()).is_masked());
            assert_eq!(above(), 101);
            with_context(|| {
                tweak!(x() => false);
                assert_eq!(above(), 100);
            });
        });
        take();
        assert_eq!(above(), 100);
        assert_eq!(take(), "");
    });
}

#[test]
fn what_the_inner_tweaks_answer_is_left_out() {
    with_context(|| {
        assert_eq!(f(), 0);
        let names: Vec<_> = node!(f())
            .dependencies()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["c()", "x()"]);
        take();
        tweak!(a() => 5);
        assert_eq!(f(), 0);
        assert_eq!(
            take(),
            "",
            "`a` is tweaked inside, and nothing else has changed"
        );
    });
}

#[test]
fn without_inner_tweaks_they_are_ordinary_dependencies() {
    with_context(|| {
        assert_eq!(untweaked(), 1);
        let names: Vec<_> = node!(untweaked())
            .dependencies()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["c()"]);
        take();
        // `c` is known nowhere outside, and the change reaches `untweaked` all the same.
        tweak!(x() => true);
        assert_eq!(untweaked(), 1);
        assert_eq!(take(), "c a", "an equal result stops the wave");
        tweak!(a() => 3);
        assert_eq!(untweaked(), 4);
    });
}

#[test]
fn contexts_inside_contexts_of_a_function() {
    with_context(|| {
        assert_eq!(nested(), 1 + 10);
        take();
        tweak!(x() => true);
        assert_eq!(nested(), 11);
        assert_eq!(take(), "", "`x` is tweaked inside");
        with_context(|| {
            tweak!(c() => 7);
            assert_eq!(nested(), 14);
        });
        assert_eq!(nested(), 11);
    });
}

#[tracked]
fn parameter() -> i64 {
    1
}

/// Bumps a node on which it depends itself, as a sensitivity does.
#[tracked]
fn slope() -> i64 {
    ran("slope");
    let here = square();
    let there = with_context(|| {
        let bumped = parameter() + 1;
        tweak!(parameter() => bumped);
        square()
    });
    there - here
}

#[tracked]
fn square() -> i64 {
    parameter() * parameter()
}

#[test]
fn a_function_may_tweak_what_it_depends_on() {
    with_context(|| {
        assert_eq!(slope(), 3);
        tweak!(parameter() => 5);
        assert_eq!(slope(), 11);
        take();
        assert_eq!(slope(), 11);
        assert_eq!(take(), "");
    });
}

/// Asks the same node under one tweak after another: all that was asked counts.
#[tracked]
fn ladder() -> i64 {
    with_context(|| {
        tweak!(x() => true);
        let low = c();
        tweak!(a() => 2);
        let high = c();
        tweak!(x() => false);
        100 * low + 10 * high + c()
    })
}

#[test]
fn replaced_entries_of_an_inner_context_count() {
    with_context(|| {
        assert_eq!(ladder(), 20);
        tweak!(a() => 4);
        assert_eq!(ladder(), 420);
    });
}

#[test]
fn the_statistics_of_an_inner_context_are_its_own() {
    #[tracked]
    fn inner_executions() -> u64 {
        let inner = Context::new();
        inner.enter(|| {
            tweak!(a() => 1);
            c();
        });
        inner.stats().executions
    }
    with_context(|| assert_eq!(inner_executions(), 2));
}

/// A model check found this: an answer that an outer context gains shows that what `f` has asked
/// inside is masked here. What has read `f` is checked again, and later changes get through to it.
#[test]
fn what_an_outer_context_comes_to_know_masks_what_was_asked_inside() {
    with_context(|| {
        let outer = dug::here();
        assert_eq!(above(), 100);
        with_context(|| {
            tweak!(x() => false);
            assert_eq!(above(), 100);
            outer.run(c);
            tweak!(f() => 7);
            assert_eq!(above(), 107);
        });
    });
}

mod found_inside_already {
    use super::*;

    #[tracked]
    fn bumped() -> i64 {
        10
    }

    #[tracked]
    fn one() -> i64 {
        8
    }

    #[tracked]
    fn two() -> i64 {
        one()
    }

    #[tracked]
    fn other() -> i64 {
        0
    }

    #[tracked]
    fn three() -> i64 {
        two()
    }

    #[tracked]
    fn constant() -> i64 {
        three();
        1
    }

    #[tracked]
    fn six() -> i64 {
        constant()
    }

    #[tracked]
    fn seven() -> i64 {
        six()
    }

    #[tracked]
    fn sum() -> i64 {
        with_context(|| {
            seven()
                + with_context(|| {
                    tweak!(bumped() => |old| old + 1);
                    two()
                })
        })
    }

    #[tracked]
    fn nine() -> i64 {
        sum()
    }

    #[test]
    fn what_a_tweaked_context_found_further_out_in_the_body_counts_where_it_is_tweaked() {
        with_context(|| {
            assert_eq!(nine(), 9);
            with_context(|| {
                tweak!(one() => 1);
                assert_eq!(nine(), 2);
            });
            // Results of scenarios are kept in the level that they rest on.
            let day = Scenario::new().with(tweak!(in one() => 1)).unwrap();
            let shock = Scenario::new().with(tweak!(in other() => 12)).unwrap();
            assert_eq!(shock.over(&day).enter(nine), 2);
            with_context(|| {
                tweak!(one() => 2);
                with_context(|| {
                    tweak!(other() => 12);
                    assert_eq!(nine(), 3);
                });
            });
        });
    }
}

#[tracked]
fn quote() -> i64 {
    -50
}

#[tracked]
fn seen_quote() -> i64 {
    quote()
}

#[tracked]
fn floored() -> i64 {
    seen_quote().max(1)
}

/// What was asked in the outer of its contexts is tweaked in the inner one.
#[tracked]
fn bumped() -> i64 {
    with_context(|| {
        let floored = floored();
        let again = with_context(|| {
            let seen = seen_quote();
            tweak!(seen_quote() => seen);
            seen_quote()
        });
        floored.min(again)
    })
}

#[test]
fn what_an_answer_rests_on_counts_though_it_was_found_out_in_another_context() {
    with_context(|| {
        assert_eq!(bumped(), -50);
        tweak!(quote() => -4);
        assert_eq!(bumped(), -4);
    });
}

#[tracked]
fn vat() -> i64 {
    0
}

#[tracked]
fn fee() -> i64 {
    0
}

#[tracked]
fn taxed() -> i64 {
    vat()
}

/// What it asks in a context of its own rests on nothing that is tweaked outside.
#[tracked]
fn total() -> i64 {
    with_context(|| {
        tweak!(vat() => 0);
        fee() + taxed()
    })
}

#[tracked]
fn seen_total() -> i64 {
    total()
}

#[tracked]
fn total_inside() -> i64 {
    with_context(seen_total)
}

/// Asked for below what is asked for inside.
#[tracked]
fn total_deep_inside() -> i64 {
    with_context(total_inside)
}

#[tracked]
fn total_beside_a_tweak() -> i64 {
    with_context(|| {
        tweak!(quote() => 0);
        seen_total()
    })
}

/// What is found out about `taxed` masks what rests on it, though nothing there answers otherwise.
#[test]
fn what_a_context_learns_hides_no_change_from_what_has_asked_before() {
    for asked in [total_inside, total_deep_inside, total_beside_a_tweak] {
        with_context(|| {
            assert_eq!(seen_total(), 0);
            with_context(|| {
                tweak!(vat() => |old| old + 1);
                assert_eq!(asked(), 0);
                assert_eq!(taxed(), 1);
                tweak!(fee() => 1);
                assert_eq!(asked(), 1);
                tweak!(fee() => 2);
                assert_eq!(asked(), 2);
                untweak!(fee());
                assert_eq!(asked(), 0);
            });
        });
    }
}

/// What is asked below closes what it was given before, until that is checked.
mod closed_by_what_is_asked_later {
    use super::*;

    #[tracked]
    fn low() -> i64 {
        3
    }

    #[tracked]
    fn middle() -> i64 {
        low()
    }

    #[tracked]
    fn shifted() -> i64 {
        with_context(|| {
            tweak!(low() => -6);
            middle()
        })
    }

    #[tracked]
    fn switch() -> i64 {
        1
    }

    #[tracked]
    fn both() -> i64 {
        let shifted = shifted();
        shifted + switch() + middle()
    }

    #[tracked]
    fn inside() -> i64 {
        with_context(both)
    }

    #[tracked]
    fn above() -> i64 {
        with_context(|| {
            tweak!(low() => 11);
            tweak!(switch() => 2);
            inside()
        })
    }

    #[test]
    fn what_is_run_to_check_it_is_kept() {
        with_context(|| {
            assert_eq!((shifted(), inside()), (-6, -2));
            assert_eq!(above(), 7);
            let executions = || Context::current().unwrap().stats().executions;
            let before = executions();
            assert_eq!(above(), 7);
            assert_eq!(executions(), before);
        });
    }
}
