//! What a descriptor knows of the code of its function.

use dug::tracked;
use serde::{Deserialize, Serialize};

#[tracked]
fn plain(x: u8) -> u8 {
    x + 1
}

#[tracked(code = crate)]
fn by_crate(x: u8) -> u8 {
    x + 1
}

#[tracked(code = deep, fingerprint = graph)]
fn by_graph(x: u8) -> u8 {
    x + 1
}

#[tracked(code = item)]
fn alone(x: u8) -> u8 {
    x + 1
}

mod elsewhere {
    use super::*;

    /// The same code in another place.
    #[tracked]
    #[inline]
    pub fn plain(x: u8) -> u8 {
        x + 1 // a comment
    }
}

#[derive(Serialize, Deserialize)]
struct Own(u8);

#[tracked(code = item)]
impl Own {
    fn alone(&self) -> u8 {
        self.0
    }

    #[tracked(code = crate, fingerprint = graph)]
    fn by_crate(&self) -> u8 {
        self.0
    }
}

/// What a descriptor says, when printed, of its item, of the sources, of what is reached and of
/// `by_graph`.
fn said(function: &impl std::fmt::Debug) -> [String; 4] {
    let text = format!("{function:?}");
    let (_, code) = text.split_once("code: Code { item: ").unwrap();
    let (item, rest) = code.split_once(", sources: ").unwrap();
    let (sources, rest) = rest.split_once(", is_unknown: false, deep: ").unwrap();
    let (deep, rest) = rest.split_once(" }, by_graph: ").unwrap();
    let (by_graph, _) = rest.split_once(" }").unwrap();
    [item, sources, deep, by_graph].map(str::to_owned)
}

#[test]
fn the_sources_of_the_crate_count_unless_the_item_stands_alone() {
    let sources = |function| said(function)[1].clone();
    let all = sources(by_crate::__dug_function());
    assert!(all.starts_with("Some([") && all.len() > 64, "{all}");
    assert_eq!(sources(plain::__dug_function()), "None");
    assert_eq!(sources(by_graph::__dug_function()), "None");
    assert_eq!(sources(alone::__dug_function()), "None");
    assert_eq!(sources(Own::__dug_function_alone()), "None");
    assert_eq!(sources(Own::__dug_function_by_crate()), all);
}

#[test]
fn what_is_reached_counts_by_itself() {
    let deep = |function| said(function)[2].clone();
    let plain = deep(plain::__dug_function());
    assert!(plain.starts_with("Some(Deep { digest: ["), "{plain}");
    assert_ne!(deep(by_graph::__dug_function()), plain);
    assert_eq!(deep(by_crate::__dug_function()), "None");
    assert_eq!(deep(alone::__dug_function()), "None");
}

#[test]
fn an_item_is_its_tokens() {
    let item = |function| said(function)[0].clone();
    let plain = item(plain::__dug_function());
    assert_eq!(item(elsewhere::plain::__dug_function()), plain);
    assert_ne!(item(alone::__dug_function()), plain);
}

#[test]
fn results_are_told_apart_by_content_unless_by_graph() {
    let by_graph = |function| said(function)[3].clone();
    assert_eq!(by_graph(plain::__dug_function()), "false");
    assert_eq!(by_graph(self::by_graph::__dug_function()), "true");
    assert_eq!(by_graph(Own::__dug_function_alone()), "false");
    assert_eq!(by_graph(Own::__dug_function_by_crate()), "true");
}
