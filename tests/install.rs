//! A context for all threads of a process; a process of its own, since it can be done once.

use dug::{Context, node, tracked, tweak, with_context};

#[tracked]
fn leaf() -> u32 {
    1
}

#[tracked]
fn root() -> u32 {
    leaf() + 1
}

#[test]
fn threads_that_have_entered_no_context_stand_in_the_installed_one() {
    assert!(node!(root()).try_call().is_err());
    let installed = Context::builder().label("installed").build();
    Context::install(installed.clone()).unwrap();
    assert!(Context::install(Context::new()).is_err());

    assert_eq!(root(), 2);
    assert_eq!(Context::current().unwrap().label(), Some("installed"));
    std::thread::spawn(|| assert!(node!(root()).is_cached()))
        .join()
        .unwrap();
    with_context(|| {
        assert!(node!(root()).is_cached());
        tweak!(leaf() => 5);
        assert_eq!(root(), 6);
    });
    tweak!(leaf() => 7);
    assert_eq!(std::thread::spawn(root).join().unwrap(), 8);
    assert_eq!(installed.stats().executions, 3);
}
