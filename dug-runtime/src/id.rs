//! The identity of a node outside any context: serializable, ordered, printable.

use crate::arguments::Arguments;
use crate::codec::{self, passed};
use crate::function::Function;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One tracked function applied to one set of arguments, by name.
///
/// An id is the function's path and the canonical encoding of the arguments.
/// It is the same in every process and build of one compiler (with
/// `#[tracked(name = "..")]`, for good), and says nothing of code versions. It
/// carries its printed form, so that a program that does not know the function prints it too.
/// An argument that is a [`Tracked`](crate::Tracked) stands for the node that it came from,
/// whatever it holds.
///
/// ```
/// use dug::{NodeId, node, tracked, with_context};
///
/// #[tracked]
/// fn foo(x: i64) -> i64 { 2 * x }
///
/// let id = node!(foo(4)).id().clone();
/// assert_eq!(id.to_string(), "foo(4)");
///
/// let json = serde_json::to_string(&id).unwrap();
/// let back: NodeId = serde_json::from_str(&json).unwrap();
/// assert_eq!(back, id);
/// with_context(|| assert_eq!(back.call_erased().unwrap().downcast::<i64>().unwrap(), 8));
/// ```
#[derive(Clone)]
pub struct NodeId(Arc<Inner>);

struct Inner {
    function: String,
    arguments: Arguments,
    text: String,
}

impl NodeId {
    pub(crate) fn of(function: &'static Function, arguments: &[u8], text: Option<&str>) -> Self {
        let text = match text {
            Some(text) => format!("{}({text})", function.name()),
            None => function.print(arguments),
        };
        NodeId(Arc::new(Inner {
            function: function.path().to_owned(),
            arguments: Arguments::new(arguments),
            text,
        }))
    }

    /// The arguments, and what handles among them hold, where that is known.
    pub(crate) fn arguments(&self) -> &[u8] {
        self.0.arguments.as_slice()
    }

    /// What tells the node from others of its function.
    pub(crate) fn identity(&self) -> Cow<'_, [u8]> {
        passed::identity(self.arguments())
    }

    /// The path of the function, with its concrete type parameters.
    ///
    /// ```
    /// # use dug::{node, tracked};
    /// #[tracked(name = "pricing::spot")]
    /// fn spot(symbol: &str) -> f64 { symbol.len() as f64 }
    ///
    /// assert_eq!(node!(spot("AAPL")).id().function(), "pricing::spot");
    /// ```
    pub fn function(&self) -> &str {
        &self.0.function
    }

    /// A BLAKE3 digest of the function's path and the encoded arguments.
    ///
    /// ```
    /// # use dug::{node, tracked};
    /// # #[tracked] fn foo(x: i64) -> i64 { x }
    /// assert_eq!(node!(foo(4)).id().digest(), node!(foo(4)).id().digest());
    /// assert_ne!(node!(foo(4)).id().digest(), node!(foo(5)).id().digest());
    /// ```
    pub fn digest(&self) -> [u8; 32] {
        digest_of(&self.0.function, &self.identity())
    }
}

/// The digest of a node's identity.
pub(crate) fn digest_of(function: &str, arguments: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[codec::FORMAT]);
    hasher.update(&(function.len() as u64).to_le_bytes());
    hasher.update(function.as_bytes());
    hasher.update(arguments);
    *hasher.finalize().as_bytes()
}

/// The arguments of a node that cannot be read back from their encoding.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Described {
    /// As they are printed.
    pub(crate) text: String,
    /// Where each ends in the encoding.
    pub(crate) ends: Vec<u32>,
}

/// A node taken out of a tree, to be printed without its lock.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Arguments,
    pub(crate) text: Option<Arc<Described>>,
}

impl Snapshot {
    /// A node that need not be in any tree.
    pub(crate) fn new(
        function: &'static Function,
        arguments: &[u8],
        text: Option<Arc<Described>>,
    ) -> Self {
        Snapshot {
            function,
            arguments: Arguments::new(arguments),
            text,
        }
    }

    /// `foo(4)`.
    pub(crate) fn print(&self) -> String {
        match &self.text {
            Some(described) => format!("{}({})", self.function.name(), described.text),
            None => self.function.print(self.arguments.as_slice()),
        }
    }

    /// The arguments as they are printed.
    pub(crate) fn print_arguments(&self) -> String {
        match &self.text {
            Some(described) => described.text.clone(),
            None => self
                .function
                .print_arguments(self.arguments.as_slice())
                .unwrap_or_else(|| "..".to_owned()),
        }
    }

    /// As [`NodeId::digest`], and of what handles among the arguments hold.
    pub(crate) fn digest(&self) -> [u8; 32] {
        digest_of(self.function.path(), self.arguments.as_slice())
    }

    pub(crate) fn id(&self) -> NodeId {
        NodeId::of(
            self.function,
            self.arguments.as_slice(),
            self.text.as_deref().map(|described| &*described.text),
        )
    }
}

impl PartialEq for NodeId {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for NodeId {}

impl PartialOrd for NodeId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for NodeId {
    fn cmp(&self, other: &Self) -> Ordering {
        let arguments = || self.identity().cmp(&other.identity());
        self.0.function.cmp(&other.0.function).then_with(arguments)
    }
}

impl Hash for NodeId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.function.hash(state);
        self.identity().hash(state);
    }
}

impl AsRef<NodeId> for NodeId {
    fn as_ref(&self) -> &NodeId {
        self
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0.text)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "NodeId({})", self.0.text)
    }
}

impl NodeId {
    /// A node of which only this is known, in a program that may not have its function.
    pub(crate) fn from_parts(function: String, arguments: &[u8], text: String) -> Self {
        NodeId(Arc::new(Inner {
            function,
            arguments: Arguments::new(arguments),
            text,
        }))
    }
}

/// The serialized form. In formats that people read, the arguments are hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(rename = "NodeId")]
struct Written {
    function: String,
    arguments: String,
    text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "NodeId")]
struct WrittenBytes {
    function: String,
    arguments: Vec<u8>,
    text: String,
}

impl Serialize for NodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (function, text) = (self.0.function.clone(), self.0.text.clone());
        if serializer.is_human_readable() {
            let arguments = to_hex(&self.identity());
            Written {
                function,
                arguments,
                text,
            }
            .serialize(serializer)
        } else {
            let arguments = self.identity().into_owned();
            WrittenBytes {
                function,
                arguments,
                text,
            }
            .serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for NodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (function, arguments, text) = if deserializer.is_human_readable() {
            let written = Written::deserialize(deserializer)?;
            let arguments = from_hex(&written.arguments).ok_or_else(|| {
                serde::de::Error::custom("the arguments of a node id must be hexadecimal digits")
            })?;
            (written.function, arguments, written.text)
        } else {
            let written = WrittenBytes::deserialize(deserializer)?;
            (written.function, written.arguments, written.text)
        };
        Ok(NodeId::from_parts(
            function,
            &passed::identity(&arguments),
            text,
        ))
    }
}

/// The bytes as hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that hexadecimal digits say.
pub(crate) fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}
