//! Stored results that rest on functions which this program does not have: methods that are tracked alone,
//! which are not known before they are used, and which only another process uses.

use crate::elsewhere;
use dug::{
    Answer, Collect, Context, Error, NodeId, Policy, Stats, Store, node, tracked, tweak,
    with_context,
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

#[derive(Clone, Serialize, Deserialize)]
struct Gone(u64);

impl Gone {
    #[tracked]
    fn answer(&self) -> u64 {
        self.0 * 10
    }
}

/// As [`Gone`], but a test comes to use it.
#[derive(Clone, Serialize, Deserialize)]
struct Later(u64);

impl Later {
    #[tracked]
    fn answer(&self) -> u64 {
        self.0 * 10
    }
}

/// Whether this is the earlier program.
fn is_earlier() -> bool {
    elsewhere::given().is_some()
}

#[tracked]
fn below(n: u64) -> u64 {
    if is_earlier() { Gone(n).answer() } else { n }
}

#[tracked]
fn above(n: u64) -> u64 {
    100 + below(n)
}

#[tracked]
fn above_later(n: u64) -> u64 {
    100 + Later(n).answer()
}

fn session<R>(store: &Store, policy: Policy, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder().store(store.clone()).policy(policy);
    let context = context.build();
    let answer = context.enter(f);
    (answer, context.stats())
}

#[test]
fn an_earlier_program_stores_its_results() {
    let Some((store, _)) = elsewhere::given() else {
        return;
    };
    let store = Store::open(store).unwrap();
    session(&store, Policy::Recompute, || {
        (0..10).for_each(|n| assert_eq!((above(n), above_later(n)), (100 + 10 * n, 100 + 10 * n)));
    });
    store.flush().unwrap();
}

/// What the earlier program has stored.
fn stored() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let test = "store_unknown::an_earlier_program_stores_its_results";
    elsewhere::run(test, folder.path(), "earlier");
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

#[test]
fn a_policy_serves_what_rests_on_a_function_that_is_gone() {
    use Policy::{OnlyMissing, RecomputeTo};
    let (_folder, store) = stored();
    let policies = [OnlyMissing, RecomputeTo(0), RecomputeTo(1), RecomputeTo(2)];
    let served = (1..).zip(policies).map(|(n, policy)| {
        let ask = || {
            let answer = node!(above(n)).explain().answer;
            assert_eq!(node!(above(n)).is_cached(), answer == Answer::Policy);
            (answer, above(n))
        };
        let ((answer, value), stats) = session(&store, policy, ask);
        (answer, value, stats.executions)
    });
    let expected = [
        (Answer::Policy, 110, 0),
        (Answer::Policy, 120, 0),
        (Answer::Policy, 130, 0),
        // What is gone lies two levels down.
        (Answer::Run, 104, 2),
    ];
    assert_eq!(served.collect::<Vec<_>>(), expected);
}

#[test]
fn without_a_policy_what_rests_on_a_function_that_is_gone_runs_anew() {
    let (_folder, store) = stored();
    let ask = || (above(1), above(2));
    let (_, stats) = session(&store, Policy::Recompute, || {
        let node = node!(above(1));
        assert!(node.is_stale() && !node.is_cached());
        let stale = [0, 1, 2].map(|depth| node.is_stale_to(depth));
        assert_eq!(stale, [false, false, true]);
        let why = node.explain().to_string();
        let gone = "Gone::answer<behaviour::store_unknown::Gone>`, which it asked, is not (or not yet) in this program";
        assert!(why.contains(gone), "{why}");
        assert_eq!(ask(), (101, 102));
    });
    assert_eq!(stats.executions, 4);
    for policy in [Policy::Recompute, Policy::OnlyMissing] {
        let (answer, stats) = session(&store, policy, ask);
        assert_eq!((answer, stats.executions), ((101, 102), 0));
    }
}

#[test]
fn what_rests_on_a_function_that_is_gone_can_be_invalidated_forgotten_and_looked_at() {
    let (_folder, store) = stored();
    let names = |id: &NodeId| id.to_string().contains("answer");
    let gone = |store: &Store| store.nodes().unwrap().into_iter().find(names);
    session(&store, Policy::OnlyMissing, || {
        assert_eq!((above(1), above(2), above(3)), (110, 120, 130));
        let id = gone(&store).unwrap();
        let called = id.call_erased().map(drop);
        assert!(matches!(called, Err(Error::UnknownFunction { .. })));
        assert_eq!(
            node!(above(1)).dependencies(),
            [node!(below(1)).id().clone()]
        );
        node!(above(1)).invalidate();
        // Only the body of that one has to run.
        assert_eq!((above(1), above(2)), (110, 120));
        node!(below(2)).invalidate();
        assert_eq!(above(2), 102);
    });
    session(&store, Policy::OnlyMissing, || {
        node!(above(3)).forget();
        assert_eq!(above(3), 130);
        node!(above(3)).forget();
        node!(below(3)).forget();
        assert_eq!(above(3), 103);
    });
    assert!(store.verify().unwrap().is_sound());
    let report = store.stale().unwrap().to_string();
    assert!(report.contains("Gone::answer"), "{report}");
    // It may be a method that is used later, so what rests on it is not accepted.
    session(&store, Policy::Recompute, || {
        assert_eq!(node!(above(4)).accept(), 0);
    });
    let stale = Collect::new().stale().orphans();
    store.collect_garbage(stale).unwrap();
    // It may be that of another program that shares the store.
    assert!(gone(&store).is_some());
    let ask = || [1, 2, 3, 4, 5].map(above);
    let (answers, _) = session(&store, Policy::Recompute, ask);
    assert_eq!(answers, [101, 102, 103, 104, 105]);
}

#[test]
fn a_tweak_of_what_was_not_known_is_not_excused_by_a_policy() {
    let (_folder, store) = stored();
    session(&store, Policy::OnlyMissing, || {
        let first = [1, 2, 3].map(above_later);
        assert_eq!(first, [110, 120, 130]);
        with_context(|| {
            assert_eq!(above_later(1), 110);
            tweak!(Later(1).answer() => 7);
            assert_eq!((above_later(1), above_later(2)), (107, 120));
        });
        with_context(|| {
            node!(Later(3).answer()).invalidate();
            assert_eq!(above_later(3), 130);
            let executions = Context::current().unwrap().stats().executions;
            assert_eq!(executions, 1);
        });
        assert_eq!(above_later(1), 110);
        tweak!(Later(2).answer() => 7);
        assert_eq!((above_later(1), above_later(2)), (110, 107));
    });
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#')
}

/// The same for all contents that differ in comments alone.
#[tracked]
fn lines_in(path: &str) -> Vec<String> {
    let text = dug::input::text(path).unwrap();
    let lines = text.lines().filter(|line| !is_comment(line));
    lines.map(str::to_owned).collect()
}

#[tracked]
fn number_of<T: Clone + Serialize + for<'a> Deserialize<'a> + Send + Sync + 'static>(
    of: Vec<T>,
) -> usize {
    of.len()
}

/// A new process knows neither the instantiation nor the cell before this runs.
#[tracked]
fn summary(path: &str) -> usize {
    let lines = lines_in(path);
    let number = number_of(lines);
    dug::cell!("doubled in the summary", (number) => { 2 * number })
}

/// Asks a cell before all else.
#[tracked]
fn last_line(path: &str) -> String {
    let lines = dug::cell!("all lines", (path) => { lines_in(path) });
    lines.last().cloned().unwrap_or_default()
}

/// What a program prints that asks in a process of its own.
fn ask_elsewhere(test: &str, folder: &TempDir, text: &str) -> String {
    let input = folder.path().join("input");
    std::fs::write(&input, text).unwrap();
    let store = folder.path().join("store");
    let test = format!("store_unknown::{test}");
    let printed = elsewhere::run(&test, &store, input.to_str().unwrap());
    let line = printed.lines().find(|line| line.contains("bodies"));
    line.unwrap().to_owned()
}

fn answer_elsewhere<T: std::fmt::Display>(ask: impl FnOnce(&str) -> T) {
    let Some((store, path)) = elsewhere::given() else {
        return;
    };
    let store = Store::open(store).unwrap();
    let (answer, stats) = session(&store, Policy::Recompute, || ask(&path));
    println!("{answer} with {} bodies", stats.executions);
    store.flush().unwrap();
}

#[test]
fn a_program_asks_for_a_summary() {
    answer_elsewhere(summary);
}

#[test]
fn a_program_asks_for_the_last_line() {
    answer_elsewhere(last_line);
}

#[test]
fn each_world_finds_its_results_though_a_cell_that_cannot_be_asked_yet_differs() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |text| ask_elsewhere("a_program_asks_for_the_last_line", &folder, text);
    for text in ["one", "two", "three", "four"] {
        assert_eq!(ask(text), format!("{text} with 3 bodies"));
    }
    for text in ["two", "three", "one", "four", "two", "two"] {
        assert_eq!(ask(text), format!("{text} with 0 bodies"));
    }
}

#[test]
fn each_world_finds_its_results_though_what_they_rest_on_cannot_be_asked_yet() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |text| ask_elsewhere("a_program_asks_for_a_summary", &folder, text);
    assert_eq!(ask("one\n"), "2 with 4 bodies");
    // Its lines are the same, but the process has to run what asks the instantiation to know that one.
    assert_eq!(ask("one\n# a comment\n"), "2 with 2 bodies");
    assert_eq!(ask("one\n# another comment\n"), "2 with 2 bodies");
    for text in [
        "one\n",
        "one\n# a comment\n",
        "one\n# another comment\n",
        "one\n",
    ] {
        assert_eq!(ask(text), "2 with 0 bodies", "{text}");
    }
    assert_eq!(ask("one\ntwo\n"), "4 with 4 bodies");
    assert_eq!(ask("one\n# a comment\n"), "2 with 0 bodies");
    let store = Store::open(folder.path().join("store")).unwrap();
    assert!(store.verify().unwrap().damaged.is_empty());
}

struct Rate;

impl Serialize for Rate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Rate)
    }
}

impl Rate {
    #[tracked]
    fn value(&self) -> u64 {
        7
    }
}

#[tracked]
fn rated() -> u64 {
    100 + Rate.value()
}

#[test]
fn a_rated_program_stores_its_result() {
    let Some((store, _)) = elsewhere::given() else {
        return;
    };
    let store = Store::open(store).unwrap();
    session(&store, Policy::Recompute, rated);
    store.flush().unwrap();
}

#[test]
fn what_rests_on_a_method_that_was_not_used_yet_is_not_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let test = "store_unknown::a_rated_program_stores_its_result";
    elsewhere::run(test, folder.path(), "rated");
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.accept_all().unwrap(), 0);
    let (answer, _) = session(&store, Policy::Recompute, || {
        tweak!(Rate.value() => 1);
        rated()
    });
    assert_eq!(answer, 101);
}

#[tracked]
fn below_it(n: u64) -> u64 {
    n + 5
}

#[tracked]
fn on_top(n: u64) -> u64 {
    below_it(n) + 1
}

/// This process has just seen that nothing is stored of `below_it`, and does not look again at once.
#[test]
fn what_another_process_has_just_stored_is_found_for_a_check() {
    if let Some((store, _)) = elsewhere::given() {
        let store = Store::open(store).unwrap();
        let context = Context::builder().store(store.clone()).build();
        assert_eq!(context.enter(|| on_top(0)), 6);
        return store.flush().unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let context = Context::builder().store(store).build();
    context.enter(|| {
        assert_eq!(below_it(1), 6);
        let test = "store_unknown::what_another_process_has_just_stored_is_found_for_a_check";
        elsewhere::run(test, folder.path(), "meanwhile");
        assert_eq!(on_top(0), 6);
        tweak!(below_it(n) if n > 7 => 10);
        assert_eq!(on_top(0), 6);
        assert_eq!(context.stats().executions, 1);
    });
}
