//! The key of a call: its function and the encoding of its arguments, built on the stack.

use crate::codec::{self, Sink};
use crate::function::Function;
use serde::Serialize;
use smallvec::SmallVec;
use std::panic::Location;

/// Encoded arguments; short ones need no allocation.
pub(crate) type Buffer = SmallVec<[u8; 56]>;

impl Sink for Buffer {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// One call of a tracked function, before it is known whether anything must run.
#[derive(Debug)]
pub struct Key {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Buffer,
    pub(crate) caller: &'static Location<'static>,
    /// The printed arguments, of functions whose arguments cannot be read back.
    pub(crate) text: Option<String>,
    pub(crate) refused: Option<String>,
}

impl Key {
    /// A call of `function` without arguments so far.
    #[inline]
    #[track_caller]
    pub fn new(function: &'static Function) -> Self {
        Key {
            function,
            arguments: Buffer::new(),
            caller: Location::caller(),
            text: None,
            refused: None,
        }
    }

    /// Adds the next argument to the key.
    #[inline]
    pub fn argument<T: Serialize + ?Sized>(&mut self, argument: &T) {
        if let Err(error) = codec::encode_into(argument, &mut self.arguments) {
            self.refuse(error.to_string());
        }
    }

    #[cold]
    fn refuse(&mut self, message: String) {
        self.refused.get_or_insert(message);
    }

    /// Whether [`describe`](Self::describe) must be called for each argument before the call runs:
    /// the arguments cannot be printed from their encoding.
    #[inline]
    pub fn wants_text(&self) -> bool {
        !self.function.prints(&self.arguments)
    }

    /// Adds the next argument to the printed form of the node.
    pub fn describe<T: Serialize + ?Sized>(&mut self, argument: &T) {
        let text = self.text.get_or_insert_default();
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&codec::render(argument));
    }
}
