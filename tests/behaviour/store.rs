//! Results outlive a context, and a process, in a store.

use dug::{Context, Stats, Store, tracked, tweak, with_context};

#[tracked]
fn leaf(n: u32) -> u64 {
    u64::from(n)
}

#[tracked]
fn sum(from: u32, to: u32) -> u64 {
    if to - from == 1 {
        return leaf(from);
    }
    let middle = from + (to - from) / 2;
    sum(from, middle) + sum(middle, to)
}

#[tracked]
fn choice() -> u64 {
    if leaf(0) == 0 { leaf(1) } else { leaf(2) }
}

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(f);
    (answer, context.stats())
}

#[test]
fn a_second_session_runs_nothing() {
    let store = Store::in_memory();
    let (first, ran) = session(&store, || sum(0, 64));
    assert_eq!((first, ran.executions), (2016, 64 + 127));
    let (second, ran) = session(&store, || sum(0, 64));
    assert_eq!((second, ran.executions), (2016, 0));
    assert_eq!((ran.restored, ran.loaded), (1, 1));
}

#[test]
fn a_tweak_does_not_find_what_the_base_stored() {
    let store = Store::in_memory();
    session(&store, || sum(0, 16));
    let (answers, ran) = session(&store, || {
        tweak!(leaf(3) => 100);
        sum(0, 16)
    });
    assert_eq!(answers, 120 + 97);
    // From the leaf up: each half in which it lies.
    assert_eq!(ran.executions, 5);
    let (again, ran) = session(&store, || {
        tweak!(leaf(3) => 100);
        sum(0, 16)
    });
    assert_eq!((again, ran.executions), (217, 0));
    let (base, ran) = session(&store, || sum(0, 16));
    assert_eq!((base, ran.executions), (120, 0));
}

#[test]
fn a_tweak_after_the_load_reaches_what_was_loaded() {
    let store = Store::in_memory();
    session(&store, || sum(0, 16));
    let (answers, ran) = session(&store, || {
        let before = sum(0, 16);
        let inside = with_context(|| {
            tweak!(leaf(3) => 100);
            sum(0, 16)
        });
        tweak!(leaf(2) => 50);
        (before, inside, sum(0, 16))
    });
    assert_eq!(answers, (120, 217, 168));
    assert_eq!(ran.executions, 5);
}

#[test]
fn traces_follow_the_order_of_asking() {
    let store = Store::in_memory();
    for (tweaked, expected, runs) in [
        (None, 1, 3),
        (Some(7), 2, 2),
        (None, 1, 0),
        (Some(8), 2, 1),
        (Some(7), 2, 0),
    ] {
        let (answer, ran) = session(&store, || {
            if let Some(value) = tweaked {
                tweak!(leaf(0) => value);
            }
            choice()
        });
        assert_eq!((answer, ran.executions), (expected, runs), "{tweaked:?}");
    }
}

#[test]
fn a_process_that_writes_of_a_function_first_finds_what_others_have_written() {
    let store = Store::in_memory();
    session(&store, choice);
    let store = dug::__private::restarted(&store);
    // `choice` runs, and names `leaf`, before any record of `leaf` was looked for.
    session(&store, || {
        tweak!(leaf(0) => 7);
        tweak!(leaf(2) => 8);
        choice()
    });
    store.flush().unwrap();
    let (answer, ran) = session(&store, || leaf(0));
    assert_eq!((answer, ran.executions), (0, 0));
}

mod inputs {
    use super::*;
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    /// A file of its own for one test, written long ago.
    struct Input(PathBuf);

    impl Input {
        fn new(name: &str, content: &str) -> Self {
            let name = format!("dug-test-{}-{name}", std::process::id());
            let input = Input(std::env::temp_dir().join(name));
            input.write(content);
            input
        }

        fn write(&self, content: &str) {
            std::fs::write(&self.0, content).unwrap();
            let file = std::fs::File::options().write(true).open(&self.0).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(60))
                .unwrap();
        }

        fn path(&self) -> &str {
            self.0.to_str().unwrap()
        }
    }

    impl Drop for Input {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[tracked]
    fn words(path: &str) -> usize {
        dug::input::text(path).map_or(0, |text| text.split_whitespace().count())
    }

    #[tracked]
    fn is_long(path: &str) -> bool {
        words(path) > 3
    }

    #[test]
    fn a_file_is_a_dependency_across_sessions() {
        let store = Store::in_memory();
        let input = Input::new("across", "one two three four");
        let ask = || session(&store, || is_long(input.path()));
        let bodies = |(answer, stats): (bool, Stats)| (answer, stats.executions);
        assert_eq!(bodies(ask()), (true, 2));
        let (answer, second) = ask();
        assert!(answer && second.loaded == 1);
        input.write("five six seven eight");
        // They are as many.
        assert_eq!(bodies(ask()), (true, 1));
        input.write("one");
        assert_eq!(bodies(ask()), (false, 2));
        input.write("one two three four");
        assert_eq!(bodies(ask()), (true, 0));
    }

    #[tracked]
    fn per_word() -> usize {
        4
    }

    #[tracked]
    fn cost(path: &str) -> usize {
        match words(path) {
            1 => per_word(),
            _ => 4,
        }
    }

    #[tracked]
    fn offer(path: &str) -> usize {
        cost(path)
    }

    #[tracked]
    fn dear_offer(path: &str) -> usize {
        with_context(|| {
            tweak!(per_word() => 99);
            offer(path)
        })
    }

    #[test]
    fn an_equal_value_from_another_input_is_no_proof_beneath_tweaks_of_a_body() {
        let store = Store::in_memory();
        let input = Input::new("equal", "one");
        session(&store, || {
            assert_eq!(offer(input.path()), 4);
            input.write("one two");
            Context::current().unwrap().refresh();
            assert_eq!((offer(input.path()), dear_offer(input.path())), (4, 4));
        });
        input.write("one");
        let (answer, _) = session(&store, || dear_offer(input.path()));
        assert_eq!(answer, 99);
    }

    #[test]
    fn one_context_sees_one_world() {
        let input = Input::new("world", "one two");
        with_context(|| {
            assert_eq!(words(input.path()), 2);
            input.write("one two three");
            assert_eq!(words(input.path()), 2);
            with_context(|| {
                assert_eq!(dug::input::text(input.path()).unwrap().len(), 7);
                Context::current().unwrap().refresh();
                assert_eq!(words(input.path()), 3);
            });
            assert_eq!(words(input.path()), 3);
        });
    }

    #[test]
    fn what_is_read_inside_is_read_once_for_all() {
        let input = Input::new("inside", "one two");
        with_context(|| {
            let first = with_context(|| words(input.path()));
            input.write("one two three");
            let second = with_context(|| words(input.path()));
            assert_eq!((first, second), (2, 2));
        });
    }

    #[test]
    fn what_is_missing_is_an_answer_too() {
        let store = Store::in_memory();
        let input = Input::new("missing", "one two");
        std::fs::remove_file(&input.0).unwrap();
        let ask = || session(&store, || words(input.path())).0;
        assert_eq!((ask(), ask()), (0, 0));
        input.write("one two");
        assert_eq!((ask(), ask()), (2, 2));
    }
}

#[test]
fn an_invalidation_reaches_what_a_parent_has_found_by_its_proof() {
    let store = Store::in_memory();
    session(&store, || sum(0, 4));
    let (ran, _) = session(&store, || {
        sum(0, 4);
        with_context(|| {
            dug::node!(leaf(2)).invalidate();
            sum(0, 4);
            Context::current().unwrap().stats().executions
        })
    });
    assert_eq!(ran, 1);
}
