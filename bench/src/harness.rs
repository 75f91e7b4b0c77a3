//! Interleaved rounds, the thread's CPU clock, a counting allocator, tables.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

/// Counts while it is told to: one load and one branch per call otherwise.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static RUNS: AtomicU64 = AtomicU64::new(0);

fn count(bytes: i64, allocations: u64) {
    if COUNTS.load(Relaxed) {
        let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
        PEAK.fetch_max(live, Relaxed);
        ALLOCATIONS.fetch_add(allocations, Relaxed);
    }
}

// SAFETY: every method hands its arguments to the system's allocator, whose contract is the same.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64, 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64, 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64, 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as i64), 0);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

/// What a piece of work did to the heap.
#[derive(Clone, Copy)]
pub struct Heap {
    /// Bytes that it left behind.
    pub live: i64,
    /// The most bytes at one time that it had in use.
    pub peak: i64,
    pub allocations: u64,
}

/// Calls `f` with counting on.
pub fn heap(f: impl FnOnce()) -> Heap {
    let before = (LIVE.load(Relaxed), ALLOCATIONS.load(Relaxed));
    PEAK.store(before.0, Relaxed);
    COUNTS.store(true, Relaxed);
    f();
    COUNTS.store(false, Relaxed);
    Heap {
        live: LIVE.load(Relaxed) - before.0,
        peak: PEAK.load(Relaxed) - before.0,
        allocations: ALLOCATIONS.load(Relaxed) - before.1,
    }
}

/// What a body calls whose runs are counted: for nothing else than [`runs`].
#[inline(always)]
pub fn ran() {
    if COUNTS.load(Relaxed) {
        RUNS.fetch_add(1, Relaxed);
    }
}

/// How many bodies ran in `f`, on whatever thread, by what they tell [`ran`].
pub fn runs(f: impl FnOnce()) -> u64 {
    let before = RUNS.load(Relaxed);
    let counted = COUNTS.swap(true, Relaxed);
    f();
    COUNTS.store(counted, Relaxed);
    RUNS.load(Relaxed) - before
}

/// Nanoseconds that this thread has run: the time of other processes does not count.
pub fn cpu_ns() -> f64 {
    clock_ns(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Nanoseconds that all threads of this process have run, added up.
pub fn process_ns() -> f64 {
    clock_ns(libc::CLOCK_PROCESS_CPUTIME_ID)
}

#[allow(unsafe_code)]
fn clock_ns(clock: libc::clockid_t) -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place for the answer.
    let failed = unsafe { libc::clock_gettime(clock, &raw mut time) };
    assert_eq!(failed, 0, "this system has no clock of CPU time");
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Milliseconds that child processes, and theirs, have run outside of the kernel, once they have ended.
pub fn children_ms() -> f64 {
    let time = usage(libc::RUSAGE_CHILDREN).ru_utime;
    time.tv_sec as f64 * 1e3 + time.tv_usec as f64 / 1e3
}

/// The most memory that this process has had in use at one time, in MiB.
pub fn most_memory() -> i64 {
    usage(libc::RUSAGE_SELF).ru_maxrss >> 10
}

#[allow(unsafe_code)]
fn usage(whose: libc::c_int) -> libc::rusage {
    // SAFETY: it is made of numbers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is a valid place for the answer.
    let failed = unsafe { libc::getrusage(whose, &raw mut usage) };
    assert_eq!(failed, 0, "this system does not say what was used");
    usage
}

/// CPU nanoseconds of `f`, for each of `times` operations.
pub fn time_ns(times: usize, f: impl FnOnce()) -> f64 {
    let start = cpu_ns();
    f();
    (cpu_ns() - start) / times as f64
}

/// Keeps the calling thread on the `nth` of the CPUs that it may use, counted round and round.
#[allow(unsafe_code)]
pub fn pin(nth: usize) {
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: a `cpu_set_t` is a set of bits; no bits is the empty set.
    let (mut all, mut one): (libc::cpu_set_t, libc::cpu_set_t) = unsafe { std::mem::zeroed() };
    // SAFETY: `all` is as large as `size` says. 0 is the calling thread.
    let failed = unsafe { libc::sched_getaffinity(0, size, &raw mut all) };
    assert_eq!(failed, 0, "this system does not say which CPUs may be used");
    // SAFETY: the number is within the set.
    let usable = |cpu: &usize| unsafe { libc::CPU_ISSET(*cpu, &all) };
    let usable: Vec<usize> = (0..8 * size).filter(usable).collect();
    // SAFETY: the number is within the set.
    unsafe { libc::CPU_SET(usable[nth % usable.len()], &mut one) };
    // SAFETY: `one` is as large as `size` says.
    let failed = unsafe { libc::sched_setaffinity(0, size, &raw const one) };
    assert_eq!(failed, 0, "a thread could not be pinned");
}

/// Runs one sample and returns its figure.
pub type Sample<'a> = Box<dyn FnMut() -> f64 + 'a>;

/// One line of a table, while it is measured.
pub struct Row<'a> {
    pub name: String,
    sample: Sample<'a>,
    /// Of one sample, where allocations are counted.
    operations: Option<usize>,
}

impl<'a> Row<'a> {
    pub fn new(name: &str, sample: impl FnMut() -> f64 + 'a) -> Self {
        Row {
            name: name.to_owned(),
            sample: Box::new(sample),
            operations: None,
        }
    }

    /// Counts allocations as well, in one more sample of so many operations.
    pub fn counted(mut self, operations: usize) -> Self {
        self.operations = Some(operations);
        self
    }
}

/// The figures of one row.
pub struct Figures {
    pub name: String,
    pub median: f64,
    pub min: f64,
    /// For each operation.
    allocations: Option<f64>,
}

/// Takes a sample of every row in turn, so that the machine's moods reach all alike.
pub fn measure(rounds: usize, mut rows: Vec<Row<'_>>) -> Vec<Figures> {
    let mut samples = vec![Vec::with_capacity(rounds); rows.len()];
    for round in 0..=rounds {
        for (row, samples) in rows.iter_mut().zip(&mut samples) {
            let sample = (row.sample)();
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    let figures = rows.into_iter().zip(samples).map(|(mut row, mut samples)| {
        samples.sort_by(f64::total_cmp);
        let allocations = row.operations.map(|operations| {
            let counted = heap(|| {
                black_box((row.sample)());
            });
            counted.allocations as f64 / operations as f64
        });
        Figures {
            allocations,
            name: row.name,
            median: samples[samples.len() / 2],
            min: samples[0],
        }
    });
    figures.collect()
}

/// Prints the figures, against those of the first row.
pub fn table(title: &str, unit: &str, figures: &[Figures]) {
    let counted = figures.iter().any(|row| row.allocations.is_some());
    let (name, line) = match counted {
        true => (" allocations |", "---:|"),
        false => ("", ""),
    };
    println!("\n### {title}\n");
    println!("| | {unit}, median | min | ratio of medians | ratio of mins |{name}");
    println!("|---|---:|---:|---:|---:|{line}");
    let floor = &figures[0];
    for row in figures {
        let allocations = match row.allocations {
            Some(allocations) => format!(" {allocations:.2} |"),
            None if counted => " |".to_owned(),
            None => String::new(),
        };
        println!(
            "| {} | {:.1} | {:.1} | {:.2} | {:.2} |{allocations}",
            row.name,
            row.median,
            row.min,
            row.median / floor.median,
            row.min / floor.min
        );
    }
}

/// The address of something on the stack.
#[inline(always)]
pub fn stack_address() -> usize {
    let here = 0u8;
    black_box(&raw const here).addr()
}

/// Mixes the bits of a number: a pseudo-random sequence from a counter.
pub fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
