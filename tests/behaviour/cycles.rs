//! Cycles are errors that print the circle; endless new contexts are errors too.

use dug::{Error, here, node, tracked, tweak, with_context};
use std::sync::Barrier;

#[tracked]
fn ping(n: u32) -> u32 {
    pong(n + 1)
}

#[tracked]
fn pong(n: u32) -> u32 {
    if n > 100 { 0 } else { ping(n - 1) }
}

#[tracked]
fn start() -> u32 {
    ping(4)
}

#[test]
fn the_circle_is_printed_node_by_node() {
    with_context(|| {
        let error = node!(start()).try_call().unwrap_err();
        assert!(
            error.to_string().ends_with("ping(4) -> pong(5) -> ping(4)"),
            "{error}"
        );
        let Error::Cycle { circle, caller } = error else {
            panic!()
        };
        assert_eq!(circle, ["ping(4)", "pong(5)"]);
        assert!(caller.file().ends_with("cycles.rs"));
        // Nothing was kept, and everything still works.
        assert!(!node!(ping(4)).is_cached());
        tweak!(pong(5) => 1);
        assert_eq!(start(), 1);
    });
}

#[test]
fn a_call_panics_with_the_same_text() {
    with_context(|| {
        let error = node!(start()).try_call().unwrap_err().to_string();
        let payload = std::panic::catch_unwind(start).unwrap_err();
        let text = payload.downcast_ref::<String>().unwrap();
        assert_eq!(*text, error);
    });
}

#[tracked]
fn in_a_context() -> u32 {
    with_context(in_a_context)
}

#[tracked]
fn in_new_contexts(n: u32) -> u32 {
    with_context(|| {
        tweak!(ping(n) => 0);
        in_new_contexts(n)
    })
}

#[tracked]
fn countdown() -> u32 {
    0
}

/// Asks for itself under a tweak, which ends the recursion.
#[tracked]
fn through_contexts() -> u32 {
    let left = countdown();
    if left == 0 {
        return 0;
    }
    1 + with_context(|| {
        tweak!(countdown() => left - 1);
        through_contexts()
    })
}

#[test]
fn a_context_without_a_tweak_does_not_hide_a_cycle() {
    with_context(|| {
        let error = node!(in_a_context()).try_call().unwrap_err();
        assert!(matches!(error, Error::Cycle { .. }), "{error}");
    });
}

#[test]
fn recursion_through_ever_new_contexts_ends() {
    with_context(|| {
        let error = node!(in_new_contexts(1)).try_call().unwrap_err();
        assert!(matches!(error, Error::Depth { .. }), "{error}");
    });
}

#[test]
fn recursion_through_contexts_that_ends_is_fine() {
    with_context(|| {
        assert_eq!(through_contexts(), 0);
        with_context(|| {
            tweak!(countdown() => 50);
            assert_eq!(through_contexts(), 50);
        });
        assert_eq!(through_contexts(), 0);
    });
}

#[tracked]
fn meets(name: &str, other: &str) -> u32 {
    BOTH.wait();
    meets_again(other, name)
}

#[tracked]
fn meets_again(name: &str, other: &str) -> u32 {
    if name == "left" {
        meets_last(other)
    } else {
        meets_last(other) + 1
    }
}

#[tracked]
fn meets_last(name: &str) -> u32 {
    if name == "left" {
        meets_again("right", "left")
    } else {
        meets_again("left", "right")
    }
}

static BOTH: Barrier = Barrier::new(2);

#[test]
fn a_circle_across_threads_is_an_error_for_both_and_no_deadlock() {
    with_context(|| {
        let here = here();
        std::thread::scope(|scope| {
            let ends = [("left", "right"), ("right", "left")].map(|(name, other)| {
                let here = here.clone();
                scope.spawn(move || here.run(|| node!(meets(name, other)).try_call()))
            });
            for end in ends {
                let error = end.join().unwrap().unwrap_err();
                assert!(error.to_string().contains("meets_last"), "{error}");
            }
        });
    });
}
