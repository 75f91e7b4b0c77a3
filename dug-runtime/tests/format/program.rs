//! A program whose functions have fixed names and pretended code, so that what it has stored once
//! is found for ever.

use dug::{
    Context, Stats, Store, Tracked, external, external_value, forget_external, node, tracked, tweak,
};
use std::path::Path;

/// The code of a function: its name.
pub fn code(path: &str) -> Option<[u8; 32]> {
    let name = path.strip_prefix("fixture::")?;
    let mut code = [0; 32];
    code[..name.len()].copy_from_slice(name.as_bytes());
    Some(code)
}

#[tracked(name = "fixture::leaf")]
pub fn leaf(n: u32) -> u64 {
    u64::from(n) * 1000
}

#[tracked(name = "fixture::sum")]
pub fn sum() -> u64 {
    leaf(1) + leaf(2)
}

#[tracked(name = "fixture::text")]
pub fn text(before: &str, numbers: (i16, Option<bool>)) -> String {
    format!("{before} {numbers:?} {}", sum())
}

/// What a binding says, too; and only its proof vouches for it.
#[tracked(name = "fixture::inside")]
pub fn inside() -> u64 {
    let bound = external_value::<u64>("bound").map_or(0, |bound| *bound);
    dug::with_context(|| {
        tweak!(leaf(1) => 1);
        bound + sum()
    })
}

#[tracked(name = "fixture::by_graph", fingerprint = graph)]
pub fn by_graph() -> u8 {
    5
}

/// Of so many inputs that its proof names others.
#[tracked(name = "fixture::many")]
pub fn many() -> u64 {
    let bound = |n: u64| external_value::<u64>(format!("unbound {n}")).map_or(1, |bound| *bound);
    (0..70).map(bound).sum()
}

/// The world may have changed since the first record of it was made.
#[tracked(name = "fixture::dated")]
pub fn dated() -> u64 {
    external_value::<u64>("day").map_or(1, |day| *day)
}

#[tracked(name = "fixture::large")]
pub fn large() -> Vec<u64> {
    (0..20_000).map(|n| u64::MAX - n).collect()
}

/// Everything, in a session of its own.
pub fn ask(store: &Store) -> Stats {
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        assert_eq!(text("a", (-2, Some(true))), "a (-2, Some(true)) 3000");
        assert_eq!((inside(), by_graph(), large().len()), (2009, 5, 20_000));
        assert_eq!((many(), dated()), (70, 1));
        dug::with_context(|| {
            tweak!(leaf(2) => 7);
            assert_eq!(sum(), 1007);
        });
    });
    context.stats()
}

/// What was the world last, in a session of its own.
pub fn ask_of_day(store: &Store) -> Stats {
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        drop::<Tracked<u64>>(external("day", 2));
        assert_eq!(dated(), 2);
        forget_external("day");
    });
    context.stats()
}

/// Makes the store that is checked in.
pub fn make(path: &Path) {
    let store = Store::open(path).unwrap();
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| drop::<Tracked<u64>>(external("bound", 8)));
    ask(&store);
    store.flush().unwrap();
    ask_of_day(&store);
    context.enter(|| {
        sum();
        node!(sum()).tag("a tag");
    });
    store.flush().unwrap();
}
