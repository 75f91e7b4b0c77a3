//! Reads of the world outside that become dependencies: files and the environment.
//!
//! A read is a node like any other, but for this: it is made in the outermost context, so that
//! all that is asked there sees one world until [`Context::refresh`](crate::Context::refresh);
//! and what it gave is known again, in another process, by how the file looks from outside.

mod stat;

pub(crate) use stat::Stat;

use crate::codec;
use crate::error::Error;
use crate::function::{Arguments, CallFunction, Definition, Function, Operations};
use crate::id::Snapshot;
use crate::key::Key;
use crate::registry::Registration;
use crate::value::Erased;
use serde::Serialize;
use std::any::Any;
use std::env::VarError;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The content of a file, or why it could not be read, as a dependency of the running function.
///
/// A relative path counts from the directory that is current when the file is read first. A
/// file is read once under each outermost context; [`Context::refresh`](crate::Context::refresh) reads again.
///
/// # Errors
/// What the operating system says, or [`std::fs::read`] before it is asked. It is an answer like any other: a function that goes on without
/// the file runs again when the file has come.
///
/// # Panics
/// Outside every context.
///
/// ```
/// use dug::{tracked, with_context};
///
/// #[tracked]
/// fn size(path: &str) -> u64 {
///     dug::input::file(path).map_or(0, |bytes| bytes.len() as u64)
/// }
///
/// with_context(|| {
///     assert!(size("Cargo.toml") > 0);
///     assert_eq!(size("no such file"), 0);
/// });
/// ```
#[track_caller]
pub fn file(path: impl AsRef<Path>) -> io::Result<Arc<[u8]>> {
    let content = read(path.as_ref())?;
    content.bytes.map_err(io::Error::from)
}

/// As [`file()`], of a file that holds UTF-8 text.
///
/// # Errors
/// As [`file()`]; [`io::ErrorKind::InvalidData`] if it is not UTF-8.
///
/// # Panics
/// As [`file()`].
///
/// ```
/// use dug::{tracked, with_context};
///
/// #[tracked]
/// fn lines(path: &str) -> usize {
///     dug::input::text(path).map_or(0, |text| text.lines().count())
/// }
///
/// with_context(|| assert!(lines("Cargo.toml") > 3));
/// ```
#[track_caller]
pub fn text(path: impl AsRef<Path>) -> io::Result<Arc<str>> {
    let path = utf8(path.as_ref())?;
    let mut key = Key::new(&TEXT);
    key.argument::<str>(path);
    let text = key.hit::<Text>();
    let text = text.unwrap_or_else(|| key.run(&mut || read_text(path), |_| true));
    text.0.map_err(io::Error::from)
}

/// An environment variable, as a dependency of the running function.
///
/// # Errors
/// As [`std::env::var`]; but what [`VarError::NotUnicode`] holds is a lossy copy of the value, which is Unicode.
///
/// # Panics
/// Outside every context.
///
/// ```
/// use dug::{tracked, with_context};
///
/// #[tracked]
/// fn verbose() -> bool { dug::input::env("DUG_EXAMPLE_VERBOSE").is_ok() }
///
/// with_context(|| assert!(!verbose()));
/// ```
#[track_caller]
pub fn env(name: impl AsRef<str>) -> Result<String, VarError> {
    let name = name.as_ref();
    let mut key = Key::new(&ENV);
    key.argument::<str>(name);
    let value = key.hit::<Variable>();
    let value = value.unwrap_or_else(|| key.read(|| read_env(name)));
    value.0.map_err(|unreadable| match unreadable {
        None => VarError::NotPresent,
        Some(bytes) => VarError::NotUnicode(bytes.into()),
    })
}

#[track_caller]
fn read(path: &Path) -> io::Result<File> {
    let path = utf8(path)?;
    let mut key = Key::new(&FILE);
    key.argument::<str>(path);
    let content = key.hit::<File>();
    Ok(content.unwrap_or_else(|| key.read(|| read_file(path))))
}

fn utf8(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| {
        let reason = "the path is not UTF-8, which the identity of a dependency has to be";
        io::Error::new(io::ErrorKind::InvalidInput, reason)
    })
}

/// What a file gave.
#[derive(Debug, Clone)]
pub(crate) struct File {
    bytes: Result<Arc<[u8]>, Unread>,
    /// How the file looked while it was read, if it did not change meanwhile.
    pub(crate) stat: Option<Stat>,
}

impl Serialize for File {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.bytes {
            Ok(bytes) => serializer.serialize_newtype_variant("File", 0, "Read", &Bytes(bytes)),
            Err(unread) => serializer.serialize_newtype_variant("File", 1, "Unread", unread),
        }
    }
}

struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// A text, or why it could not be read.
#[derive(Debug, Clone)]
struct Text(Result<Arc<str>, Unread>);

/// A variable's value; what is not Unicode, or nothing.
#[derive(Debug, Clone, Serialize)]
struct Variable(Result<String, Option<String>>);

/// An error of reading, as far as it is the same whenever it happens again.
#[derive(Debug, Clone, Serialize)]
struct Unread {
    /// The operating system's number.
    code: Option<i32>,
    message: String,
    /// The rest tells it, and is what two errors are compared by.
    #[serde(skip)]
    kind: io::ErrorKind,
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Unread {
            code: error.raw_os_error(),
            message: error.to_string(),
            kind: error.kind(),
        }
    }
}

impl From<Unread> for io::Error {
    fn from(unread: Unread) -> Self {
        match unread.code {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(unread.kind, unread.message),
        }
    }
}

fn read_file(path: &str) -> File {
    let before = Stat::of(path);
    let bytes = std::fs::read(path);
    let after = Stat::of(path);
    let read = bytes.as_ref().map_or(0, Vec::len);
    // What was written just before may be written again without looking otherwise.
    let is_seen =
        |stat: &Stat| after.as_ref() == Some(stat) && stat.tells_of(read) && stat.is_settled();
    File {
        bytes: bytes.map(Into::into).map_err(Unread::from),
        stat: before.filter(is_seen),
    }
}

fn read_text(path: &str) -> Text {
    let content = match read(Path::new(path)) {
        Ok(content) => content.bytes,
        Err(error) => Err(error.into()),
    };
    Text(content.and_then(|bytes| {
        let text = std::str::from_utf8(&bytes).map_err(|error| Unread {
            code: None,
            message: format!("`{path}` is not UTF-8 text: {error}"),
            kind: io::ErrorKind::InvalidData,
        });
        text.map(Arc::from)
    }))
}

fn read_env(name: &str) -> Variable {
    Variable(match std::env::var(name) {
        Ok(value) => Ok(value),
        Err(VarError::NotPresent) => Err(None),
        Err(VarError::NotUnicode(raw)) => Err(Some(raw.to_string_lossy().into_owned())),
    })
}

static FILE_ITEM: Definition = Definition::internal("dug::input::file");
static TEXT_ITEM: Definition = Definition::internal("dug::input::text");
static ENV_ITEM: Definition = Definition::internal("dug::input::env");

static FILE: Function = Function::new(
    &FILE_ITEM,
    Operations::input::<File>(&(file_by_id as CallFunction)),
);
static TEXT: Function = Function::new(
    &TEXT_ITEM,
    Operations::in_memory(Ok(&(text_by_id as CallFunction))),
);
static ENV: Function = Function::new(
    &ENV_ITEM,
    Operations::input::<Variable>(&(env_by_id as CallFunction)),
);

fn file_by_id(arguments: &mut Arguments<'_>) -> Result<Option<Erased>, Error> {
    by_id(arguments, |path| read(Path::new(path)).map(drop))
}

fn text_by_id(arguments: &mut Arguments<'_>) -> Result<Option<Erased>, Error> {
    by_id(arguments, |path| text(path).map(drop))
}

fn env_by_id(arguments: &mut Arguments<'_>) -> Result<Option<Erased>, Error> {
    by_id(arguments, |name| env(name).map(drop))
}

/// Asks for what the one argument names; what is answered is found in the graph.
fn by_id<R: Send + 'static>(
    arguments: &mut Arguments<'_>,
    ask: impl FnOnce(&str) -> R,
) -> Result<Option<Erased>, Error> {
    let name: Option<String> = arguments.look()?;
    Ok(name.map(|name| Erased::new(ask(&name))))
}

/// The path of the file that the node reads, if it reads one.
pub(crate) fn path_of(node: &Snapshot) -> Option<String> {
    let is_file = std::ptr::eq(node.function, &raw const FILE);
    is_file.then(|| codec::decode(node.arguments.as_slice()).ok())?
}

/// How the file looked that this value of an input was read from.
pub(crate) fn stat_of(value: &(dyn Any + Send + Sync)) -> Option<&Stat> {
    value.downcast_ref::<File>()?.stat.as_ref()
}

inventory::submit! { Registration::Function(&FILE) }
inventory::submit! { Registration::Function(&TEXT) }
inventory::submit! { Registration::Function(&ENV) }
