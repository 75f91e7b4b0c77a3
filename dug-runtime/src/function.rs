//! Tracked functions as data: what the macro says of an item, and one
//! descriptor per instantiation of it. Nothing here knows a context.

use crate::codec;
use crate::error::Error;
use crate::value::{EncodeValue, Erased, encode_value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// One `#[tracked]` item of the source, whatever its type parameters are.
#[derive(Debug)]
pub struct Definition {
    /// What is printed: `foo`, or `Curve::rate` for a method.
    pub name: &'static str,
    /// The path that is unique but for items of one name in sibling blocks.
    pub path: fn() -> String,
    /// `name = ".."`: replaces the path.
    pub fixed_path: Option<&'static str>,
    /// Where the item stands; the order of items with one path.
    pub file: &'static str,
    /// See `file`.
    pub line: u32,
    /// See `file`.
    pub column: u32,
    /// `version = ".."`: part of the code fingerprint.
    pub version: Option<&'static str>,
}

/// Runs a node from its encoded arguments, or only prints them.
pub type CallById = fn(&mut Arguments<'_>) -> Result<Option<Erased>, Error>;

/// What can be done with the nodes of a function, by type.
#[derive(Debug)]
pub struct Operations {
    call: Result<CallById, &'static str>,
    /// `None`: the results have no encoding, and no two of them count as equal.
    encode: Option<EncodeValue>,
}

impl Operations {
    /// Of a function whose results can be encoded. `call` says how to call it by id, or why that cannot be.
    pub const fn stored<R: Serialize + 'static>(call: Result<CallById, &'static str>) -> Self {
        Operations {
            call,
            encode: Some(encode_value::<R>),
        }
    }

    /// Of a function that is `in_memory`: its results need no encoding.
    pub const fn in_memory(call: Result<CallById, &'static str>) -> Self {
        Operations { call, encode: None }
    }
}

/// The descriptor of one tracked function, each instantiation of a generic one being its own.
/// Its address is its identity in memory.
#[derive(Debug)]
pub struct Function {
    definition: &'static Definition,
    name: Cow<'static, str>,
    operations: Operations,
    types: Vec<&'static str>,
    number: AtomicU32,
    path: OnceLock<Box<str>>,
    /// Whether arguments can be read back to be printed.
    prints: AtomicU8,
}

/// A function that has no number yet.
const UNNUMBERED: u32 = u32::MAX;

const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

impl Function {
    /// The descriptor of a function without type parameters, for a `static`.
    pub const fn new(definition: &'static Definition, operations: Operations) -> Self {
        Function {
            definition,
            name: Cow::Borrowed(definition.name),
            operations,
            types: Vec::new(),
            number: AtomicU32::new(UNNUMBERED),
            path: OnceLock::new(),
            prints: AtomicU8::new(UNKNOWN),
        }
    }

    /// The descriptor of one instantiation. A name `Self::method` says that the
    /// first type is the one that the method belongs to.
    pub(crate) fn instance(
        definition: &'static Definition,
        operations: Operations,
        types: Vec<&'static str>,
    ) -> Self {
        let name = match (definition.name.strip_prefix("Self::"), types.first()) {
            (Some(method), Some(owner)) => {
                let owner = owner.split('<').next().unwrap_or_default();
                let owner = owner.rsplit("::").next().unwrap_or_default();
                Cow::Owned(format!("{owner}::{method}"))
            }
            _ => Cow::Borrowed(definition.name),
        };
        Function {
            definition,
            name,
            operations,
            types,
            number: AtomicU32::new(UNNUMBERED),
            path: OnceLock::new(),
            prints: AtomicU8::new(UNKNOWN),
        }
    }

    pub(crate) fn definition(&self) -> &'static Definition {
        self.definition
    }

    /// A small number, dense over the functions that this process has used.
    #[inline]
    pub(crate) fn number(&self) -> usize {
        let number = self.number.load(Ordering::Relaxed);
        if number != UNNUMBERED {
            return number as usize;
        }
        self.assign_number() as usize
    }

    #[cold]
    fn assign_number(&self) -> u32 {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let fresh = NEXT.fetch_add(1, Ordering::Relaxed);
        match self
            .number
            .compare_exchange(UNNUMBERED, fresh, Ordering::Relaxed, Ordering::Relaxed)
        {
            Ok(_) => fresh,
            Err(other_thread) => other_thread,
        }
    }

    /// What is printed before the arguments.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name that identifies the function outside this process.
    pub(crate) fn path(&self) -> &str {
        self.path.get_or_init(|| {
            let mut path = crate::registry::unique_path(self.definition);
            if !self.types.is_empty() {
                path.push('<');
                path.push_str(&self.types.join(", "));
                path.push('>');
            }
            path.into()
        })
    }

    pub(crate) fn encode_result(&self) -> Option<EncodeValue> {
        self.operations.encode
    }

    /// Whether nodes can be run from their encoded arguments.
    pub(crate) fn is_callable(&self) -> bool {
        self.operations.call.is_ok()
    }

    /// Runs the node with these arguments: the tracked function itself is called.
    pub(crate) fn call_by_id(&self, arguments: &[u8]) -> Result<Erased, Error> {
        let result = self.read(&mut Arguments::new(arguments, None))?;
        result.ok_or_else(|| self.refused("its call returned nothing"))
    }

    /// The printed arguments.
    ///
    /// # Errors
    /// [`Error::NotCallable`], if they cannot be read back from their encoding, to its last byte.
    pub(crate) fn read_arguments(&self, arguments: &[u8]) -> Result<String, Error> {
        let mut reader = Arguments::new(arguments, Some(String::new()));
        self.read(&mut reader)?;
        match reader.bytes {
            [] => Ok(reader.text.unwrap_or_default()),
            _ => Err(self.refused("there are more arguments than the function takes")),
        }
    }

    fn read(&self, reader: &mut Arguments<'_>) -> Result<Option<Erased>, Error> {
        let call = self
            .operations
            .call
            .map_err(|reason| self.refused(reason))?;
        call(reader).map_err(|error| match error {
            Error::NotCallable { node, reason } if node.is_empty() => self.refused(&reason),
            error => error,
        })
    }

    fn refused(&self, reason: &str) -> Error {
        Error::NotCallable {
            node: format!("{}(..)", self.name()),
            reason: reason.to_owned(),
        }
    }

    /// The printed arguments, if they can be read back from their encoding.
    fn print_arguments(&self, arguments: &[u8]) -> Option<String> {
        self.read_arguments(arguments).ok()
    }

    /// Whether [`print_arguments`](Self::print_arguments) works for this function.
    /// Where it does not, the text must be taken when the arguments are at hand.
    #[inline]
    pub(crate) fn prints(&self, arguments: &[u8]) -> bool {
        match self.prints.load(Ordering::Relaxed) {
            UNKNOWN => self.find_out_whether_prints(arguments),
            prints => prints == YES,
        }
    }

    #[cold]
    fn find_out_whether_prints(&self, arguments: &[u8]) -> bool {
        // Decoding is user code, which may come back here: until it is known, the answer is no.
        self.prints.store(NO, Ordering::Relaxed);
        let prints = self.print_arguments(arguments).is_some();
        let known = if prints { YES } else { NO };
        self.prints.store(known, Ordering::Relaxed);
        prints
    }

    /// `foo(4)`, or `foo(..)` where the arguments cannot be read back.
    pub(crate) fn print(&self, arguments: &[u8]) -> String {
        let text = self.print_arguments(arguments);
        format!("{}({})", self.name(), text.as_deref().unwrap_or(".."))
    }
}

/// The encoded arguments of a node, read back one by one.
#[derive(Debug)]
pub struct Arguments<'a> {
    bytes: &'a [u8],
    text: Option<String>,
}

impl<'a> Arguments<'a> {
    fn new(bytes: &'a [u8], text: Option<String>) -> Self {
        Arguments { bytes, text }
    }

    /// Reads the next argument.
    pub fn read<T: DeserializeOwned + Serialize>(&mut self) -> Result<T, Error> {
        let value: T =
            codec::decode_front(&mut self.bytes).map_err(|error| Error::NotCallable {
                node: String::new(),
                reason: format!(
                    "an argument of type `{}` does not decode: {error}",
                    std::any::type_name::<T>()
                ),
            })?;
        if let Some(text) = &mut self.text {
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(&codec::render(&value));
        }
        Ok(value)
    }

    /// Whether the arguments are only printed, and the function must not be called.
    pub fn only_printing(&self) -> bool {
        self.text.is_some()
    }
}
