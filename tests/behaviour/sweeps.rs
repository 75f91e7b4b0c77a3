//! Sweeps: answers in order, and exactly what has to run, however many threads there are.

use dug::{
    Cancel, Context, Failure, Retention, Scenario, here, node, sweep, tracked, tweak, with_context,
};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Barrier, Mutex};
use std::time::Duration;

const THREADS: [usize; 3] = [1, 2, 8];

#[tracked]
fn spot(name: u64) -> u64 {
    100 + name
}

#[tracked]
fn rate() -> u64 {
    std::thread::sleep(Duration::from_millis(1));
    3
}

#[tracked]
fn forward(name: u64) -> u64 {
    spot(name) * rate()
}

#[tracked]
fn book() -> u64 {
    (0..10).map(forward).sum()
}

/// The ten names one after the other, each with a spot of `value`.
fn shocks(value: u64) -> Vec<Scenario> {
    let shocks = (0..10).map(|name| Scenario::new().with(tweak!(in spot(name) => value)));
    shocks.collect::<Result<_, _>>().unwrap()
}

const BASE: u64 = 3 * (1000 + 45);

fn shocked(value: u64) -> Vec<u64> {
    (0..10)
        .map(|name| BASE - 3 * (100 + name) + 3 * value)
        .collect()
}

pub fn answers<R>(swept: dug::Swept<R>) -> Vec<R> {
    let results = swept.into_results().into_iter();
    results.map(|result| result.unwrap()).collect()
}

#[test]
fn in_the_order_given_and_each_thing_once() {
    for threads in THREADS {
        with_context(|| {
            assert_eq!(book(), BASE);
            let swept = sweep(shocks(0)).threads(threads).run(book);
            // Only the cones: one forward and the book for each.
            assert_eq!(swept.total().executions, 20, "{threads} threads");
            assert_eq!(answers(swept), shocked(0));
            let again = sweep(shocks(0)).threads(threads).run(book);
            assert_eq!(again.total().executions, 0);
        });
    }
}

#[test]
fn exact_too_where_nothing_is_known_before() {
    for threads in THREADS {
        for _ in 0..20 {
            with_context(|| {
                let swept = sweep(shocks(0)).threads(threads).run(book);
                // 10 spots, the rate, 10 forwards; then a forward and the book for each.
                assert_eq!(swept.total().executions, 21 + 20, "{threads} threads");
                assert_eq!(answers(swept), shocked(0));
            });
        }
    }
}

#[test]
fn equal_scenarios_run_nothing_twice() {
    for threads in THREADS {
        with_context(|| {
            book();
            let both = shocks(0).into_iter().chain(shocks(0));
            let swept = sweep(both).threads(threads).run(book);
            assert_eq!(swept.total().executions, 20);
            assert_eq!(answers(swept), [shocked(0), shocked(0)].concat());
        });
    }
}

#[test]
fn scenarios_over_one_another_share_prefixes() {
    for threads in THREADS {
        with_context(|| {
            let days = [1, 2].map(|rate| Scenario::new().with(tweak!(in rate() => rate)).unwrap());
            let over = days.iter().flat_map(|day| {
                let over = shocks(0).into_iter().map(|shock| shock.over(day));
                over.collect::<Vec<_>>()
            });
            let swept = sweep(over).threads(threads).run(book);
            // The spots once for all, the forwards once a day, then a forward and the book for each.
            assert_eq!(
                swept.total().executions,
                10 + 2 * 10 + 2 * 20,
                "{threads} threads"
            );
            let each = [1, 2].map(|rate| shocked(0).into_iter().map(move |book| book / 3 * rate));
            assert_eq!(
                answers(swept),
                each.into_iter().flatten().collect::<Vec<_>>()
            );
        });
    }
}

#[tracked]
fn slow(n: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(20));
    n
}

#[tracked]
fn slow_after_touch(n: u64) -> u64 {
    let scale = rate();
    slow(n) + (0..8).map(|part| scale * slow_part(part)).sum::<u64>()
}

#[tracked]
fn slow_part(part: u64) -> u64 {
    let rate = rate();
    std::thread::sleep(Duration::from_millis(10));
    part + rate
}

#[test]
#[cfg_attr(not(feature = "rayon"), ignore = "one thread")]
fn waiting_does_not_put_all_in_one_row() {
    let rates = (10..18).map(|rate| Scenario::new().with(tweak!(in rate() => rate)).unwrap());
    let start = std::time::Instant::now();
    with_context(|| {
        let swept = sweep(rates).threads(8).run(|| slow_after_touch(1));
        assert_eq!(swept.total().executions, 1 + 8 + 8 * 8);
    });
    // One after the other, they would take 8 times 80 ms.
    assert!(
        start.elapsed() < Duration::from_millis(500),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_panic_is_one_scenarios_own() {
    #[tracked]
    fn inverse() -> u64 {
        1000 / spot(1)
    }
    for threads in THREADS {
        with_context(|| {
            let swept = sweep(shocks(0)).threads(threads).run(inverse);
            assert_eq!(swept.failed(), 1);
            for (place, outcome) in swept.iter().enumerate() {
                match outcome.result() {
                    Ok(value) => assert_eq!(*value, 9),
                    Err(Failure::Panicked(panic)) => {
                        assert_eq!(place, 1);
                        assert!(panic.message().contains("divide by zero"));
                    }
                    Err(failure) => panic!("{failure}"),
                }
            }
            assert!(swept.to_string().contains("1 of 10 without a result"));
            assert_eq!(inverse(), 9);
            assert_eq!(
                answers(sweep(shocks(5)).threads(threads).run(inverse))[1],
                200
            );
        });
    }
}

#[test]
fn an_error_of_dug_is_the_text_of_a_panic() {
    #[tracked]
    fn ring(n: u64) -> u64 {
        if spot(n) == 0 { ring(n) } else { 1 }
    }
    with_context(|| {
        let swept = sweep(shocks(0)).run(|| ring(2));
        let failure = swept.outcomes()[2].result().unwrap_err();
        assert!(failure.to_string().contains("ring(2) -> ring(2)"));
        assert_eq!(swept.failed(), 1);
    });
}

#[test]
#[cfg_attr(not(feature = "rayon"), ignore = "one thread")]
fn what_errs_is_run_by_each_and_waited_for_by_none() {
    #[tracked]
    fn failing() -> Result<u64, String> {
        std::thread::sleep(Duration::from_millis(20));
        Err(rate().to_string())
    }
    with_context(|| {
        let start = std::time::Instant::now();
        let swept = sweep(shocks(0)).threads(10).run(failing);
        assert!(answers(swept).iter().all(Result::is_err));
        assert!(
            start.elapsed() < Duration::from_millis(150),
            "{:?}",
            start.elapsed()
        );
    });
}

#[test]
fn cancelled_are_those_that_were_not_begun() {
    for threads in THREADS {
        let cancel = Cancel::new();
        let begun = AtomicUsize::new(0);
        let swept = sweep(shocks(0)).threads(threads).cancel(&cancel).run(|| {
            if begun.fetch_add(1, SeqCst) == 1 {
                cancel.cancel();
            }
            book()
        });
        let begun = begun.into_inner();
        assert!((2..=10).contains(&begun));
        assert_eq!(swept.failed(), 10 - begun);
        if threads == 1 {
            assert_eq!(begun, 2);
            assert!(matches!(
                swept.outcomes()[2].result(),
                Err(Failure::Cancelled)
            ));
        }
        assert_eq!(swept.len(), 10);
    }
}

#[test]
fn progress_comes_once_for_each() {
    for threads in THREADS {
        let seen = Mutex::new(Vec::new());
        let report = |progress: dug::Progress<'_>| {
            assert_eq!(progress.total, 10);
            assert_eq!(*progress.scenario, shocks(0)[progress.place]);
            assert!(progress.failure.is_none());
            seen.lock().unwrap().push((progress.done, progress.place));
        };
        sweep(shocks(0)).threads(threads).progress(report).run(book);
        let mut seen = seen.into_inner().unwrap();
        if threads == 1 {
            assert!(seen.iter().all(|(done, place)| *done == place + 1));
        }
        seen.sort();
        assert!(
            seen.iter()
                .enumerate()
                .all(|(place, (done, _))| *done == place + 1)
        );
    }
}

#[tracked]
fn worst() -> u64 {
    let swept = sweep(shocks(0)).threads(2).run(book);
    assert_eq!(swept.total().executions, 0);
    answers(swept).into_iter().min().unwrap()
}

#[test]
fn inside_a_tracked_function_it_is_that_functions_work() {
    with_context(|| {
        assert_eq!(worst(), BASE - 3 * 109);
        assert!(node!(worst()).is_cached());
        assert!(node!(worst()).dependencies().contains(node!(rate()).id()));
        tweak!(rate() => 1);
        assert_eq!(worst(), BASE / 3 - 109);
        with_context(|| {
            tweak!(spot(3) => 1000);
            assert_eq!(worst(), (BASE / 3 + 1000 - 103) - 1000);
        });
    });
}

#[tracked]
fn cancelled_inside() -> usize {
    let cancel = Cancel::new();
    cancel.cancel();
    sweep(shocks(0)).cancel(&cancel).run(book).failed()
}

#[test]
fn a_function_whose_sweep_was_cancelled_is_not_kept() {
    with_context(|| {
        assert_eq!(cancelled_inside(), 10);
        assert!(!node!(cancelled_inside()).is_cached());
    });
}

#[test]
fn outside_every_context_results_are_shared_too() {
    for threads in THREADS {
        let swept = sweep(shocks(0)).threads(threads).run(book);
        assert_eq!(swept.total().executions, 41);
        assert_eq!(answers(swept), shocked(0));
    }
    assert!(Context::current().is_none());
}

#[test]
fn nested_sweeps_end() {
    for threads in THREADS {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            with_context(|| {
                let days =
                    (1..9).map(|rate| Scenario::new().with(tweak!(in rate() => rate)).unwrap());
                let swept = sweep(days).run(|| {
                    let inner = sweep(shocks(0)).run(book);
                    (inner.total().executions, answers(inner))
                });
                let total = swept.total().executions;
                // What one scenario counts, its inner sweep has counted.
                let inner: u64 = swept
                    .iter()
                    .map(|outcome| outcome.result().unwrap().0)
                    .sum();
                assert_eq!(total, inner);
                // With work stealing, a thread may be asked for what it has begun itself.
                let exact = 10 + 8 * (10 + 20);
                assert!(total >= exact && (threads > 1 || total == exact), "{total}");
                for (rate, (_, books)) in (1..9).zip(answers(swept)) {
                    let expected = shocked(0).into_iter().map(|book| book / 3 * rate);
                    assert_eq!(books, expected.collect::<Vec<_>>());
                }
            });
        });
    }
}

#[test]
fn parts_on_other_threads_and_inner_contexts_count() {
    with_context(|| {
        let swept = sweep(shocks(0)).threads(2).run(|| {
            let here = here();
            std::thread::scope(|scope| {
                scope.spawn(|| here.run(|| forward(1)));
            });
            with_context(|| {
                tweak!(rate() => 1);
                forward(2)
            })
        });
        // Without the rate that the inner context tweaks: spot(1), spot(2), rate, forward(1), and what
        // is touched: forward(1) in the second one. In each, forward(2) of the inner context.
        assert!(
            swept.total().executions >= 5 + 10,
            "{}",
            swept.total().executions
        );
    });
}

#[test]
fn brute_force_is_what_fresh_contexts_run() {
    with_context(|| {
        let relative = Scenario::new().with(tweak!(in forward(_) += 1)).unwrap();
        let valued = relative.over(&Scenario::new().with(tweak!(in forward(3) => 1)).unwrap());
        let scenarios: Vec<Scenario> = shocks(0).into_iter().chain([relative, valued]).collect();
        let swept = sweep(scenarios.clone())
            .threads(2)
            .against_brute_force()
            .run(book);
        let fresh: Vec<u64> = scenarios
            .iter()
            .map(|scenario| fresh(scenario, book).1)
            .collect();
        let counted = swept
            .iter()
            .map(|outcome| outcome.figures().brute_force.unwrap());
        assert_eq!(counted.collect::<Vec<_>>(), fresh);
        assert_eq!(swept.total().brute_force, Some(fresh.iter().sum()));
        // Again: nothing runs, and brute force would have to.
        let again = sweep(scenarios).against_brute_force().run(book);
        assert_eq!(again.total().executions, 0);
        assert_eq!(again.total().brute_force, swept.total().brute_force);
        let json = serde_json::to_value(&swept).unwrap();
        assert_eq!(json["scenarios"][0]["figures"]["brute_force"], fresh[0]);
        let table = swept.to_string();
        assert_eq!(table.lines().count(), 14);
        assert!(table.starts_with("scenario") && table.contains("brute force"));
    });
}

/// The answer of a scenario in contexts of its own, and how many functions ran.
pub fn fresh<R: Send>(scenario: &Scenario, f: impl Fn() -> R + Sync) -> (R, u64) {
    fn enter<R>(levels: &[Scenario], f: &dyn Fn() -> R) -> (R, u64) {
        let context = Context::new();
        let inside = || match levels.split_first() {
            None => (f(), 0),
            Some((level, inner)) => {
                level.tweaks().into_iter().for_each(|tweak| tweak.apply());
                enter(inner, f)
            }
        };
        let (result, ran) = context.enter(inside);
        (result, ran + context.stats().executions)
    }
    // A thread of its own stands in no context.
    std::thread::scope(|scope| {
        let fresh = scope.spawn(|| enter(&scenario.levels(), &f));
        fresh.join().unwrap()
    })
}

#[test]
fn retention_none_shares_what_no_tweak_touches() {
    Context::builder()
        .retention(Retention::none())
        .build()
        .enter(|| {
            book();
            let swept = sweep(shocks(0)).threads(2).run(book);
            assert_eq!(answers(swept), shocked(0));
        });
}

#[test]
#[cfg_attr(not(feature = "rayon"), ignore = "one thread")]
fn scenarios_run_at_the_same_time() {
    let barrier = Barrier::new(4);
    let swept = sweep(shocks(0).into_iter().take(4))
        .threads(4)
        .run(|| barrier.wait().is_leader());
    assert_eq!(
        answers(swept).into_iter().filter(|leader| *leader).count(),
        1
    );
}

#[tracked]
fn low() -> u64 {
    1
}

#[tracked]
fn high() -> u64 {
    10 * low()
}

#[tracked]
fn under_a_context() -> u64 {
    with_context(|| {
        tweak!(rate() => 2);
        high() + rate()
    })
}

#[test]
fn what_an_inner_scenario_has_answered_inside_a_function_is_not_shared_further_out() {
    let outer = Scenario::new().with(tweak!(in low() => 5)).unwrap();
    let inner = shocks(0).swap_remove(0).over(&outer);
    with_context(|| {
        assert_eq!(inner.enter(high), 50);
        assert_eq!(inner.enter(under_a_context), 52);
        assert_eq!(shocks(0)[1].enter(under_a_context), 12);
    });
}

#[tracked]
fn digit(place: u64) -> u64 {
    place % 10
}

#[tracked]
fn sum(level: u64, place: u64) -> u64 {
    let below = [2 * place, 2 * place + 1];
    let below = below.map(|below| match level {
        0 => digit(below),
        _ => sum(level - 1, below),
    });
    below.into_iter().sum()
}

/// The threads, of which there are more than processors, mostly wait for the lock here: most of them are sent away, and
/// come back.
#[test]
#[cfg_attr(not(feature = "rayon"), ignore = "one thread")]
fn nothing_is_lost_where_threads_wait_for_one_another() {
    const LEVELS: u64 = 5;
    const LEAVES: u64 = 2 << LEVELS;
    let shifted =
        |place: u64, by: u64| Scenario::new().with(tweak!(in digit(place) += by)).unwrap();
    let outer: Vec<Scenario> = (0..LEAVES).map(|place| shifted(place, 100)).collect();
    let inner = (0..LEAVES).flat_map(|nth| {
        let outer = &outer;
        (0..8).map(move |by| shifted((nth + 1) % LEAVES, by).over(&outer[nth as usize]))
    });
    let scenarios: Vec<Scenario> = outer.iter().cloned().chain(inner).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build();
    pool.unwrap().install(|| {
        with_context(|| {
            let base = sum(LEVELS, 0);
            let swept = sweep(scenarios).run(|| sum(LEVELS, 0));
            let mut expected = vec![base + 100; LEAVES as usize];
            expected.extend((0..LEAVES).flat_map(|_| (0..8).map(|by| base + 100 + by)));
            assert_eq!(answers(swept), expected);
        });
    });
}
