//! A hit allocates nothing where the result's `Clone` does not. Its own
//! process, for an allocator that counts.

use dug::{tracked, with_context};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local!(static ALLOCATIONS: Cell<u64> = const { Cell::new(0) });

// SAFETY: all is left to the system's allocator.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller keeps the contract of `alloc`.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the caller keeps the contract of `dealloc`.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
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
            assert_eq!(allocations(ask), 0);
        });
    });
}
