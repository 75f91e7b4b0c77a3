//! What a scenario changes is told alike without a store and with one, whatever that holds.

use crate::elsewhere;
use crate::ran::{ran, take};
use dug::{Context, Diff, NodeId, Policy, Scenario, Store, Tracked, Tweak};
use dug::{diff, node, tracked, tweak, with_context};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

#[tracked]
fn spot(name: &str) -> i64 {
    name.len() as i64 * 100
}

#[tracked]
fn rate() -> i64 {
    3
}

#[tracked]
fn forward(name: &str) -> i64 {
    ran(format!("forward({name})"));
    spot(name) * rate()
}

#[tracked]
fn book() -> i64 {
    ran("book");
    forward("A") + forward("BB")
}

#[tracked]
fn is_large() -> bool {
    book() > 100
}

fn with(tweaks: impl IntoIterator<Item = Tweak>) -> Scenario {
    let none = Scenario::new();
    let tweaks = tweaks.into_iter();
    tweaks.fold(none, |scenario, tweak| scenario.with(tweak).unwrap())
}

fn crash() -> Scenario {
    with([tweak!(in spot("A") => 80)])
}

/// All that it tells.
fn told(diff: &Diff) -> String {
    let data = serde_json::to_string_pretty(diff).unwrap();
    format!("{diff}{data}")
}

/// What it tells but for the ways: which lead through what functions ask in contexts that they
/// open, as far as that was not in memory.
fn told_but_for_ways(diff: &Diff) -> String {
    let changes = diff.changes().iter().map(|change| {
        let tweaks = diff.responsible(&change.node).into_iter();
        let tweaks: Vec<String> = tweaks.map(|tweak| tweak.tweak.to_string()).collect();
        let (node, kind) = (&change.node, change.kind);
        format!(
            "{node} {kind:?} {:?} {:?} {tweaks:?}\n",
            change.from, change.to
        )
    });
    let mut changes: Vec<String> = changes.collect();
    changes.sort();
    changes.concat()
}

fn context(store: &Store) -> Context {
    Context::builder().store(store.clone()).build()
}

/// Compares what is told of the node without a store to what is told in each session with one that
/// `open` gives, which earlier sessions have filled by asking in some of the scenarios.
fn is_told_alike_with(
    open: &dyn Fn() -> Store,
    told: fn(&Diff) -> String,
    [base, scenario]: [&Scenario; 2],
    node: &NodeId,
) -> String {
    let tell = || told(&diff(base, scenario, node).unwrap());
    let without = with_context(tell);
    let ask = || drop(node.call_erased().unwrap());
    let asked: [&[&Scenario]; 5] = [
        &[],
        &[base],
        &[scenario],
        &[scenario, base],
        &[&Scenario::new()],
    ];
    for (fill, scenarios) in asked.into_iter().enumerate() {
        let store = open();
        for scenario in scenarios {
            context(&store).enter(|| scenario.enter(ask));
            store.flush().unwrap();
        }
        for session in 0..3 {
            let context = context(&store);
            let [first, again] = context.enter(|| {
                if session == 2 {
                    ask();
                    scenario.enter(ask);
                }
                [tell(), tell()]
            });
            assert_eq!(first, without, "{fill} {session}");
            assert_eq!(again, without, "{fill} {session}, again");
            store.flush().unwrap();
        }
    }
    without
}

fn is_told_alike(scenarios: [&Scenario; 2], node: impl AsRef<NodeId>) -> String {
    is_told_alike_with(&Store::in_memory, told, scenarios, node.as_ref())
}

#[test]
fn what_is_stored_is_looked_into() {
    let told = is_told_alike([&Scenario::new(), &crash()], node!(book()));
    assert!(told.contains("1. spot(\"A\"): 100 -> 80, by"), "{told}");
    assert!(!told.contains("rate"), "{told}");
    is_told_alike([&crash(), &Scenario::new()], node!(book()));
    is_told_alike([&Scenario::new(), &crash()], node!(is_large()));
    let up = with([tweak!(in rate() => 4)]);
    is_told_alike([&up, &crash().over(&up)], node!(is_large()));
}

#[test]
fn no_body_runs_for_what_is_stored() {
    let store = Store::in_memory();
    for runs in ["book forward(A) forward(BB) forward(A) book", ""] {
        take();
        context(&store).enter(|| diff(&Scenario::new(), &crash(), node!(book())).unwrap());
        assert_eq!(take(), runs);
        store.flush().unwrap();
    }
}

/// It cannot be read back.
#[derive(Serialize)]
struct Scale(i64);

#[tracked]
fn scaled(scale: Scale) -> i64 {
    scale.0 * book()
}

#[tracked]
fn twice() -> i64 {
    scaled(Scale(2)) + 1
}

#[test]
fn arguments_that_cannot_be_decoded() {
    let told = is_told_alike([&Scenario::new(), &crash()], node!(twice()));
    assert!(told.contains("scaled(Scale(2)): "), "{told}");
    assert!(!told.contains("rate"), "{told}");
}

#[tracked]
fn is_open() -> bool {
    true
}

#[tracked]
fn quote() -> i64 {
    if is_open() {
        forward("A") + 1
    } else {
        forward("BB") + forward("CCC")
    }
}

#[test]
fn other_nodes_may_be_asked_for() {
    let closed = with([tweak!(in is_open() => false)]);
    is_told_alike([&Scenario::new(), &closed], node!(quote()));
    is_told_alike([&closed, &crash()], node!(quote()));
}

#[test]
fn beneath_wide_and_relative_tweaks() {
    let wide = with([
        tweak!(in spot(..) += 1),
        tweak!(in spot(name) if name.len() == 1 => |old| old * 2),
        tweak!(in forward(_) => |old| old + spot("CCC")),
        tweak!(in book() *= 2),
    ]);
    is_told_alike([&Scenario::new(), &wide], node!(book()));
    let outer = with([tweak!(in forward("A") += 1), tweak!(in is_open() => false)]);
    let inner = with([tweak!(in forward("A") *= 3), tweak!(in book() += 1)]);
    is_told_alike([&Scenario::new(), &inner.over(&outer)], node!(is_large()));
    is_told_alike([&outer, &inner.over(&outer)], node!(is_large()));
}

#[tracked(fingerprint = graph)]
fn by_graph(name: &str) -> i64 {
    forward(name) / 1000
}

#[tracked]
fn above_graph() -> i64 {
    by_graph("A") + by_graph("BB")
}

#[test]
fn results_by_their_computation() {
    is_told_alike([&Scenario::new(), &crash()], node!(above_graph()));
}

#[tracked]
fn curve(name: &str) -> Tracked<Vec<i64>> {
    Tracked::new(vec![forward(name); 3])
}

#[tracked]
fn end(curve: Tracked<Vec<i64>>) -> i64 {
    curve[2] * rate()
}

#[tracked]
fn ends() -> i64 {
    end(curve("A")) + end(curve("BB"))
}

#[test]
fn handles() {
    is_told_alike([&Scenario::new(), &crash()], node!(ends()));
    let up = with([tweak!(in rate() => 4)]);
    is_told_alike([&up, &crash()], node!(ends()));
}

#[tracked]
fn path(length: usize) -> Vec<i64> {
    vec![forward("A"); length]
}

#[tracked]
fn large_curve(length: usize) -> Tracked<Vec<i64>> {
    Tracked::new(path(length))
}

#[tracked]
fn sum() -> i64 {
    let large = large_curve(40_000);
    large.iter().chain(&path(50_000)).sum()
}

/// Folders for stores, until the test is over.
#[derive(Default)]
struct Folders(RefCell<Vec<tempfile::TempDir>>);

impl Folders {
    fn next(&self) -> PathBuf {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        self.0.borrow_mut().push(folder);
        path
    }
}

#[test]
fn values_in_files() {
    let folders = Folders::default();
    let open = || {
        let folder = folders.next();
        let builder = Store::builder().values_at(folder.join("values"));
        builder.open(folder.join("store")).unwrap()
    };
    let node = node!(sum());
    is_told_alike_with(&open, told, [&Scenario::new(), &crash()], node.id());
}

#[test]
fn traces_without_values() {
    let folders = Folders::default();
    let open = || {
        let builder = Store::builder().min_cost(Duration::from_secs(1));
        builder.open(folders.next().join("store")).unwrap()
    };
    let node = node!(is_large());
    is_told_alike_with(&open, told, [&Scenario::new(), &crash()], node.id());
}

#[tracked(in_memory)]
fn shared(name: &str) -> std::sync::Arc<i64> {
    std::sync::Arc::new(forward(name))
}

#[tracked]
fn of_shared() -> i64 {
    *shared("A") + *shared("BB")
}

#[test]
fn results_that_stay_in_memory() {
    is_told_alike([&Scenario::new(), &crash()], node!(of_shared()));
}

#[tracked(skip(log))]
fn logged(name: &str, log: &mut Vec<String>) -> i64 {
    log.push(name.to_owned());
    forward(name)
}

#[tracked]
fn logs() -> i64 {
    logged("A", &mut Vec::new()) + logged("BB", &mut Vec::new())
}

#[tracked]
fn above_logs() -> i64 {
    logs() + 1
}

#[test]
fn what_cannot_be_asked_by_its_id() {
    let told = is_told_alike([&Scenario::new(), &crash()], node!(above_logs()));
    assert!(told.contains("logged(\"A\"): 300 -> 240"), "{told}");
    let up = with([tweak!(in rate() => 4)]);
    is_told_alike([&up, &crash().over(&up)], node!(above_logs()));
}

#[tracked]
fn stressed() -> i64 {
    with([tweak!(in spot("A") => 0)]).enter(book)
}

#[tracked]
fn plain_inside() -> i64 {
    with_context(|| forward("A"))
}

#[tracked]
fn worst() -> i64 {
    stressed().min(plain_inside())
}

#[test]
fn contexts_that_functions_open() {
    let up = with([tweak!(in rate() => 4), tweak!(in spot("BB") => 1)]);
    let cases = [
        (Scenario::new(), up.clone(), node!(worst()).id().clone()),
        (Scenario::new(), crash(), node!(worst()).id().clone()),
        (up, crash(), node!(stressed()).id().clone()),
    ];
    for (base, scenario, node) in cases {
        let open = Store::in_memory;
        is_told_alike_with(&open, told_but_for_ways, [&base, &scenario], &node);
    }
}

#[test]
fn contexts_that_found_an_answer_outside() {
    let up = with([tweak!(in rate() => 4), tweak!(in spot("BB") => 1)]);
    let tell = || told_but_for_ways(&diff(&up, &crash(), node!(stressed())).unwrap());
    let cold = with_context(tell);
    let warm = with_context(|| {
        stressed();
        tell()
    });
    assert_eq!(cold, warm);
}

#[derive(Clone, Serialize, Deserialize)]
struct Later(i64);

impl Later {
    /// Not known before it is used.
    #[tracked]
    fn answer(&self) -> i64 {
        self.0 * forward("A")
    }
}

#[tracked]
fn above_later() -> i64 {
    Later(1).answer() + Later(2).answer()
}

#[test]
fn an_earlier_program_stores_its_results() {
    if let Some((store, _)) = elsewhere::given() {
        let store = Store::open(store).unwrap();
        context(&store).enter(|| {
            above_later();
            crash().enter(above_later);
        });
        store.flush().unwrap();
    }
}

#[test]
fn functions_that_are_not_known_yet() {
    let folder = tempfile::tempdir().unwrap();
    let test = "diffs_stored::an_earlier_program_stores_its_results";
    elsewhere::run(test, folder.path(), "earlier");
    let store = Store::open(folder.path()).unwrap();
    let tell = || told(&diff(&Scenario::new(), &crash(), node!(above_later())).unwrap());
    let stored = context(&store).enter(tell);
    assert_eq!(stored, with_context(tell));
}

#[test]
fn records_that_are_gone() {
    let without = with_context(|| told(&diff(&Scenario::new(), &crash(), node!(book())).unwrap()));
    let gone: [&dyn Fn(); 3] = [
        &|| node!(book()).forget(),
        &|| node!(forward("A")).forget(),
        &|| {
            node!(spot("A")).forget();
            node!(spot("BB")).forget();
            node!(rate()).forget();
        },
    ];
    for forget in gone {
        let store = Store::in_memory();
        let tell = || told(&diff(&Scenario::new(), &crash(), node!(book())).unwrap());
        assert_eq!(context(&store).enter(tell), without);
        context(&store).enter(forget);
        assert_eq!(context(&store).enter(tell), without);
        // Gone while what it has given is in memory.
        let told = context(&store).enter(|| {
            book();
            Context::new().enter(|| context(&store).enter(forget));
            tell()
        });
        assert_eq!(told, without);
    }
}

#[test]
fn under_a_policy_that_excuses_what_is_stale() {
    let tell = || {
        let told = |node: &NodeId| told(&diff(&Scenario::new(), &crash(), node).unwrap());
        [node!(is_large()).id(), node!(worst()).id()].map(told)
    };
    let without = with_context(tell);
    let store = Store::in_memory();
    for _ in 0..2 {
        let builder = Context::builder().store(store.clone());
        let context = builder.policy(Policy::OnlyMissing).build();
        assert_eq!(context.enter(tell), without);
        store.flush().unwrap();
    }
}

/// Some pure number.
fn mixed(seed: u32, n: u32) -> u32 {
    let x = (seed * 1000 + n).wrapping_mul(2_654_435_761);
    (x ^ (x >> 15)).wrapping_mul(2_246_822_519) >> 3
}

/// Which others it asks for depends on what the first one answers.
#[tracked]
fn drawn(seed: u32, n: u32) -> i64 {
    let random = mixed(seed, n);
    if n < 3 {
        return i64::from(random % 5);
    }
    let first = drawn(seed, random % n);
    match first % 2 {
        0 => first + other(seed, (random >> 6) % n),
        _ => (first + drawn(seed, (random >> 9) % n)) / 3,
    }
}

#[tracked(fingerprint = graph)]
fn other(seed: u32, n: u32) -> i64 {
    drawn(seed, n) % 7
}

#[test]
fn random_graphs() {
    const LAST: u32 = 12;
    let tweak = |seed: u32, salt: u32| {
        let random = mixed(seed, salt);
        let n = random % LAST;
        match random >> 8 & 7 {
            0 | 1 => tweak!(in drawn(seed, n) => i64::from(random >> 12 & 3)),
            2 => tweak!(in drawn(seed, n) += 1),
            3 => tweak!(in drawn(seed, n).clamp(0, 2)),
            4 => tweak!(in other(..) += 1),
            5 => tweak!(in other(seed, n) => 1),
            _ => tweak!(in drawn(s, m) if s == seed && m % 3 == n % 3 => |old| old + 2),
        }
    };
    for seed in 0..40 {
        let [base, scenario] = pair(seed, tweak);
        is_told_alike([&base, &scenario], node!(drawn(seed, LAST)));
    }
}

/// Two scenarios to be compared, of tweaks by seed and salt.
fn pair(seed: u32, tweak: impl Fn(u32, u32) -> Tweak) -> [Scenario; 2] {
    let base = match seed % 4 {
        0 => Scenario::new(),
        _ => with([tweak(seed, 100)]),
    };
    let other = with([tweak(seed, 200)]);
    let scenario = match seed % 3 {
        0 => other,
        1 => other.over(&base),
        _ => with([tweak(seed, 300)]).over(&other),
    };
    [base, scenario]
}

/// As [`drawn`], and some open contexts.
#[tracked]
fn nested(seed: u32, n: u32) -> i64 {
    let random = mixed(seed + 7, n);
    if n < 3 {
        return i64::from(random % 5);
    }
    let first = nested(seed, random % n);
    let second = match random % 4 {
        0 => with([tweak!(in nested(seed, (random >> 11) % n) => 1)])
            .enter(|| nested(seed, (random >> 6) % n)),
        1 => with_context(|| nested(seed, (random >> 6) % n)),
        _ => nested(seed, (random >> 9) % n),
    };
    match first % 2 {
        0 => first + second,
        _ => (first + second) / 3 + nested(seed, (random >> 13) % n),
    }
}

#[test]
fn random_graphs_with_contexts_inside() {
    const LAST: u32 = 10;
    let tweak = |seed: u32, salt: u32| {
        let random = mixed(seed, salt);
        let n = random % LAST;
        match random >> 8 & 3 {
            0 => tweak!(in nested(seed, n) => i64::from(random >> 12 & 3)),
            1 => tweak!(in nested(seed, n) += 1),
            2 => tweak!(in nested(seed, n).clamp(0, 2)),
            _ => tweak!(in nested(s, m) if s == seed && m % 3 == n % 3 => |old| old + 2),
        }
    };
    for seed in 0..60 {
        let [base, scenario] = pair(seed, tweak);
        let node = node!(nested(seed, LAST)).id().clone();
        let open = Store::in_memory;
        is_told_alike_with(&open, told_but_for_ways, [&base, &scenario], &node);
    }
}

#[tracked]
fn read(path: &str) -> i64 {
    let text = dug::input::text(path).unwrap();
    text.trim().parse::<i64>().unwrap() * *dug::external_value::<i64>("scale").unwrap() * rate()
}

#[tracked]
fn reads(path: &str) -> i64 {
    read(path) + forward("A")
}

#[test]
fn inputs_and_a_store_further_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("n.txt");
    std::fs::write(&file, "7").unwrap();
    let path = file.to_str().unwrap();
    let up = with([tweak!(in rate() => 4)]);
    let tell = || {
        drop(dug::external("scale", 2_i64));
        told(&diff(&Scenario::new(), &up, node!(reads(path))).unwrap())
    };
    let without = with_context(tell);
    let store = Store::in_memory();
    for _ in 0..3 {
        assert_eq!(context(&store).enter(tell), without);
        store.flush().unwrap();
        assert_eq!(context(&store).enter(|| with_context(tell)), without);
        // Another store further in.
        let inner = Store::in_memory();
        for _ in 0..2 {
            assert_eq!(
                context(&store).enter(|| context(&inner).enter(tell)),
                without
            );
            inner.flush().unwrap();
        }
    }
}
