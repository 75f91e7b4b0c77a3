//! What a scenario changes: which nodes answer otherwise, in which order the
//! change travelled, and which tweaks are responsible.
//!
//! `look` asks both scenarios and takes out of the tree what they rest on;
//! `travel`, which is pure, finds the way of the change in that; `write` prints.

mod look;
mod travel;
mod write;

use crate::context::{Context, impure};
use crate::error::Error;
use crate::id::NodeId;
use crate::scenario::Scenario;
use crate::trace;
use crate::tweak::Tweak;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::panic::Location;

/// What is different for one node in a scenario and in its base; [`diff`] makes it.
///
/// It is data (`Serialize`), text (`Display`: a line for each node, in the order in which the
/// change travelled), and a graph ([`to_dot`](Self::to_dot)).
///
/// ```
/// use dug::{Scenario, diff, node, tracked, tweak, with_context};
///
/// #[tracked]
/// fn spot() -> i64 { 100 }
/// #[tracked]
/// fn value() -> i64 { 2 * spot() }
/// #[tracked]
/// fn is_rich() -> bool { value() > 10 }
///
/// # fn main() -> Result<(), dug::Error> {
/// let crash = Scenario::new().named("crash").with(tweak!(in spot() => 80))?;
/// let diff = with_context(|| diff(&Scenario::new(), &crash, node!(is_rich())))?;
/// assert!(diff.is_empty());
/// assert_eq!(
///     diff.to_string(),
///     "is_rich() in crash: as in the base\n\
///      1. spot(): 100 -> 80, by spot() => 80\n\
///      2. value(): 200 -> 160, through 1\n\
///      3. is_rich(): true as before, absorbs 2\n"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct Diff {
    node: NodeId,
    base: String,
    scenario: String,
    tweaks: Vec<DiffTweak>,
    changes: Vec<Change>,
}

/// A tweak that a difference comes from.
///
/// ```
/// # use dug::{Scenario, Side, diff, node, tracked, tweak, with_context};
/// # #[tracked] fn one() -> u8 { 1 }
/// let two = Scenario::new().with(tweak!(in one() => 2)).unwrap();
/// let diff = with_context(|| diff(&Scenario::new(), &two, node!(one()))).unwrap();
/// assert_eq!(diff.tweaks()[0].side, Side::Scenario);
/// assert_eq!(diff.tweaks()[0].tweak.to_string(), "one() => 2");
/// ```
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct DiffTweak {
    /// The tweak; serialized as it is printed.
    #[serde(serialize_with = "as_text")]
    pub tweak: Tweak,
    /// Which of the two has it, and the other not.
    pub side: Side,
}

fn as_text<S: Serializer>(tweak: &Tweak, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(tweak)
}

/// One of the two that are compared.
///
/// ```
/// assert_ne!(dug::Side::Base, dug::Side::Scenario);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Side {
    /// What the scenario is compared with.
    Base,
    /// The scenario.
    Scenario,
}

/// How a node is different.
///
/// ```
/// # use dug::{ChangeKind, Scenario, diff, node, tracked, tweak, with_context};
/// # #[tracked] fn one() -> u8 { 1 }
/// let two = Scenario::new().with(tweak!(in one() => 2)).unwrap();
/// let diff = with_context(|| diff(&Scenario::new(), &two, node!(one()))).unwrap();
/// assert_eq!(diff.changes()[0].kind, ChangeKind::Changed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It answers otherwise.
    Changed,
    /// It is tweaked, or depends on what is different, and answers as before: the change ends here.
    Absorbed,
    /// The answer rests on it in the scenario only.
    OnlyScenario,
    /// The answer rests on it in the base only.
    OnlyBase,
}

/// One node of a [`Diff`].
///
/// ```
/// # use dug::{Scenario, diff, node, tracked, tweak, with_context};
/// # #[tracked] fn one() -> u8 { 1 }
/// # #[tracked] fn twice() -> u8 { 2 * one() }
/// let two = Scenario::new().with(tweak!(in one() => 2)).unwrap();
/// let diff = with_context(|| diff(&Scenario::new(), &two, node!(twice()))).unwrap();
/// let change = &diff.changes()[1];
/// assert_eq!(change.node.to_string(), "twice()");
/// assert_eq!((change.from.as_deref(), change.to.as_deref()), (Some("2"), Some("4")));
/// assert_eq!(change.through, [0]); // by way of `one()`, the first of the changes
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Which node.
    pub node: NodeId,
    /// How it is different.
    pub kind: ChangeKind,
    /// What it answers in the base, printed, `..` if it has no encoding; `None` if the base does not ask it.
    pub from: Option<String>,
    /// What it answers in the scenario, printed, `..` if it has no encoding; `None` if the scenario does not ask it.
    pub to: Option<String>,
    /// The tweaks of this very node, by place in [`Diff::tweaks`]; of a node that only one of the
    /// two asks for, also those of the asker that make it ask.
    pub tweaks: Vec<usize>,
    /// By way of which nodes the change came, by place in [`Diff::changes`]: those that it depends
    /// on, and, where only one of the two asks for it, those that decided so. All come before it.
    /// What lies below a question that a function asked in a context which it opened is among them
    /// if it had to be asked there, too: if it was not in memory.
    pub through: Vec<usize>,
}

impl Diff {
    /// The node that was asked.
    ///
    /// ```
    /// # use dug::{Scenario, diff, node, tracked, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// let none = Scenario::new();
    /// let diff = with_context(|| diff(&none, &none, node!(one()))).unwrap();
    /// assert_eq!(diff.node().to_string(), "one()");
    /// ```
    pub fn node(&self) -> &NodeId {
        &self.node
    }

    /// All nodes that are different, or absorb a difference, causes before effects: in the order
    /// of the scenario's graph, behind what they depend on; at the end those that only the base asks for.
    ///
    /// ```
    /// # use dug::{Scenario, diff, node, tracked, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// let none = Scenario::new();
    /// let diff = with_context(|| diff(&none, &none, node!(one()))).unwrap();
    /// assert!(diff.changes().is_empty());
    /// ```
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What is said of one node; `None` if it is not among the [`changes`](Self::changes).
    ///
    /// ```
    /// # use dug::{ChangeKind, Scenario, diff, node, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// let same = Scenario::new().with(tweak!(in one() => 1)).unwrap();
    /// let diff = with_context(|| diff(&Scenario::new(), &same, node!(one()))).unwrap();
    /// assert_eq!(diff.change(node!(one())).unwrap().kind, ChangeKind::Absorbed);
    /// ```
    pub fn change(&self, node: impl AsRef<NodeId>) -> Option<&Change> {
        Some(&self.changes[self.place(node.as_ref())?])
    }

    fn place(&self, node: &NodeId) -> Option<usize> {
        self.changes.iter().position(|change| change.node == *node)
    }

    /// Whether the node that was asked answers the same in both.
    ///
    /// ```
    /// # use dug::{Scenario, diff, node, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// let two = Scenario::new().with(tweak!(in one() => 2)).unwrap();
    /// let diff = with_context(|| diff(&Scenario::new(), &two, node!(one()))).unwrap();
    /// assert!(!diff.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        let change = self.change(&self.node);
        change.is_none_or(|change| change.kind == ChangeKind::Absorbed)
    }

    /// The tweaks that the differences come from, those of the scenario first. What both have
    /// at the same place, and what reaches no node here, is not among them.
    ///
    /// ```
    /// # use dug::{Scenario, diff, node, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// let two = Scenario::new().with(tweak!(in one() => 2)).unwrap();
    /// let diff = with_context(|| diff(&two, &two, node!(one()))).unwrap();
    /// assert!(diff.tweaks().is_empty());
    /// ```
    pub fn tweaks(&self) -> &[DiffTweak] {
        &self.tweaks
    }

    /// The tweaks that are responsible for what is said of the node, by whatever way.
    ///
    /// ```
    /// # use dug::{Scenario, diff, node, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// # #[tracked] fn twice() -> u8 { 2 * one() }
    /// let two = Scenario::new().with(tweak!(in one() => 2)).unwrap();
    /// let diff = with_context(|| diff(&Scenario::new(), &two, node!(twice()))).unwrap();
    /// assert_eq!(diff.responsible(node!(twice()))[0].tweak.to_string(), "one() => 2");
    /// ```
    pub fn responsible(&self, node: impl AsRef<NodeId>) -> Vec<&DiffTweak> {
        let mut pending: Vec<usize> = self.place(node.as_ref()).into_iter().collect();
        let mut seen = vec![false; self.changes.len()];
        let mut found = BTreeSet::new();
        while let Some(place) = pending.pop() {
            if !std::mem::replace(&mut seen[place], true) {
                let change = &self.changes[place];
                found.extend(&change.tweaks);
                pending.extend(&change.through);
            }
        }
        found
            .into_iter()
            .map(|tweak: usize| &self.tweaks[tweak])
            .collect()
    }

    /// The ways of the change: pairs of places in [`changes`](Self::changes), the cause first.
    ///
    /// ```
    /// # use dug::{Scenario, diff, node, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// # #[tracked] fn twice() -> u8 { 2 * one() }
    /// let two = Scenario::new().with(tweak!(in one() => 2)).unwrap();
    /// let diff = with_context(|| diff(&Scenario::new(), &two, node!(twice()))).unwrap();
    /// assert_eq!(diff.edges().collect::<Vec<_>>(), [(0, 1)]);
    /// ```
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        let changes = self.changes.iter().enumerate();
        changes.flat_map(|(to, change)| change.through.iter().map(move |from| (*from, to)))
    }
}

/// Asks `node` in both scenarios, and tells what is different, from where, and by which way.
///
/// Both are entered from the current context; outside every context, one is made for it. Nodes
/// are compared by the encodings of their answers; those without one (`in_memory`) are different
/// whenever they were computed apart. To compare all, nodes whose answers are not in memory are
/// asked as well: those that were unloaded, those below a result that a store has given, and those
/// that were asked for in a context which a function opened. What cannot be told of them is left
/// out. A store tells what a run has asked. It does not where a function has opened a context with
/// tweaks, nor where what it asked cannot be asked by its id: there the body runs again, and its
/// stored result stays.
///
/// # Errors
/// - Those of [`NodeId::call_erased`].
/// - [`Error::Unreadable`], if an answer of the node is not kept: an `Err`, or what has read one.
/// - [`Error::Impure`], inside a running tracked function.
///
/// # Panics
/// When the node does, in one of the two.
///
/// ```
/// use dug::{Scenario, diff, node, tracked, tweak, with_context};
///
/// #[tracked]
/// fn spot(name: &str) -> i64 { 100 * name.len() as i64 }
/// #[tracked]
/// fn rate() -> i64 { 3 }
/// #[tracked]
/// fn forward(name: &str) -> i64 { spot(name) * rate() }
/// #[tracked]
/// fn book() -> i64 { forward("A") + forward("BB") }
///
/// # fn main() -> Result<(), dug::Error> {
/// let day = Scenario::new().named("day").with(tweak!(in rate() => 2))?;
/// let crash = Scenario::new().named("crash").with(tweak!(in spot("A") => 80))?;
/// let diff = with_context(|| diff(&day, &crash.over(&day), node!(book())))?;
/// assert_eq!(
///     diff.to_string(),
///     "book() in crash over day, compared with day: 600 -> 560\n\
///      1. spot(\"A\"): 100 -> 80, by spot(\"A\") => 80\n\
///      2. forward(\"A\"): 200 -> 160, through 1\n\
///      3. book(): 600 -> 560, through 2\n"
/// );
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn diff(base: &Scenario, scenario: &Scenario, node: impl AsRef<NodeId>) -> Result<Diff, Error> {
    let caller = Location::caller();
    if trace::with(|thread| thread.current_run()).is_some() {
        return Err(impure("comparing scenarios", caller));
    }
    let node = node.as_ref();
    match trace::with(|thread| thread.current_layer()) {
        Some(_) => diff_here(base, scenario, node),
        None => Context::new().enter(|| diff_here(base, scenario, node)),
    }
}

fn diff_here(base: &Scenario, scenario: &Scenario, node: &NodeId) -> Result<Diff, Error> {
    let looked = look::look([base, scenario], node)?;
    let steps = travel::travel(&looked.ways());
    let responsible: BTreeSet<usize> = steps
        .iter()
        .flat_map(|step| step.tweaks.iter().copied())
        .collect();
    let responsible: Vec<usize> = responsible.into_iter().collect();
    let changes = steps.into_iter().map(|step| {
        let [from, to] = looked.print(step.node);
        let places = step.tweaks.iter();
        Change {
            node: looked.id(step.node),
            kind: step.kind,
            from,
            to,
            tweaks: places
                .filter_map(|tweak| responsible.binary_search(tweak).ok())
                .collect(),
            through: step.through,
        }
    });
    let changes = changes.collect();
    Ok(Diff {
        node: node.clone(),
        base: match base.is_empty() && base.name().is_none() {
            true => String::new(),
            false => base.to_string(),
        },
        scenario: scenario.to_string(),
        tweaks: responsible
            .iter()
            .map(|tweak| looked.tweak(*tweak))
            .collect(),
        changes,
    })
}
