//! Scenarios: what they answer, what runs for them, and what is kept.

use crate::ran::{ran, take};
use dug::{Context, Error, Retention, Scenario, node, tracked, tweak, untweak, with_context};

#[tracked]
fn spot(name: &str) -> i64 {
    ran(format!("spot({name})"));
    name.len() as i64 * 100
}

#[tracked]
fn rate() -> i64 {
    ran("rate");
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
    forward("A") + forward("BB") + forward("CCC")
}

fn crash(name: &str, value: i64) -> Scenario {
    Scenario::new()
        .with(tweak!(in spot(name) => value))
        .unwrap()
}

#[test]
fn an_equal_scenario_runs_nothing() {
    with_context(|| {
        assert_eq!(book(), 1800);
        take();
        assert_eq!(crash("A", 0).enter(book), 1500);
        assert_eq!(take(), "forward(A) book");
        assert_eq!(crash("A", 0).enter(book), 1500);
        assert_eq!(take(), "");
        assert_eq!(crash("A", 1).enter(book), 1503);
        assert_eq!(take(), "forward(A) book");
        assert_eq!(book(), 1800);
        assert_eq!(take(), "");
    });
}

#[test]
fn what_no_tweak_touches_runs_once_whichever_scenario_asks_first() {
    with_context(|| {
        assert_eq!(crash("A", 0).enter(book), 1500);
        assert_eq!(
            take(),
            "book forward(A) rate forward(BB) spot(BB) forward(CCC) spot(CCC)"
        );
        assert_eq!(crash("BB", 0).enter(book), 1200);
        assert_eq!(take(), "book forward(A) spot(A) forward(BB)");
        // The context around holds none of it, and adopts what it asks for itself.
        assert!(Context::current().unwrap().nodes().is_empty());
        assert_eq!(forward("CCC"), 900);
        assert_eq!(take(), "");
        assert_eq!(book(), 1800);
        assert_eq!(take(), "book");
    });
}

#[test]
fn the_context_around_may_change() {
    with_context(|| {
        let shock = crash("A", 0);
        assert_eq!(shock.enter(book), 1500);
        take();
        tweak!(rate() => 1);
        assert_eq!(shock.enter(book), 500);
        assert_eq!(take(), "forward(A) forward(BB) book forward(CCC)");
        untweak!(rate());
        assert_eq!(shock.enter(book), 1500);
        node!(rate()).invalidate();
        take();
        assert_eq!(shock.enter(book), 1500);
        assert!(take().contains("rate"));
        assert_eq!(book(), 1800);
    });
}

#[test]
fn scenarios_over_one_share_its_results() {
    with_context(|| {
        assert_eq!(book(), 1800);
        take();
        let day = Scenario::new().with(tweak!(in rate() => 1)).unwrap();
        let shocks = [crash("A", 0), crash("BB", 0), crash("CCC", 0)];
        let expected = [500, 400, 300];
        for (shock, expected) in shocks.iter().zip(expected) {
            assert_eq!(shock.over(&day).enter(book), expected);
        }
        assert_eq!(
            take(),
            "forward(A) book forward(BB) forward(CCC) forward(A) book forward(BB) book forward(CCC)"
        );
        assert_eq!(day.enter(book), 600);
        assert_eq!(take(), "book");
        for (shock, expected) in shocks.iter().zip(expected) {
            assert_eq!(day.enter(|| shock.enter(book)), expected);
            assert_eq!(shock.over(&day).enter(book), expected);
        }
        assert_eq!(take(), "");
    });
}

#[test]
fn what_is_tweaked_inside_holds_inside_this_call_only() {
    with_context(|| {
        let shock = crash("A", 0);
        shock.enter(|| {
            assert_eq!(book(), 1500);
            tweak!(rate() => 1);
            assert_eq!(book(), 500);
            untweak!(spot("A"));
            assert_eq!(book(), 600);
            let inner = dug::here();
            shock.enter(|| assert_eq!(book(), 500));
            assert_eq!(inner.run(book), 600);
        });
        assert_eq!(shock.enter(book), 1500);
        assert_eq!(book(), 1800);
    });
}

#[test]
fn inside_its_context_is_like_any_other() {
    with_context(|| {
        book();
        let shock = crash("A", 0).named("crash");
        shock.enter(|| {
            let here = Context::current().unwrap();
            assert_eq!(here.label(), Some("crash"));
            assert_eq!(here.tweaks().len(), 1);
            assert!(node!(book()).is_masked() && !node!(forward("BB")).is_masked());
            assert!(node!(spot("A")).is_tweaked());
            assert!(!node!(book()).is_cached() && node!(forward("BB")).is_cached());
        });
    });
}

#[tracked]
fn stressed(size: i64) -> i64 {
    ran("stressed");
    let shock = Scenario::new().with(tweak!(in spot(_) -= size)).unwrap();
    shock.enter(book)
}

#[test]
fn a_running_function_may_enter_scenarios() {
    with_context(|| {
        assert_eq!(stressed(10), 1710);
        take();
        tweak!(spot("A") => 0);
        assert_eq!(stressed(10), 1410);
        with_context(|| {
            tweak!(spot(..) => 0);
            assert_eq!(stressed(10), -90);
        });
        let up = Scenario::new().with(tweak!(in spot(_) += 10)).unwrap();
        assert_eq!(up.enter(|| stressed(10)), 1500);
        assert_eq!(stressed(10), 1410);
    });
}

#[tracked]
fn tweaks_in_an_empty_scenario() -> i64 {
    with_context(|| {
        let inside = Scenario::new().enter(|| {
            tweak!(spot("A") => 5);
            spot("A")
        });
        10_000 * inside + spot("A")
    })
}

#[test]
fn in_a_running_function_a_scenario_without_tweaks_is_a_context_too() {
    with_context(|| assert_eq!(tweaks_in_an_empty_scenario(), 50_100));
}

#[test]
fn how_a_scenario_was_built_does_not_matter() {
    let a = || tweak!(in spot("A") => 1);
    let b = || tweak!(in spot("B") => 1);
    let all = || tweak!(in spot(..) += 1);
    let one = Scenario::new().with(a()).unwrap();
    let one = one.with(b()).unwrap().with(all()).unwrap();
    let other = Scenario::new().with(all()).unwrap().named("other");
    let other = other.with(b()).unwrap().with(a()).unwrap();
    assert_eq!(one, other);
    assert_ne!(one, Scenario::new().with(a()).unwrap());
    let (ab, b_only) = (Scenario::new().with(b()).unwrap(), Scenario::new());
    assert_eq!(ab.clone().and(&b_only).unwrap(), ab);
    assert!(matches!(
        ab.clone().and(&ab),
        Err(Error::TweakedTwice { .. })
    ));
    assert_eq!(ab.over(&Scenario::new()), ab);
    // Of patterns that meet, the later one rules; of those that do not, none.
    let apart = |first, second| {
        let scenario = Scenario::new().with(first).unwrap();
        scenario.with(second).unwrap()
    };
    let rated = |years| tweak!(in yields(_, years) => 1);
    let named = |name| tweak!(in yields(name, _) => 2);
    assert_eq!(apart(rated(1), rated(2)), apart(rated(2), rated(1)));
    assert_ne!(apart(rated(1), named("A")), apart(named("A"), rated(1)));
}

#[tracked]
fn yields(name: &str, years: u32) -> i64 {
    name.len() as i64 + i64::from(years)
}

#[test]
fn what_is_kept_is_bounded() {
    let entered = |retention: Retention| {
        let context = Context::builder().retention(retention).build();
        context.enter(|| {
            for value in 0..20 {
                crash("A", value).enter(book);
            }
            take();
            for value in (0..20).rev() {
                crash("A", value).enter(book);
            }
            take().split(' ').filter(|name| *name == "book").count()
        })
    };
    assert_eq!(entered(Retention::new()), 0);
    assert_eq!(entered(Retention::new().scenarios(5)), 15);
    assert_eq!(entered(Retention::none()), 20);
    let some = entered(Retention::new().bytes(6_000));
    assert!((1..20).contains(&some), "{some}");
}

#[test]
fn leaving_by_a_panic_keeps_what_was_finished() {
    with_context(|| {
        let shock = crash("A", 0);
        let left = std::panic::catch_unwind(|| {
            shock.enter(|| {
                forward("A");
                panic!("left");
            })
        });
        assert!(left.is_err());
        take();
        assert_eq!(shock.enter(book), 1500);
        assert_eq!(take(), "book forward(BB) spot(BB) forward(CCC) spot(CCC)");
    });
}

#[test]
fn a_handle_may_outlive_its_scenario() {
    with_context(|| {
        let shock = crash("A", 0);
        let inside = shock.enter(|| {
            assert_eq!(book(), 1500);
            dug::here()
        });
        assert_eq!(inside.run(book), 1500);
        drop(inside);
        take();
        assert_eq!(shock.enter(book), 1500);
        assert_eq!(take(), "");
        assert_eq!(book(), 1800);
    });
}

#[test]
fn outside_every_context_a_scenario_is_a_context_of_its_own() {
    let shock = crash("A", 0).over(&Scenario::new().with(tweak!(in rate() => 1)).unwrap());
    assert_eq!(shock.enter(book), 500);
}

#[test]
fn what_slept_is_looked_at_again_beneath_a_new_relative_tweak_too() {
    with_context(|| {
        let shock = crash("A", 0);
        assert_eq!(shock.enter(|| forward("BB")), 600);
        tweak!(rate() => 1);
        tweak!(forward("BB") += 5);
        assert_eq!(shock.enter(|| forward("BB")), 205);
    });
}

#[test]
fn what_relative_tweaks_have_made_goes_from_a_scenario_that_sleeps() {
    with_context(|| {
        tweak!(spot(_) += 1);
        let other = Scenario::new().with(tweak!(in rate() => 0)).unwrap();
        assert_eq!(other.enter(|| spot("A")), 101);
        untweak!(spot(_));
        assert_eq!(other.enter(|| spot("A")), 100);
    });
}

#[test]
fn scenarios_over_a_relative_one_share_its_results() {
    with_context(|| {
        let day = Scenario::new().with(tweak!(in spot(..) += 1)).unwrap();
        assert_eq!(crash("A", 0).over(&day).enter(book), 201 * 3 + 301 * 3);
        take();
        assert_eq!(crash("BB", 0).over(&day).enter(book), 101 * 3 + 301 * 3);
        assert_eq!(take(), "book forward(A) spot(A) forward(BB)");
    });
}

#[test]
fn a_scenario_given_in_another_order_may_be_tweaked_inside() {
    with_context(|| {
        let spots = || tweak!(in spot(..) => 1);
        let rates = || tweak!(in rate(..) += 1);
        let both = |first, second| Scenario::new().with(first).unwrap().with(second).unwrap();
        both(spots(), rates()).enter(|| assert_eq!(forward("A"), 4));
        both(rates(), spots()).enter(|| {
            untweak!(spot(..));
            assert_eq!(forward("A"), 400);
        });
    });
}

#[test]
fn what_a_body_found_inside_a_context_is_not_shared_too_far_out() {
    with_context(|| {
        let inner = Scenario::new().with(tweak!(in spot("BB") => 0)).unwrap();
        let up = Scenario::new().with(tweak!(in one() => 7)).unwrap();
        up.enter(|| {
            inner.enter(|| {
                assert_eq!(many(), 700);
                assert_eq!(many_inside(), 700);
            });
        });
        assert_eq!(many_inside(), 100);
        assert_eq!(inner.enter(many_inside), 100);
    });
}

#[tracked]
fn one() -> i64 {
    1
}

#[tracked]
fn many() -> i64 {
    one() * 100
}

#[tracked]
fn many_inside() -> i64 {
    with_context(|| {
        tweak!(rate() => 1);
        many()
    })
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Number(i64);

#[derive(Clone, serde::Serialize)]
struct Times(i64);

#[derive(Clone, serde::Serialize)]
struct Power(u32);

impl std::ops::MulAssign<Times> for Number {
    fn mul_assign(&mut self, Times(by): Times) {
        self.0 *= by;
    }
}

impl std::ops::MulAssign<Power> for Number {
    fn mul_assign(&mut self, Power(by): Power) {
        self.0 = self.0.pow(by);
    }
}

#[tracked]
fn five() -> Number {
    Number(5)
}

#[test]
fn operands_that_only_encode_alike_are_not_equal() {
    let times = Scenario::new()
        .with(tweak!(in five() *= Times(-2)))
        .unwrap();
    let power = Scenario::new().with(tweak!(in five() *= Power(3))).unwrap();
    assert_ne!(times, power);
    with_context(|| {
        assert_eq!(times.enter(five), Number(-10));
        assert_eq!(power.enter(five), Number(125));
    });
}

#[tracked]
fn chosen() -> i64 {
    ran("chosen");
    if rate() > 5 { 1 } else { spot("A") }
}

#[test]
fn what_is_touched_no_more_is_shared() {
    with_context(|| {
        assert_eq!(chosen(), 100);
        let high = Scenario::new().with(tweak!(in rate() => 6)).unwrap();
        take();
        assert_eq!(crash("A", 1).over(&high).enter(chosen), 1);
        assert_eq!(crash("A", 2).over(&high).enter(chosen), 1);
        assert_eq!(high.enter(chosen), 1);
        assert_eq!(take(), "chosen");
    });
}

#[tracked]
fn bumped() -> i64 {
    ran("bumped");
    with_context(|| {
        tweak!(one() => 2);
        many()
    })
}

#[test]
fn what_a_body_found_inside_a_context_stays_with_its_scenario() {
    with_context(|| {
        let up = Scenario::new().with(tweak!(in one() => 7)).unwrap();
        up.enter(|| {
            assert_eq!((bumped(), many()), (200, 700));
            assert!(node!(bumped()).is_cached());
        });
        assert_eq!(bumped(), 200);
    });
}

#[tracked]
fn sign() -> i64 {
    ran("sign");
    rate().signum()
}

#[tracked]
fn signed() -> i64 {
    ran("signed");
    sign() + 1
}

#[tracked]
fn both() -> i64 {
    ran("both");
    signed() + rate()
}

#[test]
fn what_comes_to_the_same_is_shared_as_far_as_it_is_seen() {
    with_context(|| {
        assert_eq!(both(), 5);
        let high = Scenario::new().with(tweak!(in rate() => 6)).unwrap();
        take();
        assert_eq!(crash("A", 1).over(&high).enter(both), 8);
        assert_eq!(take(), "sign both");
        assert_eq!(crash("A", 2).over(&high).enter(both), 8);
        assert_eq!(high.enter(both), 8);
        assert_eq!(take(), "");
    });
}

#[test]
fn an_invalidation_outside_reaches_what_sleeps_and_nothing_else() {
    with_context(|| {
        let shock = crash("A", 0);
        assert_eq!((shock.enter(book), yields("x", 1)), (1500, 2));
        take();
        node!(yields("x", 1)).invalidate();
        assert_eq!(shock.enter(book), 1500);
        assert_eq!(take(), "");
        node!(rate()).invalidate();
        assert_eq!(shock.enter(book), 1500);
        assert_eq!(take(), "rate");
    });
}

#[tracked]
fn discount() -> i64 {
    ran("discount");
    100 - rate()
}

#[tracked]
fn deal() -> i64 {
    ran("deal");
    discount() * spot("A")
}

#[test]
fn what_rests_on_what_was_invalidated_in_a_scenario_is_shared_within_it() {
    with_context(|| {
        rate();
        Scenario::new().enter(|| {
            node!(rate()).invalidate();
            rate();
            tweak!(spot("A") => 2);
            assert_eq!(crash("BB", 0).enter(deal), 194);
            take();
            assert_eq!(deal(), 194);
            assert_eq!(take(), "");
        });
    });
}

#[test]
fn guards_of_scenarios_that_sleep_are_not_asked() {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    static ASKED: AtomicU32 = AtomicU32::new(0);
    with_context(|| {
        let guarded = |name: &'static str| {
            let tweak =
                tweak!(in spot(other) if { ASKED.fetch_add(1, Relaxed); other == name } => 0);
            Scenario::new().with(tweak).unwrap()
        };
        let (a, b) = (guarded("A"), guarded("DDDD"));
        assert_eq!((a.enter(book), b.enter(book)), (1500, 1800));
        let asked = ASKED.load(Relaxed);
        assert_eq!(spot("EEEEE"), 500);
        assert_eq!(forward("DDDD"), 1200);
        assert_eq!(ASKED.load(Relaxed), asked);
        take();
        assert_eq!((a.enter(book), b.enter(|| forward("DDDD"))), (1500, 0));
        assert_eq!(take(), "forward(DDDD)");
    });
}

/// A tweak outside has cut the way from what the scenario changes.
#[test]
fn what_a_scenario_touches_no_longer_is_shared() {
    with_context(|| {
        let one = Scenario::new().with(tweak!(in rate() => 5)).unwrap();
        one.enter(book);
        for name in ["A", "BB", "CCC"] {
            tweak!(forward(name) => 1);
        }
        assert_eq!(one.enter(book), 3);
        take();
        let other = Scenario::new().with(tweak!(in rate() => 6)).unwrap();
        assert_eq!(other.enter(book), 3);
        assert_eq!(book(), 3);
        assert_eq!(take(), "");
    });
}

/// As above, with a tweak that gives what was there: the result is not run, but checked.
#[test]
fn what_a_scenario_touches_no_longer_is_shared_without_a_run() {
    with_context(|| {
        let outside = dug::here();
        let same = || {
            Scenario::new()
                .with(tweak!(in rate() => |old| old))
                .unwrap()
        };
        same().over(&same()).enter(|| {
            assert_eq!(book(), 1800);
            outside.run(|| {
                for (name, value) in [("A", 300), ("BB", 600), ("CCC", 900)] {
                    tweak!(forward(name) => value);
                }
            });
            take();
            assert_eq!(book(), 1800);
        });
        assert_eq!(same().enter(book), 1800);
        assert_eq!(book(), 1800);
        assert_eq!(take(), "");
    });
}
