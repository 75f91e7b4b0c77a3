//! How hard the body of a function is to test, and to read.

use serde::{Deserialize, Serialize};
use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, ExprBinary, ExprIf, ExprMatch};

/// Two measures of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complexity {
    /// Ways through it, less or more: 1, and 1 for each `if`, `let .. else`,
    /// loop, arm beyond the first, guard, `&&`, `||` and `?`.
    pub cyclomatic: u32,
    /// What a reader has to keep in mind: 1 for each branch, loop and match, and
    /// 1 more for each of these and each closure around it; 1 for each `else`,
    /// each run of `&&` or of `||`, and each jump to a label.
    pub cognitive: u32,
}

/// Measures a body. Functions inside of it have bodies of their own, which are
/// not counted; what macros are given is not seen.
pub fn of(body: &Block) -> Complexity {
    let mut counter = Counter {
        cyclomatic: 1,
        cognitive: 0,
        nesting: 0,
    };
    counter.visit_block(body);
    Complexity {
        cyclomatic: counter.cyclomatic,
        cognitive: counter.cognitive,
    }
}

struct Counter {
    cyclomatic: u32,
    cognitive: u32,
    nesting: u32,
}

impl Counter {
    /// A construct that holds others one level deeper.
    fn nest(&mut self, inside: impl FnOnce(&mut Counter)) {
        self.nesting += 1;
        inside(self);
        self.nesting -= 1;
    }

    /// A loop, what it goes through or waits for, and what it does.
    fn repeat(&mut self, head: Option<&Expr>, body: &Block) {
        self.cyclomatic += 1;
        self.cognitive += 1 + self.nesting;
        head.into_iter().for_each(|head| self.visit_expr(head));
        self.nest(|it| it.visit_block(body));
    }

    fn jump(&mut self, label: Option<&syn::Lifetime>) {
        self.cognitive += u32::from(label.is_some());
    }

    /// The parts of an `if`, whose `if` itself is counted.
    fn branches(&mut self, branch: &ExprIf) {
        self.visit_expr(&branch.cond);
        self.nest(|it| it.visit_block(&branch.then_branch));
        let Some((_, other)) = &branch.else_branch else {
            return;
        };
        self.cognitive += 1;
        if let Expr::If(other) = &**other {
            // `else if` is a step on, not one further in.
            self.cyclomatic += 1;
            self.branches(other);
        } else {
            self.nest(|it| it.visit_expr(other));
        }
    }
}

impl<'ast> Visit<'ast> for Counter {
    fn visit_item(&mut self, _: &'ast syn::Item) {}

    fn visit_expr_if(&mut self, branch: &'ast ExprIf) {
        self.cyclomatic += 1;
        self.cognitive += 1 + self.nesting;
        self.branches(branch);
    }

    fn visit_expr_match(&mut self, it: &'ast ExprMatch) {
        self.cyclomatic += (it.arms.len() as u32).saturating_sub(1);
        self.cognitive += 1 + self.nesting;
        self.visit_expr(&it.expr);
        self.nest(|counter| it.arms.iter().for_each(|arm| counter.visit_arm(arm)));
    }

    fn visit_pat_guard(&mut self, guard: &'ast syn::PatGuard) {
        self.cyclomatic += 1;
        visit::visit_pat_guard(self, guard);
    }

    fn visit_expr_while(&mut self, it: &'ast syn::ExprWhile) {
        self.repeat(Some(&it.cond), &it.body);
    }

    fn visit_expr_for_loop(&mut self, it: &'ast syn::ExprForLoop) {
        self.repeat(Some(&it.expr), &it.body);
    }

    fn visit_expr_loop(&mut self, it: &'ast syn::ExprLoop) {
        self.repeat(None, &it.body);
    }

    fn visit_expr_closure(&mut self, it: &'ast syn::ExprClosure) {
        self.nest(|counter| visit::visit_expr_closure(counter, it));
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(init) = local.init.as_ref().filter(|init| init.diverge.is_some()) {
            self.cyclomatic += 1;
            self.cognitive += 1 + self.nesting;
            self.visit_pat(&local.pat);
            self.visit_expr(&init.expr);
            self.nest(|it| {
                let diverge = init.diverge.iter();
                diverge.for_each(|(_, expr)| it.visit_expr(expr));
            });
        } else {
            visit::visit_local(self, local);
        }
    }

    fn visit_expr_try(&mut self, it: &'ast syn::ExprTry) {
        self.cyclomatic += 1;
        visit::visit_expr_try(self, it);
    }

    fn visit_expr_binary(&mut self, it: &'ast ExprBinary) {
        if logical(it).is_some() {
            self.cyclomatic += 1;
            // A run `a && b && c` nests to the left: its innermost one counts.
            let run_goes_on = match &*it.left {
                Expr::Binary(left) => logical(left) == logical(it),
                _ => false,
            };
            self.cognitive += u32::from(!run_goes_on);
        }
        visit::visit_expr_binary(self, it);
    }

    fn visit_expr_break(&mut self, it: &'ast syn::ExprBreak) {
        self.jump(it.label.as_ref());
        visit::visit_expr_break(self, it);
    }

    fn visit_expr_continue(&mut self, it: &'ast syn::ExprContinue) {
        self.jump(it.label.as_ref());
    }
}

#[derive(PartialEq)]
enum Logical {
    And,
    Or,
}

fn logical(it: &ExprBinary) -> Option<Logical> {
    match it.op {
        BinOp::And(_) => Some(Logical::And),
        BinOp::Or(_) => Some(Logical::Or),
        _ => None,
    }
}
