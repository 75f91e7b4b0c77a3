//! The threads of a sweep.
//!
//! Each of them takes scenarios from one list until none is left: so they are begun in their
//! order, and a thread that waits inside one (for a parallel part of its own) is given few others
//! to begin meanwhile.

/// What a worker calls when there is work for so many more.
pub(super) type More<'m> = &'m dyn Fn(usize);

/// Calls `work` on up to `width` threads at once, in the current context and for the running
/// node; on further ones when it says so.
#[cfg(feature = "rayon")]
pub(super) fn run(threads: Option<usize>, width: usize, work: impl Fn(More<'_>) + Sync) {
    match threads {
        Some(1) => work(&|_| {}),
        None => on_current_pool(width, &work),
        Some(threads) => {
            let here = crate::here::here();
            match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
                Ok(pool) => pool.install(|| here.run(|| on_current_pool(width, &work))),
                // The machine has no threads to give.
                Err(_) => work(&|_| {}),
            }
        }
    }
}

#[cfg(feature = "rayon")]
fn on_current_pool(width: usize, work: &(impl Fn(More<'_>) + Sync)) {
    let here = crate::here::here();
    rayon::scope(|scope| spawn(scope, width, &here, work));
}

#[cfg(feature = "rayon")]
fn spawn<'s>(
    scope: &rayon::Scope<'s>,
    workers: usize,
    here: &'s crate::here::Here,
    work: &'s (impl Fn(More<'_>) + Sync),
) {
    for _ in 0..workers.min(rayon::current_num_threads()) {
        scope.spawn(move |scope| here.run(|| work(&|workers| spawn(scope, workers, here, work))));
    }
}

/// Calls `work`.
#[cfg(not(feature = "rayon"))]
pub(super) fn run(_threads: Option<usize>, _width: usize, work: impl Fn(More<'_>) + Sync) {
    work(&|_| {});
}
