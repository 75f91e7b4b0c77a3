//! Of what the code was made that results were computed with: so that it can be said later what of
//! it has changed. Written once for each function and code, not for each record.
//!
//! Beside the names of functions lie, told apart by the lengths of their keys: for a function and a
//! code, what is known of it; lists of parts, which functions share that reach the same; and the
//! parts, each once. A program that finds no such thing can only say less.

use super::backend::{Space, Write};
use super::inner::{Inner, lock};
use super::key::RecordKey;
use super::presence::StoredFunction;
use super::record::{self, Record};
use super::{Store, function_key};
use crate::codec;
use crate::digest::{Digester, Fingerprint};
use crate::function::{Definition, Function, Part};
use crate::registry;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Names a code of a function: the function's key, and a digest of the code.
pub(crate) type CodeKey = [u8; 16];

/// Names a list of parts: a digest of what it says.
pub(super) type ListKey = [u8; 12];

/// Names a part: a digest of what it says.
pub(super) type PartKey = [u8; 10];

/// A code of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ran {
    pub(crate) path: String,
    pub(crate) code: Fingerprint,
    /// The type of the results.
    pub(crate) result_type: String,
    pub(crate) version: Option<String>,
    pub(crate) target: String,
    /// The beginning of a digest of the item's own tokens.
    pub(crate) item: [u8; 8],
    /// The same of all sources of its crate, if they count.
    pub(crate) sources: Option<[u8; 8]>,
    /// The item among the parts, if it is one.
    pub(crate) own: Option<Piece>,
    /// The other parts, if they are known.
    pub(super) reached: Option<ListKey>,
}

/// A part, wherever it is from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Piece {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) digest: [u8; 16],
}

impl Piece {
    fn of(part: &Part) -> Option<Self> {
        Some(Piece {
            kind: part.kind.to_owned(),
            name: part.name.to_owned(),
            file: part.file.to_owned(),
            digest: part.digest.try_into().ok()?,
        })
    }
}

/// A code with all its parts.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) ran: Ran,
    /// Without the item itself, sorted; `None` if they are not known.
    pub(crate) parts: Option<Vec<Piece>>,
}

impl Made {
    /// As the function is in this program; the type of its results is empty where it is not known.
    pub(crate) fn of(
        path: &str,
        definition: &'static Definition,
        code: Fingerprint,
        result_type: &str,
    ) -> Self {
        let short = |digest: &[u8; 32]| {
            let mut short = [0; 8];
            short.copy_from_slice(&digest[..8]);
            short
        };
        let own = definition.own_part().as_ref().and_then(Piece::of);
        let types = registry::types_of(path, definition);
        let parts = definition.parts(&types);
        let parts: Vec<Piece> = parts.iter().filter_map(Piece::of).collect();
        let parts = (!parts.is_empty()).then(|| {
            let others = parts.into_iter().filter(|part| Some(part) != own.as_ref());
            others.collect::<Vec<_>>()
        });
        let ran = Ran {
            path: path.to_owned(),
            code,
            result_type: result_type.to_owned(),
            version: definition.version.map(str::to_owned),
            target: crate::function::TARGET.to_owned(),
            item: short(&definition.code.item),
            sources: definition.code.sources.as_ref().map(short),
            own,
            reached: None,
        };
        Made { ran, parts }
    }
}

/// Under what a code of the function with this path is kept.
pub(super) fn code_key(path: &str, code: &Fingerprint) -> CodeKey {
    let mut key = CodeKey::default();
    let function = function_key(path);
    key[..function.len()].copy_from_slice(&function);
    let digest = Digester::new("dug ran 1").part(code.as_bytes()).finish();
    let left = key.len() - function.len();
    key[function.len()..].copy_from_slice(&digest[..left]);
    key
}

/// Under what lies what says this.
fn content_key<const N: usize>(what: &'static str, content: &impl Serialize) -> Option<[u8; N]> {
    let content = codec::encode(content).ok()?;
    let digest = Digester::new(what).part(&content).finish();
    let mut key = [0; N];
    key.copy_from_slice(&digest[..N]);
    Some(key)
}

fn list_key(list: &[PartKey]) -> Option<ListKey> {
    content_key("dug parts 1", &list)
}

fn part_key(part: &Piece) -> Option<PartKey> {
    content_key("dug part 1", part)
}

/// What lies in the table of functions.
pub(super) enum Row {
    Function,
    Code(Box<Ran>),
    List(Vec<PartKey>),
    Part,
}

impl Row {
    /// What was sealed under the key, if these are the bytes and it belongs there.
    pub(super) fn open(key: &[u8], bytes: &[u8]) -> Option<Row> {
        fn opened<T: DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Option<T> {
            record::open(key, bytes)
        }
        match key.len() {
            8 => {
                let stored: StoredFunction = opened(key, bytes)?;
                (function_key(&stored.path) == key).then_some(Row::Function)
            }
            16 => {
                let ran: Box<Ran> = opened(key, bytes)?;
                (code_key(&ran.path, &ran.code) == key).then_some(Row::Code(ran))
            }
            12 => {
                let list: Vec<PartKey> = opened(key, bytes)?;
                (list_key(&list)? == key).then_some(Row::List(list))
            }
            10 => {
                let part: Piece = opened(key, bytes)?;
                (part_key(&part)? == key).then_some(Row::Part)
            }
            _ => None,
        }
    }
}

impl Inner {
    /// What has to be written for the code that the function has in this program.
    pub(super) fn writes_of_code(&self, function: &'static Function) -> Vec<Write> {
        if function.is_input() || function.is_internal() || !function.is_lasting() {
            return Vec::new();
        }
        let code = Fingerprint::new(function.code_fingerprint());
        let key = code_key(function.path(), &code);
        if !lock(&self.written).insert(key.to_vec()) {
            return Vec::new();
        }
        // Codes are collected together with their parts.
        let there: Option<Ran> = self.read_sealed(Space::Function, &key);
        match there {
            Some(_) => Vec::new(),
            None => {
                let (path, item) = (function.path(), function.definition());
                let made = Made::of(path, item, code, function.result_type());
                self.writes_of(key, made).unwrap_or_default()
            }
        }
    }

    fn writes_of(&self, key: CodeKey, made: Made) -> Option<Vec<Write>> {
        let Made { mut ran, parts } = made;
        let mut writes = Vec::new();
        if let Some(parts) = parts {
            let keys = parts.iter().map(part_key).collect::<Option<Vec<_>>>()?;
            let list = list_key(&keys)?;
            ran.reached = Some(list);
            let is_new = lock(&self.written).insert(list.to_vec());
            if is_new && self.read_one(Space::Function, &list).is_none() {
                for (key, part) in keys.iter().zip(&parts) {
                    if lock(&self.written).insert(key.to_vec()) {
                        writes.push(put(key, part)?);
                    }
                }
                writes.push(put(&list, &keys)?);
            }
        }
        writes.push(put(&key, &ran)?);
        Some(writes)
    }

    /// The codes of the function that are known.
    fn codes_of(&self, path: &str) -> Vec<Ran> {
        let mut codes = Vec::new();
        let read = self.each_entry(Space::Function, &function_key(path), |key, bytes| {
            if let Some(Row::Code(ran)) = Row::open(key, bytes)
                && ran.path == path
            {
                codes.push(*ran);
            }
        });
        self.ask(read);
        codes
    }

    /// The parts of a code, without the item itself; `None` if they are not known.
    fn parts_of(&self, ran: &Ran) -> Option<Vec<Piece>> {
        let list = ran.reached?;
        let parts = self.read_parts(&list);
        if parts.is_none() {
            // What stands there would not be written again.
            let damaged = [
                list.to_vec(),
                code_key(&ran.path, &ran.code).as_slice().to_vec(),
            ];
            let mut removals = Vec::new();
            for key in damaged {
                lock(&self.written).remove(&key);
                let (space, key) = (Space::Function, key.into());
                removals.push(Write::Remove { space, key });
            }
            let _ = self.backend.write(&removals);
        }
        parts
    }

    fn read_parts(&self, list: &ListKey) -> Option<Vec<Piece>> {
        let keys: Vec<PartKey> = self.read_sealed(Space::Function, list)?;
        let wanted = keys.iter().map(|key| (Space::Function, key.as_slice()));
        let read = self.ask(self.backend.read(&wanted.collect::<Vec<_>>()))?;
        let parts = keys
            .iter()
            .zip(read)
            .map(|(key, bytes)| record::open(key, &bytes?));
        parts.collect()
    }
}

fn put(key: &[u8], content: &impl Serialize) -> Option<Write> {
    Some(Write::Put {
        space: Space::Function,
        key: key.into(),
        value: record::seal(key, content)?.into(),
    })
}

impl Store {
    /// What is known of a code of the function with this path.
    pub(crate) fn code(&self, path: &str, code: &Fingerprint) -> Option<Made> {
        let inner = self.inner();
        let key = code_key(path, code);
        let bytes = inner.read_one(Space::Function, &key)?;
        let Some(Row::Code(ran)) = Row::open(&key, &bytes) else {
            return None;
        };
        let parts = inner.parts_of(&ran);
        Some(Made { ran: *ran, parts })
    }

    /// The code that a record of the function with this path ran with, as far as it can be told: by
    /// its key, and by what its proof says. With the type of its results, if the key tells it.
    pub(crate) fn code_of(
        &self,
        path: &str,
        key: &RecordKey,
        record: &Record,
    ) -> Option<(Fingerprint, Option<String>)> {
        let digest = Function::digest_of_path(path);
        let fits = |code: &Fingerprint, result_type: &str| {
            let first = RecordKey::first_with(&digest, &record.arguments, code, result_type);
            record.is_of(key, &first)
        };
        let function = registry::find(path);
        let result_type = function.map(Function::result_type);
        let now = registry::code(path).map(|(_, code)| code);
        let proof = record.proof.and_then(|key| self.proof(&key));
        let proved = proof.and_then(|proof| proof.code_of(path));
        if let Some(result_type) = result_type {
            let likely = [now, proved].into_iter().flatten();
            if let Some(code) = likely.into_iter().find(|code| fits(code, result_type)) {
                return Some((code, Some(result_type.to_owned())));
            }
        }
        let rows = self.inner().codes_of(path);
        for ran in &rows {
            let codes = [Some(ran.code), now, proved].into_iter().flatten();
            if let Some(code) = codes.into_iter().find(|code| fits(code, &ran.result_type)) {
                return Some((code, Some(ran.result_type.clone())));
            }
        }
        proved.map(|code| (code, None))
    }
}
