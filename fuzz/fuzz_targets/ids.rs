//! Ids of nodes from elsewhere: printed, written, and called.
//!
//! The first byte chooses a function, the rest are its arguments.

#![no_main]

#[allow(dead_code, reason = "each target uses a part")]
mod program;

use dug::{NodeId, node};
use libfuzzer_sys::fuzz_target;
use program::{Shape, by_graph, choice, leaf, shapes, sum};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FUNCTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let ids = [
        node!(leaf(0)).id().clone(),
        node!(sum(0, 1)).id().clone(),
        node!(choice("", None)).id().clone(),
        node!(shapes(Shape::Nothing, BTreeMap::new())).id().clone(),
        node!(by_graph()).id().clone(),
    ];
    ids.iter().map(|id| id.function().to_owned()).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((first, arguments)) = bytes.split_first() else {
        return;
    };
    let function = &FUNCTIONS[usize::from(*first) % FUNCTIONS.len()];
    let digits: String = arguments.iter().map(|byte| format!("{byte:02x}")).collect();
    let written = serde_json::json!({ "function": function, "arguments": digits, "text": "?" });
    let id: NodeId = serde_json::from_value(written).expect("it is an id");
    dug::with_context(|| {
        let first = id.call_erased().is_ok();
        assert_eq!(id.call_erased().is_ok(), first);
    });
    let back = serde_json::to_value(&id).expect("it can be written");
    assert_eq!(serde_json::from_value::<NodeId>(back).ok(), Some(id));
});
