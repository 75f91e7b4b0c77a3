//! Where a store's bytes are: the one interface that all kinds of places have.
//!
//! A backend knows keys and bytes, not what they mean. Everything goes in
//! batches, so that one on another machine costs a round trip a batch; and
//! [`Write::Insert`] with its answer is what agreeing between processes needs.
//!
//! All that is read may be damaged or strange: a backend answers with a
//! [`Failure`], and never panics or allocates more than there is.

mod blobs;
#[cfg(test)]
mod contract;
#[cfg(any(test, not(feature = "sqlite")))]
mod directory;
mod files;
mod memory;
mod patience;
mod place;
mod refused;
#[cfg(feature = "sqlite")]
mod sqlite;

pub(crate) use place::Hold;
use std::fmt::Debug;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

/// One kind of thing that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Space {
    Record,
    Set,
    Head,
    Function,
    Tag,
    Count,
    External,
    Input,
    Latest,
}

impl Space {
    /// In the order of their numbers (`space as usize`).
    pub(crate) const ALL: [Space; 9] = [
        Space::Record,
        Space::Set,
        Space::Head,
        Space::Function,
        Space::Tag,
        Space::Count,
        Space::External,
        Space::Input,
        Space::Latest,
    ];

    /// What it is to users.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Space::Record => "a result",
            Space::Set => "a set of functions and inputs that results rest on",
            Space::Head => "what results of a function have in common",
            Space::Function => "the name or the code of a function",
            Space::Tag => "a tag",
            Space::Count => "how often was collected",
            Space::External => "a value that is bound to a name",
            Space::Input => "how a file looked when it was read",
            Space::Latest => "which result of a node is the newest",
        }
    }

    /// The name of its table or folder.
    fn name(self) -> &'static str {
        match self {
            Space::Record => "record",
            Space::Set => "set",
            Space::Head => "head",
            Space::Function => "function",
            Space::Tag => "tag",
            Space::Count => "count",
            Space::External => "external",
            Space::Input => "input",
            Space::Latest => "latest",
        }
    }
}

/// A change. What a batch of them promises is said at [`Backend::write`].
#[derive(Debug, Clone)]
pub(crate) enum Write {
    Put {
        space: Space,
        key: Box<[u8]>,
        value: Box<[u8]>,
    },
    /// Only where there is nothing under the key yet.
    Insert {
        space: Space,
        key: Box<[u8]>,
        value: Box<[u8]>,
    },
    /// Only where these bytes lie under the key.
    Replace {
        space: Space,
        key: Box<[u8]>,
        before: Box<[u8]>,
        value: Box<[u8]>,
    },
    Remove {
        space: Space,
        key: Box<[u8]>,
    },
}

impl Write {
    /// What it writes, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Write::Put { key, value, .. }
            | Write::Insert { key, value, .. }
            | Write::Replace { key, value, .. } => (key.len() + value.len()) as u64,
            Write::Remove { .. } => 0,
        }
    }
}

/// What a caller can tell apart, and may answer differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FailureKind {
    /// No room is left, or it cannot be had.
    Full,
    /// Not permitted, or opened for reading only.
    Denied,
    /// Others were in the way for longer than one waits; may go well later.
    Busy,
    /// What is there is not what was written.
    Damaged,
    /// Written by a later version of dug.
    Newer,
    /// Another program's.
    Foreign,
    /// There is no such place, or it was moved away while open.
    Missing,
    /// The disk, or what leads to it, fails.
    Io,
    Other,
}

/// Why a backend could not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
}

impl Failure {
    /// Whether a store could be in the place, and is, or will be, of use to others or at other times.
    pub(crate) fn is_refusal(&self) -> bool {
        !matches!(self.kind, FailureKind::Missing | FailureKind::Other)
    }

    /// Whether only writing failed, as far as can be known.
    #[cfg(feature = "sqlite")]
    fn is_of_writing(&self) -> bool {
        use FailureKind::{Denied, Full, Io};
        matches!(self.kind, Denied | Full | Io)
    }

    fn new(kind: FailureKind, message: impl Into<String>) -> Failure {
        Failure {
            kind,
            message: message.into(),
        }
    }

    /// What the operating system refused: "cannot read `path`: ..".
    fn io(action: &str, path: &Path, error: &io::Error) -> Failure {
        let kind = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                FailureKind::Full
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => FailureKind::Denied,
            ErrorKind::ResourceBusy | ErrorKind::WouldBlock => FailureKind::Busy,
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::AlreadyExists
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidFilename => FailureKind::Missing,
            _ => FailureKind::Io,
        };
        Failure::new(
            kind,
            format!("cannot {action} `{}`: {error}", path.display()),
        )
    }
}

/// What a listing tells of a large value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlobInfo {
    pub(crate) digest: [u8; 32],
    pub(crate) bytes: u64,
    /// When it was last handed to [`Backend::write_blob`].
    pub(crate) written: SystemTime,
}

/// Keeps bytes by key, and large values by their digest.
///
/// Several processes may have the same place open, and each sees what the
/// others have written. Keys are at most 64 bytes long.
pub(crate) trait Backend: Send + Sync + Debug {
    /// Why nothing can be written here, if opening it showed that.
    fn unwritable(&self) -> Option<Failure> {
        None
    }

    /// What is under the keys, in the order of the keys.
    fn read(&self, keys: &[(Space, &[u8])]) -> Result<Vec<Option<Vec<u8>>>, Failure>;

    /// What is under the key; and, where keys are being read in the order in which they were
    /// written, what was written next.
    fn read_on(&self, space: Space, key: &[u8]) -> Result<(Option<Vec<u8>>, Vec<Entry>), Failure> {
        let value = self.read(&[(space, key)])?.pop().flatten();
        Ok((value, Vec::new()))
    }

    /// Makes all the changes or, if it fails, none, in their order. Tells of
    /// each whether it changed anything, as a put always does.
    ///
    /// A killed process leaves a batch whole or not at all. The exception is the folder of
    /// small files, where a batch that failed or was killed may have come as far as any prefix.
    fn write(&self, batch: &[Write]) -> Result<Vec<bool>, Failure>;

    /// Waits until nobody holds the lease in a way that excludes this one, and holds it. Who writes what relies on
    /// things that are there already holds it together with others, and who removes things, alone: no process
    /// can write in between what rests on what is about to go.
    fn lease(&self, hold: Hold) -> Result<Lease<'_>, Failure>;

    /// At most `limit` entries whose keys begin with `prefix` and are greater than `after`, in
    /// the order of their keys. Where the backend sees that one is damaged, its value is empty.
    fn scan(
        &self,
        space: Space,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure>;

    /// A large value by its BLAKE3 digest and its length. What is there and does not have
    /// these is removed, and the answer is [`FailureKind::Damaged`].
    fn read_blob(&self, digest: &[u8; 32], bytes: u64) -> Result<Option<Vec<u8>>, Failure>;

    /// Whether a large value of this length is there. It is not read.
    fn has_blob(&self, digest: &[u8; 32], bytes: u64) -> Result<bool, Failure>;

    /// Keeps a large value under its BLAKE3 digest; one that is there already is not written again.
    fn write_blob(&self, digest: &[u8; 32], bytes: &[u8]) -> Result<(), Failure>;

    /// All large values, in no order. Removes what killed processes left unfinished.
    fn blobs(&self) -> Result<Vec<BlobInfo>, Failure>;

    /// Removes a large value, if it is there.
    fn remove_blob(&self, digest: &[u8; 32]) -> Result<(), Failure>;

    /// Returns when all that was written through this backend is durable, power loss included.
    fn sync(&self) -> Result<(), Failure>;

    /// Bytes in use, large values included. May look at each of these.
    fn size(&self) -> Result<u64, Failure>;

    /// Gives space that is no longer used back, where that is possible.
    fn compact(&self) -> Result<(), Failure>;

    /// Tells what is damaged and not seen in the entries that are scanned, changing nothing.
    fn check(&self) -> Result<Vec<String>, Failure>;
}

/// Held until it is dropped, or the process ends.
pub(crate) type Lease<'a> = Box<dyn Held + 'a>;

/// What holds a lease.
pub(crate) trait Held {}

impl<T> Held for T {}

/// A key and its value.
pub(crate) type Entry = (Vec<u8>, Vec<u8>);

/// A backend, and what opening it told that users should know.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) notices: Vec<String>,
}

/// The embedded backend in the directory `path`: SQLite if the feature `sqlite` is on, else a
/// folder of small files. Large values go to the directory `values`, or beside the rest.
pub(crate) fn open(path: &Path, values: Option<&Path>) -> Result<Opened, Failure> {
    let absolute =
        |path: &Path| std::path::absolute(path).map_err(|error| Failure::io("open", path, &error));
    let path = absolute(path)?;
    let values = values.map_or_else(|| Ok(path.join("values")), absolute)?;
    place::prepare(&path)?;
    let mut notices = Vec::from_iter(place::remote_notice(&path));
    let backend = embedded(&path, blobs::Blobs::new(values), &mut notices)?;
    notices.extend(backend.unwritable().iter().map(Failure::to_string));
    Ok(Opened { backend, notices })
}

#[cfg(feature = "sqlite")]
fn embedded(
    path: &Path,
    blobs: blobs::Blobs,
    notices: &mut Vec<String>,
) -> Result<Box<dyn Backend>, Failure> {
    Ok(Box::new(sqlite::Sqlite::open(path, blobs, notices)?))
}

#[cfg(not(feature = "sqlite"))]
fn embedded(
    path: &Path,
    blobs: blobs::Blobs,
    notices: &mut Vec<String>,
) -> Result<Box<dyn Backend>, Failure> {
    Ok(Box::new(directory::Directory::open(path, blobs, notices)?))
}

/// A backend in the place of one that could not be opened, whose every answer is that failure.
pub(crate) fn refused(failure: Failure) -> Box<dyn Backend> {
    Box::new(refused::Refused(failure))
}

/// A backend that ends with the process.
pub(crate) fn in_memory() -> Box<dyn Backend> {
    Box::new(memory::Memory::default())
}

/// Where a scan begins, and before which key it ends.
fn scanned(prefix: &[u8], after: Option<&[u8]>) -> (Vec<u8>, Option<Vec<u8>>) {
    // The next key after `after` is `after` and a zero byte.
    let next = after.map(|after| [after, &[0]].concat());
    let from = next.map_or_else(|| prefix.to_vec(), |next| next.max(prefix.to_vec()));
    let mut end = prefix.to_vec();
    while end.pop_if(|last| *last == u8::MAX).is_some() {}
    match end.last_mut() {
        Some(last) => {
            *last += 1;
            (from, Some(end))
        }
        None => (from, None),
    }
}
