//! The tests of the Python package `dug` 0.1.0, and one for each of its defects.

use dug::{Context, node, tracked, tweak, with_context};

#[tracked]
fn dummy() -> String {
    "computed".into()
}

#[tracked]
fn dec() -> i64 {
    1
}

#[tracked]
fn bar(x: i64) -> i64 {
    x - dec()
}

#[tracked]
fn foo(x: i64) -> i64 {
    2 * bar(x)
}

#[test]
fn cache_basic() {
    with_context(|| {
        tweak!(dummy() => "1".into());
        assert!(node!(dummy()).is_cached());
        assert_eq!(dummy(), "1");
    });
}

#[test]
fn fetch_from_parent() {
    with_context(|| {
        dummy();
        with_context(|| {
            assert!(node!(dummy()).is_cached());
            assert_eq!(node!(dummy()).get().as_deref(), Some("computed"));
        });
    });
}

#[test]
fn shadow_value_in_parent() {
    with_context(|| {
        tweak!(dummy() => "parent".into());
        with_context(|| {
            tweak!(dummy() => "child".into());
            assert!(node!(dummy()).is_cached());
            assert_eq!(dummy(), "child");
        });
        assert_eq!(dummy(), "parent");
    });
}

#[test]
fn mask_value_in_parent() {
    with_context(|| {
        dummy();
        with_context(|| {
            node!(dummy()).invalidate();
            assert!(!node!(dummy()).is_cached());
            assert_eq!(node!(dummy()).get(), None);
        });
        assert!(node!(dummy()).is_cached());
    });
}

#[test]
fn basic() {
    assert!(node!(foo(4)).try_call().is_err());
    with_context(|| {
        assert_eq!(foo(4), 6);
        assert_eq!(node!(foo(4)).get(), Some(6));
        tweak!(dec() => 4);
        assert_eq!(node!(dec()).get(), Some(4));
        assert!(!node!(foo(4)).is_cached());
        assert_eq!(foo(4), 0);
    });
}

#[test]
fn tweak_in_nested() {
    with_context(|| {
        with_context(|| {
            tweak!(dec() => 3);
            assert_eq!(bar(4), 1);
        });
        assert_eq!(bar(4), 3);
    });
}

#[test]
fn reapply_tweak() {
    let context = Context::new();
    context.enter(|| tweak!(dec() => 7));
    context.enter(|| assert_eq!(dec(), 7));
}

/// The original raises a `KeyError`: it looks for the dependency in the child's own entries.
#[test]
fn a_node_in_a_child_depends_on_one_held_by_the_parent() {
    with_context(|| {
        dec();
        with_context(|| {
            assert_eq!(bar(4), 3);
            assert_eq!(node!(bar(4)).dependencies()[0].to_string(), "dec()");
        });
    });
}

/// The original's `contents` forgets to return what it has in a nested store.
#[test]
fn three_levels() {
    with_context(|| {
        assert_eq!(foo(4), 6);
        with_context(|| {
            assert_eq!(foo(4), 6);
            with_context(|| {
                tweak!(dec() => 0);
                assert_eq!(foo(4), 8);
                with_context(|| assert_eq!(foo(4), 8));
            });
            assert_eq!(foo(4), 6);
        });
    });
}

/// The original keeps the dependants of what the tweaked node used to depend on.
#[test]
fn the_former_dependency_of_a_tweaked_node_is_tweaked_later() {
    with_context(|| {
        assert_eq!(foo(4), 6);
        tweak!(bar(4) => 10);
        tweak!(dec() => 100);
        assert!(node!(bar(4)).is_cached());
        assert_eq!(foo(4), 20);
    });
}

/// The original misspells the method of the parent that it calls.
#[test]
fn dependencies_are_looked_up_through_the_parent() {
    with_context(|| {
        foo(4);
        with_context(|| {
            assert_eq!(node!(foo(4)).dependencies()[0].to_string(), "bar(4)");
            assert_eq!(node!(dec()).dependants()[0].to_string(), "bar(4)");
        });
    });
}
