//! Owns what a session is, plain data. How it is drawn is in `draw`, how it is done and checked in `run`.

mod draw;
mod enrich;
mod excuse;
mod small;

pub use draw::case;
pub use excuse::excuse;
pub use small::case as small;

use crate::program::{Answer, Program};
use crate::scenario::{Keeps, Level, Recipe};
use crate::stored::{Plan, Restart};
use crate::tweaks::{What, Where};
use serde::{Deserialize, Serialize};

/// One case: a program and what is done with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    pub seed: u64,
    /// Whether it belongs to the test with several threads.
    pub threads: bool,
    pub program: Program,
    /// The levels that scenarios are made of.
    #[serde(default)]
    pub pool: Vec<Level>,
    #[serde(default)]
    pub keeps: Keeps,
    /// Which contexts have a store, if any has.
    #[serde(default)]
    pub store: Option<Plan>,
    /// Other versions of the program.
    #[serde(default)]
    pub versions: Vec<Program>,
    pub steps: Vec<Step>,
}

/// One step. Steps are a flat list, so that any of them may be left out: what
/// is still open at the end is left then, and a `Leave` too many does nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// `with_context`
    Enter,
    /// `Context::enter` of one of the kept contexts
    EnterKept(u8),
    /// `Scenario::enter`
    Scenario(Recipe),
    /// Leaves by return or by a panic. Leaving the outermost context opens the next one.
    Leave { panic: bool },
    /// In the current layer.
    Do(Act),
    /// In a layer further out, while this one lives.
    Above { up: u8, way: Way, act: Act },
    /// Several threads at once.
    Threads {
        changes: Vec<(u8, Act)>,
        branches: Vec<Branch>,
    },
    /// In a context of the first store that is entered from nowhere while the session goes on, in
    /// this process or in another.
    Beside { process: bool, acts: Vec<Act> },
    /// All contexts are left, and another session begins.
    Restart(Restart),
}

impl Step {
    pub fn is_restart(&self) -> bool {
        matches!(self, Step::Restart(_))
    }
}

/// How to get into a layer further out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Way {
    /// `here.run` on this thread
    Here,
    /// `here.run` on another thread
    Thread,
    /// Another thread enters the same context under the same parent
    Enter,
}

/// What one thread does while others do the same. Its later acts come when all changes are done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// The layer to start from, counted outwards.
    pub up: u8,
    /// What to enter there.
    pub into: Into,
    pub acts: Vec<Act>,
    pub later: Vec<Act>,
}

/// The layer of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Into {
    Same,
    Child,
    Kept(u8),
    Scenario(Recipe),
}

/// One act in one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Act {
    Call(u32),
    /// Through `Node::call`
    CallNode(u32),
    TryCall(u32),
    Get(u32),
    /// Calls every node.
    CallAll,
    Tweak(u32, Answer),
    /// Tweaks to what the node answers anyway.
    TweakSame(u32),
    Untweak(u32),
    TweakSo(Where, What),
    UntweakSo(Where),
    Invalidate(u32),
    Unload(u32),
    Clear,
    /// Asks all that can be asked about a node, then calls it.
    Query(u32),
    /// Calls in the parent, and compares unless masked.
    Masked(u32),
    /// The file of a node holds another number, or is gone. Either the layers have read all files
    /// before, or they are refreshed.
    Write {
        node: u32,
        content: Option<i64>,
        read: bool,
    },
    Refresh,
    /// Takes a handle, for later.
    Hold(u32),
    /// Calls with one of the handles that were taken on the node's source, counted backwards.
    CallHeld(u32, u8),
    Forget(u32),
    /// Collects garbage in the stores; the number says which.
    Collect(u8),
    /// Takes what is stored for right.
    Accept(Target),
}

impl Act {
    /// Whether it changes the tweaks of a context.
    pub fn tweaks(&self) -> bool {
        matches!(
            self,
            Act::Tweak(..)
                | Act::TweakSame(_)
                | Act::Untweak(_)
                | Act::TweakSo(..)
                | Act::UntweakSo(_)
        )
    }

    /// Whether it is more than a question.
    pub fn changes(&self) -> bool {
        match self {
            Act::Call(_)
            | Act::CallNode(_)
            | Act::TryCall(_)
            | Act::Get(_)
            | Act::CallAll
            | Act::Query(_)
            | Act::Masked(_)
            | Act::Hold(_)
            | Act::CallHeld(..) => false,
            Act::Tweak(..)
            | Act::TweakSame(_)
            | Act::Untweak(_)
            | Act::TweakSo(..)
            | Act::UntweakSo(_)
            | Act::Invalidate(_)
            | Act::Unload(_)
            | Act::Clear
            | Act::Write { .. }
            | Act::Refresh
            | Act::Forget(_)
            | Act::Collect(_)
            | Act::Accept(_) => true,
        }
    }
}

/// Of what stored results are taken for right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Target {
    All,
    /// All nodes of the function of this one.
    Function(u32),
    Node(u32),
}

/// Contexts that a session keeps.
pub const KEPT: u8 = 3;
