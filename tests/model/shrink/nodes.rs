//! Owns programs that are smaller than others.

use crate::program::{Def, Expr, Inner, Kind};
use crate::scenario::Level;
use crate::session::{Act, Case, Step, Target};
use crate::shrink::simpler_tweak;

/// Leaves out one node; who asked for it gets a number instead.
pub fn fewer_nodes(case: &Case) -> Vec<Case> {
    (0..case.program.len())
        .rev()
        .filter_map(|node| without(case, node))
        .collect()
}

fn without(case: &Case, gone: u32) -> Option<Case> {
    if case.program.len() == 1 {
        return None;
    }
    let mut smaller = case.clone();
    for program in smaller.versions.iter_mut().chain([&mut smaller.program]) {
        program.nodes.remove(gone as usize);
        for def in &mut program.nodes {
            leave_out(&mut def.body, gone);
            if let Some(source) = &mut def.source
                && !moved(source, gone)
            {
                (def.kind, def.source) = (Kind::Op, None);
            }
        }
    }
    for level in &mut smaller.pool {
        leave_out_tweaks(level, gone);
    }
    smaller.steps.retain_mut(|step| match step {
        Step::Do(act) | Step::Above { act, .. } => renumber(act, gone),
        Step::Beside { acts, .. } => {
            acts.retain_mut(|act| renumber(act, gone));
            true
        }
        Step::Threads { changes, branches } => {
            changes.retain_mut(|(_, act)| renumber(act, gone));
            for branch in branches {
                branch.acts.retain_mut(|act| renumber(act, gone));
                branch.later.retain_mut(|act| renumber(act, gone));
            }
            true
        }
        _ => true,
    });
    Some(smaller)
}

/// Leaves out the tweaks that name the node, and gives the others the new numbers.
fn leave_out_tweaks(level: &mut Level, gone: u32) {
    level.retain_mut(|(place, what)| {
        let mut named = place.named_mut().into_iter().chain(what.named_mut());
        named.all(|node| moved(node, gone))
    });
}

fn leave_out(expr: &mut Expr, gone: u32) {
    let mut stays = |inner: &mut Inner| {
        let mut named = inner.named_mut().into_iter();
        named.all(|node| *node != gone)
    };
    match expr {
        Expr::Within { parts, .. } => parts
            .iter_mut()
            .for_each(|part| part.retain_mut(&mut stays)),
        Expr::Scenario { levels, acts } => {
            acts.retain_mut(&mut stays);
            for level in levels {
                level.retain_mut(|(place, what)| {
                    let mut named = place.named_mut().into_iter().chain(what.named_mut());
                    named.all(|node| *node != gone)
                });
            }
        }
        _ => {}
    }
    if expr.named_mut().into_iter().any(|node| *node == gone) {
        *expr = Expr::Const(1);
    }
    for node in expr.named_mut() {
        *node -= u32::from(*node > gone);
    }
    for child in expr.children_mut() {
        leave_out(child, gone);
    }
}

/// Whether the act is still about a node that is there.
fn renumber(act: &mut Act, gone: u32) -> bool {
    match act {
        Act::Call(node)
        | Act::CallNode(node)
        | Act::TryCall(node)
        | Act::Get(node)
        | Act::Tweak(node, _)
        | Act::TweakSame(node)
        | Act::Untweak(node)
        | Act::Invalidate(node)
        | Act::Unload(node)
        | Act::Query(node)
        | Act::Masked(node)
        | Act::Write { node, .. }
        | Act::Hold(node)
        | Act::CallHeld(node, _)
        | Act::Forget(node) => moved(node, gone),
        Act::TweakSo(place, what) => place
            .named_mut()
            .into_iter()
            .chain(what.named_mut())
            .all(|node| moved(node, gone)),
        Act::UntweakSo(place) => place.named_mut().is_none_or(|node| moved(node, gone)),
        Act::Accept(Target::Function(node) | Target::Node(node)) => moved(node, gone),
        Act::CallAll | Act::Clear | Act::Refresh | Act::Collect(_) | Act::Accept(Target::All) => {
            true
        }
    }
}

/// Gives a node its new number, if it is still there.
fn moved(node: &mut u32, gone: u32) -> bool {
    let stays = *node != gone;
    *node -= u32::from(*node > gone);
    stays
}

pub fn smaller_nodes(case: &Case) -> Vec<Case> {
    let mut candidates = Vec::new();
    for (place, def) in case.program.nodes.iter().enumerate().rev() {
        let mut put = |def: Def| {
            let mut smaller = case.clone();
            for version in &mut smaller.versions {
                let other = &mut version.nodes[place];
                other.source = def.source;
                if other.body == case.program.nodes[place].body {
                    other.body = def.body.clone();
                }
                other.kind = def.kind;
            }
            smaller.program.nodes[place] = def;
            candidates.push(smaller);
        };
        if !matches!(def.kind, Kind::Op | Kind::Leaf) {
            put(Def::new(Kind::Op, def.body.clone()));
        }
        for body in simpler(&def.body) {
            put(Def {
                body,
                ..def.clone()
            });
        }
    }
    if case.program.cyclic {
        let mut smaller = case.clone();
        smaller.program.cyclic = false;
        smaller.versions.clear();
        let asks_down = |(place, def): (usize, &Def)| {
            !def.body
                .any(&|expr| matches!(expr, Expr::Ask(node) if *node as usize >= place))
        };
        if smaller.program.nodes.iter().enumerate().all(asks_down) {
            candidates.push(smaller);
        }
    }
    candidates
}

/// Smaller expressions: a part of it instead, fewer parts, or smaller parts.
pub fn simpler(expr: &Expr) -> Vec<Expr> {
    let mut candidates = Vec::new();
    if !matches!(expr, Expr::Const(_)) {
        candidates.push(Expr::Const(0));
        candidates.push(Expr::Const(1));
    }
    candidates.extend(expr.children().into_iter().cloned());
    match expr {
        Expr::Sum(list) | Expr::Min(list) | Expr::Max(list) if list.len() > 1 => {
            for place in 0..list.len() {
                let mut fewer = list.clone();
                fewer.remove(place);
                candidates.push(Expr::Sum(fewer));
            }
        }
        Expr::Scenario { levels, acts } => {
            let mut put = |edit: &dyn Fn(&mut Vec<Level>, &mut Vec<Inner>)| {
                let (mut levels, mut acts) = (levels.clone(), acts.clone());
                edit(&mut levels, &mut acts);
                candidates.push(Expr::Scenario { levels, acts });
            };
            for act in 0..acts.len() {
                put(&|_, acts| _ = acts.remove(act));
            }
            for place in 0..levels.len() {
                put(&|levels, _| _ = levels.remove(place));
                for (at, (nodes, what)) in levels[place].iter().enumerate() {
                    put(&|levels, _| _ = levels[place].remove(at));
                    for tweak in simpler_tweak(*nodes, *what) {
                        put(&|levels, _| levels[place][at] = tweak);
                    }
                }
            }
        }
        Expr::AskHeld(node) => candidates.push(Expr::Ask(*node)),
        Expr::Within { kept, parts } => {
            let kept = *kept;
            for place in 0..parts.len() {
                let mut fewer = parts.clone();
                let part = fewer.remove(place);
                candidates.push(Expr::Within { kept, parts: fewer });
                for act in 0..part.len() {
                    let mut fewer = parts.clone();
                    fewer[place].remove(act);
                    candidates.push(Expr::Within { kept, parts: fewer });
                    if let Inner::TweakSo(at, what) = part[act] {
                        for (at, what) in simpler_tweak(at, what) {
                            let mut simpler = parts.clone();
                            simpler[place][act] = Inner::TweakSo(at, what);
                            candidates.push(Expr::Within {
                                kept,
                                parts: simpler,
                            });
                        }
                    }
                }
            }
            if kept {
                candidates.push(Expr::Within {
                    kept: false,
                    parts: parts.clone(),
                });
            }
        }
        _ => {}
    }
    for place in 0..expr.children().len() {
        for smaller in simpler(expr.children()[place]) {
            let mut copy = expr.clone();
            *copy.children_mut()[place] = smaller;
            candidates.push(copy);
        }
    }
    candidates
}
