//! Rule 3.5: parents that change while a child is alive.

use crate::ran::{ran, take};
use dug::{Context, Scenario, here, node, tracked, tweak, untweak, with_context};

#[tracked]
fn leaf() -> i64 {
    ran("leaf");
    1
}

#[tracked]
fn other() -> i64 {
    ran("other");
    10
}

#[tracked]
fn middle() -> i64 {
    ran("middle");
    leaf() + other()
}

#[tracked]
fn root() -> i64 {
    ran("root");
    middle() + 100
}

#[test]
fn an_entry_that_the_parent_adds_is_masked_in_a_child_that_tweaks_below_it() {
    with_context(|| {
        let parent = here();
        with_context(|| {
            tweak!(leaf() => 5);
            assert_eq!(parent.run(root), 111);
            assert!(node!(root()).is_masked());
            assert_eq!(root(), 115);
            with_context(|| assert_eq!(root(), 115));
        });
    });
}

#[test]
fn a_tweak_in_the_parent_reaches_its_children_beneath_their_own_tweaks() {
    with_context(|| {
        let parent = here();
        root();
        with_context(|| {
            tweak!(leaf() => 5);
            assert_eq!(root(), 115);
            parent.run(|| tweak!(other() => 20));
            assert_eq!(root(), 125);
            parent.run(|| tweak!(leaf() => 7));
            take();
            assert_eq!(root(), 125);
            assert_eq!(take(), "");
            parent.run(|| tweak!(middle() => 0));
            assert!(
                !node!(root()).is_masked(),
                "the parent's tweak hides what is tweaked here"
            );
            assert_eq!(root(), 100);
            parent.run(|| untweak!(middle()));
            assert!(node!(root()).is_masked());
            assert_eq!(root(), 125);
            parent.run(|| untweak!(other()));
            assert_eq!(root(), 115);
        });
        assert_eq!(root(), 117);
    });
}

#[test]
fn what_the_parent_clears_or_invalidates_is_checked_again_in_its_children() {
    with_context(|| {
        let parent = here();
        root();
        with_context(|| {
            tweak!(other() => 20);
            assert_eq!(root(), 121);
            parent.run(|| Context::current().unwrap().clear());
            take();
            assert_eq!(root(), 121);
            assert_eq!(
                take(),
                "leaf",
                "its value is gone with the parent's entry, and equal"
            );
            parent.run(|| node!(leaf()).invalidate());
            assert_eq!(root(), 121);
            assert_eq!(take(), "leaf");
        });
    });
}

#[test]
fn what_the_parent_finds_out_later_is_checked_where_what_it_rests_on_was_invalidated() {
    with_context(|| {
        let parent = here();
        leaf();
        with_context(|| {
            node!(leaf()).invalidate();
            parent.run(root);
            take();
            assert_eq!(root(), 111);
            assert_eq!(take(), "leaf");
            assert_eq!(root(), 111);
            assert_eq!(take(), "");
            tweak!(root() => 0);
            parent.run(|| {
                Context::current().unwrap().clear();
                root()
            });
            untweak!(root());
            take();
            assert_eq!(root(), 111);
            assert!(!take().contains("root"));
        });
    });
}

#[test]
fn what_a_tweak_of_the_parent_hides_masks_nothing_above_it() {
    with_context(|| {
        let parent = here();
        with_context(|| {
            tweak!(leaf() => 2);
            root();
            parent.run(|| tweak!(middle() => 0));
            tweak!(leaf() => 3);
            assert!(!node!(root()).is_masked());
            untweak!(leaf());
            assert!(!node!(root()).is_masked());
            assert_eq!(root(), 100);
        });
    });
}

#[test]
fn what_a_tweak_has_hidden_is_checked_when_it_goes() {
    with_context(|| {
        root();
        with_context(|| {
            tweak!(root() => |old| old + 1);
            node!(leaf()).invalidate();
            untweak!(root());
            take();
            assert_eq!(root(), 111);
            assert_eq!(take(), "leaf");
        });
    });
}

#[test]
fn grandchildren_are_reached_too() {
    with_context(|| {
        let outer = here();
        root();
        with_context(|| {
            let inner = here();
            tweak!(other() => 20);
            assert_eq!(root(), 121);
            with_context(|| {
                assert_eq!(root(), 121);
                tweak!(leaf() => 2);
                assert_eq!(root(), 122);
                outer.run(|| tweak!(leaf() => 3));
                assert_eq!(root(), 122);
                inner.run(|| tweak!(other() => 30));
                assert_eq!(root(), 132);
                assert_eq!(inner.run(root), 133);
                assert_eq!(outer.run(root), 113);
                untweak!(leaf());
                assert_eq!(root(), 133);
            });
        });
    });
}

/// Asks for `other` only where the leaf is high.
#[tracked]
fn dynamic() -> i64 {
    if leaf() > 1 { other() } else { 0 }
}

#[test]
fn an_entry_of_the_parent_that_gains_a_masked_dependency() {
    with_context(|| {
        let parent = here();
        assert_eq!(dynamic(), 0);
        with_context(|| {
            tweak!(other() => 50);
            assert!(!node!(dynamic()).is_masked());
            assert_eq!(dynamic(), 0);
            parent.run(|| {
                tweak!(leaf() => 2);
                assert_eq!(dynamic(), 10);
            });
            assert!(node!(dynamic()).is_masked());
            assert_eq!(dynamic(), 50);
            parent.run(|| {
                tweak!(leaf() => 0);
                assert_eq!(dynamic(), 0);
            });
            assert!(!node!(dynamic()).is_masked());
            assert_eq!(dynamic(), 0);
        });
    });
}

#[tracked]
fn doubled() -> i64 {
    ran("doubled");
    2 * root()
}

/// A tweak outside has cut the way from what the scenario changes, below what a relative one further out makes.
#[test]
fn what_a_scenario_touches_no_longer_is_shared_above_a_relative_tweak() {
    with_context(|| {
        let outside = here();
        let same = Scenario::new().with(tweak!(in leaf() => 5)).unwrap();
        let twice = same.over(&same);
        twice.enter(|| {
            let between = here();
            twice.enter(|| {
                twice.enter(|| {
                    between.run(|| tweak!(root() += -1));
                    assert_eq!(doubled(), 228);
                    outside.run(|| tweak!(middle() => 20));
                    assert_eq!(doubled(), 238);
                });
                take();
                assert_eq!(doubled(), 238);
                assert_eq!(take(), "");
            });
        });
    });
}
