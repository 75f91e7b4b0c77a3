//! Tracked functions as data: what the macro says of an item, and one
//! descriptor per instantiation of it. Nothing here knows a context.

mod code;
#[cfg(debug_assertions)]
mod common;
mod operations;
mod parts;
mod program;
mod reading;

pub use code::{Code, Deep, pretend_code};
pub(crate) use code::{TARGET, version_digest};
#[cfg(debug_assertions)]
pub use common::common_types;
pub(crate) use operations::Results;
pub use operations::{CallById, CallFunction, Callable, Operations, ReadArgument};
pub use parts::Table;
pub(crate) use parts::{Part, is_told_by_name};
pub use reading::Arguments;

use crate::error::Error;
use crate::scope::Standing;
use crate::trace;
use crate::tweak::Numbers;
use crate::value::{EncodeValue, Erased, Value};
use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// One `#[tracked]` item of the source, whatever its type parameters are.
#[derive(Debug)]
pub struct Definition {
    /// What is printed: `foo`, or `Curve::rate` for a method.
    pub name: &'static str,
    /// The path that is unique but for items of one name in sibling blocks.
    pub path: Path,
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
    /// What else the code fingerprint is made from.
    pub code: Code,
    /// `fingerprint = graph`: results are told apart by how they were computed.
    pub by_graph: bool,
}

/// The path of a source item, from what stands in or beside it.
#[derive(Debug, Clone, Copy)]
pub struct Path {
    /// The path of that, as the compiler prints it.
    pub within: fn() -> &'static str,
    /// How many of its last segments are not the item's.
    pub levels: usize,
    /// What follows in their place.
    pub name: &'static str,
}

impl Path {
    /// The path itself.
    pub(crate) fn whole(self) -> String {
        let mut path = (self.within)();
        for _ in 0..self.levels {
            path = path.rsplit_once("::").map_or("", |(parent, _)| parent);
        }
        match path {
            "" => self.name.to_owned(),
            _ => format!("{path}::{}", self.name),
        }
    }
}

/// The descriptor of one tracked function, each instantiation of a generic one being its own.
/// Its address is its identity in memory.
#[derive(Debug)]
pub struct Function {
    definition: &'static Definition,
    /// The source item; another than the definition for types that share a name.
    item: &'static Definition,
    name: Cow<'static, str>,
    operations: Operations,
    types: Vec<&'static str>,
    is_instance: bool,
    number: AtomicU32,
    path: OnceLock<Box<str>>,
    code_fingerprint: OnceLock<[u8; 32]>,
    path_digest: OnceLock<[u8; 32]>,
    version_digest: OnceLock<[u8; 32]>,
    /// Whether arguments can be read back to be printed.
    prints: AtomicU8,
}

/// A function that has no number yet.
const UNNUMBERED: u32 = u32::MAX;

const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

impl Definition {
    /// Of what is no item of the source.
    pub(crate) const fn internal(name: &'static str) -> Self {
        Definition {
            name,
            path: Path {
                within: || "",
                levels: 0,
                name: "dug",
            },
            fixed_path: Some(name),
            file: file!(),
            line: 0,
            column: 0,
            version: None,
            code: Code {
                item: [0; 32],
                sources: None,
                is_unknown: false,
                deep: None,
            },
            by_graph: false,
        }
    }

    /// Whether it is a block in a function, which has no path of its own.
    pub(crate) fn is_cell(&self) -> bool {
        self.path.whole().is_empty()
    }
}

impl Function {
    /// The descriptor of a function without type parameters, for a `static`.
    pub const fn new(definition: &'static Definition, operations: Operations) -> Self {
        Function {
            definition,
            item: definition,
            name: Cow::Borrowed(definition.name),
            operations,
            types: Vec::new(),
            is_instance: false,
            number: AtomicU32::new(UNNUMBERED),
            path: OnceLock::new(),
            code_fingerprint: OnceLock::new(),
            path_digest: OnceLock::new(),
            version_digest: OnceLock::new(),
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
                let owner = owner.split(['<', '#']).next().unwrap_or_default();
                let owner = owner.rsplit("::").next().unwrap_or_default();
                Cow::Owned(format!("{owner}::{method}"))
            }
            _ => Cow::Borrowed(definition.name),
        };
        Function {
            definition,
            item: definition,
            name,
            operations,
            types,
            is_instance: true,
            number: AtomicU32::new(UNNUMBERED),
            path: OnceLock::new(),
            code_fingerprint: OnceLock::new(),
            path_digest: OnceLock::new(),
            version_digest: OnceLock::new(),
            prints: AtomicU8::new(UNKNOWN),
        }
    }

    pub(crate) fn definition(&self) -> &'static Definition {
        self.definition
    }

    /// The same function, as one of another source item.
    pub(crate) fn belonging_to(mut self, item: &'static Definition) -> Self {
        self.item = item;
        self
    }

    /// Whether its path is the same in every process.
    pub(crate) fn is_lasting(&self) -> bool {
        self.operations.lasting
    }

    /// Whether it is one of several of its item. A process may not know it before it is used there.
    pub(crate) fn is_instance(&self) -> bool {
        self.is_instance
    }

    /// Whether it is dug's own, no function of the program.
    pub(crate) fn is_internal(&self) -> bool {
        self.definition.line == 0
    }

    /// Whether its results go to a store.
    pub(crate) fn is_stored(&self) -> bool {
        self.is_lasting() && !self.is_input() && self.operations.results.is_some()
    }

    /// Whether it reads the world outside: files, the environment.
    pub(crate) fn is_input(&self) -> bool {
        self.operations.input.is_some()
    }

    /// Whether its nodes are names to which contexts bind values.
    pub(crate) fn is_named_value(&self) -> bool {
        self.operations.named
    }

    /// The type of its results, as the compiler names it.
    pub(crate) fn result_type(&self) -> &'static str {
        self.operations
            .results
            .map_or("", |results| (results.type_name)())
    }

    /// The source item that it instantiates; its address tells source items apart.
    pub(crate) fn item(&self) -> &'static Definition {
        self.item
    }

    /// Its [`number`](Self::number), or [`UNNUMBERED`] if it has none yet.
    #[inline]
    pub(crate) fn known_number(&self) -> u32 {
        self.number.load(Ordering::Relaxed)
    }

    /// A small number, dense over the functions that this process has used.
    #[inline]
    pub(crate) fn number(&self) -> usize {
        let number = self.known_number();
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

    /// The types of an instantiation, as they stand in its path.
    pub(crate) fn types(&self) -> &[&'static str] {
        &self.types
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

    /// The digest of its path.
    pub(crate) fn path_digest(&self) -> &[u8; 32] {
        self.path_digest
            .get_or_init(|| Self::digest_of_path(self.path()))
    }

    pub(crate) fn digest_of_path(path: &str) -> [u8; 32] {
        *blake3::hash(path.as_bytes()).as_bytes()
    }

    pub(crate) fn encode_result(&self) -> Option<EncodeValue> {
        let results = self.operations.results.map(|results| results.encode);
        results.or(self.operations.input)
    }

    /// Whether nodes can be run from their encoded arguments.
    pub(crate) fn is_callable(&self) -> bool {
        self.operations.call.is_ok()
    }

    /// Whether a call by id can be made, as far as is known: the arguments may be of types that cannot be
    /// decoded, which [`prints`](Self::prints) finds out.
    pub(crate) fn may_be_called(&self) -> bool {
        self.is_callable() && self.prints.load(Ordering::Relaxed) != NO
    }

    /// Runs the node with these arguments: the tracked function itself is called.
    pub(crate) fn call_by_id(&self, arguments: &[u8]) -> Result<Erased, Error> {
        let result = self.read(&mut Arguments::of(arguments))?;
        result.ok_or_else(|| self.refused("its call returned nothing"))
    }

    pub(super) fn read(&self, reader: &mut Arguments<'_>) -> Result<Option<Erased>, Error> {
        let call = self
            .operations
            .call
            .map_err(|reason| self.refused(reason))?;
        call.call(reader).map_err(|error| match error {
            Error::NotCallable { node, reason } if node.is_empty() => self.refused(&reason),
            error => error,
        })
    }

    pub(super) fn refused(&self, reason: &str) -> Error {
        Error::NotCallable {
            node: format!("{}(..)", self.name()),
            reason: reason.to_owned(),
        }
    }

    /// The printed arguments, if they can be read back from their encoding. Who calls functions while it
    /// decodes has no context there, and no panic of it gets out.
    pub(crate) fn print_arguments(&self, arguments: &[u8]) -> Option<String> {
        let _nowhere = Standing::nowhere();
        let read = || trace::quietly(|| self.read_arguments(arguments).ok());
        trace::contained(read).flatten()
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

    /// A result, printed; `..` where it has no encoding.
    pub(crate) fn print_result(&self, value: &Value) -> String {
        let render = self.operations.results.map(|results| results.render);
        render.map_or_else(|| "..".to_owned(), |render| render(&**value))
    }

    /// What can be done with results, if they have an encoding.
    pub(crate) fn results(&self) -> Option<Results> {
        self.operations.results
    }

    /// Whether results are handles.
    pub(crate) fn returns_handles(&self) -> bool {
        let results = self.operations.results;
        results.is_some_and(|results| (results.are_handles)())
    }

    /// What can be computed with results.
    pub(crate) fn numbers(&self) -> Numbers {
        self.operations.numbers
    }

    /// `foo(4)`, or `foo(..)` where the arguments cannot be read back.
    pub(crate) fn print(&self, arguments: &[u8]) -> String {
        let text = self.print_arguments(arguments);
        format!("{}({})", self.name(), text.as_deref().unwrap_or(".."))
    }
}
