//! Looking inside: dependencies, the graph as data, DOT.

use dug::{Context, node, tracked, tweak, with_context};

#[tracked]
fn left() -> u8 {
    1
}

#[tracked]
fn right() -> u8 {
    2
}

#[tracked]
fn both(label: &str) -> u8 {
    left() + right() + left() + label.len() as u8
}

#[test]
fn dependencies_are_listed_once_in_the_order_of_asking() {
    with_context(|| {
        both("x");
        let names: Vec<_> = node!(both("x"))
            .dependencies()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["left()", "right()"]);
        let names: Vec<_> = node!(right())
            .dependants()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["both(\"x\")"]);
        assert!(node!(both("y")).dependencies().is_empty());
    });
}

#[test]
fn the_graph_of_a_context() {
    with_context(|| {
        both("x");
        with_context(|| {
            tweak!(left() => 5);
            both("x");
            let graph = Context::current().unwrap().graph();
            let shown: Vec<_> = graph
                .nodes()
                .iter()
                .map(|node| (node.id.to_string(), node.held, node.tweaked, node.masked))
                .collect();
            assert_eq!(
                shown,
                [
                    ("both(\"x\")".to_owned(), true, false, true),
                    ("left()".to_owned(), false, true, true),
                    ("right()".to_owned(), false, false, false),
                ]
            );
            assert_eq!(graph.edges(), [(0, 1), (0, 2)]);
            let dot = graph.to_dot();
            assert!(
                dot.contains(r#"label="both(\"x\")", shape=ellipse, style=dashed"#),
                "{dot}"
            );
            assert!(dot.contains("n0 -> n1;"), "{dot}");
        });
    });
}
