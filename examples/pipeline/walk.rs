//! Going through the steps one by one, in the order of working. Their results are
//! of many types, so what is done with each is written for all of them.

use dug::{Context, Metadata, Node, node};
use serde::Serialize;

use crate::steps;

/// What is done with each step.
pub trait Visit {
    type Seen;

    fn visit<R: Clone + Send + Sync + Serialize + 'static>(&self, node: Node<'_, R>) -> Self::Seen;
}

/// Goes through the steps from the files to the evaluation of these years, and of all.
pub fn each<V: Visit>(years: &[i32], visitor: &V) -> Vec<V::Seen> {
    let mut seen = vec![
        visitor.visit(node!(steps::indices())),
        visitor.visit(node!(steps::yields())),
        visitor.visit(node!(steps::rows())),
    ];
    for &year in years {
        seen.extend([
            visitor.visit(node!(steps::training(year))),
            visitor.visit(node!(steps::testing(year))),
            visitor.visit(node!(steps::penalty(year))),
            visitor.visit(node!(steps::fit(year))),
            visitor.visit(node!(steps::bootstrap(year))),
            visitor.visit(node!(steps::forecasts(year))),
            visitor.visit(node!(steps::evaluate(year))),
        ]);
    }
    seen.push(visitor.visit(node!(steps::overall())));
    seen
}

/// Calls a step; sees how many functions ran for it, after those before it.
pub struct Call;

impl Visit for Call {
    type Seen = u64;

    fn visit<R: Clone + Send + Sync + Serialize + 'static>(&self, node: Node<'_, R>) -> u64 {
        let context = Context::current().expect("steps are called in a context");
        let before = context.stats().executions;
        node.call();
        context.stats().executions - before
    }
}

/// Tells whether a step's result still stands.
pub struct Check;

/// Whether it does.
#[derive(Serialize)]
pub struct Standing {
    pub node: String,
    /// It may be wrong: something below it has changed.
    pub is_stale: bool,
    /// Its own code has changed.
    pub is_stale_to_0: bool,
}

impl Visit for Check {
    type Seen = Standing;

    fn visit<R: Clone + Send + Sync + Serialize + 'static>(&self, node: Node<'_, R>) -> Standing {
        Standing {
            node: node.id().to_string(),
            is_stale: node.is_stale(),
            is_stale_to_0: node.is_stale_to(0),
        }
    }
}

/// Tells what a step's result has cost.
pub struct Look;

/// What it has.
#[derive(Serialize)]
pub struct Known {
    pub node: String,
    pub tags: Vec<String>,
    pub metadata: Option<Metadata>,
}

impl Visit for Look {
    type Seen = Known;

    fn visit<R: Clone + Send + Sync + Serialize + 'static>(&self, node: Node<'_, R>) -> Known {
        Known {
            node: node.id().to_string(),
            tags: node.tags(),
            metadata: node.metadata(),
        }
    }
}
