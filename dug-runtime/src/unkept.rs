//! Why results of runs were not kept, for those who ask why nothing of a node is there. What is remembered
//! says nothing of what the node answers.

use crate::function::Function;
use crate::id::Snapshot;
use crate::key::{Key, hash_arguments};
use crate::layer::Layer;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Why a result was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    IsErr,
    ReadUnkept,
    Withdrawn,
}

impl Why {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Why::IsErr => "it answered an `Err`",
            Why::ReadUnkept => {
                "it had read what is not kept (an `Err`, or a panic or a cycle that it caught)"
            }
            Why::Withdrawn => "a tweak or an invalidation below it came while it ran",
        }
    }
}

/// A node by the number of its function and the hash of its arguments.
type Name = (usize, u64);

/// The latest reason of a node, and in which layer it ran.
static UNKEPT: LazyLock<Mutex<HashMap<Name, (u64, Why)>>> = LazyLock::new(Mutex::default);

fn name(function: &Function, arguments: &[u8]) -> Name {
    (function.number(), hash_arguments(arguments))
}

fn unkept() -> MutexGuard<'static, HashMap<Name, (u64, Why)>> {
    UNKEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a run of the node in the layer gave was not kept.
pub(crate) fn note(layer: &Layer, key: &Key, why: Why) {
    /// Of so many nodes it is remembered.
    const MOST: usize = 4096;
    let mut unkept = unkept();
    if unkept.len() >= MOST {
        unkept.clear();
    }
    unkept.insert(name(key.function, &key.arguments), (layer.uid, why));
}

/// Why a run of the node in this process was not kept, if one was not.
pub(crate) fn anywhere(node: &Snapshot) -> Option<Why> {
    let name = name(node.function, node.arguments.as_slice());
    unkept().get(&name).map(|(_, why)| *why)
}

/// As [`anywhere`], if it ran in this layer or in one around it.
pub(crate) fn here(layer: &Layer, node: &Snapshot) -> Option<Why> {
    let name = name(node.function, node.arguments.as_slice());
    let (ran_in, why) = unkept().get(&name).copied()?;
    layer
        .outward()
        .any(|layer| layer.uid == ran_in)
        .then_some(why)
}
