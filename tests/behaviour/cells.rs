//! `cell!`: blocks that are memoized under a name.

use crate::ran::{ran, take};
use dug::{Context, NodeId, cell, node, tracked, tweak, with_context};
use serde::{Deserialize, Serialize};
use std::num::ParseIntError;

#[tracked]
fn base(x: i64) -> i64 {
    ran(format!("base({x})"));
    10 * x
}

fn sum(x: i64, words: &[String]) -> i64 {
    cell!("sum", (x, &words) => {
        ran("sum");
        base(x) + words.len() as i64
    })
}

fn nodes() -> Vec<String> {
    let nodes = Context::current().unwrap().nodes();
    let mut nodes: Vec<String> = nodes.iter().map(NodeId::to_string).collect();
    nodes.sort();
    nodes
}

#[test]
fn a_cell_runs_once_for_equal_inputs() {
    let (one, two) = (["a".to_owned()], ["a".to_owned(), "b".to_owned()]);
    with_context(|| {
        assert_eq!((sum(1, &one), sum(1, &one)), (11, 11));
        assert_eq!(take(), "sum base(1)");
        assert_eq!(sum(1, &two), 12);
        assert_eq!(take(), "sum");
        assert_eq!(sum(2, &two), 22);
        assert_eq!(take(), "sum base(2)");
        let known = [
            r#"sum(1, ["a", "b"])"#,
            r#"sum(1, ["a"])"#,
            r#"sum(2, ["a", "b"])"#,
        ];
        assert_eq!(nodes()[2..], known);
    });
}

#[test]
fn a_cell_runs_again_where_what_it_asked_for_answers_otherwise() {
    with_context(|| {
        assert_eq!(sum(1, &[]), 10);
        take();
        with_context(|| {
            tweak!(base(2) => 0);
            assert_eq!(sum(1, &[]), 10);
            tweak!(base(1) => 10);
            assert_eq!(sum(1, &[]), 10);
            assert_eq!(take(), "");
            tweak!(base(1) => 3);
            assert_eq!(sum(1, &[]), 3);
            assert_eq!(take(), "sum");
        });
        assert_eq!(sum(1, &[]), 10);
        assert_eq!(take(), "");
    });
}

#[tracked]
fn twice(x: i64) -> i64 {
    ran("twice");
    let outer = cell!("outer", (x) => {
        ran("outer");
        cell!("inner", () => {
            ran("inner");
            base(7)
        }) + x
    });
    2 * outer
}

#[test]
fn cells_are_dependencies_of_what_is_around_them() {
    with_context(|| {
        assert_eq!(twice(1), 142);
        assert_eq!(take(), "twice outer inner base(7)");
        assert_eq!(twice(2), 144);
        assert_eq!(take(), "twice outer");
        assert_eq!(node!(twice(1)).dependencies()[0].to_string(), "outer(1)");
        assert!(nodes().contains(&"inner()".to_owned()), "{:?}", nodes());
        with_context(|| {
            tweak!(base(_) => 1);
            assert_eq!(twice(1), 4);
            assert_eq!(take(), "twice outer inner");
        });
    });
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Word(String);

impl Word {
    fn letters(&self) -> usize {
        cell!("letters", (&self) => {
            ran("letters");
            self.0.len()
        })
    }
}

#[test]
fn inputs_are_moved_lent_or_the_receiver() {
    with_context(|| {
        let moved = vec![3, 1, 2];
        let lent = "x".to_owned();
        let sorted = cell!("sorted", (moved, &lent) => {
            let mut sorted = moved;
            let first: &String = lent;
            sorted.sort();
            (first.clone(), sorted)
        },);
        assert_eq!(sorted, (lent, vec![1, 2, 3]));

        assert_eq!(Word("ab".into()).letters(), 2);
        assert_eq!(Word("ab".into()).letters(), 2);
        assert_eq!(Word("abc".into()).letters(), 3);
        assert_eq!(take(), "letters letters");
    });
}

fn parsed(text: &str) -> Result<i64, String> {
    let number = cell!("parsed", (text) => {
        ran("parsed");
        if text.is_empty() {
            return Ok(0);
        }
        let number: i64 = text.parse().map_err(|error: ParseIntError| error.to_string())?;
        Ok::<i64, String>(number + 1)
    });
    ran("after");
    number
}

#[test]
fn return_and_question_marks_leave_the_cell_and_an_err_is_not_kept() {
    with_context(|| {
        assert_eq!((parsed(""), parsed("")), (Ok(0), Ok(0)));
        assert_eq!(take(), "parsed after after");
        assert_eq!((parsed("4"), parsed("4")), (Ok(5), Ok(5)));
        assert_eq!(take(), "parsed after after");
        assert!(parsed("x").is_err() && parsed("x").is_err());
        assert_eq!(take(), "parsed after parsed after");
    });
}

fn size<T>() -> usize {
    cell!("size", () => {
        ran("size");
        size_of::<T>()
    })
}

trait Named {
    fn name(&self) -> String {
        cell!("name", () => { std::any::type_name::<Self>().to_owned() })
    }
}

impl Named for u8 {}
impl Named for u16 {}

#[test]
fn each_instantiation_of_a_generic_function_has_a_cell_of_its_own() {
    with_context(|| {
        assert_eq!((size::<u8>(), size::<u16>(), size::<u8>()), (1, 2, 1));
        assert_eq!(take(), "size size");
        assert_eq!((0_u8.name(), 0_u16.name()), ("u8".into(), "u16".into()));
        let mut paths: Vec<String> = Context::current()
            .unwrap()
            .nodes()
            .iter()
            .map(|node| node.function().to_owned())
            .collect();
        paths.sort();
        assert_eq!(paths.len(), 4);
        assert_eq!(paths[2..], ["size<u16>", "size<u8>"]);
    });
}

#[test]
fn cells_of_one_name_are_told_apart_by_their_order() {
    with_context(|| {
        let one = cell!("same", () => { 1 });
        let two = cell!("same", () => { 2 });
        assert_eq!((one, two), (1, 2));
        let mut nodes = Context::current().unwrap().nodes();
        nodes.sort();
        let paths: Vec<&str> = nodes.iter().map(NodeId::function).collect();
        assert_eq!(paths, ["same", "same#2"]);
    });
}

#[test]
fn a_cell_cannot_be_called_by_its_id() {
    with_context(|| {
        sum(1, &[]);
        let ids = Context::current().unwrap().nodes();
        let id = ids.iter().find(|id| id.function() == "sum").unwrap();
        let error = id.call_erased().unwrap_err().to_string();
        assert!(error.contains("it is a cell"), "{error}");
    });
}
