//! Of all that is stored, what is stale and why, by function: before anything runs.

use super::look::Look;
use super::{Answer, CodeChange, Explanation, Reason};
use crate::context::Context;
use crate::error::Error;
use crate::id::{NodeId, Snapshot};
use crate::registry;
use crate::store::Store;
use crate::tree::Locked;
use serde::Serialize;
use std::collections::BTreeMap;

/// What of a store is stale; [`Store::stale`] makes it.
///
/// It is data (`Serialize`) and text (`Display`).
///
/// ```
/// let report = dug::Store::in_memory().stale()?;
/// assert!(report.is_empty());
/// assert_eq!(report.to_string(), "0 of 0 stored nodes are stale\n");
/// # Ok::<(), dug::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StaleReport {
    /// The functions of which something is stored, by path.
    pub functions: Vec<StaleFunction>,
}

/// What of a function is stale.
///
/// ```
/// # use dug::{Context, Store, tracked};
/// # #[tracked] fn square(x: u64) -> u64 { x * x }
/// let store = Store::in_memory();
/// Context::builder().store(store.clone()).build().enter(|| square(4));
/// let report = store.stale()?;
/// assert_eq!((report.functions[0].nodes, report.functions[0].stale), (1, 0));
/// # Ok::<(), dug::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StaleFunction {
    /// Its path.
    pub function: String,
    /// How many of its nodes are stored.
    pub nodes: usize,
    /// How many of them are stale.
    pub stale: usize,
    /// Whether this program has the function, as far as it has been used: of a method that is
    /// tracked alone nothing is known before.
    pub is_known: bool,
    /// Why, and of how many nodes that is a reason; the most frequent first.
    pub causes: Vec<(StaleCause, usize)>,
}

/// Why nodes of a function are stale.
///
/// ```
/// let cause = dug::StaleCause::RestsOn { function: "spot".to_owned() };
/// assert_eq!(cause.to_string(), "rests on spot");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum StaleCause {
    /// The function's own code, or what it reaches, is not what it was.
    Code {
        /// What is different; empty where that is not known.
        changes: Vec<CodeChange>,
    },
    /// It asks nodes of another function that are stale, or answer otherwise.
    RestsOn {
        /// The other's path.
        function: String,
    },
    /// A file or a variable is not what it was.
    Input {
        /// The node of the read.
        node: NodeId,
    },
    /// A function that it asks is not in this program, or is generic and was not used yet.
    Gone {
        /// Its path.
        function: String,
    },
    /// What is said of single nodes.
    Other {
        /// The reason.
        reason: Reason,
    },
}

impl StaleReport {
    /// How many nodes are stored, without what reads files and variables.
    ///
    /// ```
    /// assert_eq!(dug::Store::in_memory().stale()?.nodes(), 0);
    /// # Ok::<(), dug::Error>(())
    /// ```
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.functions.iter().map(|function| function.nodes).sum()
    }

    /// How many of them are stale.
    ///
    /// ```
    /// assert_eq!(dug::Store::in_memory().stale()?.stale(), 0);
    /// # Ok::<(), dug::Error>(())
    /// ```
    #[must_use]
    pub fn stale(&self) -> usize {
        self.functions.iter().map(|function| function.stale).sum()
    }

    /// Whether nothing is stale.
    ///
    /// ```
    /// assert!(dug::Store::in_memory().stale()?.is_empty());
    /// # Ok::<(), dug::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stale() == 0
    }
}

impl StaleFunction {
    fn add(&mut self, cause: StaleCause) {
        match self.causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, count)) => *count += 1,
            None => self.causes.push((cause, 1)),
        }
    }
}

impl Store {
    /// What of all that is stored is stale, and why: for a look at it before anything runs. Nothing
    /// runs for it; files and variables that results rest on are looked at. It takes the time of
    /// finding every node once.
    ///
    /// Of a cell, or an instantiation of a generic function, that was not used yet, inputs are not looked at.
    /// Tweaks play no part: a node is stale if it would run in a context of its own, as far as that is known
    /// before anything runs: what rests on something that would have to run counts as stale, though that may
    /// give what it gave. A call with arguments is looked at with those that it had, handles included, and so
    /// is a cell: it is not stale where only what gave them is. Nor are those counted of which this program
    /// does not know the function ([`is_known`](StaleFunction::is_known)). Of what
    /// rests on what is stale, the report names the function; [`Node::explain`](crate::Node::explain)
    /// follows it to the bottom.
    ///
    /// # Errors
    /// [`Error::Store`]: the store cannot be read.
    ///
    /// ```
    /// use dug::{Context, Store, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// let store = Store::in_memory();
    /// Context::builder().store(store.clone()).build().enter(|| square(4));
    /// println!("{}", store.stale()?);
    /// assert_eq!(store.stale()?.to_string(), "0 of 1 stored nodes are stale\n");
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn stale(&self) -> Result<StaleReport, Error> {
        let nodes = self.nodes()?;
        let context = Context::builder().store(self.clone()).build();
        let layer = context.layer_under(None, false);
        let _standing = crate::scope::Standing::elsewhere(Some(layer.clone()), None);
        let mut functions: BTreeMap<String, StaleFunction> = BTreeMap::new();
        let mut graph = layer.lock();
        let mut look = Look::new(&layer, 0);
        for id in &nodes {
            let path = id.function();
            if is_dugs_own(path) {
                continue;
            }
            let found = functions.entry(path.to_owned()).or_default();
            found.nodes += 1;
            let causes = match registry::find(path) {
                Some(function) => {
                    let node = Snapshot::new(function, id.arguments(), None);
                    Some(causes(path, look.at(&mut graph, &node)))
                }
                None => self.causes_of_unused(&mut graph, &mut look, id),
            };
            found.is_known = causes.is_some();
            let causes = causes.unwrap_or_default();
            if !causes.is_empty() {
                found.stale += 1;
                causes.into_iter().for_each(|cause| found.add(cause));
            }
        }
        look.release(&mut graph);
        drop(graph);
        let functions = functions.into_iter().map(|(path, mut function)| {
            function.function = path;
            function
                .causes
                .sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            function
        });
        Ok(StaleReport {
            functions: functions.collect(),
        })
    }
}

impl Store {
    /// Why the node is stale, of a function that nothing has used yet: by the codes of the functions at or
    /// below it alone. `None` if this program does not know it.
    fn causes_of_unused(
        &self,
        graph: &mut Locked<'_>,
        look: &mut Look<'_>,
        id: &NodeId,
    ) -> Option<Vec<StaleCause>> {
        let path = id.function();
        registry::code(path)?;
        let proofs = graph.unlocked(|| self.proofs_of(path, id.arguments()));
        let newest = proofs.first()?;
        if proofs.iter().any(|proof| proof.items().is_some()) {
            return Some(Vec::new());
        }
        let mut causes = Vec::new();
        for reached in newest.functions() {
            let function = reached.path.to_string();
            causes.extend(match registry::code(&function) {
                None => Some(StaleCause::Gone { function }),
                Some((_, code)) if code == reached.code => None,
                Some(_) if function == path => Some(StaleCause::Code {
                    changes: look.changes(graph, self, path, reached.code),
                }),
                Some(_) => Some(StaleCause::RestsOn { function }),
            });
        }
        Some(causes)
    }
}

/// Whether the function is one that reads the world outside for others.
fn is_dugs_own(path: &str) -> bool {
    registry::find(path).is_some_and(|function| function.is_internal())
}

/// Why the node is stale, each cause once; none if it is not.
fn causes(path: &str, explanation: Explanation) -> Vec<StaleCause> {
    if explanation.answer != Answer::Run {
        return Vec::new();
    }
    let mut causes = Vec::new();
    for reason in explanation.reasons {
        let cause = match reason {
            Reason::Code { function, changes } if function == path => StaleCause::Code { changes },
            Reason::Code { function, .. } => StaleCause::RestsOn { function },
            Reason::Dependency { of, .. } => match is_dugs_own(of.node.function()) {
                true => StaleCause::Input { node: of.node },
                false => StaleCause::RestsOn {
                    function: of.node.function().to_owned(),
                },
            },
            Reason::Input { node } => StaleCause::Input { node },
            Reason::Gone { function } => StaleCause::Gone { function },
            // That its value is not kept makes nothing stale.
            Reason::NoValue | Reason::NotStored | Reason::Unstored { .. } => continue,
            reason => StaleCause::Other { reason },
        };
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    causes
}
