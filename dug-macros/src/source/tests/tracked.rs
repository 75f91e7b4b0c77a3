//! What is tracked, and where that is followed.

use super::{assert_not_seen, assert_seen, graph_of};

/// A tracked function with a helper, and one that says the name of both.
const RATE: &str =
    "#[dug::tracked] fn rate() -> u8 { help() } fn help() -> u8 { 1 } fn build() -> u8 { rate() }";

#[test]
fn what_is_computed_once_reaches_the_tracked_functions_that_it_calls() {
    let statics = [
        "static T: L = L::new(|| rate() * 3);",
        "static T: L = L::new(build);",
        "thread_local! { static T: u8 = rate(); }",
        "lazy_static! { static ref T: u8 = build(); }",
        "mod m { pub static T: L = L::new(crate::build); }",
        "macro_rules! once { ($n:ident, $e:expr) => { static $n: L = L::new(|| $e); } } once!(T, rate());",
        "static T: L = L::new(other); #[dug::tracked] fn other() -> u8 { build() }",
    ];
    let sources = statics.map(|it| format!("{RATE} {it} fn root() {{ T }}"));
    let all = sources
        .iter()
        .map(|source| (source.as_str(), "{ 1 }", "{ 2 }"));
    assert_seen(&all.collect::<Vec<_>>());
    let others = [
        "static T: u8 = 3; fn root() { T; rate() }",
        "static T: L = L::new(build); fn root() { rate() }",
        "const T: fn() -> u8 = build; fn root() { T }",
    ];
    let sources = others.map(|it| format!("{RATE} {it}"));
    let all = sources
        .iter()
        .map(|source| (source.as_str(), "{ 1 }", "{ 2 }"));
    assert_not_seen(&all.collect::<Vec<_>>());
}

#[test]
fn what_a_cfg_attr_tracks_is_known() {
    for attribute in [
        "dug::tracked",
        "cfg_attr(not(feature = \"x\"), dug::tracked)",
        "cfg_attr(all(), inline, dug::tracked(version = 3))",
        "cfg_attr(a, cfg_attr(b, dug::tracked))",
    ] {
        let source = format!("#[{attribute}]\nfn root() -> u8 {{ 1 }}");
        let graph = graph_of(&[("src/lib.rs", &source)], &[]);
        let mut tracked = graph.tracked.keys();
        assert!(tracked.any(|(_, line, name)| *line == 2 && name == "root"));
    }
}
