//! Shapes of arguments and results, seen through the cache.

use crate::ran::{ran, take};
use dug::{node, tracked, tweak, with_context};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

#[tracked(in_memory)]
fn shared() -> Arc<[u64]> {
    ran("shared");
    (0..1000).collect()
}

#[tracked(in_memory)]
fn sum() -> u64 {
    ran("sum");
    shared().iter().sum()
}

#[test]
fn in_memory_results_need_no_serde_and_never_count_as_equal() {
    with_context(|| {
        assert_eq!(sum(), 499_500);
        assert!(Arc::ptr_eq(&shared(), &shared()));
        take();
        with_context(|| {
            tweak!(shared() => (0..1000).collect());
            assert_eq!(sum(), 499_500);
            assert_eq!(take(), "sum");
        });
    });
}

#[tracked]
fn text(parts: &[&str]) -> String {
    ran("text");
    parts.concat()
}

#[test]
fn borrowed_and_owned_arguments_are_one_node() {
    with_context(|| {
        let owned = [String::from("a"), String::from("b")];
        let lent: Vec<&str> = owned.iter().map(String::as_str).collect();
        assert_eq!(text(&lent), "ab");
        assert_eq!(text(&["a", "b"]), "ab");
        assert_eq!(take(), "text");
    });
}

#[tracked(skip(log))]
fn skipping(x: u32, log: &mut Vec<u32>) -> u32 {
    log.push(x);
    x + 1
}

#[test]
fn skipped_arguments_are_passed_on_and_are_no_part_of_the_identity() {
    with_context(|| {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        assert_eq!((skipping(1, &mut one), skipping(1, &mut other)), (2, 2));
        assert_eq!((one, other), (vec![1], vec![]));
    });
}

#[tracked]
fn below() -> u32 {
    3
}

#[tracked(skip(log))]
fn skipping_above(log: &mut Vec<u32>) -> u32 {
    log.push(below());
    below() / 2
}

#[tracked]
fn on_top() -> u32 {
    ran("on_top");
    skipping_above(&mut Vec::new())
}

/// A dependency that cannot be asked again from its id counts as different.
#[test]
fn what_cannot_be_asked_again_is_not_adopted_above() {
    with_context(|| {
        assert_eq!(on_top(), 1);
        take();
        tweak!(below() => 2);
        assert_eq!(on_top(), 1);
        assert_eq!(take(), "on_top");
        tweak!(below() => 3);
        // Asked by hand first, it is known to answer as before.
        skipping_above(&mut Vec::new());
        assert_eq!(on_top(), 1);
        assert_eq!(take(), "");
    });
}

#[derive(Clone, Serialize, Deserialize)]
struct Book {
    name: String,
    lots: Vec<i64>,
}

trait Worth {
    fn worth(&self) -> i64;
    fn twice(&self) -> i64;
}

#[tracked]
impl Worth for Book {
    fn worth(&self) -> i64 {
        ran(format!("worth({})", self.name));
        self.lots.iter().map(|lot| lot * price()).sum()
    }

    fn twice(&self) -> i64 {
        2 * self.worth()
    }
}

#[tracked]
fn price() -> i64 {
    10
}

#[test]
fn methods_are_keyed_by_their_receiver() {
    with_context(|| {
        let a = Book {
            name: "a".into(),
            lots: vec![1, 2],
        };
        let b = Book {
            name: "b".into(),
            lots: vec![3],
        };
        assert_eq!((a.worth(), b.twice(), a.clone().worth()), (30, 60, 30));
        assert_eq!(take(), "worth(a) worth(b)");
        with_context(|| {
            tweak!(a.worth() => 1);
            assert_eq!((a.twice(), b.twice()), (2, 60));
            assert!(node!(a.twice()).is_masked() && !node!(b.twice()).is_masked());
            tweak!(price() => 20);
            assert_eq!((a.twice(), b.twice()), (2, 120));
        });
    });
}

/// Values whose serialization is code of the user's own.
mod odd_values {
    use dug::{tracked, tweak, with_context};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Cannot be compared: serializing it panics.
    #[derive(Clone, PartialEq, Debug)]
    struct Incomparable(u64);

    impl Serialize for Incomparable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            std::panic::resume_unwind(Box::new("serialized"))
        }
    }

    impl<'de> Deserialize<'de> for Incomparable {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            u64::deserialize(deserializer).map(Incomparable)
        }
    }

    #[tracked]
    fn incomparable() -> Incomparable {
        Incomparable(1)
    }

    #[tracked]
    fn reads() -> u64 {
        incomparable().0 + 1
    }

    #[test]
    fn what_panics_when_it_is_compared_differs() {
        with_context(|| {
            assert_eq!(reads(), 2);
            with_context(|| {
                tweak!(incomparable() => Incomparable(1));
                assert_eq!(reads(), 2);
                tweak!(incomparable() => Incomparable(2));
                assert_eq!(reads(), 3);
            });
        });
    }

    /// An argument that asks, when it is read back, for the very function that it is given to.
    #[derive(Clone, Serialize)]
    struct Asks(u64);

    impl<'de> Deserialize<'de> for Asks {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let number = u64::deserialize(deserializer)?;
            if number > 0 {
                asked(Asks(number - 1));
            }
            Ok(Asks(number))
        }
    }

    #[tracked]
    fn asked(of: Asks) -> u64 {
        of.0
    }

    #[test]
    fn arguments_may_call_tracked_functions_when_they_are_read_back() {
        with_context(|| assert_eq!((asked(Asks(3)), asked(Asks(3))), (3, 3)));
    }
}

#[tracked]
fn only_printed(text: String) -> String {
    let print = move || format!("{text}!");
    print()
}

#[tracked]
fn printed_elsewhere(text: String, number: Option<u64>) -> String {
    std::thread::spawn(move || format!("{text}{number:?}"))
        .join()
        .unwrap()
}

#[tracked]
fn raw(r#text: String) -> String {
    text
}

#[test]
fn a_closure_may_take_an_argument_that_only_a_format_string_names() {
    with_context(|| {
        assert_eq!(only_printed("a".to_owned()), "a!");
        assert_eq!(printed_elsewhere("a".to_owned(), Some(1)), "aSome(1)");
        assert_eq!(raw("b".to_owned()), "b");
    });
}

/// A small result that is not `Copy`: what one clone does, the next one sees.
struct Counting(AtomicU64);

impl Clone for Counting {
    fn clone(&self) -> Self {
        Counting(self.0.fetch_add(1, SeqCst).into())
    }
}

#[tracked(in_memory)]
fn counting() -> Counting {
    Counting(0.into())
}

#[test]
fn results_are_cloned_where_they_lie() {
    with_context(|| {
        counting();
        let numbers: Vec<u64> = (0..6).map(|_| counting().0.into_inner()).collect();
        assert!(numbers.windows(2).all(|two| two[0] < two[1]), "{numbers:?}");
    });
}
