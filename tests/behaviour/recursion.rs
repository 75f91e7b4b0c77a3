//! Recursion ends where memory does.

use dug::{here, tracked, tweak, with_context};

#[tracked]
fn chain(n: u64) -> u64 {
    if n == 0 { 0 } else { chain(n - 1) + 1 }
}

#[test]
fn a_million_calls_deep_on_a_default_thread() {
    with_context(|| {
        assert_eq!(chain(1_000_000), 1_000_000);
        assert_eq!(chain(1_000_000), 1_000_000);
    });
}

#[test]
fn a_check_goes_as_deep_as_the_calls_went() {
    with_context(|| {
        assert_eq!(chain(100_000), 100_000);
        with_context(|| {
            tweak!(chain(0) => 5);
            assert_eq!(chain(100_000), 100_005);
            tweak!(chain(0) => 0);
            assert_eq!(chain(100_000), 100_000);
        });
    });
}

#[tracked]
fn falls(n: u64) -> u64 {
    if n == 0 {
        std::panic::resume_unwind(Box::new("the bottom"));
    }
    falls(n - 1)
}

#[test]
fn a_panic_from_the_bottom() {
    with_context(|| {
        let payload = std::panic::catch_unwind(|| falls(100_000)).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"the bottom"));
        assert_eq!(chain(3), 3);
    });
}

#[test]
fn contexts_nest_to_any_depth() {
    fn nest(depth: u64) -> u64 {
        if depth == 0 {
            return chain(10);
        }
        with_context(|| {
            if depth.is_multiple_of(1000) {
                tweak!(chain(0) => depth);
            }
            nest(depth - 1)
        })
    }
    assert_eq!(nest(10_000), 1_010);
}

#[test]
fn a_change_reaches_contexts_nested_deep() {
    let expected = with_context(|| {
        let outermost = here();
        chain(10);
        fn nest(depth: u64, outermost: &dug::Here) -> u64 {
            if depth > 0 {
                return with_context(|| nest(depth - 1, outermost));
            }
            assert_eq!(chain(10), 10);
            outermost.run(|| tweak!(chain(0) => 5));
            chain(10)
        }
        nest(3_000, &outermost)
    });
    assert_eq!(expected, 15);
}
