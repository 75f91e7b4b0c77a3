//! Owns the generator of small programs: each node asks for few, directly or in contexts of its own.

use crate::program::{Def, Expr, Inner, Kind, Program};
use crate::random::Random;

/// Grows a small program.
pub fn small(random: &mut Random) -> Program {
    let size = 3 + random.below(5);
    let leaves = 1 + random.below(3).min(size - 2);
    let contexts = [0, 40, 80][random.weighted(&[1, 3, 3])];
    let outside = random.chance(20);
    let node = |node| {
        let kind = match random.below(3) {
            0 => Kind::Leaf,
            1 => Kind::Op,
            _ => Kind::Other,
        };
        if node < leaves {
            let kind = match outside {
                true => [Kind::File, Kind::External][random.below(2) as usize],
                false => kind,
            };
            return Def::new(kind, Expr::Const(random.between(0, 2)));
        }
        Def::new(kind, body(random, node, contexts, 2))
    };
    let nodes = (0..size).map(node).collect();
    Program {
        cyclic: false,
        nodes,
    }
}

/// A body that asks for nodes before this one; `deep` contexts may be opened in it.
fn body(random: &mut Random, node: u32, contexts: u32, deep: u32) -> Expr {
    if deep > 0 && random.chance(contexts) {
        let parts =
            (0..1 + random.below(4) / 3).map(|_| part(random, node, contexts / 2, deep - 1));
        let parts = parts.collect();
        let kept = random.chance(25);
        return Expr::Within { kept, parts };
    }
    let first = ask(random, node);
    match random.below(10) {
        0..5 => first,
        5..8 => Expr::Sum(vec![first, ask(random, node)]),
        8 => Expr::Sign(Box::new(first)),
        _ => Expr::If(
            Box::new(first),
            0,
            Box::new(ask(random, node)),
            Box::new(Expr::Const(1)),
        ),
    }
}

/// Mostly a near one.
fn ask(random: &mut Random, node: u32) -> Expr {
    let reach = if random.chance(60) { node.min(2) } else { node };
    Expr::Ask(node - 1 - random.below(reach))
}

/// What is done in a context.
fn part(random: &mut Random, node: u32, contexts: u32, deep: u32) -> Vec<Inner> {
    let mut acts = Vec::new();
    if random.chance(50) {
        let tweaked = random.below(node).min(random.below(node));
        acts.push(Inner::Tweak(tweaked, Expr::Const(random.between(0, 2))));
    }
    acts.push(Inner::Add(body(random, node, contexts, deep)));
    if random.chance(10) {
        acts.push(Inner::Add(Expr::Outside(Box::new(ask(random, node)))));
    }
    acts
}
