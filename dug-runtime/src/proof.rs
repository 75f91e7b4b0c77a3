//! What proves, without a look at the graph, that a node gives a value: the functions and the
//! external inputs at or below it.
//!
//! If the code of each of the functions is what it was, each of the inputs gives what it
//! gave, and no tweak is about any of them, then the node gives this value: all that it
//! rests on would run as it did. A value that rests on a tweak has no proof.

use crate::digest::{Digester, Fingerprint};
use crate::function::Definition;
use crate::id::Snapshot;
use crate::registry;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// A function, and the code that it ran with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Reached {
    pub(crate) path: Arc<str>,
    pub(crate) code: Fingerprint,
}

/// An external input, and what it gave.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Read {
    pub(crate) path: Arc<str>,
    pub(crate) arguments: Box<[u8]>,
    pub(crate) fingerprint: Fingerprint,
}

/// Names a proof: a digest of what it says.
pub(crate) type ProofKey = [u8; 10];

/// The functions and the inputs at or below a node.
#[derive(Debug)]
pub(crate) struct Proof {
    key: ProofKey,
    parts: Parts,
    /// The items of the functions, if the code of all of them is what it was.
    items: OnceLock<Option<Box<[&'static Definition]>>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parts {
    functions: BTreeSet<Reached>,
    inputs: BTreeSet<Read>,
}

/// Beyond this many inputs a result is found to be right by what it asked: were each of many
/// results to name many inputs, storing and checking them would be quadratic.
const MOST_INPUTS: usize = 64;

impl Parts {
    pub(crate) fn add_function(&mut self, path: &str, code: Fingerprint) {
        let path = path.into();
        self.functions.insert(Reached { path, code });
    }

    pub(crate) fn add_input(&mut self, path: &str, arguments: &[u8], fingerprint: Fingerprint) {
        self.inputs.insert(Read {
            path: path.into(),
            arguments: arguments.into(),
            fingerprint,
        });
    }

    pub(crate) fn add(&mut self, proof: &Proof) {
        self.functions.extend(proof.parts.functions.iter().cloned());
        self.inputs.extend(proof.parts.inputs.iter().cloned());
    }

    /// `None` if there are too many inputs.
    pub(crate) fn finish(self) -> Option<Proof> {
        if self.inputs.len() > MOST_INPUTS {
            return None;
        }
        let mut digester = Digester::new("dug proof 1");
        for Reached { path, code } in &self.functions {
            digester = digester.part(path.as_bytes()).part(code.as_bytes());
        }
        digester = digester.part(b"inputs");
        for read in &self.inputs {
            digester = digester
                .part(read.path.as_bytes())
                .part(&read.arguments)
                .part(read.fingerprint.as_bytes());
        }
        let digest = digester.finish();
        let mut key = ProofKey::default();
        let length = key.len();
        key.copy_from_slice(&digest[..length]);
        Some(Proof {
            key,
            parts: self,
            items: OnceLock::new(),
        })
    }
}

impl Proof {
    /// Of what an external input has given.
    pub(crate) fn of_input(node: &Snapshot, fingerprint: Fingerprint) -> Option<Arc<Proof>> {
        let path = node.function.path();
        let mut parts = Parts::default();
        parts.add_function(path, Fingerprint::new(node.function.code_fingerprint()));
        parts.add_input(path, node.arguments.as_slice(), fingerprint);
        parts.finish().map(Arc::new)
    }

    pub(crate) fn key(&self) -> &ProofKey {
        &self.key
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Read> {
        self.parts.inputs.iter()
    }

    /// The functions at or below, with the code that each ran with.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Reached> {
        self.parts.functions.iter()
    }

    /// The code that the function with this path ran with.
    pub(crate) fn code_of(&self, path: &str) -> Option<Fingerprint> {
        let mut functions = self.functions();
        let reached = functions.find(|reached| &*reached.path == path)?;
        Some(reached.code)
    }

    /// Whether it says that the function is below, with this code.
    pub(crate) fn includes(&self, path: &str, code: Fingerprint) -> bool {
        let path = path.into();
        self.parts.functions.contains(&Reached { path, code })
    }

    /// The items of the functions, whatever their code is now; `None` for one that this program does not know,
    /// or not yet.
    pub(crate) fn items_of_any_code(&self) -> impl Iterator<Item = Option<&'static Definition>> {
        let functions = self.parts.functions.iter();
        functions.map(|reached| Some(registry::code(&reached.path)?.0))
    }

    /// The items of the functions, if this program has all of them with the code that they ran with.
    pub(crate) fn items(&self) -> Option<&[&'static Definition]> {
        let items = self.items.get_or_init(|| {
            let items = self.functions().map(|reached| {
                let (item, code) = registry::code(&reached.path)?;
                (code == reached.code).then_some(item)
            });
            let items: Option<Vec<_>> = items.collect();
            Some(distinct(items?).into())
        });
        items.as_deref()
    }
}

/// Each item once.
pub(crate) fn distinct(
    items: impl IntoIterator<Item = &'static Definition>,
) -> Vec<&'static Definition> {
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort_unstable_by_key(|item| std::ptr::from_ref(*item).addr());
    items.dedup_by(|one, other| std::ptr::eq(*one, *other));
    items
}
