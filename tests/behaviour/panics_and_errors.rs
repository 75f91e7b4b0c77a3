//! Rules 8.1 and 8.3: panics leave nothing behind, an `Err` is not kept, nor what has read one.

use crate::ran::{ran, take};
use dug::{Context, Error, Store, Tracked, node, tracked, tweak, untweak, with_context};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[tracked]
fn limit() -> u32 {
    10
}

#[tracked]
fn checked(n: u32) -> Result<u32, String> {
    ran(format!("checked({n})"));
    if n < limit() {
        Ok(n)
    } else {
        Err(format!("{n} is too much"))
    }
}

#[tracked]
fn handles(n: u32) -> u32 {
    ran(format!("handles({n})"));
    checked(n).unwrap_or(0)
}

#[tracked(cache_err)]
fn kept_error(n: u32) -> Result<u32, String> {
    ran(format!("kept_error({n})"));
    Err(format!("{n} again"))
}

type Answer<T> = std::result::Result<T, std::fmt::Error>;

#[tracked(in_memory)]
fn by_an_alias() -> Answer<u32> {
    ran("by_an_alias");
    Err(std::fmt::Error)
}

#[test]
fn ok_is_kept_and_err_is_not() {
    with_context(|| {
        assert_eq!((checked(1), checked(1)), (Ok(1), Ok(1)));
        assert_eq!(take(), "checked(1)");
        assert!(checked(11).is_err() && checked(11).is_err());
        assert_eq!(take(), "checked(11) checked(11)");
        assert!(kept_error(1).is_err() && kept_error(1).is_err());
        assert_eq!(take(), "kept_error(1)");
        assert!(by_an_alias().is_err() && by_an_alias().is_err());
        assert_eq!(take(), "by_an_alias by_an_alias");
    });
}

#[test]
fn what_has_read_an_err_is_not_kept() {
    with_context(|| {
        assert_eq!((handles(11), handles(11)), (0, 0));
        assert_eq!(take(), "handles(11) checked(11) handles(11) checked(11)");
        tweak!(limit() => 12);
        assert_eq!((handles(11), handles(11)), (11, 11));
        assert_eq!(take(), "handles(11) checked(11)");
    });
}

#[test]
fn a_tweak_to_an_err_is_data() {
    with_context(|| {
        tweak!(checked(3) => Err("no".into()));
        assert_eq!((handles(3), handles(3)), (0, 0));
        assert_eq!(take(), "handles(3)");
    });
}

#[tracked]
fn divides(by: u32) -> u32 {
    ran(format!("divides({by})"));
    limit() / by
}

#[tracked]
fn above(by: u32) -> u32 {
    ran("above");
    divides(by) + 1
}

#[tracked]
fn catches(by: u32) -> u32 {
    ran("catches");
    catch_unwind(|| divides(by)).unwrap_or(7)
}

fn silently<R>(f: impl FnOnce() -> R) -> R {
    let _quiet = hook::Quiet::new();
    f()
}

/// Panics that a test provokes are not printed.
mod hook {
    use std::cell::{Cell, RefCell};
    use std::sync::Once;

    thread_local! {
        static QUIET: Cell<bool> = const { Cell::new(false) };
        static TOLD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    /// What the hook has been told by this thread since it is quiet.
    pub fn take_told() -> Vec<String> {
        TOLD.take()
    }

    pub struct Quiet;

    impl Quiet {
        pub fn new() -> Self {
            static ONCE: Once = Once::new();
            ONCE.call_once(|| {
                let shown = std::panic::take_hook();
                std::panic::set_hook(Box::new(move |info| {
                    if !QUIET.get() {
                        shown(info);
                    } else if let Some(text) = info.payload_as_str() {
                        TOLD.with_borrow_mut(|told| told.push(text.to_owned()));
                    }
                }));
            });
            QUIET.set(true);
            TOLD.take();
            Quiet
        }
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            QUIET.set(false);
        }
    }
}

#[test]
fn a_panic_passes_through_and_leaves_nothing_behind() {
    silently(|| {
        with_context(|| {
            for _ in 0..2 {
                let payload = catch_unwind(|| above(0)).unwrap_err();
                let text = payload.downcast_ref::<&str>().copied();
                assert_eq!(text, Some("attempt to divide by zero"));
                assert_eq!(take(), "above divides(0)");
            }
            assert!(!node!(above(0)).is_cached() && !node!(divides(0)).is_cached());
            assert!(node!(limit()).is_cached());
            assert_eq!((above(5), above(5)), (3, 3));
            assert_eq!(take(), "above divides(5)");
        });
    });
}

#[test]
fn calls_of_nodes_outside_every_context_name_their_place() {
    let at = |line: u32| format!("(at tests/behaviour/panics_and_errors.rs:{line}:");
    silently(|| {
        let (error, line) = (node!(divides(3)).try_call().unwrap_err(), line!());
        assert!(error.to_string().contains(&at(line)), "{error}");
        let id = node!(divides(3)).id().clone();
        let (error, line) = (id.call_erased().unwrap_err(), line!());
        assert!(error.to_string().contains(&at(line)), "{error}");
        let line = line!() + 1;
        let payload = catch_unwind(|| node!(divides(3)).call()).unwrap_err();
        let text = payload.downcast_ref::<String>().unwrap();
        assert!(text.contains(&at(line)), "{text}");
        let line = line!() + 1;
        let payload = catch_unwind(|| node!(divides(3)).tracked()).unwrap_err();
        let text = payload.downcast_ref::<String>().unwrap();
        assert!(text.contains(&at(line)), "{text}");
    });
}

#[test]
fn only_tweaks_are_advised_to_be_written_for_a_scenario() {
    let text_of = |f: &dyn Fn()| {
        let payload = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
        payload.downcast_ref::<String>().unwrap().clone()
    };
    silently(|| {
        let handle = with_context(|| node!(limit()).tracked());
        let others: [&dyn Fn(); 4] = [
            &|| drop(dug::external("limit", 3_u32)),
            &|| _ = handle.is_stale(),
            &|| node!(limit()).invalidate(),
            &|| untweak!(limit()),
        ];
        for other in others {
            let text = text_of(other);
            assert!(text.contains("`dug::with_context(|| ..)`"), "{text}");
            assert!(!text.contains("tweak!(in"), "{text}");
        }
        let text = text_of(&|| tweak!(limit() => 3));
        assert!(text.contains("tweak!(in ..)"), "{text}");
        let text = with_context(|| text_of(&|| Tracked::new(3_u32).tag("three")));
        assert!(
            text.starts_with("`Tracked(..)` cannot be tagged: no node has returned it"),
            "{text}"
        );
    });
}

#[tracked]
fn is_bent() -> bool {
    false
}

#[tracked]
fn bends() -> u32 {
    if is_bent() { rests() } else { 5 }
}

#[tracked]
fn rests() -> u32 {
    bends() + 1
}

/// That a plain call of `rests` ends with the text of a circle, which the panic hook is told once.
fn assert_circle_is_told() {
    let error = node!(rests()).try_call().unwrap_err().to_string();
    assert!(error.contains("rests() -> bends() -> rests()"), "{error}");
    assert_eq!(hook::take_told(), [""; 0]);
    let payload = catch_unwind(rests).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>(), Some(&error));
    assert_eq!(hook::take_told(), [error]);
}

#[test]
fn an_error_that_the_check_of_a_result_has_met_is_told_as_any_other() {
    silently(|| {
        with_context(|| {
            assert_eq!(rests(), 6);
            with_context(|| {
                tweak!(is_bent() => true);
                assert_circle_is_told();
            });
        });
        let store = Store::in_memory();
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| assert_eq!(rests(), 6));
        store.flush().unwrap();
        let store = dug::__private::restarted(&store);
        Context::builder().store(store).build().enter(|| {
            tweak!(is_bent() => true);
            assert_circle_is_told();
        });
    });
}

#[test]
fn what_has_caught_a_panic_is_not_kept() {
    silently(|| {
        with_context(|| {
            assert_eq!((catches(0), catches(0)), (7, 7));
            assert_eq!(take(), "catches divides(0) catches divides(0)");
            assert_eq!((catches(2), catches(2)), (5, 5));
            assert_eq!(take(), "catches divides(2)");
        });
    });
}

#[test]
fn a_dependency_that_panics_counts_as_different() {
    #[tracked]
    fn inverse(of: u32) -> u32 {
        12 / (of - limit())
    }
    #[tracked]
    fn guarded() -> u32 {
        let limit = limit();
        if limit > 11 { 0 } else { inverse(12) }
    }
    silently(|| {
        with_context(|| {
            assert_eq!(guarded(), 6);
            tweak!(limit() => 12);
            assert_eq!(guarded(), 0);
            tweak!(limit() => 11);
            assert_eq!(guarded(), 12);
        });
    });
}

#[test]
fn try_call_returns_the_errors_of_dug_and_lets_panics_pass() {
    silently(|| {
        let error = node!(above(5)).try_call().unwrap_err();
        assert!(matches!(error, Error::NoContext { .. }));
        with_context(|| {
            assert_eq!(node!(above(5)).try_call().unwrap(), 3);
            let caught = catch_unwind(AssertUnwindSafe(|| node!(above(0)).try_call()));
            assert!(caught.is_err());
        });
    });
}

#[test]
fn a_call_outside_every_context_names_the_call_and_its_place() {
    silently(|| {
        let line = line!() + 1;
        let payload = catch_unwind(|| divides(3)).unwrap_err();
        let text = payload.downcast_ref::<String>().unwrap();
        assert!(text.contains("`divides(3)`"), "{text}");
        assert!(
            text.contains(&format!("panics_and_errors.rs:{line}:")),
            "{text}"
        );
        assert!(text.contains("with_context"), "{text}");
    });
}

#[test]
fn an_argument_that_refuses_to_be_serialized_is_an_error() {
    struct Refuses;
    impl serde::Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    #[tracked]
    fn of(_refuses: &Refuses) -> u8 {
        1
    }
    with_context(|| {
        let error = node!(of(&Refuses)).try_call().unwrap_err();
        assert!(error.to_string().contains("not today"), "{error}");
    });
}

#[tracked]
fn risky() -> i64 {
    ran("risky");
    0
}

#[tracked]
fn step_up(n: u32) -> Result<i64, String> {
    ran(format!("{n}"));
    match n {
        0 => match risky() {
            0 => Ok(1),
            1 => Err("one".to_owned()),
            _ => panic!("a body's own"),
        },
        _ => Ok(step_up(n - 1)? + 1),
    }
}

/// What a check has run and cannot keep is what the body is given that asks for it next.
#[test]
fn what_fails_under_a_tweak_runs_once_at_each_level() {
    with_context(|| {
        assert_eq!(step_up(30), Ok(31));
        take();
        for failing in [1, 2] {
            with_context(|| {
                tweak!(risky() => failing);
                let result = std::panic::catch_unwind(|| step_up(30));
                assert_eq!(result.is_err(), failing == 2);
                let levels: Vec<String> = (0..=30).map(|n| n.to_string()).collect();
                assert_eq!(take(), levels.join(" "));
            });
        }
        assert_eq!(step_up(30), Ok(31));
        assert_eq!(take(), "");
    });
}

#[tracked]
fn refused() -> Result<i64, String> {
    Err("refused".to_owned())
}

#[tracked]
fn in_spite(n: u32) -> i64 {
    ran(format!("{n}"));
    match n {
        0 if risky() == 0 => 5,
        0 => refused().unwrap_or(5),
        _ => in_spite(n - 1),
    }
}

/// What it returns is what the entry has that it does not take the place of.
#[test]
fn what_is_not_kept_and_equal_to_what_was_runs_once_at_each_level() {
    with_context(|| {
        let ask_tweaked = || {
            tweak!(risky() => 1);
            assert_eq!(in_spite(30), 5);
            let levels: Vec<String> = (0..=30).map(|n| n.to_string()).collect();
            assert_eq!(take(), levels.join(" "));
        };
        assert_eq!(in_spite(30), 5);
        take();
        with_context(ask_tweaked);
        ask_tweaked();
    });
}

#[tracked]
fn elsewhere(n: u32) -> i64 {
    ran(format!("{n}"));
    if n == 0 {
        assert_eq!(risky(), 0, "a body's own");
        return 1;
    }
    let here = dug::here();
    let asked = std::thread::scope(|scope| {
        let thread = scope.spawn(|| here.run(|| elsewhere(n - 1)));
        thread.join()
    });
    asked.unwrap_or_else(|payload| std::panic::resume_unwind(payload)) + 1
}

#[test]
fn what_fails_on_other_threads_runs_once_at_each_level() {
    with_context(|| {
        assert_eq!(elsewhere(8), 9);
        take();
        with_context(|| {
            tweak!(risky() => 1);
            assert!(catch_unwind(|| elsewhere(8)).is_err());
            let levels: Vec<String> = (0..=8).map(|n| n.to_string()).collect();
            assert_eq!(take(), levels.join(" "));
        });
        assert_eq!(elsewhere(8), 9);
        assert_eq!(take(), "");
    });
}

#[tracked]
fn within(n: u32) -> i64 {
    with_context(|| match n {
        0 => step_up(2).unwrap_or(0),
        _ => within(n - 1),
    })
}

#[test]
fn what_fails_inside_contexts_of_bodies_runs_once_at_each_level() {
    with_context(|| {
        assert_eq!(within(5), 3);
        take();
        with_context(|| {
            tweak!(risky() => 1);
            assert_eq!(within(5), 0);
            assert_eq!(take(), "2 1 0");
        });
    });
}

#[tracked]
fn differs_inside() -> Vec<Result<i64, String>> {
    let ask = || step_up(0);
    let inside = with_context(|| {
        tweak!(risky() => 0);
        ask()
    });
    vec![inside, ask(), with_context(ask)]
}

#[test]
fn what_fails_outside_says_nothing_of_a_tweaked_context_of_a_body() {
    with_context(|| {
        assert_eq!(differs_inside(), [Ok(1), Ok(1), Ok(1)]);
        tweak!(risky() => 1);
        let failed = || Err("one".to_owned());
        assert_eq!(differs_inside(), [Ok(1), failed(), failed()]);
    });
}
