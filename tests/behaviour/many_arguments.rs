//! Functions of more arguments than most have: what is written out for each number of them, and what is not.

use crate::ran::{ran, take};
use dug::{node, tracked, tweak, untweak, with_context};

#[tracked]
#[allow(clippy::too_many_arguments)]
#[rustfmt::skip]
fn of_24(
    a1: u8, a2: u8, a3: u8, a4: u8, a5: u8, a6: u8, a7: u8, a8: u8,
    a9: u8, a10: u8, a11: u8, a12: u8, a13: u8, a14: u8, a15: u8, a16: u8,
    a17: u8, a18: u8, a19: u8, a20: u8, a21: u8, a22: u8, a23: u8,
    last: &str,
) -> usize {
    usize::from(a1) + usize::from(a23) + last.len()
}

/// One more than what is written out.
#[tracked]
#[allow(clippy::too_many_arguments)]
#[rustfmt::skip]
fn of_25(
    a1: u8, a2: u8, a3: u8, a4: u8, a5: u8, a6: u8, a7: u8, a8: u8,
    a9: u8, a10: u8, a11: u8, a12: u8, a13: u8, a14: u8, a15: u8, a16: u8,
    a17: u8, a18: u8, a19: u8, a20: u8, a21: u8, a22: u8, a23: u8, a24: u8,
    last: &str,
) -> usize {
    ran("of_25");
    usize::from(a1 * small().min(1)) + usize::from(a24) + last.len()
}

#[tracked]
fn small() -> u8 {
    1
}

#[tracked]
fn above(first: u8) -> bool {
    ran("above");
    of_25(
        first, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
        "abc",
    ) > 30
}

#[test]
fn patterns_and_guards_take_24_arguments() {
    with_context(|| {
        let ask = |first| {
            of_24(
                first, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                23, "abc",
            )
        };
        assert_eq!(ask(1), 27);
        tweak!(of_24(1, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, "abc") => 3);
        assert_eq!((ask(1), ask(2)), (3, 28));
        tweak!(of_24(first, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, text) if first == 2 && text == "abc" => 4);
        assert_eq!((ask(1), ask(2), ask(3)), (3, 4, 29));
        untweak!(of_24(
            1,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            "abc"
        ));
        assert_eq!(ask(1), 27);
        let id = node!(of_24(
            7, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
            "abc"
        ))
        .id()
        .clone();
        assert_eq!(id.call_erased().unwrap().downcast::<usize>().unwrap(), 33);
    });
}

#[test]
fn more_arguments_are_called_by_id_and_tweaked_as_one_or_all() {
    with_context(|| {
        let ask = |first| {
            of_25(
                first, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                23, 24, "abc",
            )
        };
        assert_eq!(ask(1), 28);
        tweak!(of_25(..) => 3);
        tweak!(of_25(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, "abc") => 4);
        assert_eq!((ask(1), ask(2)), (4, 3));
        untweak!(of_25(..));
        assert_eq!((ask(1), ask(2)), (4, 29));
        let id = node!(of_25(
            7, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
            "abc"
        ))
        .id()
        .clone();
        assert_eq!(id.call_erased().unwrap().downcast::<usize>().unwrap(), 34);
        let shown = id.to_string();
        assert!(shown.ends_with(r#"24, "abc")"#), "{shown}");
    });
}

#[test]
fn what_asks_for_more_arguments_stands_where_they_answer_the_same() {
    with_context(|| {
        assert!(!above(1));
        take();
        with_context(|| {
            tweak!(small() => 2);
            assert!(!above(1));
            assert_eq!(take(), "of_25");
        });
    });
}
