//! Guards of functions that are called with handles.

use dug::{Tracked, tracked, tweak, with_context};

#[tracked]
fn start() -> u64 {
    1
}

#[tracked]
fn path(seed: u64) -> Tracked<Vec<u64>> {
    Tracked::new((0..4).map(|n| n * seed + start()).collect())
}

#[tracked]
fn sum(path: Tracked<Vec<u64>>, scale: u64) -> u64 {
    path.iter().sum::<u64>() * scale
}

#[test]
fn a_guard_of_a_call_with_a_handle_tests_the_other_arguments() {
    with_context(|| {
        let before = path(2);
        tweak!(sum(_path, scale) if scale > 1 => 7);
        assert_eq!((sum(path(2), 1), sum(path(2), 2)), (16, 7));
        tweak!(start() => 2);
        let after = path(2);
        assert_eq!((sum(before.clone(), 2), sum(after.clone(), 2)), (7, 7));
        assert_eq!((sum(before, 1), sum(after, 1)), (16, 20));
    });
}

#[test]
fn a_guard_sees_what_the_handle_of_the_call_holds() {
    with_context(|| {
        let low = path(2);
        tweak!(sum(path, _scale) if path[0] > 1 => 7);
        assert_eq!(sum(low, 1), 16);
        tweak!(start() => 2);
        assert_eq!(sum(path(2), 1), 7);
        assert_eq!(sum(path(3), 1), 7);
    });
}
