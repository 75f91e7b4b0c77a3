//! What memoization saved, and that it changed nothing.

use serde::Serialize;

use crate::progress;
use crate::what_ifs::{Outcome, WhatIf};

/// The proof for both kinds of what-if.
#[derive(Serialize)]
pub struct Proofs {
    pub real_days: Proof,
    pub bump_ladder: Proof,
    /// Whether the base, too, is the same to the bit in all three ways.
    pub base_identical: bool,
}

impl Proofs {
    /// Whether caching changed nothing.
    pub fn hold(&self) -> bool {
        let all = |proof: &Proof| proof.identical == proof.what_ifs;
        self.base_identical && all(&self.real_days) && all(&self.bump_ladder)
    }
}

/// The functions run for all what-ifs of one kind, three ways, and whether the
/// answers agree.
#[derive(Serialize)]
pub struct Proof {
    /// What kind they are.
    pub kind: &'static str,
    /// How many what-ifs there are.
    pub what_ifs: usize,
    /// For the base, once.
    pub base: u64,
    /// For all what-ifs nested in the base: the cones of their tweaks.
    pub cones: u64,
    /// For each what-if in a context of its own with no base to share: every
    /// function once for each set of arguments.
    pub fresh_contexts: u64,
    /// For each what-if with no cache: every function as often as it is called.
    pub no_cache: u64,
    /// The what-ifs to which all three ways give the same answer, to the bit.
    pub identical: usize,
}

impl Proof {
    /// Evaluates the what-ifs again without what they share. To be called
    /// outside of any context.
    pub fn new(
        kind: &'static str,
        base: &Outcome,
        what_ifs: &[WhatIf],
        nested: &[Outcome],
    ) -> Proof {
        let fresh = progress::each(
            &format!("{kind}, fresh contexts"),
            what_ifs,
            WhatIf::evaluate,
        );
        let bare = progress::each(
            &format!("{kind}, no cache"),
            what_ifs,
            WhatIf::evaluate_uncached,
        );

        let answers = nested.iter().zip(&fresh).zip(&bare);
        let identical = answers.filter(|((nested, fresh), bare)| agree(nested, fresh, bare.0));
        Proof {
            kind,
            what_ifs: what_ifs.len(),
            base: base.functions_run,
            cones: functions_run(nested),
            fresh_contexts: functions_run(&fresh),
            no_cache: bare.iter().map(|(_, functions_run)| functions_run).sum(),
            identical: identical.count(),
        }
    }

    /// The functions run with dug: the base and the cones.
    pub fn with_dug(&self) -> u64 {
        self.base + self.cones
    }
}

fn functions_run(outcomes: &[Outcome]) -> u64 {
    outcomes.iter().map(|outcome| outcome.functions_run).sum()
}

/// Whether three answers are the same number, to the bit.
pub fn agree(nested: &Outcome, fresh: &Outcome, bare: f64) -> bool {
    let bits = nested.value.to_bits();
    bits == fresh.value.to_bits() && bits == bare.to_bits()
}
