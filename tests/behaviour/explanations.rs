//! Why a node runs or does not: nothing runs for an answer.

use dug::{Answer, Context, Policy, Reason, Store, node, tracked, tweak, with_context};

#[tracked]
fn leaf(x: i64) -> i64 {
    x + 1
}

#[tracked]
fn pair(x: i64) -> i64 {
    leaf(x) + leaf(x + 1)
}

#[tracked(in_memory)]
fn passing(x: i64) -> i64 {
    leaf(x)
}

#[tracked]
fn lines(path: &str) -> usize {
    dug::input::text(path).map_or(0, |text| text.lines().count())
}

#[tracked]
fn sum_of_lines(path: &str) -> usize {
    lines(path) + 1
}

fn in_store<R>(store: &Store, f: impl FnOnce() -> R) -> R {
    let store = dug::__private::restarted(store);
    let context = Context::builder().store(store).build();
    context.enter(f)
}

#[test]
fn without_a_store_what_is_in_memory_and_why_not() {
    with_context(|| {
        let text = node!(pair(1)).explain().to_string();
        assert_eq!(
            text,
            "pair(1) would run: it is not in memory, and there is no store\n"
        );
        pair(1);
        let said = node!(pair(1)).explain();
        assert_eq!(said.answer, Answer::Memory);
        assert_eq!(said.to_string(), "pair(1) is in memory\n");
        node!(pair(1)).invalidate();
        assert_eq!(node!(pair(1)).explain().answer, Answer::Run);
    });
}

#[test]
fn tweaks_below_are_named() {
    with_context(|| {
        pair(1);
        with_context(|| {
            tweak!(leaf(2) => 7);
            let said = node!(pair(1)).explain();
            assert_eq!(
                said.to_string(),
                "pair(1) would run\n  leaf(2) answers otherwise: it is tweaked\n"
            );
            assert_eq!(node!(leaf(2)).explain().answer, Answer::Tweak);
            assert_eq!(node!(leaf(1)).explain().answer, Answer::Memory);
        });
        with_context(|| {
            // To what it answers anyway.
            tweak!(leaf(2) => 3);
            assert_eq!(node!(pair(1)).explain().answer, Answer::Memory);
        });
    });
}

#[test]
fn tweaks_below_stored_results_are_named() {
    let store = Store::in_memory();
    in_store(&store, || pair(1));
    in_store(&store, || {
        assert_eq!(node!(pair(1)).explain().answer, Answer::Store);
        tweak!(leaf(1) => 7);
        let said = node!(pair(1)).explain();
        assert_eq!(
            said.to_string(),
            "pair(1) would run\n  leaf(1) answers otherwise: it is tweaked\n"
        );
    });
}

#[test]
fn files_that_have_changed_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.txt").display().to_string();
    std::fs::write(&path, "a\nb\n").unwrap();
    let store = Store::in_memory();
    assert_eq!(in_store(&store, || sum_of_lines(&path)), 3);
    in_store(&store, || {
        assert_eq!(node!(sum_of_lines(&path)).explain().answer, Answer::Store);
    });
    std::fs::write(&path, "a\nb\nc\n").unwrap();
    in_store(&store, || {
        let said = node!(sum_of_lines(&path)).explain();
        let [Reason::Dependency { of, differs: false }] = &said.reasons[..] else {
            panic!("{said}");
        };
        let [Reason::Dependency { of, .. }] = &of.reasons[..] else {
            panic!("{said}");
        };
        // What decodes the file.
        let [Reason::Input { node }] = &of.reasons[..] else {
            panic!("{said}");
        };
        assert!(node.to_string().contains("lines.txt"), "{said}");
        assert_eq!(Context::current().unwrap().stats().executions, 0);
    });
    let report = dug::__private::restarted(&store).stale().unwrap();
    assert_eq!(report.stale(), 2, "{report}");
    assert!(report.to_string().contains("lines.txt"), "{report}");
}

#[test]
fn what_is_not_stored_says_so() {
    let store = Store::in_memory();
    in_store(&store, || {
        assert_eq!(node!(pair(1)).explain().reasons, [Reason::NeverStored]);
        assert_eq!(node!(passing(1)).explain().reasons, [Reason::NotStored]);
        passing(1);
    });
    in_store(&store, || {
        let said = node!(passing(1)).explain();
        assert_eq!(
            (said.answer, &said.reasons[..]),
            (Answer::Run, &[Reason::NotStored][..])
        );
        pair(1);
        node!(pair(1)).invalidate();
        assert_eq!(node!(pair(1)).explain().reasons, [Reason::Invalidated]);
    });
}

#[test]
fn policies_say_that_they_excuse() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.txt").display().to_string();
    std::fs::write(&path, "a\nb\n").unwrap();
    let store = Store::in_memory();
    in_store(&store, || sum_of_lines(&path));
    std::fs::write(&path, "a\nb\nc\n").unwrap();
    let store = dug::__private::restarted(&store);
    let context = Context::builder()
        .store(store)
        .policy(Policy::OnlyMissing)
        .build();
    context.enter(|| {
        assert_eq!(node!(sum_of_lines(&path)).explain().answer, Answer::Policy);
    });
}

#[test]
fn long_chains_are_cut_short() {
    #[tracked]
    fn chain(n: u64) -> u64 {
        if n == 0 {
            leaf(0) as u64
        } else {
            1 + chain(n - 1)
        }
    }
    with_context(|| {
        chain(2000);
        tweak!(leaf(0) => 5);
        let said = node!(chain(2000)).explain();
        assert_eq!(said.answer, Answer::Run);
        assert!(said.to_string().lines().count() < 50, "{said}");
    });
}
