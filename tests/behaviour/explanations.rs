//! Why a node runs or does not: nothing runs for an answer.

use crate::elsewhere;
use dug::{
    Answer, Context, Policy, Reason, Store, cell, external, external_value, node, tracked, tweak,
    with_context,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

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

#[tracked]
fn scale() -> i64 {
    external_value::<i64>("scale").map_or(1, |scale| *scale)
}

#[tracked]
fn scaled(x: i64) -> i64 {
    pair(x) * scale()
}

#[test]
fn tweaks_below_what_is_restored_around_are_named() {
    let store = Store::in_memory();
    in_store(&store, || scaled(1));
    in_store(&store, || {
        scaled(1);
        assert_eq!(Context::current().unwrap().stats().executions, 0);
        with_context(|| {
            tweak!(leaf(1) => 7);
            assert_eq!(
                node!(scaled(1)).explain().to_string(),
                "scaled(1) would run\n  \
                   pair(1) would run\n    \
                     leaf(1) answers otherwise: it is tweaked\n"
            );
        });
        with_context(|| {
            external("scale", 3_i64);
            assert_eq!(
                node!(scaled(1)).explain().to_string(),
                "scaled(1) would run\n  \
                   scale() would run: external(\"scale\") has changed\n"
            );
        });
    });
}

#[test]
fn tweaks_below_what_a_policy_excuses_are_named() {
    #[tracked]
    fn inside(x: i64) -> i64 {
        with_context(|| {
            tweak!(leaf(x) => 0);
            scaled(x)
        })
    }
    let store = Store::in_memory();
    in_store(&store, || inside(1));
    in_store(&store, || {
        inside(1);
        with_context(|| {
            external("scale", 3_i64);
            let said = node!(inside(1)).explain().to_string();
            assert!(said.contains("is about `external(\"scale\")`"), "{said}");
        });
        with_context(|| {
            tweak!(leaf(2) => 0);
            let said = node!(inside(1)).explain().to_string();
            assert!(said.contains("is about `leaf`"), "{said}");
        });
    });
}

#[tracked]
fn with_cell(x: i64) -> i64 {
    let y = pair(x);
    cell!("doubled", (y) => { 2 * y })
}

/// Only another process calls the cell.
#[test]
fn a_cell_that_was_not_called_yet_is_named_where_it_is_the_cause() {
    if let Some((store, _)) = elsewhere::given() {
        let store = Store::open(store).unwrap();
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| with_cell(1));
        store.flush().unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "explanations::a_cell_that_was_not_called_yet_is_named_where_it_is_the_cause";
    elsewhere::run(test, folder.path(), "earlier");
    let store = Store::open(folder.path()).unwrap();
    Context::builder().store(store).build().enter(|| {
        assert_eq!(node!(with_cell(1)).explain().answer, Answer::Store);
        with_context(|| {
            tweak!(leaf(1) => 7);
            assert_eq!(
                node!(with_cell(1)).explain().to_string(),
                "with_cell(1) would run\n  \
                   pair(1) would run\n    \
                     leaf(1) answers otherwise: it is tweaked\n"
            );
        });
        with_context(|| {
            // To what it answers anyway.
            tweak!(leaf(1) => 2);
            let said = node!(with_cell(1)).explain();
            let [Reason::Unused { function }, Reason::Tweaked { .. }] = &said.reasons[..] else {
                panic!("{said}");
            };
            assert!(function.contains("doubled"), "{said}");
        });
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

#[tracked]
fn parsed(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("{text:?}"))
}

#[tracked]
fn or_zero(text: &str) -> i64 {
    parsed(text).unwrap_or(0)
}

/// Refuses to be serialized.
#[derive(Clone, Deserialize)]
struct Refusing;

impl Serialize for Refusing {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no"))
    }
}

#[tracked]
fn refusing() -> Refusing {
    Refusing
}

#[test]
fn what_was_not_kept_or_cannot_be_stored_says_why() {
    let ask = || {
        or_zero("x");
        let said = node!(parsed("x")).explain().to_string();
        assert!(said.contains("not kept: it answered an `Err`"), "{said}");
        let said = node!(or_zero("x")).explain().to_string();
        assert!(
            said.contains("not kept: it had read what is not kept"),
            "{said}"
        );
    };
    with_context(ask);
    with_context(|| assert_eq!(node!(or_zero("x")).explain().reasons, [Reason::NoStore]));
    let store = Store::in_memory();
    let context = || Context::builder().store(store.clone()).build();
    context().enter(ask);
    context().enter(|| {
        assert!(matches!(
            &node!(or_zero("x")).explain().reasons[..],
            [Reason::Unkept { .. }]
        ));
        refusing();
        for answer in [Answer::Memory, Answer::Run] {
            let said = node!(refusing()).explain();
            assert_eq!(said.answer, answer);
            assert!(
                matches!(&said.reasons[..], [Reason::Unstored { why }] if why.contains("serializing")),
                "{said}"
            );
            node!(refusing()).unload();
        }
    });
}

#[test]
fn what_is_too_cheap_to_be_stored_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::builder().min_cost(Duration::from_secs(60));
    let store = store.open(folder.path()).unwrap();
    let context = || Context::builder().store(store.clone()).build();
    for before in [Reason::NeverStored, Reason::NoValue] {
        context().enter(|| {
            assert_eq!(node!(leaf(1)).explain().reasons, [before]);
            leaf(1);
            let said = node!(leaf(1)).explain();
            assert_eq!(
                (said.answer, &said.reasons[..]),
                (Answer::Memory, &[Reason::NoValue][..])
            );
            assert!(said.to_string().contains("`min_cost`"), "{said}");
            // Nothing is left that could answer.
            store.flush().unwrap();
            node!(leaf(1)).unload();
            let said = node!(leaf(1)).explain();
            assert_eq!(
                (said.answer, node!(leaf(1)).is_cached()),
                (Answer::Run, false)
            );
        });
    }
}

#[tracked]
fn most() -> usize {
    external_value::<usize>("most").map_or(9, |most| *most)
}

#[tracked]
fn at_most(path: &str) -> usize {
    lines(path).min(most())
}

#[tracked]
fn told(path: &str) -> String {
    at_most(path).to_string()
}

#[test]
fn a_node_is_explained_below_others_as_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.txt").display().to_string();
    let store = Store::in_memory();
    for text in ["a\n", "a\nb\n", "a\n"] {
        std::fs::write(&path, text).unwrap();
        in_store(&store, || told(&path));
    }
    in_store(&store, || {
        external("most", 3_usize);
        for said in [
            node!(told(&path)).explain(),
            node!(at_most(&path)).explain(),
        ] {
            let said = said.to_string();
            let reason = "most() would run: external(\"most\") has changed\n";
            assert!(said.ends_with(reason), "{said}");
        }
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
