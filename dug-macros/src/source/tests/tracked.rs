//! What is tracked, and where that is followed.

use super::graph_of;

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
