//! The key of a call: its function and the encoding of its arguments, built on the stack.

use crate::bounds::TrackedArgument;
use crate::codec::{self, Buffer, CodecError, passed};
use crate::error::Error;
use crate::function::Function;
use crate::graph::{Graph, NodeIx};
use crate::id::{Described, NodeId};
use crate::inline::Inlines;
use crate::registry;
use crate::trace;
use std::hash::BuildHasher;
use std::panic::Location;
use std::sync::Arc;

/// Seeded alike in every thread: a hash is made once and used in several tables.
static HASHER: foldhash::fast::FixedState = foldhash::fast::FixedState::with_seed(0x0064_7567);

/// The hash of encoded arguments, the same in every tree.
#[inline]
pub(crate) fn hash_arguments(arguments: &[u8]) -> u64 {
    HASHER.hash_one(arguments)
}

/// One call of a tracked function, before it is known whether anything must run.
#[derive(Debug, Clone)]
pub struct Key {
    pub(crate) function: &'static Function,
    /// The arguments, and what handles among them hold.
    pub(crate) arguments: Buffer,
    /// How many bytes of that are the arguments.
    encoded: usize,
    pub(crate) caller: &'static Location<'static>,
    /// What few have.
    more: Option<Box<More>>,
    /// How an answer is remembered without a pointer, if it is small.
    pub(crate) inlines: Option<Inlines>,
}

/// What few keys have.
#[derive(Debug, Clone, Default)]
struct More {
    /// The arguments in words, of functions whose arguments cannot be read back.
    described: Option<Arc<Described>>,
    /// Why an argument was not encoded.
    refused: Option<CodecError>,
}

impl Key {
    /// A call of `function` without arguments so far.
    // In debug builds what is inlined always makes the code of each tracked function several times as large.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    #[track_caller]
    pub fn new(function: &'static Function) -> Self {
        Key {
            function,
            arguments: Buffer::default(),
            encoded: 0,
            caller: Location::caller(),
            more: None,
            inlines: None,
        }
    }

    /// The call that the id is of.
    ///
    /// # Errors
    /// [`Error::UnknownFunction`].
    #[track_caller]
    pub(crate) fn of_id(id: &NodeId) -> Result<Self, Error> {
        let function = registry::find(id.function()).ok_or_else(|| Error::UnknownFunction {
            node: id.to_string(),
            function: id.function().to_owned(),
        })?;
        let mut key = Key::new(function);
        key.arguments.set(id.arguments());
        key.encoded = passed::without_tail(id.arguments()).len();
        Ok(key)
    }

    /// Adds the next argument to the key.
    // As `new`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn argument<T: TrackedArgument + ?Sized>(&mut self, argument: &T) {
        let (start, met) = (self.arguments.len(), passed::met());
        if let Err(error) = codec::encode_into(argument, &mut self.arguments) {
            self.refuse(error);
        }
        let has_tail = self.encoded != start;
        let is_word = self.arguments.word().is_some();
        let gets_one = has_tail || !is_word && passed::ends_like_a_tail(&self.arguments);
        if gets_one || passed::met() != met {
            return self.make_tail(start, met);
        }
        self.encoded = self.arguments.len();
    }

    /// Brings what handles hold behind all arguments; the latest begins at `start`.
    #[cold]
    #[inline(never)]
    fn make_tail(&mut self, start: usize, met: usize) {
        let mut levels = passed::levels(&self.arguments[..start]);
        levels.extend(passed::flat(passed::take_met(met)));
        let arguments = [&self.arguments[..self.encoded], &self.arguments[start..]].concat();
        self.encoded = arguments.len();
        self.arguments.set(&passed::with_tail(&arguments, &levels));
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// The arguments in words, of functions whose arguments cannot be read back.
    pub(crate) fn described(&self) -> Option<&Arc<Described>> {
        self.more.as_ref()?.described.as_ref()
    }

    /// Its arguments have no words but these.
    pub(crate) fn set_described(&mut self, described: Option<Arc<Described>>) {
        self.more().described = described;
    }

    /// The arguments so far, whatever handles among them hold.
    pub(crate) fn encoded(&self) -> &[u8] {
        &self.arguments[..self.encoded]
    }

    #[cold]
    fn refuse(&mut self, error: CodecError) {
        self.more().refused.get_or_insert(error);
    }

    #[inline]
    pub(crate) fn hash(&self) -> u64 {
        hash_arguments(&self.arguments)
    }

    /// Whether an argument refused to be encoded.
    #[inline(always)]
    pub(crate) fn is_refused(&self) -> bool {
        self.more
            .as_ref()
            .is_some_and(|more| more.refused.is_some())
    }

    /// The node, if this tree knows it.
    pub(crate) fn find(&self, graph: &Graph) -> Option<NodeIx> {
        graph
            .nodes
            .find(self.function, self.hash(), &self.arguments)
    }

    /// The node in this tree, which the caller holds from now on.
    pub(crate) fn intern(&self, graph: &mut Graph) -> NodeIx {
        let described = self.described();
        graph
            .nodes
            .intern(self.function, self.hash(), &self.arguments, described)
    }

    /// The error, if an argument refused to be encoded.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let error = self.more.as_ref()?.refused.as_ref()?;
        Some(Error::Encode {
            function: self.function.name().to_owned(),
            message: error.to_string(),
            caller: self.caller,
        })
    }

    /// Whether [`describe`](Self::describe) must be called for each argument before the call runs:
    /// the arguments cannot be printed from their encoding.
    #[inline]
    pub fn wants_text(&self) -> bool {
        !self.function.prints(&self.arguments)
    }

    /// As [`wants_text`](Self::wants_text), of a call that is made now: where the current
    /// layer's tree knows the node, it knows the text too.
    #[inline]
    pub fn lacks_text(&self) -> bool {
        self.wants_text() && !self.is_known()
    }

    fn is_known(&self) -> bool {
        let layer = trace::with(|thread| thread.current_layer());
        layer.is_some_and(|layer| self.find(&layer.lock()).is_some())
    }

    /// Adds the next argument to the printed form of the node.
    pub fn describe<T: TrackedArgument + ?Sized>(&mut self, argument: &T) {
        let described = Arc::make_mut(self.more().described.get_or_insert_default());
        if !described.text.is_empty() {
            described.text.push_str(", ");
        }
        described.text.push_str(&codec::render(argument));
        let start = described.ends.last().copied().unwrap_or(0);
        // Where it refuses to be encoded, the call ends in an error before anything needs this.
        let length = codec::encode(argument).map_or(0, |bytes| bytes.len());
        described
            .ends
            .push(start.saturating_add(u32::try_from(length).unwrap_or(u32::MAX)));
    }
}
