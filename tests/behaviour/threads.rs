//! Many threads in one context.

use dug::{Context, here, inherit, node, tracked, tweak, with_context};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Barrier, LazyLock, mpsc};
use std::thread;
use std::time::Duration;

static SLOW_RUNS: AtomicUsize = AtomicUsize::new(0);

#[tracked]
fn slow(n: u64) -> u64 {
    SLOW_RUNS.fetch_add(1, SeqCst);
    thread::sleep(Duration::from_millis(20));
    n + 1
}

#[test]
fn sixteen_threads_on_one_node_run_it_once() {
    with_context(|| {
        let (here, start) = (here(), Barrier::new(16));
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    here.run(|| {
                        start.wait();
                        assert_eq!(slow(1), 2);
                    })
                });
            }
        });
        assert_eq!(SLOW_RUNS.load(SeqCst), 1);
        assert_eq!(Context::current().unwrap().stats().executions, 1);
    });
}

#[tracked]
fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

#[test]
fn threads_that_enter_one_context_share_what_it_holds() {
    let context = Context::new();
    let start = Barrier::new(8);
    context.enter(|| {
        thread::scope(|scope| {
            for thread in 0..8 {
                let (context, start) = (&context, &start);
                scope.spawn(move || {
                    context.enter(|| {
                        start.wait();
                        for n in 0..60 {
                            fib((n * (thread + 1)) % 61);
                        }
                    })
                });
            }
        });
        assert_eq!(fib(60), 1_548_008_755_920);
    });
    assert_eq!(context.stats().executions, 61);
}

#[tracked]
fn part(n: u64) -> u64 {
    n * weight()
}

#[tracked]
fn weight() -> u64 {
    2
}

#[tracked]
fn total() -> u64 {
    let here = here();
    thread::scope(|scope| {
        let parts: Vec<_> = (0..4)
            .map(|n| {
                let here = here.clone();
                scope.spawn(move || here.run(|| part(n)))
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    })
}

#[tracked]
fn total_by_rayon() -> u64 {
    use rayon::prelude::*;
    let here = here();
    (0..1000u64)
        .into_par_iter()
        .map(|n| here.run(|| part(n)))
        .sum()
}

#[tracked]
fn total_in_inner_contexts() -> u64 {
    with_context(|| {
        tweak!(part(1) => 100);
        let here = here();
        thread::scope(|scope| {
            let parts: Vec<_> = (0..4)
                .map(|n| {
                    let here = here.clone();
                    scope.spawn(move || here.run(|| with_context(|| part(n))))
                })
                .collect();
            parts.into_iter().map(|part| part.join().unwrap()).sum()
        })
    })
}

static POOL: LazyLock<rayon::ThreadPool> = LazyLock::new(|| {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2);
    pool.build().unwrap()
});

/// Hands its work to the pool when others have come to wait for it.
#[tracked]
fn total_by_pool() -> u64 {
    use rayon::prelude::*;
    thread::sleep(Duration::from_millis(100));
    let here = here();
    let parts = || (0..8u64).into_par_iter().map(|n| here.run(|| part(n)));
    POOL.install(|| parts().sum())
}

#[test]
fn all_of_a_pool_may_wait_for_what_is_then_handed_to_it() {
    with_context(|| {
        let here = here();
        thread::scope(|scope| {
            let first = scope.spawn(|| here.run(total_by_pool));
            thread::sleep(Duration::from_millis(20));
            let others = POOL.broadcast(|_| here.run(total_by_pool));
            assert_eq!((first.join().unwrap(), others), (56, vec![56, 56]));
        });
    });
}

#[test]
fn what_is_asked_on_other_threads_is_a_dependency() {
    with_context(|| {
        assert_eq!(total(), 12);
        assert_eq!(node!(total()).dependencies().len(), 4);
        assert_eq!(total_by_rayon(), 999_000);
        assert_eq!(node!(total_by_rayon()).dependencies().len(), 1000);
        assert_eq!(total_in_inner_contexts(), 110);
        with_context(|| {
            tweak!(weight() => 3);
            assert_eq!((total(), total_by_rayon()), (18, 1_498_500));
            assert_eq!(total_in_inner_contexts(), 115);
        });
        tweak!(part(2) => 0);
        assert_eq!((total(), total_by_rayon()), (8, 998_996));
        assert_eq!(total_in_inner_contexts(), 106);
    });
}

#[test]
fn a_result_that_is_handed_over_early_is_recorded() {
    #[tracked]
    fn first_of_two() -> u64 {
        let (send, receive) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let worker = thread::spawn(inherit(move || {
            send.send(weight()).unwrap();
            // Still inside when the function returns.
            wait.recv_timeout(Duration::from_secs(5)).ok();
        }));
        let first = receive.recv().unwrap();
        drop((go_on, worker));
        first
    }
    with_context(|| {
        assert_eq!(first_of_two(), 2);
        tweak!(weight() => 5);
        assert_eq!(first_of_two(), 5);
    });
}

#[test]
fn a_handle_that_is_used_after_its_node_has_finished_runs_and_records_for_nobody() {
    use std::sync::Mutex;
    static KEPT: Mutex<Option<dug::Here>> = Mutex::new(None);
    #[tracked]
    fn leaves_a_handle() -> u64 {
        *KEPT.lock().unwrap() = Some(here());
        1
    }
    with_context(|| {
        leaves_a_handle();
        let handle = KEPT.lock().unwrap().take().unwrap();
        assert_eq!(thread::spawn(move || handle.run(weight)).join().unwrap(), 2);
        assert!(node!(leaves_a_handle()).dependencies().is_empty());
        assert!(node!(weight()).is_cached());
    });
}

#[tracked]
fn crossing(n: u64) -> u64 {
    if n == 0 {
        return 0;
    }
    let here = here();
    let (a, b) = rayon::join(
        || here.run(|| crossing(n - 1)),
        || here.run(|| crossing(n / 2)),
    );
    a + b + 1
}

#[test]
fn work_stealing_never_deadlocks() {
    fn plain(n: u64) -> u64 {
        if n == 0 {
            0
        } else {
            plain(n - 1) + plain(n / 2) + 1
        }
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(8)
        .build()
        .unwrap();
    for _ in 0..20 {
        with_context(|| {
            let answer = pool.install(inherit(|| crossing(24)));
            assert_eq!(answer, plain(24));
        });
    }
}

/// Rule 4.6.
#[test]
fn a_result_that_a_tweak_overtakes_is_not_kept() {
    static RUNNING: Barrier = Barrier::new(2);
    static TWEAKED: Barrier = Barrier::new(2);
    #[tracked]
    fn overtaken() -> u64 {
        let read = weight();
        if read == 2 {
            RUNNING.wait();
            TWEAKED.wait();
        }
        read
    }
    with_context(|| {
        let here = here();
        thread::scope(|scope| {
            let caller = scope.spawn(|| here.run(overtaken));
            RUNNING.wait();
            tweak!(weight() => 4);
            TWEAKED.wait();
            caller.join().unwrap();
        });
        assert!(!node!(overtaken()).is_cached());
        assert_eq!(overtaken(), 4);
    });
}

#[test]
fn waiting_threads_try_for_themselves_after_a_panic() {
    static TRIES: AtomicUsize = AtomicUsize::new(0);
    #[tracked]
    fn fails_first() -> usize {
        let tries = TRIES.fetch_add(1, SeqCst);
        thread::sleep(Duration::from_millis(20));
        if tries == 0 {
            std::panic::resume_unwind(Box::new("first"));
        }
        1
    }
    with_context(|| {
        let (here, start) = (here(), Barrier::new(4));
        let answers: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        here.run(|| {
                            start.wait();
                            fails_first()
                        })
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().ok())
                .collect()
        });
        assert_eq!(answers.iter().filter(|answer| answer.is_none()).count(), 1);
        assert_eq!(TRIES.load(SeqCst), 2);
    });
}

/// A thread of a pool may hold a part of a node's work and take up other work meanwhile, which
/// asks for the same node: nothing of that can be seen from outside the pool.
#[test]
fn a_node_whose_work_is_spread_over_a_pool_is_never_waited_for_in_a_circle() {
    static STEP: AtomicUsize = AtomicUsize::new(0);
    fn until(step: usize) {
        while STEP.load(SeqCst) < step {
            thread::yield_now();
        }
    }
    #[tracked]
    fn spread() -> u64 {
        let here = here();
        let pause = || thread::sleep(Duration::from_millis(50));
        let first = || {
            until(2);
            pause();
            here.run(|| part(1))
        };
        let second = || {
            until(1);
            here.run(|| part(2))
        };
        let third = || {
            STEP.fetch_max(1, SeqCst);
            until(2);
            pause();
            here.run(|| part(3))
        };
        let (a, (b, c)) = rayon::join(first, || rayon::join(second, third));
        a + b + c
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(3)
        .build()
        .unwrap();
    with_context(|| {
        let here = here();
        pool.in_place_scope(|scope| {
            scope.spawn(|_| assert_eq!(here.run(spread), 12));
            until(1);
            thread::sleep(Duration::from_millis(30));
            scope.spawn(|_| {
                STEP.fetch_max(2, SeqCst);
                assert_eq!(here.run(spread), 12);
            });
        });
    });
}

#[test]
fn a_value_that_is_unloaded_while_its_reader_runs() {
    static STEP: AtomicUsize = AtomicUsize::new(0);
    #[tracked]
    fn source() -> u64 {
        1
    }
    #[tracked]
    fn read() -> u64 {
        source()
    }
    #[tracked]
    fn reader() -> u64 {
        let value = read();
        STEP.fetch_max(1, SeqCst);
        while STEP.load(SeqCst) < 2 {
            thread::yield_now();
        }
        100 * value
    }
    with_context(|| {
        let here = here();
        thread::scope(|scope| {
            let reader = scope.spawn(|| here.run(reader));
            while STEP.load(SeqCst) < 1 {
                thread::yield_now();
            }
            node!(read()).unload();
            assert_eq!(read(), 1);
            // Takes the number that the freed value had.
            part(77);
            STEP.fetch_max(2, SeqCst);
            assert_eq!(reader.join().unwrap(), 100);
        });
        assert_eq!(reader(), 100);
        with_context(|| {
            tweak!(source() => 5);
            assert_eq!(reader(), 500);
        });
    });
}
