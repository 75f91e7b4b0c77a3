//! What is allocated, and what is left of it. Its own process, for an allocator that counts.

use dug::{Context, Retention, Scenario, tracked, tweak, with_context};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static LIVE_BYTES: Cell<i64> = const { Cell::new(0) };
}

// SAFETY: all is left to the system's allocator.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller keeps the contract of `alloc`.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        LIVE_BYTES.set(LIVE_BYTES.get() + layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the caller keeps the contract of `dealloc`.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE_BYTES.set(LIVE_BYTES.get() - layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(f: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    f();
    ALLOCATIONS.get() - before
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Curve(u64);

#[tracked]
impl Curve {
    fn rate(&self, at: u32) -> u64 {
        self.0 * u64::from(at)
    }
}

#[tracked]
fn of_number(n: u64) -> u64 {
    n + 1
}

#[tracked]
fn of_text(text: &str) -> usize {
    text.len()
}

#[tracked]
fn of_slice(values: &[f64], label: Option<&str>) -> f64 {
    values.iter().sum::<f64>() + label.map_or(0, str::len) as f64
}

#[tracked]
fn generic<T: serde::Serialize + Copy + Into<u64>>(value: T) -> u64 {
    value.into()
}

#[test]
fn a_hit_allocates_nothing_where_there_is_a_store() {
    let store = dug::Store::in_memory();
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        let ask = || {
            for n in 0..100 {
                of_number(n);
            }
        };
        ask();
        ask();
        assert_eq!(allocations(ask), 0);
    });
}

#[test]
fn a_hit_allocates_nothing() {
    let curve = Curve(3);
    let text = "a text of 24 characters.";
    with_context(|| {
        let ask = || {
            for n in 0..100 {
                of_number(n);
                generic(n);
                generic(n as u32);
            }
            of_text(text);
            of_slice(&[1.0, 2.0, 3.0], Some("label"));
            curve.rate(4);
        };
        ask();
        ask();
        assert_eq!(allocations(ask), 0);
        with_context(|| {
            ask();
            ask();
            assert_eq!(allocations(ask), 0);
        });
    });
}

#[tracked]
fn input(n: u64) -> u64 {
    n
}

#[tracked]
fn layer(depth: u64, n: u64) -> u64 {
    let below = |n: u64| match depth {
        0 => input(n % 50),
        _ => layer(depth - 1, n % 50),
    };
    below(n) + below(7 * n + 1) + below(13 * n + 2)
}

#[tracked]
fn top() -> u64 {
    (0..50).map(|n| layer(3, n)).sum()
}

/// Asks, in each what-if, also for nodes that no other has asked for.
#[test]
fn what_ifs_leave_nothing_behind() {
    with_context(|| {
        let base = top();
        let what_if = |step: u64| {
            with_context(|| {
                tweak!(input(step % 50) => 1_000 + step);
                assert_ne!(top(), base);
                of_number(1_000_000 + step);
                of_text(&format!(
                    "a text that is longer than what is kept inline: {step:08}"
                ));
            });
            assert_eq!(top(), base);
        };
        (0..200).for_each(what_if);
        let before = LIVE_BYTES.get();
        (200..1_000).for_each(what_if);
        assert_eq!(LIVE_BYTES.get() - before, 0);
    });
}

#[test]
fn a_context_that_is_left_leaves_nothing_behind() {
    let work = |round: u64| {
        with_context(|| {
            top();
            tweak!(input(round % 50) => round);
            top();
            with_context(|| tweak!(top() => 3));
        });
    };
    (0..10).for_each(work);
    let before = LIVE_BYTES.get();
    (0..30).for_each(work);
    assert_eq!(LIVE_BYTES.get() - before, 0);
}

/// Each a different scenario, whose cone is computed and kept as far as the limit allows.
#[test]
fn what_scenarios_keep_is_bounded() {
    const LIMIT: i64 = 1 << 20;
    let retention = Retention::new().bytes(LIMIT as usize);
    let context = Context::builder().retention(retention).build();
    context.enter(|| {
        let base = top();
        let scenario = |step: u64| {
            let scenario = Scenario::new()
                .with(tweak!(in input(step % 50) => 1_000 + step))
                .unwrap();
            scenario.enter(|| assert_ne!(top(), base));
        };
        let before = LIVE_BYTES.get();
        (0..1_000).for_each(scenario);
        let kept = LIVE_BYTES.get() - before;
        (1_000..3_000).for_each(scenario);
        let later = LIVE_BYTES.get() - before;
        assert!((later - kept).abs() < LIMIT / 8, "{kept} {later}");
        // The estimate is near what is really held.
        assert!(kept > LIMIT / 2 && kept < 2 * LIMIT, "{kept}");
    });
}

#[test]
fn entering_equal_scenarios_again_keeps_nothing_more() {
    with_context(|| {
        let scenarios: Vec<Scenario> = (0..20)
            .map(|step| {
                let day = Scenario::new().with(tweak!(in input(step % 5) => step));
                let shock = Scenario::new().with(tweak!(in input(_) += step % 3));
                shock.unwrap().over(&day.unwrap())
            })
            .collect();
        let sweep = || {
            for scenario in &scenarios {
                scenario.enter(top);
            }
        };
        sweep();
        sweep();
        let before = LIVE_BYTES.get();
        (0..10).for_each(|_| sweep());
        assert_eq!(LIVE_BYTES.get() - before, 0);
    });
}

#[tracked]
fn priced(spot: u64) -> Vec<u64> {
    vec![spot; 50]
}

#[tracked]
fn valued() -> u64 {
    priced(input(0)).len() as u64
}

/// Each scenario asks for a node of its own, which none of its tweaks touches.
#[test]
fn what_scenarios_share_is_bounded() {
    let retention = Retention::new().scenarios(4).bytes(10_000);
    let context = Context::builder().retention(retention).build();
    context.enter(|| {
        let scenario = |spot: u64| {
            let scenario = Scenario::new().with(tweak!(in input(0) => spot)).unwrap();
            assert_eq!(scenario.enter(valued), 50);
        };
        (0..1_000).for_each(scenario);
        let before = LIVE_BYTES.get();
        (1_000..4_000).for_each(scenario);
        let grown = LIVE_BYTES.get() - before;
        assert!(grown < 100_000, "{grown}");
    });
}
