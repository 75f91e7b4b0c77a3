//! Files are dependencies, within a session and across sessions.

use dug::{Context, Stats, Store, node, tracked, tweak, with_context};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

fn session<R>(store: &Store, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(f);
    (answer, context.stats())
}

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

#[test]
fn what_rests_on_a_file_is_stored_though_the_context_around_has_no_store() {
    let store = Store::in_memory();
    let input = Input::new("around", "one two three four");
    let ask = || {
        with_context(|| {
            dug::input::text(input.path()).unwrap();
            session(&store, || is_long(input.path()))
        })
    };
    assert!(ask().0);
    let (answer, stats) = ask();
    assert!(answer && stats.executions == 0 && stats.loaded == 1);
}

#[test]
fn what_reads_an_unchanged_file_is_not_stale() {
    let store = Store::in_memory();
    let input = Input::new("stale", "one two three four");
    let is_stale = || {
        let (answer, stats) = session(&store, || node!(is_long(input.path())).is_stale());
        assert_eq!(stats.executions, 0);
        answer
    };
    assert!(is_stale());
    session(&store, || is_long(input.path()));
    assert!(!is_stale());
    input.write("five");
    assert!(is_stale());
    // It looks otherwise, and holds the same.
    input.write("one two three four");
    assert!(!is_stale());
    with_context(|| {
        is_long(input.path());
        Context::current().unwrap().refresh();
        assert!(node!(is_long(input.path())).is_cached());
        input.write("five");
        Context::current().unwrap().refresh();
        assert!(!node!(is_long(input.path())).is_cached());
    });
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
fn to_free_memory_reads_nothing_again() {
    let input = Input::new("cleared", "one two");
    with_context(|| {
        assert_eq!(words(input.path()), 2);
        input.write("one two three");
        let context = Context::current().unwrap();
        context.clear();
        assert_eq!(words(input.path()), 2);
        node!(words(input.path())).unload();
        assert_eq!(words(input.path()), 2);
        context.refresh();
        assert_eq!(words(input.path()), 3);
    });
}

#[test]
fn to_forget_a_binding_reads_no_file_again() {
    let store = Store::in_memory();
    let input = Input::new("forgotten", "one two");
    session(&store, || {
        dug::external("level", 3u8);
        assert_eq!(words(input.path()), 2);
        input.write("one two three");
        dug::forget_external("level");
        assert_eq!(words(input.path()), 2);
        assert!(dug::external_value::<u8>("level").is_none());
    });
}

#[test]
fn what_is_read_inside_may_be_read_again_meanwhile() {
    let input = Input::new("meanwhile", "one two");
    with_context(|| {
        std::thread::scope(|scope| {
            let (here, context) = (dug::here(), Context::current().unwrap());
            let reads = || (0..500).all(|_| with_context(|| words(input.path()) == 2));
            let reader = scope.spawn(move || here.run(reads));
            while !reader.is_finished() {
                context.refresh();
            }
            assert!(reader.join().unwrap());
        });
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

#[test]
fn an_error_that_has_no_number_keeps_its_kind() {
    let path = "a name with a \0";
    let theirs = std::fs::read(path).unwrap_err();
    assert_eq!(theirs.raw_os_error(), None);
    with_context(|| {
        for _ in 0..2 {
            let file = dug::input::file(path).unwrap_err();
            let text = dug::input::text(path).unwrap_err();
            assert_eq!((file.kind(), text.kind()), (theirs.kind(), theirs.kind()));
            assert_eq!(file.to_string(), theirs.to_string());
        }
    });
}

#[tracked]
fn content(path: &str) -> String {
    dug::input::text(path).map_or_else(|_| String::new(), |text| text.to_string())
}

#[test]
fn a_proof_names_the_files_that_were_read_and_no_others() {
    let store = Store::in_memory();
    let inputs: Vec<Input> = (0..40)
        .map(|n| Input::new(&format!("proof-{n}"), &format!("content {n}")))
        .collect();
    // Each in a context of its own, so that what one has read is gone when the next one reads.
    for input in &inputs {
        session(&store, || content(input.path()));
        store.flush().unwrap();
    }
    for (n, input) in inputs.iter().enumerate() {
        input.write(&format!("changed {n}"));
        assert_eq!(
            session(&store, || content(input.path())).0,
            format!("changed {n}")
        );
    }
}

#[tracked]
fn letters(path: &str) -> usize {
    dug::input::text(path).map_or(0, |text| text.len())
}

#[test]
fn a_file_that_is_known_by_its_looks_is_read_once_for_all_when_it_is_needed_inside() {
    let store = Store::in_memory();
    let input = Input::new("needed-inside", "one two");
    // The looks of a file that was written within the last 2 s tell nothing.
    std::thread::sleep(Duration::from_millis(2_100));
    session(&store, || words(input.path()));
    let context = Context::builder().store(store).build();
    context.enter(|| {
        assert_eq!(words(input.path()), 2);
        with_context(|| {
            assert_eq!(letters(input.path()), 7);
            input.write("one two three");
            context.refresh();
            assert_eq!((letters(input.path()), words(input.path())), (13, 3));
        });
        assert_eq!((letters(input.path()), words(input.path())), (13, 3));
    });
}
