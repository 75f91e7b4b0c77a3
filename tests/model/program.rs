//! Owns what a program is: plain data, one small expression per node. It says
//! nothing about how programs are grown (`grow`), run (`interpret`, `functions`)
//! or evaluated (`evaluate`).

use crate::scenario::Level;
use crate::tweaks::{What, Where};
use serde::{Deserialize, Serialize};

/// Which tracked function a node belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// `leaf(program, index) -> i64`
    Leaf,
    /// `op(program, index) -> i64`
    Op,
    /// `other(program, index) -> i64`: what one of the two has, a version of the other has not
    Other,
    /// `by_graph(program, index) -> i64`, told apart by how it was computed
    ByGraph,
    /// `fallible(program, index) -> Result<i64, i64>`, whose `Err` is not kept
    Fallible,
    /// `named(program, "index") -> Result<i64, i64>`, with `cache_err`
    Named,
    /// `opaque(program, index) -> Opaque`, in memory, its values not comparable
    Opaque,
    /// `handle(program, index) -> Tracked<i64>`
    Handle,
    /// `through(program, index, handle) -> i64`, called with a handle on its [source](Def::source)
    Through,
    /// What is bound to a name: a tweak of it is a binding. Its body is not used.
    External,
    /// The number in a file. Its body is what the file holds at first. It is never tweaked.
    File,
}

impl Kind {
    pub const ALL: [Kind; 11] = [
        Kind::Leaf,
        Kind::Op,
        Kind::Other,
        Kind::ByGraph,
        Kind::Fallible,
        Kind::Named,
        Kind::Opaque,
        Kind::Handle,
        Kind::Through,
        Kind::External,
        Kind::File,
    ];

    /// Its place in [`ALL`](Self::ALL).
    pub fn place(self) -> usize {
        self as usize
    }

    /// Whether equal results are equal wherever they come from. (A text that is read is kept in memory.)
    pub fn is_comparable(self) -> bool {
        !matches!(self, Kind::Opaque | Kind::ByGraph | Kind::File)
    }

    pub fn can_fail(self) -> bool {
        matches!(self, Kind::Fallible | Kind::Named)
    }

    /// Whether handles on its answers are held and passed.
    pub fn is_held(self) -> bool {
        use Kind::{ByGraph, Handle, Leaf, Op, Other, Through};
        matches!(self, Leaf | Op | Other | ByGraph | Handle | Through)
    }

    /// Whether the forbidden act is tried on nodes of this kind. What cannot be asked of a name, or not without
    /// its handle, is not.
    pub fn is_tried(self, which: u8) -> bool {
        match self {
            Kind::External => matches!(which, 0 | 1 | 3 | 8),
            Kind::File => matches!(which, 3 | 8),
            Kind::Through => matches!(which, 0 | 1 | 3 | 5 | 8),
            _ => true,
        }
    }

    /// Whether it has no body, and is read from outside.
    pub fn is_outside(self) -> bool {
        matches!(self, Kind::External | Kind::File)
    }
}

/// What a node answers when it does not panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    Value(i64),
    Error(i64),
}

impl Answer {
    /// What is left of this answer for a function of that kind.
    pub fn fitted(self, kind: Kind) -> Answer {
        match self {
            Answer::Error(code) if !kind.can_fail() => Answer::Value(code),
            other => other,
        }
    }
}

/// What a body does. Every expression gives a number, or leaves the body by an
/// error of its own, by a panic, or by dug's error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Expr {
    Const(i64),
    /// Asks a node; its `Err` goes on to the caller where the function can fail, else it counts as a number.
    Ask(u32),
    Sum(Vec<Expr>),
    Min(Vec<Expr>),
    Max(Vec<Expr>),
    /// The cut-offs: different values below, equal ones above.
    Divided(Box<Expr>, i64),
    Rest(Box<Expr>, i64),
    Sign(Box<Expr>),
    Above(Box<Expr>, i64),
    /// `if first > k { second } else { third }`
    If(Box<Expr>, i64, Box<Expr>, Box<Expr>),
    /// Panics if the value leaves this rest when divided by five.
    PanicIf(Box<Expr>, i64),
    /// Returns `Err` if the value leaves this rest when divided by five.
    FailIf(Box<Expr>, i64),
    /// Catches a panic and answers the number instead.
    Catch(Box<Expr>, i64),
    /// Asks on another thread, scoped, through `here` or `inherit`.
    Thread {
        inherit: bool,
        expr: Box<Expr>,
    },
    /// Opens contexts, one after the other; the kept one is entered again for each part.
    Within {
        kept: bool,
        parts: Vec<Vec<Inner>>,
    },
    /// Enters a scenario, and acts there.
    Scenario {
        levels: Vec<Level>,
        acts: Vec<Inner>,
    },
    /// Asks in the layer around the innermost one that this body opened.
    Outside(Box<Expr>),
    /// What the handle holds that the function was called with; else a number.
    Given,
    /// Asks the node, and holds a handle on its answer while the expression is computed.
    Hold(u32, Box<Expr>),
    /// Asks the node, with the handle that is held on its source, if one is.
    AskHeld(u32),
    /// Tries what is forbidden to a running tracked function; `which` selects the act.
    Impure {
        which: u8,
        node: u32,
    },
}

/// What is done inside a context that a body has opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Inner {
    Tweak(u32, Expr),
    Untweak(u32),
    TweakSo(Where, What),
    UntweakSo(Where),
    Invalidate(u32),
    Add(Expr),
}

impl Inner {
    fn expr(&self) -> Option<&Expr> {
        match self {
            Inner::Tweak(_, expr) | Inner::Add(expr) => Some(expr),
            _ => None,
        }
    }

    fn expr_mut(&mut self) -> Option<&mut Expr> {
        match self {
            Inner::Tweak(_, expr) | Inner::Add(expr) => Some(expr),
            _ => None,
        }
    }

    /// The nodes that it names itself.
    pub fn named_mut(&mut self) -> Vec<&mut u32> {
        match self {
            Inner::Tweak(node, _) | Inner::Untweak(node) | Inner::Invalidate(node) => vec![node],
            Inner::TweakSo(place, what) => place
                .named_mut()
                .into_iter()
                .chain(what.named_mut())
                .collect(),
            Inner::UntweakSo(place) => place.named_mut().into_iter().collect(),
            Inner::Add(_) => Vec::new(),
        }
    }
}

/// One node: its function and its body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Def {
    pub kind: Kind,
    pub body: Expr,
    /// The node on whose answer a call of [`Kind::Through`] has a handle.
    #[serde(default)]
    pub source: Option<u32>,
}

impl Def {
    pub fn new(kind: Kind, body: Expr) -> Self {
        let source = None;
        Def { kind, body, source }
    }
}

/// The nodes; without `cyclic`, each asks only for nodes before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    pub cyclic: bool,
    pub nodes: Vec<Def>,
}

impl Program {
    pub fn len(&self) -> u32 {
        self.nodes.len() as u32
    }

    pub fn kind(&self, node: u32) -> Kind {
        self.nodes[node as usize].kind
    }

    /// The node on whose answer a call of this one has a handle.
    pub fn source(&self, node: u32) -> Option<u32> {
        let def = &self.nodes[node as usize];
        def.source.filter(|_| def.kind == Kind::Through)
    }

    /// All nodes of such functions.
    pub fn all(&self, wanted: impl Fn(Kind) -> bool) -> Vec<u32> {
        let all = 0..self.len();
        all.filter(|node| wanted(self.kind(*node))).collect()
    }

    /// Whether some body anywhere does what the predicate looks for.
    pub fn any(&self, wanted: &dyn Fn(&Expr) -> bool) -> bool {
        self.nodes.iter().any(|def| def.body.any(wanted))
    }

    /// Whether the body asks in contexts of its own and from other threads: what is asked there comes
    /// before the others in a record or behind them, so that of two runs one may take the other's place.
    pub fn asks_in_no_order(&self, node: u32) -> bool {
        let body = &self.nodes[node as usize].body;
        body.any(&|expr| matches!(expr, Expr::Thread { .. }))
            && body.any(&|expr| matches!(expr, Expr::Within { .. } | Expr::Scenario { .. }))
    }

    /// Whether the body may tweak or invalidate in a context of its own.
    pub fn tweaks_inside(&self, node: u32) -> bool {
        let acts = |acts: &[Inner]| {
            acts.iter()
                .any(|act| act.expr().is_none() || matches!(act, Inner::Tweak(..)))
        };
        let body = &self.nodes[node as usize].body;
        body.any(&|expr| match expr {
            Expr::Within { parts, .. } => parts.iter().any(|part| acts(part)),
            Expr::Scenario { .. } => true,
            _ => false,
        })
    }
}

impl Expr {
    /// The expressions directly below.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Const(_)
            | Expr::Ask(_)
            | Expr::AskHeld(_)
            | Expr::Given
            | Expr::Impure { .. } => Vec::new(),
            Expr::Sum(list) | Expr::Min(list) | Expr::Max(list) => list.iter().collect(),
            Expr::Divided(expr, _)
            | Expr::Rest(expr, _)
            | Expr::Sign(expr)
            | Expr::Above(expr, _)
            | Expr::PanicIf(expr, _)
            | Expr::FailIf(expr, _)
            | Expr::Catch(expr, _)
            | Expr::Thread { expr, .. }
            | Expr::Hold(_, expr)
            | Expr::Outside(expr) => vec![expr],
            Expr::If(first, _, second, third) => vec![first, second, third],
            Expr::Within { parts, .. } => parts.iter().flatten().filter_map(Inner::expr).collect(),
            Expr::Scenario { acts, .. } => acts.iter().filter_map(Inner::expr).collect(),
        }
    }

    /// The same as `children`, to change them.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Expr::Const(_)
            | Expr::Ask(_)
            | Expr::AskHeld(_)
            | Expr::Given
            | Expr::Impure { .. } => Vec::new(),
            Expr::Sum(list) | Expr::Min(list) | Expr::Max(list) => list.iter_mut().collect(),
            Expr::Divided(expr, _)
            | Expr::Rest(expr, _)
            | Expr::Sign(expr)
            | Expr::Above(expr, _)
            | Expr::PanicIf(expr, _)
            | Expr::FailIf(expr, _)
            | Expr::Catch(expr, _)
            | Expr::Thread { expr, .. }
            | Expr::Hold(_, expr)
            | Expr::Outside(expr) => vec![expr],
            Expr::If(first, _, second, third) => vec![first, second, third],
            Expr::Within { parts, .. } => parts
                .iter_mut()
                .flatten()
                .filter_map(Inner::expr_mut)
                .collect(),
            Expr::Scenario { acts, .. } => acts.iter_mut().filter_map(Inner::expr_mut).collect(),
        }
    }

    /// Calls `then` for this expression and all below it.
    pub fn each(&self, then: &mut dyn FnMut(&Expr)) {
        then(self);
        for child in self.children() {
            child.each(then);
        }
    }

    /// Whether this expression or one below it is what the predicate looks for.
    pub fn any(&self, wanted: &dyn Fn(&Expr) -> bool) -> bool {
        wanted(self) || self.children().into_iter().any(|child| child.any(wanted))
    }

    /// The node that this expression itself names, if it names one, and those that its acts name.
    pub fn named_mut(&mut self) -> Vec<&mut u32> {
        match self {
            Expr::Ask(node)
            | Expr::AskHeld(node)
            | Expr::Hold(node, _)
            | Expr::Impure { node, .. } => vec![node],
            Expr::Within { parts, .. } => {
                let acts = parts.iter_mut().flatten();
                acts.flat_map(Inner::named_mut).collect()
            }
            Expr::Scenario { levels, acts } => {
                let tweaks = levels.iter_mut().flatten();
                let named = tweaks.flat_map(|(place, what)| {
                    place.named_mut().into_iter().chain(what.named_mut())
                });
                named
                    .chain(acts.iter_mut().flat_map(Inner::named_mut))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}
