//! Owns the generator of other versions of a program: the same nodes, some with other bodies.

use super::{COST, Features, Grower, THREAD_COST, Weights};
use crate::program::{Def, Expr, Program};
use crate::random::Random;

/// Grows another version of the program.
pub fn version(random: &mut Random, program: &Program) -> Program {
    let is_leaf = |def: &&Def| matches!(def.body, Expr::Const(_));
    let leaves = program.nodes.iter().take_while(is_leaf).count().max(1);
    let (features, tweaks) = (Features::of(random), Weights::of(random));
    let changed = [10, 25, 50][random.below(3) as usize];
    let mut grower = Grower {
        random,
        features,
        tweaks,
        nodes: Vec::new(),
        cyclic: program.cyclic,
        size: program.len(),
        leaves: leaves as u32,
        costs: Vec::new(),
        own: 0,
        scopes: 0,
    };
    for def in &program.nodes {
        grower.own = 1;
        let body = match grower
            .random
            .weighted(&[100 - changed, changed / 2, changed / 2])
        {
            0 => def.body.clone(),
            1 => edited(&def.body, grower.random),
            _ if grower.costs.len() < leaves => Expr::Const(grower.constant()),
            _ => grower.body(def.kind),
        };
        let cost = cost(&body, &grower.costs);
        grower.costs.push(cost.saturating_add(1).min(COST));
        let (kind, source) = (def.kind, def.source);
        grower.nodes.push(Def { kind, body, source });
    }
    let nodes = grower.nodes;
    Program { nodes, ..*program }
}

/// The body with another number in it, or written otherwise.
fn edited(body: &Expr, random: &mut Random) -> Expr {
    fn first(expr: &mut Expr) -> Option<&mut i64> {
        match expr {
            Expr::Const(value) => Some(value),
            other => other.children_mut().into_iter().find_map(first),
        }
    }
    let mut body = body.clone();
    match first(&mut body) {
        Some(value) if random.chance(70) => {
            *value += random.between(-2, 2);
            body
        }
        _ => Expr::Sum(vec![body, Expr::Const(0)]),
    }
}

/// Body runs that one evaluation costs.
fn cost(expr: &Expr, costs: &[u32]) -> u32 {
    let own = match expr {
        Expr::Ask(node) => costs.get(*node as usize).copied().unwrap_or(1),
        Expr::Thread { .. } => THREAD_COST,
        _ => 0,
    };
    let below = expr.children().into_iter();
    below.fold(own, |sum, child| sum.saturating_add(cost(child, costs)))
}
