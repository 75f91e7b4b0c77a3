//! Rule 4.5: what a running tracked function must not do.

use dug::{Context, Error, node, tracked, tweak, untweak, with_context};
use std::sync::Mutex;

#[tracked]
fn leaf() -> i64 {
    1
}

static OUTSIDE: Mutex<Option<Context>> = Mutex::new(None);

fn outside() -> Context {
    OUTSIDE.lock().unwrap().clone().unwrap()
}

#[tracked]
fn does(what: u32) -> i64 {
    match what {
        0 => tweak!(leaf() => 2),
        1 => untweak!(leaf()),
        2 => node!(leaf()).invalidate(),
        3 => Context::current().unwrap().clear(),
        4 => drop(node!(leaf()).get()),
        5 => drop(node!(leaf()).is_cached()),
        6 => drop(node!(leaf()).is_masked()),
        7 => drop(node!(leaf()).is_tweaked()),
        8 => drop(node!(leaf()).dependencies()),
        9 => drop(node!(leaf()).dependants()),
        10 => drop(Context::current().unwrap().stats()),
        11 => Context::current().unwrap().enter(|| ()),
        12 => outside().enter(|| ()),
        13 => node!(leaf()).unload(),
        14 => drop(Context::current().unwrap().graph()),
        15 => drop(Context::current().unwrap().nodes()),
        _ => return -1,
    }
    0
}

#[tracked]
fn does_inside(what: u32) -> i64 {
    with_context(|| does(what))
}

#[test]
fn inside_a_running_function_these_are_errors() {
    *OUTSIDE.lock().unwrap() = Some(Context::new());
    with_context(|| {
        for what in 0..16 {
            let error = node!(does(what)).try_call().unwrap_err();
            assert!(matches!(error, Error::Impure { .. }), "{what}: {error}");
            assert!(
                error.to_string().contains(&format!("`does({what})`")),
                "{error}"
            );
            let error = node!(does_inside(what)).try_call().unwrap_err();
            assert!(
                matches!(error, Error::Impure { .. }),
                "{what} in a caller's context: {error}"
            );
        }
        assert_eq!(does(16), -1);
        assert_eq!(leaf(), 1);
    });
}

#[tracked]
fn in_its_own_context() -> i64 {
    let own = Context::new();
    let tweaked = own.enter(|| {
        tweak!(leaf() => 5);
        let tweaked = leaf();
        untweak!(leaf());
        node!(leaf()).invalidate();
        tweaked + 10 * leaf()
    });
    own.clear();
    tweaked + 100 * own.enter(leaf)
}

#[test]
fn in_a_context_of_its_own_a_function_may_do_as_it_likes() {
    with_context(|| assert_eq!(in_its_own_context(), 115));
}
