//! Answers that a thread remembers: of arguments and results of all sizes, and of more than it can.

use dug::{Context, tracked, tweak, untweak, with_context};

/// Of which the encodings have any length, and begin alike.
fn texts() -> Vec<String> {
    (0..120)
        .flat_map(|length| ["a", "b"].map(|last| "a".repeat(length) + last))
        .collect()
}

#[tracked]
fn length(text: &str) -> usize {
    text.len()
}

#[tracked]
fn doubled(text: &str) -> String {
    text.repeat(2)
}

#[tracked]
fn pair(left: u64, right: &str) -> (u64, usize) {
    (left, right.len())
}

#[test]
fn arguments_of_all_lengths_are_told_apart() {
    let texts = texts();
    let context = Context::new();
    context.enter(|| {
        for _ in 0..3 {
            for (left, text) in (0..).zip(&texts) {
                assert_eq!(length(text), text.len());
                assert_eq!(doubled(text), text.repeat(2));
                assert_eq!(pair(left << 40, text), (left << 40, text.len()));
            }
        }
        with_context(|| {
            for text in &texts {
                tweak!(length(text) => 1000);
                for other in &texts {
                    let expected = if other == text { 1000 } else { other.len() };
                    assert_eq!(length(other), expected);
                }
                untweak!(length(text));
            }
        });
    });
    assert_eq!(context.stats().executions, 3 * texts.len() as u64);
}

#[tracked]
fn number(n: u64) -> u64 {
    n.rotate_left(9)
}

#[tracked]
fn text(n: u64) -> String {
    n.to_string()
}

#[test]
fn more_answers_than_a_thread_remembers() {
    const MANY: u64 = 150_000;
    let context = Context::new();
    context.enter(|| {
        let ask = |from: u64| {
            for n in from..MANY {
                assert_eq!(number(n), n.rotate_left(9));
                if n % 64 == 0 {
                    assert_eq!(text(n), n.to_string());
                }
            }
        };
        ask(0);
        ask(0);
        with_context(|| {
            ask(MANY / 2);
            tweak!(number(MANY - 1) => 0);
            tweak!(text(0) => "none".to_owned());
            assert_eq!((number(MANY - 1), text(0)), (0, "none".to_owned()));
            // What was remembered of the outer context while this one was entered stays there.
            let outer = dug::here();
            with_context(|| outer.run(|| assert_eq!(number(MANY - 1), 0)));
        });
        ask(0);
    });
    assert_eq!(context.stats().executions, MANY + MANY.div_ceil(64));
}

#[tracked(in_memory)]
fn shared(held: u64) -> std::sync::Arc<u64> {
    std::sync::Arc::new(held)
}

#[test]
fn what_was_remembered_inside_goes_with_the_context() {
    with_context(|| {
        let outer = shared(0);
        for round in 1..40 {
            let inner = with_context(|| {
                tweak!(number(1) => round);
                for n in 0..round {
                    assert_eq!(number(n * 2), (n * 2).rotate_left(9));
                    assert_eq!(*shared(n), n);
                }
                tweak!(shared(round) => std::sync::Arc::new(7));
                assert_eq!(number(1), round);
                shared(round)
            });
            assert_eq!(std::sync::Arc::strong_count(&inner), 1);
            assert_eq!(number(1), 1 << 9);
        }
        assert!(std::sync::Arc::ptr_eq(&outer, &shared(0)));
    });
}

thread_local!(static CLEARS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });

/// Clears the context while it is cloned, once.
#[derive(serde::Serialize, serde::Deserialize)]
struct Clears;

impl Clone for Clears {
    fn clone(&self) -> Self {
        if CLEARS.replace(false) {
            Context::current().unwrap().clear();
        }
        Clears
    }
}

#[tracked]
fn clears() -> Clears {
    Clears
}

#[test]
fn what_is_cleared_while_a_remembered_result_is_cloned_goes_soon_after() {
    with_context(|| {
        let held = shared(7);
        clears();
        CLEARS.set(true);
        clears();
        assert!(!CLEARS.get());
        // The next one that is not remembered.
        number(1);
        assert_eq!(std::sync::Arc::strong_count(&held), 1);
    });
}

#[tracked]
fn chooses() -> bool {
    false
}

#[tracked]
fn if_chosen() -> u64 {
    10
}

#[tracked]
fn else_chosen(n: u64) -> u64 {
    n + 20
}

#[tracked]
fn choice() -> u64 {
    if chooses() {
        if_chosen()
    } else {
        else_chosen(0)
    }
}

/// Also of what cannot be asked by its id.
#[tracked(skip(_aside))]
fn chosen_inside(_aside: &u64) -> u64 {
    with_context(|| {
        tweak!(chooses() => true);
        choice()
    })
}

#[tracked]
fn beside() -> u64 {
    1
}

#[tracked]
fn both() -> u64 {
    beside() + chosen_inside(&0)
}

/// What is remembered stays right although the way to it was closed: by a question, not by a change.
#[test]
fn what_rests_on_a_remembered_answer_behind_a_closed_way_is_checked() {
    with_context(|| {
        assert_eq!((chosen_inside(&0), beside()), (10, 1));
        with_context(|| {
            tweak!(else_chosen(..) => 5);
            assert_eq!((chosen_inside(&0), choice(), both()), (10, 5, 11));
            with_context(|| {
                tweak!(beside() => 1);
                assert_eq!(both(), 11);
                tweak!(if_chosen() => 12);
                assert_eq!(both(), 13);
            });
            tweak!(if_chosen() => 14);
            assert_eq!((chosen_inside(&0), both()), (14, 15));
        });
        assert_eq!(both(), 11);
    });
}
