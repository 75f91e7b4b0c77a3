//! Owns what a case remembers of its sessions, as far as stores may answer from it: the programs that were
//! in force, each in the worlds that were seen, and what was accepted for which versions.
//!
//! By the law, each stored result whose run met no tweak is what the evaluator gives for one of these programs. So
//! nothing is taken from dug's own results: a wrong one that is stored excuses nothing later.

use crate::program::{Expr, Kind, Program};
use crate::session::Target;
use crate::stored::{Versions, in_force};
use crate::tweaks::What;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a context excuses stored results from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Excuse {
    /// `Policy::Recompute`, said in so many words.
    Nothing,
    /// `Policy::RecomputeTo`
    DeeperThan(u8),
    /// `Policy::OnlyMissing`
    Anything,
}

impl Excuse {
    pub fn policy(self) -> dug::Policy {
        match self {
            Excuse::Nothing => dug::Policy::Recompute,
            Excuse::DeeperThan(depth) => dug::Policy::RecomputeTo(depth.into()),
            Excuse::Anything => dug::Policy::OnlyMissing,
        }
    }

    /// The one that excuses more: what was served answers in the contexts inside, whatever their policy.
    pub fn or(self, other: Excuse) -> Excuse {
        match (self, other) {
            (Excuse::Nothing, other) | (other, Excuse::Nothing) => other,
            (Excuse::DeeperThan(one), Excuse::DeeperThan(other)) => {
                Excuse::DeeperThan(one.min(other))
            }
            _ => Excuse::Anything,
        }
    }
}

/// A program that was in force, with what was seen from outside in the place of bodies.
#[derive(Clone, PartialEq)]
pub struct Then {
    pub versions: Versions,
    pub program: Arc<Program>,
}

/// What was accepted at once.
struct Accepted {
    /// For these versions,
    versions: Versions,
    /// of these nodes,
    nodes: BTreeSet<u32>,
    /// the results that these versions of each function had given.
    ran: Vec<BTreeSet<u8>>,
}

/// The past of a case.
#[derive(Default)]
pub struct Past {
    /// The versions of the program, the first one first.
    programs: Vec<Program>,
    pub thens: Vec<Then>,
    accepted: Vec<Accepted>,
    /// A context with a policy was entered. What it has run on what was served is not stored to be found again.
    pub has_served: bool,
    /// A name was bound in an outermost context without a store: results that contexts inside have stored rest on it as
    /// on an input, and no account is kept of these.
    pub has_bound_apart: bool,
}

impl Past {
    pub fn new(first: &Program, versions: &[Program]) -> Past {
        let programs = [first].into_iter().chain(versions).cloned();
        Past {
            programs: programs.collect(),
            ..Past::default()
        }
    }

    /// This program is in force.
    pub fn note(&mut self, program: &Arc<Program>) {
        let (versions, program) = (in_force(), program.clone());
        let then = Then { versions, program };
        if !self.thens.contains(&then) {
            self.thens.push(then);
        }
    }

    pub fn has_accepted(&self) -> bool {
        !self.accepted.is_empty()
    }

    /// Results are accepted for the versions in force.
    pub fn accept(&mut self, target: Target) {
        let first = &self.programs[0];
        let mut nodes: BTreeSet<u32> = match target {
            Target::All => (0..first.len()).collect(),
            Target::Function(node) => {
                let kind = first.kind(node);
                first.all(|other| other == kind).into_iter().collect()
            }
            Target::Node(node) => [node].into(),
        };
        // With all that they rest on, in whatever version.
        let mut new: Vec<u32> = nodes.iter().copied().collect();
        while let Some(node) = new.pop() {
            for below in self.may_ask(node) {
                if nodes.insert(below) {
                    new.push(below);
                }
            }
        }
        let ran = Kind::ALL.map(|kind| {
            let thens = self.thens.iter();
            thens.map(|then| then.versions[kind.place()]).collect()
        });
        self.accepted.push(Accepted {
            versions: in_force(),
            nodes,
            ran: ran.into(),
        });
    }

    /// The nodes that a body of the node may ask for itself.
    fn may_ask(&self, node: u32) -> BTreeSet<u32> {
        let mut asked: BTreeSet<u32> = self.programs[0].source(node).into_iter().collect();
        let mut note = |expr: &Expr| match expr {
            Expr::Ask(node) | Expr::AskHeld(node) | Expr::Hold(node, _) => _ = asked.insert(*node),
            Expr::Scenario { levels, .. } => {
                let asking = levels.iter().flatten().filter_map(|(_, what)| match what {
                    What::Asks(node) => Some(*node),
                    _ => None,
                });
                asked.extend(asking);
            }
            _ => {}
        };
        for program in &self.programs {
            program.nodes[node as usize].body.each(&mut note);
        }
        asked
    }

    /// Whether results of the one version of the node's function are taken for results of the other.
    pub fn counts_as(&self, node: u32, then: u8, now: u8) -> bool {
        let place = self.programs[0].kind(node).place();
        let mut accepted = self.accepted.iter();
        then == now
            || accepted.any(|accepted| {
                accepted.versions[place] == now
                    && accepted.nodes.contains(&node)
                    && accepted.ran[place].contains(&then)
            })
    }

    /// The bodies whose results are taken for results of this version, that of the version first.
    pub fn bodies(&self, node: u32, now: u8) -> Vec<&Expr> {
        let of = |version: u8| {
            let program = self.programs.get(usize::from(version));
            &program.unwrap_or(&self.programs[0]).nodes[node as usize].body
        };
        let mut bodies = vec![of(now)];
        let mut versions: BTreeSet<u8> = self
            .thens
            .iter()
            .map(|then| then.versions[self.programs[0].kind(node).place()])
            .collect();
        versions.retain(|then| self.counts_as(node, *then, now));
        for version in versions {
            let body = of(version);
            if !bodies.contains(&body) {
                bodies.push(body);
            }
        }
        bodies
    }
}
