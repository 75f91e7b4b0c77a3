//! What contexts do with stale results.

use dug::{
    Context, Policy, Stats, Store, external, external_value, node, tracked, tweak, with_context,
};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

/// A file of its own for one test.
struct Input(PathBuf);

impl Input {
    fn new(name: &str, content: &str) -> Self {
        let name = format!("dug-test-{}-policies-{name}", std::process::id());
        let input = Input(std::env::temp_dir().join(name));
        input.write(content);
        input
    }

    fn write(&self, content: &str) {
        std::fs::write(&self.0, content).unwrap();
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
fn load(path: &str) -> Vec<f64> {
    let text = dug::input::text(path).unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

#[tracked]
fn scale() -> f64 {
    1.0
}

#[tracked]
fn mean(path: &str) -> f64 {
    let numbers = load(path);
    scale() * numbers.iter().sum::<f64>() / numbers.len() as f64
}

#[tracked]
fn report(path: &str) -> String {
    format!("mean {}", mean(path))
}

pub(crate) fn session<R>(store: &Store, policy: Policy, f: impl FnOnce() -> R) -> (R, Stats) {
    let context = Context::builder()
        .store(store.clone())
        .policy(policy)
        .build();
    let answer = context.enter(f);
    (answer, context.stats())
}

#[test]
fn only_missing_serves_what_is_stale() {
    let store = Store::in_memory();
    let input = Input::new("missing", "1\n3");
    session(&store, Policy::Recompute, || report(input.path()));
    input.write("10\n30");
    let (answer, stats) = session(&store, Policy::OnlyMissing, || {
        assert!(node!(report(input.path())).is_cached());
        assert!(node!(report(input.path())).is_stale());
        report(input.path())
    });
    assert_eq!((answer.as_str(), stats.executions), ("mean 2", 0));
    let (answer, stats) = session(&store, Policy::Recompute, || report(input.path()));
    assert_eq!((answer.as_str(), stats.executions), ("mean 20", 3));
}

#[test]
fn a_policy_does_not_excuse_tweaks() {
    let store = Store::in_memory();
    let input = Input::new("tweaks", "1\n3");
    session(&store, Policy::Recompute, || report(input.path()));
    let (answer, stats) = session(&store, Policy::OnlyMissing, || {
        tweak!(scale() => 2.0);
        report(input.path())
    });
    assert_eq!((answer.as_str(), stats.executions), ("mean 4", 2));
    // What was run under a tweak is not served to those without it.
    let other = Store::in_memory();
    session(&other, Policy::Recompute, || {
        tweak!(scale() => 2.0);
        report(input.path())
    });
    let (answer, _) = session(&other, Policy::OnlyMissing, || report(input.path()));
    assert_eq!(answer, "mean 2");
}

#[test]
fn recompute_to_a_depth_does_not_look_deeper() {
    let store = Store::in_memory();
    let input = Input::new("depth", "1\n3");
    session(&store, Policy::Recompute, || report(input.path()));
    input.write("10\n30");
    let at = |depth| session(&store, Policy::RecomputeTo(depth), || report(input.path())).0;
    // The file lies four levels down: below the mean, the numbers and the text.
    assert_eq!((at(0), at(3)), ("mean 2".into(), "mean 2".into()));
    assert_eq!(at(4), "mean 20");
}

#[test]
fn what_is_stale_is_told_level_by_level() {
    let store = Store::in_memory();
    let input = Input::new("levels", "1\n3");
    session(&store, Policy::Recompute, || report(input.path()));
    input.write("10\n30");
    session(&store, Policy::Recompute, || {
        let stale = |depth| node!(report(input.path())).is_stale_to(depth);
        assert_eq!(
            [0, 1, 2, 3, 4].map(stale),
            [false, false, false, false, true]
        );
        assert!(node!(report(input.path())).is_stale());
        assert!(!node!(scale()).is_stale());
        node!(scale()).forget();
        assert!(node!(scale()).is_stale());
    });
}

#[tracked]
fn shift() -> f64 {
    0.0
}

#[tracked]
fn shifted(path: &str) -> f64 {
    dug::with_context(|| {
        tweak!(shift() => 1.0);
        shift() + mean(path)
    })
}

#[test]
fn a_policy_excuses_nothing_inside_a_context_that_a_function_opens() {
    let store = Store::in_memory();
    let input = Input::new("inside", "1\n3");
    session(&store, Policy::Recompute, || mean(input.path()));
    input.write("10\n30");
    session(&store, Policy::OnlyMissing, || shifted(input.path()));
    let (answer, _) = session(&store, Policy::Recompute, || shifted(input.path()));
    assert_eq!(answer, 21.0);
    let (answers, _) = session(&store, Policy::OnlyMissing, || {
        let before = shifted(input.path());
        tweak!(scale() => 2.0);
        (before, shifted(input.path()))
    });
    assert_eq!(answers.1, 41.0);
}

#[tracked]
fn above_shifted(path: &str) -> f64 {
    shifted(path) + 1.0
}

#[test]
fn what_a_policy_looks_at_is_no_dependency_of_who_runs() {
    let store = Store::in_memory();
    let input = Input::new("looked at", "1\n3");
    session(&store, Policy::RecomputeTo(3), || {
        shifted(input.path());
        Context::current().unwrap().refresh();
        above_shifted(input.path())
    });
    session(&store, Policy::Recompute, || {
        let dependencies = node!(above_shifted(input.path())).dependencies();
        assert_eq!(dependencies, [node!(shifted(input.path())).id().clone()]);
    });
}

#[tracked]
fn widened<T: dug::TrackedArgument + Copy + Into<i64>>(number: T) -> i64 {
    number.into()
}

#[tracked]
fn above_generic() -> i64 {
    widened::<i32>(3) + 10
}

#[test]
fn a_generic_function_below_is_known_before_it_is_called() {
    let store = Store::in_memory();
    let ask = || session(&store, Policy::OnlyMissing, above_generic);
    assert_eq!((ask().0, ask().1.executions), (13, 0));
}

/// Which version of the functions below this program has.
static VERSION: AtomicU8 = AtomicU8::new(0);

/// Tests that change it go one after the other.
static VERSIONED: Mutex<()> = Mutex::new(());

fn version() -> u8 {
    VERSION.load(SeqCst)
}

fn code(path: &str) -> Option<[u8; 32]> {
    let name = path.rsplit("::").next()?;
    let versioned = ["versioned", "versioned_below", "versioned_inside"];
    let place = versioned.iter().position(|other| *other == name)?;
    let mut code = [place as u8; 32];
    code[0] = version();
    Some(code)
}

#[tracked]
fn versioned() -> u8 {
    10 * version() + versioned_below()
}

#[tracked]
fn versioned_below() -> u8 {
    version()
}

#[tracked]
fn above_versioned() -> u8 {
    100 + versioned()
}

/// Does the work as the program of each version, and gives what comes of it.
fn versions<R>(each: &[(u8, Policy)], store: &Store, f: impl Fn() -> R) -> Vec<R> {
    let _alone = VERSIONED.lock().unwrap_or_else(PoisonError::into_inner);
    dug::__private::pretend_code(code);
    let one = |(version, policy): &(u8, Policy)| {
        VERSION.store(*version, SeqCst);
        // What is newest is told by milliseconds.
        std::thread::sleep(std::time::Duration::from_millis(2));
        session(&dug::__private::restarted(store), *policy, &f).0
    };
    each.iter().map(one).collect()
}

#[test]
fn what_is_recomputed_to_a_depth_has_the_code_of_now_so_deep() {
    use Policy::{Recompute, RecomputeTo};
    let store = Store::in_memory();
    let each = [
        (1, Recompute),
        (2, Recompute),
        (1, RecomputeTo(0)),
        (1, RecomputeTo(9)),
        (2, RecomputeTo(9)),
    ];
    assert_eq!(versions(&each, &store, versioned), [11, 22, 11, 11, 22]);
    let store = Store::in_memory();
    let each = [
        (1, Recompute),
        (2, RecomputeTo(0)),
        (2, RecomputeTo(1)),
        (2, RecomputeTo(1)),
        (1, RecomputeTo(1)),
        (2, Recompute),
    ];
    let answers = versions(&each, &store, above_versioned);
    assert_eq!(answers, [111, 111, 122, 122, 111, 122]);
}

#[tracked]
fn versioned_inside() -> u8 {
    scale() as u8 + version()
}

#[tracked]
fn opens_a_context() -> u8 {
    dug::with_context(|| {
        tweak!(scale() => 100.0);
        versioned_inside()
    })
}

#[test]
fn what_is_asked_inside_a_context_is_one_level_down_with_all_that_is_below() {
    use Policy::{Recompute, RecomputeTo};
    let store = Store::in_memory();
    let each = [
        (1, Recompute),
        (2, RecomputeTo(0)),
        (2, RecomputeTo(1)),
        (1, RecomputeTo(1)),
        (2, Recompute),
    ];
    let ask = || {
        let node = node!(opens_a_context());
        let stale = [node.is_stale_to(0), node.is_stale_to(1)];
        (stale, opens_a_context())
    };
    let expected = [
        ([true, true], 101),
        ([false, true], 101),
        ([false, true], 102),
        ([false, false], 101),
        ([false, false], 102),
    ];
    assert_eq!(versions(&each, &store, ask), expected);
}

#[test]
fn a_file_that_is_as_it_was_is_not_stale_at_any_depth() {
    let store = Store::in_memory();
    let input = Input::new("back", "1\n3");
    for content in ["1\n3", "10\n30", "1\n3"] {
        input.write(content);
        session(&store, Policy::Recompute, || report(input.path()));
    }
    input.write("10\n30");
    session(&store, Policy::Recompute, || {
        let node = node!(report(input.path()));
        assert!(!node.is_stale());
        assert_eq!(
            [0, 2, 4, 9].map(|depth| node.is_stale_to(depth)),
            [false; 4]
        );
    });
    let (answer, stats) = session(&store, Policy::RecomputeTo(9), || report(input.path()));
    assert_eq!((answer.as_str(), stats.executions), ("mean 20", 0));
}

#[test]
fn an_explanation_tells_what_a_policy_serves() {
    use Policy::{OnlyMissing, Recompute};
    let store = Store::in_memory();
    let each = [
        (1, Recompute),
        (2, Recompute),
        (1, OnlyMissing),
        (2, OnlyMissing),
    ];
    let ask = || (node!(versioned()).explain().answer, versioned());
    let expected = [
        (dug::Answer::Run, 11),
        (dug::Answer::Run, 22),
        // The first is right, and the newest is served.
        (dug::Answer::Policy, 22),
        (dug::Answer::Store, 22),
    ];
    assert_eq!(versions(&each, &store, ask), expected);
}

#[tracked]
fn level(_: u64) -> u64 {
    external_value::<u64>("level").map_or(0, |level| *level)
}

#[test]
fn the_newest_result_is_served_also_where_several_were_stored_at_once() {
    let store = Store::in_memory();
    let levels = |store: &Store, policy, now: u64| {
        let store = store.clone();
        let context = Context::builder().store(store).policy(policy).build();
        context.enter(|| {
            external("level", now);
            (0..50).map(level).collect::<Vec<u64>>()
        })
    };
    for now in [1, 2, 3] {
        levels(&store, Policy::Recompute, now);
    }
    let later = dug::__private::restarted(&store);
    assert_eq!(levels(&later, Policy::OnlyMissing, 4), [3; 50]);
}

#[tracked]
fn chain(n: u64, path: &str) -> u64 {
    match n {
        0 => dug::input::text(path).unwrap().len() as u64,
        n => chain(n - 1, path) + 1,
    }
}

/// Each asks the one before it and the one beside it.
#[tracked]
fn grid(i: u64, j: u64, path: &str) -> u64 {
    match (i, j) {
        (0, 0) => dug::input::text(path).unwrap().len() as u64,
        (0, j) => grid(0, j - 1, path),
        (i, 0) => grid(i - 1, 0, path),
        (i, j) => (grid(i - 1, j, path) + grid(i, j - 1, path)) % 1_000_003,
    }
}

/// What a call answers, and how many records are read for it, after what its file holds has changed.
fn read_after_an_edit(
    name: &str,
    policy: Policy,
    seen: bool,
    ask: impl Fn(&str) -> u64,
) -> (u64, u64) {
    let store = Store::in_memory();
    let input = Input::new(name, "1");
    session(&store, Policy::Recompute, || ask(input.path()));
    input.write("10");
    if seen {
        session(&store, Policy::Recompute, || chain(0, input.path()));
    }
    let later = dug::__private::restarted(&store);
    let before = later.stats().records_read;
    let (answer, _) = session(&later, policy, || ask(input.path()));
    (answer, later.stats().records_read - before)
}

#[test]
fn the_levels_of_a_long_chain_are_not_looked_at_again_from_each_node() {
    for policy in [usize::MAX, 1000, 150].map(Policy::RecomputeTo) {
        for seen in [false, true] {
            let read = |length: u64| {
                let name = format!("chain-{length}-{seen}-{policy:?}");
                read_after_an_edit(&name, policy, seen, |path| chain(length, path))
            };
            let ((short, few), (long, many)) = (read(200), read(400));
            // Out of sight of the policy, what was stored is served.
            let changed = u64::from(policy != Policy::RecomputeTo(150));
            assert_eq!((short, long), (201 + changed, 401 + changed));
            assert!(few <= 5 * 200, "{few} records for 200, {policy:?}");
            assert!(many <= 5 * 400, "{many} records for 400, {policy:?}");
        }
    }
}

#[test]
fn the_levels_of_a_grid_are_not_looked_at_again_from_each_node() {
    let policy = Policy::RecomputeTo(usize::MAX);
    let read = |side: u64| {
        let name = format!("grid-{side}");
        read_after_an_edit(&name, policy, false, |path| grid(side, side, path))
    };
    for side in [10, 20] {
        let (answer, read) = read(side);
        let nodes = (side + 1) * (side + 1);
        let expected = dug::with_context(|| {
            let input = Input::new("grid-now", "10");
            grid(side, side, input.path())
        });
        assert_eq!(answer, expected);
        assert!(read <= 8 * nodes, "{read} records for {nodes} nodes");
    }
}

#[tracked]
fn knob() -> u64 {
    0
}

/// The same for each content, by one way or the other.
#[tracked]
fn by_way_of_knob(path: &str) -> u64 {
    match &*dug::input::text(path).unwrap() {
        "short" => 1,
        _ => 1 + knob() + external_value::<u64>("knob").map_or(0, |knob| *knob),
    }
}

#[tracked]
fn above_knob(path: &str) -> u64 {
    by_way_of_knob(path) + 100
}

#[test]
fn what_only_runs_since_have_asked_below_is_not_excused_when_it_is_tweaked() {
    let input = Input::new("by-way", "short");
    let path = input.path();
    let store = || {
        let store = Store::in_memory();
        input.write("short");
        session(&store, Policy::Recompute, || above_knob(path));
        input.write("long");
        // What lies above it stays as it was.
        session(&store, Policy::Recompute, || by_way_of_knob(path));
        store.flush().unwrap();
        store
    };
    for policy in [
        Policy::Recompute,
        Policy::RecomputeTo(9),
        Policy::RecomputeTo(usize::MAX),
    ] {
        session(&store(), policy, || {
            tweak!(knob() => 50);
            assert_eq!((above_knob(path), by_way_of_knob(path)), (151, 51));
        });
        session(&store(), policy, || {
            assert_eq!(above_knob(path), 101);
            with_context(|| {
                tweak!(knob() => 50);
                assert_eq!(above_knob(path), 151);
            });
            with_context(|| {
                external("knob", 7_u64);
                assert_eq!(above_knob(path), 108);
            });
            tweak!(knob() => 20);
            assert_eq!(above_knob(path), 121);
        });
        let (_, stats) = session(&store(), policy, || {
            above_knob(path);
            node!(knob()).invalidate();
            above_knob(path);
        });
        assert_eq!(stats.executions, 1, "{policy:?}");
    }
}
