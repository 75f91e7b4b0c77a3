//! What a scenario changes: which nodes, in which order, by which tweaks.

use crate::ran::{ran, take};
use dug::{
    Change, ChangeKind, Context, Diff, Error, Scenario, Side, Tweak, diff, node, tracked, tweak,
    with_context,
};

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
    ran("is_large");
    book() > 100
}

#[tracked]
fn report() -> String {
    ran("report");
    format!("{} {}", is_large(), rate())
}

fn with(tweaks: impl IntoIterator<Item = Tweak>) -> Scenario {
    let mut scenario = Scenario::new();
    for tweak in tweaks {
        scenario = scenario.with(tweak).unwrap();
    }
    scenario
}

/// Each change as `node from->to`, its own tweaks, and its ways.
fn told(diff: &Diff) -> Vec<String> {
    let tell = |change: &Change| {
        let value = |text: &Option<String>| text.clone().unwrap_or("-".into());
        let (from, to) = (value(&change.from), value(&change.to));
        let kind = match change.kind {
            ChangeKind::Changed => "",
            ChangeKind::Absorbed => "=",
            ChangeKind::OnlyScenario => "+",
            _ => "-",
        };
        let tweaks = change.tweaks.iter().map(|place| {
            let tweak = &diff.tweaks()[*place];
            match tweak.side {
                Side::Scenario => format!(" [{}]", tweak.tweak),
                Side::Base => format!(" base[{}]", tweak.tweak),
            }
        });
        let tweaks: String = tweaks.collect();
        let ways = change.through.iter().map(|place| format!(" <{place}"));
        let ways: String = ways.collect();
        format!("{kind}{} {from}->{to}{tweaks}{ways}", change.node)
    };
    diff.changes().iter().map(tell).collect()
}

fn responsible(diff: &Diff, node: impl AsRef<dug::NodeId>) -> Vec<String> {
    let tweaks = diff.responsible(node);
    tweaks.iter().map(|tweak| tweak.tweak.to_string()).collect()
}

fn none() -> Scenario {
    Scenario::new()
}

#[test]
fn the_changed_nodes_in_the_order_in_which_the_change_travelled() {
    with_context(|| {
        let crash = with([tweak!(in spot("A") => 80)]);
        let diff = diff(&none(), &crash, node!(book())).unwrap();
        assert_eq!(
            told(&diff),
            [
                "spot(\"A\") 100->80 [spot(\"A\") => 80]",
                "forward(\"A\") 300->240 <0",
                "book() 900->840 <1",
            ]
        );
        assert!(!diff.is_empty());
        assert_eq!(diff.edges().collect::<Vec<_>>(), [(0, 1), (1, 2)]);
        assert_eq!(
            diff.change(node!(book())).unwrap().to.as_deref(),
            Some("840")
        );
        assert!(diff.change(node!(rate()).id()).is_none());
    });
}

#[test]
fn what_was_asked_before_is_not_run_again() {
    with_context(|| {
        let crash = with([tweak!(in spot("A") => 80)]);
        book();
        crash.enter(book);
        take();
        diff(&none(), &crash, node!(book())).unwrap();
        assert_eq!(take(), "");
        let other = with([tweak!(in spot("A") => 81)]);
        diff(&crash, &other, node!(book())).unwrap();
        assert_eq!(take(), "forward(A) book");
        // The context around is as it was.
        assert_eq!(Context::current().unwrap().nodes().len(), 6);
        assert_eq!(book(), 900);
    });
}

#[test]
fn each_change_names_its_tweaks() {
    with_context(|| {
        let both = with([tweak!(in spot("A") => 80), tweak!(in spot("BB") => 90)]);
        let diff = diff(&none(), &both, node!(book()).id()).unwrap();
        assert_eq!(
            told(&diff),
            [
                "spot(\"A\") 100->80 [spot(\"A\") => 80]",
                "forward(\"A\") 300->240 <0",
                "spot(\"BB\") 200->90 [spot(\"BB\") => 90]",
                "forward(\"BB\") 600->270 <2",
                "book() 900->510 <1 <3",
            ]
        );
        assert_eq!(
            responsible(&diff, node!(forward("A"))),
            ["spot(\"A\") => 80"]
        );
        let all = ["spot(\"A\") => 80", "spot(\"BB\") => 90"];
        assert_eq!(responsible(&diff, node!(book())), all);
        assert!(responsible(&diff, node!(rate())).is_empty());
    });
}

#[test]
fn a_change_that_is_absorbed_ends_there() {
    with_context(|| {
        let crash = with([tweak!(in spot("A") => 80)]);
        let diff = diff(&none(), &crash, node!(report())).unwrap();
        assert!(diff.is_empty());
        assert_eq!(
            told(&diff)[2..],
            ["book() 900->840 <1", "=is_large() true->true <2"]
        );
        let redundant = with([tweak!(in spot("A") => 100)]);
        let diff = dug::diff(&none(), &redundant, node!(report())).unwrap();
        assert_eq!(told(&diff), ["=spot(\"A\") 100->100 [spot(\"A\") => 100]"]);
    });
}

#[tracked]
fn is_open() -> bool {
    true
}

#[tracked]
fn live() -> i64 {
    spot("A") + 1
}

#[tracked]
fn closing() -> i64 {
    spot("BB") + spot("CCC")
}

#[tracked]
fn quote() -> i64 {
    if is_open() { live() } else { closing() }
}

#[test]
fn other_nodes_may_be_asked_for() {
    with_context(|| {
        let closed = with([tweak!(in is_open() => false)]);
        let forth = diff(&none(), &closed, node!(quote())).unwrap();
        assert_eq!(
            told(&forth),
            [
                "is_open() true->false [is_open() => false]",
                "+spot(\"BB\") -->200 <0",
                "+spot(\"CCC\") -->300 <0",
                "+closing() -->500 <0 <1 <2",
                "quote() 101->500 <0 <3",
                "-live() 101->- <0",
                "-spot(\"A\") 100->- <0",
            ]
        );
        assert_eq!(
            responsible(&forth, node!(spot("A"))),
            ["is_open() => false"]
        );
        let back = diff(&closed, &none(), node!(quote())).unwrap();
        assert_eq!(
            told(&back)[..4],
            [
                "is_open() false->true base[is_open() => false]",
                "+spot(\"A\") -->100 <0",
                "+live() -->101 <0 <1",
                "quote() 500->101 <0 <2",
            ]
        );
    });
}

#[test]
fn a_tweak_keeps_from_asking() {
    with_context(|| {
        let given = with([tweak!(in live() => 7)]);
        let forth = diff(&none(), &given, node!(quote())).unwrap();
        assert_eq!(
            told(&forth),
            [
                "live() 101->7 [live() => 7]",
                "quote() 101->7 <0",
                "-spot(\"A\") 100->- <0",
            ]
        );
        let back = diff(&given, &none(), node!(quote())).unwrap();
        assert_eq!(
            told(&back),
            [
                "+spot(\"A\") -->100 base[live() => 7]",
                "live() 7->101 base[live() => 7] <0",
                "quote() 7->101 <1",
            ]
        );
    });
}

#[test]
fn wide_and_relative_tweaks() {
    with_context(|| {
        let wide = with([
            tweak!(in spot(..) += 1),
            tweak!(in spot(name) if name.len() == 1 => |old| old * 2),
            tweak!(in rate() => |old| old + spot("CCC")),
        ]);
        let diff = diff(&none(), &wide, node!(book())).unwrap();
        assert_eq!(
            told(&diff),
            [
                "spot(\"A\") 100->202 [spot(..) += 1] [spot(..) if .. => |old| ..]",
                "+spot(\"CCC\") -->301 [spot(..) += 1] [rate() => |old| ..]",
                "rate() 3->304 [rate() => |old| ..] <1",
                "forward(\"A\") 300->61408 <0 <2",
                "spot(\"BB\") 200->201 [spot(..) += 1]",
                "forward(\"BB\") 600->61104 <2 <4",
                "book() 900->122512 <3 <5",
            ]
        );
    });
}

#[test]
fn all_nodes_of_a_tweaked_function_even_if_nothing_holds_them() {
    with_context(|| {
        let (one, two) = (
            with([tweak!(in spot(..) => 1)]),
            with([tweak!(in spot(..) => 2)]),
        );
        let diff = diff(&one, &two, node!(spot("A"))).unwrap();
        assert_eq!(
            told(&diff),
            ["spot(\"A\") 1->2 [spot(..) => 2] base[spot(..) => 1]"]
        );
    });
}

#[test]
fn what_both_have_is_not_responsible() {
    with_context(|| {
        let day = with([tweak!(in spot("A") => 50), tweak!(in rate() => 2)]).named("day");
        let shock = with([tweak!(in spot("A") *= 3)]).named("shock").over(&day);
        let diff = diff(&day, &shock, node!(book())).unwrap();
        assert_eq!(
            told(&diff),
            [
                "spot(\"A\") 50->150 [spot(\"A\") *= 3]",
                "forward(\"A\") 100->300 <0",
                "book() 500->700 <1",
            ]
        );
        assert_eq!(diff.tweaks().len(), 1);
        assert!(
            dug::diff(&shock, &shock, node!(book()))
                .unwrap()
                .changes()
                .is_empty()
        );
    });
}

#[test]
fn tweaks_of_the_base_that_the_scenario_has_otherwise() {
    with_context(|| {
        let (low, high) = (
            with([tweak!(in rate() => 2)]),
            with([tweak!(in rate() => 4)]),
        );
        let diff = diff(&low, &high, node!(forward("A"))).unwrap();
        assert_eq!(
            told(&diff),
            [
                "rate() 2->4 [rate() => 4] base[rate() => 2]",
                "forward(\"A\") 200->400 <0",
            ]
        );
    });
}

#[tracked(in_memory)]
fn handle() -> std::sync::Arc<Vec<i64>> {
    std::sync::Arc::new(vec![rate().min(5)])
}

#[tracked]
fn first() -> i64 {
    handle()[0]
}

#[test]
fn results_without_an_encoding_are_compared_by_identity() {
    with_context(|| {
        let crash = with([tweak!(in spot("A") => 80)]);
        first();
        assert!(
            diff(&none(), &crash, node!(first()))
                .unwrap()
                .changes()
                .is_empty()
        );
        let up = with([tweak!(in rate() => 5)]);
        let more = with([tweak!(in rate() => 6)]);
        let diff = diff(&up, &more, node!(first())).unwrap();
        assert_eq!(told(&diff)[1..], ["handle() ..->.. <0", "=first() 5->5 <1"]);
    });
}

#[tracked]
fn stressed() -> i64 {
    with([tweak!(in spot("A") => 0)]).enter(book)
}

#[test]
fn what_a_function_asks_in_a_context_of_its_own_counts() {
    with_context(|| {
        let up = with([tweak!(in rate() => 4), tweak!(in spot("BB") => 1)]);
        let diff = diff(&none(), &up, node!(stressed())).unwrap();
        let stressed = diff.change(node!(stressed())).unwrap();
        assert_eq!(stressed.from.as_deref(), Some("600"));
        assert_eq!(stressed.to.as_deref(), Some("4"));
        let all = ["rate() => 4", "spot(\"BB\") => 1"];
        assert_eq!(responsible(&diff, node!(stressed())), all);
    });
}

#[test]
fn what_was_unloaded_is_asked_again() {
    with_context(|| {
        let crash = with([tweak!(in spot("A") => 80)]);
        book();
        node!(forward("A")).unload();
        take();
        let diff = diff(&none(), &crash, node!(book())).unwrap();
        assert_eq!(diff.changes().len(), 3);
        assert_eq!(diff.changes()[1].from.as_deref(), Some("300"));
    });
}

#[test]
fn tweaks_around_hold_in_both() {
    with_context(|| {
        tweak!(rate() => 1);
        let crash = with([tweak!(in spot("A") => 80)]);
        let diff = diff(&none(), &crash, node!(book())).unwrap();
        assert_eq!(told(&diff)[2], "book() 300->280 <1");
    });
}

#[tracked]
fn failing() -> Result<i64, String> {
    match rate() {
        3 => Ok(3),
        _ => Err("no rate".into()),
    }
}

#[tracked]
fn panicking() -> i64 {
    assert_eq!(rate(), 3, "no rate");
    1
}

#[tracked]
fn comparing() -> bool {
    diff(&none(), &none(), node!(rate())).is_err()
}

#[test]
fn errors_are_returned_and_panics_pass() {
    let up = with([tweak!(in rate() => 4)]);
    with_context(|| {
        let error = diff(&none(), &up, node!(failing())).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("`failing()` cannot be read: it is not kept")
        );
        let panicked = std::panic::catch_unwind(|| diff(&none(), &up, node!(panicking())));
        assert_eq!(
            *panicked.unwrap_err().downcast::<String>().unwrap(),
            "assertion `left == right` failed: no rate\n  left: 4\n right: 3"
        );
        assert!(comparing());
        let id = serde_json::to_string(node!(rate()).id()).unwrap();
        let unknown: dug::NodeId = serde_json::from_str(&id.replace("rate", "gone")).unwrap();
        let error = diff(&none(), &up, unknown).unwrap_err();
        assert!(matches!(error, Error::UnknownFunction { .. }));
    });
}

#[test]
fn outside_every_context_one_is_made() {
    let up = with([tweak!(in rate() => 4)]).named("up");
    let diff = diff(&none(), &up, node!(forward("A"))).unwrap();
    assert_eq!(told(&diff)[1], "forward(\"A\") 300->400 <0");
    let json = serde_json::to_value(&diff).unwrap();
    assert_eq!(json["tweaks"][0]["tweak"], "rate() => 4");
    assert_eq!(json["changes"][1]["to"], "400");
    assert_eq!(json["scenario"], "up");
}

#[tracked]
fn text() -> String {
    format!("\"{}\"", "x".repeat(rate() as usize * 30))
}

#[test]
fn text_and_dot_are_short_and_quoted() {
    let up = with([tweak!(in rate() => 4)]).named("up");
    let diff = diff(&none(), &up, node!(text())).unwrap();
    let shown = diff.to_string();
    assert!(shown.lines().all(|line| line.len() < 160), "{shown}");
    let dot = diff.to_dot();
    assert!(dot.contains("n0 [label=\"rate()\\n3 -> 4\", shape=box, style=solid, color=black];"));
    assert!(dot.contains("…xxx"), "{dot}");
    assert!(dot.ends_with("  n0 -> n1;\n}\n"));
}

#[tracked]
fn chain(n: u32) -> i64 {
    match n {
        0 => rate(),
        _ => chain(n - 1) + i64::from(n % 2),
    }
}

#[test]
fn a_long_way() {
    with_context(|| {
        let up = with([tweak!(in rate() => 4)]);
        let diff = diff(&none(), &up, node!(chain(20_000))).unwrap();
        assert_eq!(diff.changes().len(), 20_002);
        assert_eq!(diff.edges().count(), 20_001);
        assert_eq!(responsible(&diff, node!(chain(20_000))), ["rate() => 4"]);
    });
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
        0 => first + drawn(seed, (random >> 6) % n),
        _ => (first + drawn(seed, (random >> 9) % n)) / 3,
    }
}

/// What each node answers on which the last one's answer rests.
fn rests_on(scenario: &Scenario, seed: u32, last: u32) -> Vec<(dug::NodeId, String)> {
    let here = || {
        drawn(seed, last);
        let mut found = vec![node!(drawn(seed, last)).id().clone()];
        let mut next = 0;
        while let Some(id) = found.get(next) {
            next += 1;
            let number = (0..=last)
                .find(|n| node!(drawn(seed, *n)).id() == id)
                .unwrap();
            for below in node!(drawn(seed, number)).dependencies() {
                if !found.contains(&below) {
                    found.push(below);
                }
            }
        }
        let answer = |id: &dug::NodeId| id.call_erased().unwrap().downcast::<i64>().unwrap();
        let answers = found.into_iter();
        answers
            .map(|id| (id.clone(), answer(&id).to_string()))
            .collect()
    };
    with_context(|| scenario.enter(here))
}

#[test]
fn random_graphs_are_told_apart_as_by_looking_at_all() {
    const LAST: u32 = 14;
    let tweak = |seed: u32, salt: u32| {
        let random = mixed(seed, salt);
        let n = random % LAST;
        match random >> 8 & 3 {
            0 => tweak!(in drawn(seed, n) => i64::from(random >> 12 & 3)),
            1 => tweak!(in drawn(seed, n) += 1),
            2 => tweak!(in drawn(seed, n).clamp(0, 2)),
            _ => tweak!(in drawn(s, m) if s == seed && m % 3 == n % 3 => |old| old + 2),
        }
    };
    for seed in 0..150 {
        let base = with([tweak(seed, 100)]);
        let other = with([tweak(seed, 200)]);
        let scenario = match seed % 3 {
            0 => other,
            1 => other.over(&base),
            _ => with([tweak(seed, 300)]).over(&other),
        };
        let diff = diff(&base, &scenario, node!(drawn(seed, LAST))).unwrap();
        let (then, now) = (rests_on(&base, seed, LAST), rests_on(&scenario, seed, LAST));
        let find = |list: &[(dug::NodeId, String)], id: &dug::NodeId| {
            let found = list.iter().find(|(other, _)| other == id);
            found.map(|(_, answer)| answer.clone())
        };
        for (id, _) in then.iter().chain(&now) {
            let (from, to) = (find(&then, id), find(&now, id));
            let told = diff
                .change(id)
                .filter(|change| change.kind != ChangeKind::Absorbed);
            assert_eq!(told.is_some(), from != to, "{seed} {id}\n{diff}");
        }
        for (place, change) in diff.changes().iter().enumerate() {
            assert_eq!(change.from, find(&then, &change.node), "{seed}\n{diff}");
            assert_eq!(change.to, find(&now, &change.node), "{seed}\n{diff}");
            assert!(change.through.iter().all(|way| *way < place));
            assert!(!diff.responsible(&change.node).is_empty(), "{seed}\n{diff}");
        }
    }
}
