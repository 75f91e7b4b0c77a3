//! Takes what is stored for fresh for the code as it is now: stores it once more, as of this code.
//!
//! What was there stays, so going back to the code that it ran with finds it again. Answers of
//! inputs and of tweaks stay conditions, as they were; only codes are excused. What is accepted
//! is a result together with all that it rests on: else what it rests on would run again
//! beside it, and the two might be at odds.
//!
//! Several results of one node may be accepted: those of runs that one program could have made,
//! with other inputs or under other tweaks. So all of them agree on the code of each function. Of a
//! node with handles among its arguments, each content of theirs is gone through as a node of its own.

use super::batch::{Made, Place};
use super::head::Heads;
use super::inner::Inner;
use super::record::Record;
use super::{RecordKey, Short, Store, short};
use crate::codec::passed;
use crate::context::Context;
use crate::decide::decide;
use crate::digest::Fingerprint;
use crate::engine::{Known, fingerprint};
use crate::error::Error;
use crate::function::Function;
use crate::id::{NodeId, Snapshot, digest_of};
use crate::key::hash_arguments;
use crate::layer::Layer;
use crate::policy::Policy;
use crate::proof::{Making, Proof};
use crate::registry;
use crate::scope::{self, Standing};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// So many records are written at once.
const BATCH: usize = 512;

impl Store {
    /// Takes all that is stored of a function for fresh for the code as it is now, with all that it rests
    /// on: as [`Node::accept`](crate::Node::accept) of each of its nodes. Gives of how many nodes results
    /// were accepted, those below included.
    ///
    /// `function` is its path, as [`NodeId::function`](crate::NodeId::function) gives it. Where programs of
    /// different packages use one store, their paths must not coincide: two binaries of one name have
    /// `name::function` each, and what one has stored would be accepted for the other.
    ///
    /// # Errors
    /// - [`Error::UnknownFunction`]: the program has no such function; or it is a method that is tracked
    ///   alone and was not used yet, whose code is not known before.
    /// - [`Error::Store`]: the store cannot be read or changed.
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked(name = "square")]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// let store = Store::in_memory();
    /// Context::builder().store(store.clone()).build().enter(|| square(4));
    /// // The code is what it was.
    /// assert_eq!(store.accept_function("square")?, 0);
    /// assert!(store.accept_function("cube").is_err());
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn accept_function(&self, function: &str) -> Result<usize, Error> {
        if registry::code(function).is_none() {
            return Err(Error::UnknownFunction {
                node: format!("{function}(..)"),
                function: function.to_owned(),
            });
        }
        self.accept_those(|path| path == function)
    }

    /// Takes all that is stored for fresh for the code as it is now: as
    /// [`Node::accept`](crate::Node::accept) of each node. Left out are those of functions that this
    /// program does not have, and of methods that are tracked alone and were not used yet, with what rests on
    /// either; and nodes of which
    /// something is right already, as after an earlier `accept`: nothing further of these is accepted, such as
    /// what they gave in scenarios. Gives of how many
    /// nodes results were accepted. Of programs that share a store, see
    /// [`accept_function`](Self::accept_function).
    ///
    /// # Errors
    /// [`Error::Store`]: the store cannot be read or changed.
    ///
    /// ```
    /// let store = dug::Store::in_memory();
    /// assert_eq!(store.accept_all()?, 0);
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn accept_all(&self) -> Result<usize, Error> {
        self.accept_those(|_| true)
    }

    fn accept_those(&self, wanted: impl Fn(&str) -> bool) -> Result<usize, Error> {
        let settled = self.settle();
        settled.map_err(|failure| super::failed(self.inner().place.as_deref(), &failure))?;
        let mut nodes = self.variants()?;
        nodes.retain(|id| wanted(id.function()));
        let (accepted, all_written) = self.accept_stale(&nodes);
        let inner = self.inner();
        // It is for `flush` to tell as well.
        match super::inner::lock(&inner.failure).as_ref() {
            Some(failure) if !all_written => Err(super::failed(inner.place.as_deref(), failure)),
            _ => Ok(accepted),
        }
    }

    /// As [`accept_function`](Self::accept_function), of one node.
    pub(crate) fn accept_node(&self, node: &Snapshot) -> usize {
        let _ = self.settle();
        self.accept_stale(&self.variants_of(&node.id())).0
    }

    /// Accepts those of which nothing right is stored. Gives of how many nodes, and whether all could
    /// be written.
    fn accept_stale(&self, nodes: &[NodeId]) -> (usize, bool) {
        let mut accepted = HashSet::new();
        // What is chosen of a node depends on what is right below it: that may be more now.
        loop {
            let mut accepting = Accepting::of(self);
            for id in nodes {
                accepting.accept(id.function(), id.arguments());
            }
            let (more, all_written) = accepting.finish();
            let is_last = more.is_subset(&accepted);
            accepted.extend(more);
            if is_last || !all_written {
                return (accepted.len(), all_written);
            }
        }
    }
}

/// Tells of which nodes something right is stored: there is nothing to accept.
/// What it has found out, before anything is accepted, goes with the tree that is made for it.
struct Fresh {
    layer: Arc<Layer>,
    known: Known,
}

impl Fresh {
    fn of(store: &Store) -> Self {
        let context = Context::builder().store(store.clone()).build();
        Fresh {
            layer: context.layer_under(None, false),
            known: Known::new(Policy::Recompute),
        }
    }

    /// What the node answers, as far as that is known, if something right is stored of it.
    fn answer(&mut self, path: &str, arguments: &[u8]) -> Option<Option<Short>> {
        let function = registry::find(path)?;
        let _standing = Standing::elsewhere(Some(Arc::clone(&self.layer)), None);
        let mut graph = self.layer.lock();
        let node = graph.nodes.hold(function, arguments, None);
        decide(&mut graph, node);
        let value = self.known.look(&mut graph, &self.layer, node);
        let answer = value.map(|value| fingerprint(&mut graph, value));
        graph.release_node(node);
        answer.map(|answer| answer.as_ref().map(short))
    }
}

/// A node, whose function may not have been used yet.
struct Node {
    path: Box<str>,
    arguments: Box<[u8]>,
}

/// A record, and the code and the proof that it has.
struct Stored {
    key: RecordKey,
    record: Record,
    code: Option<Fingerprint>,
    /// The type of its results, if it is known.
    result_type: Option<String>,
    proof: Option<Arc<Proof>>,
}

impl Stored {
    /// Whether the other is a run of this code that found the same answers, and this one is not.
    fn is_repeated_by(&self, other: &Stored, code: Fingerprint) -> bool {
        let turns = |record: &Record| {
            let mut turns = record.turns(record.steps.len());
            turns.sort_unstable();
            turns
        };
        let is_of = |run: &Stored| run.code == Some(code);
        is_of(other) && !is_of(self) && turns(&other.record) == turns(&self.record)
    }
}

struct Accepting<'a> {
    store: &'a Store,
    inner: &'a Inner,
    fresh: Fresh,
    /// Whether nodes may give these answers now, as far as was found out.
    possible: HashMap<([u8; 32], Short), bool>,
    heads: Heads,
    /// What was looked at, with the answer that was looked for.
    seen: HashSet<([u8; 32], Option<Short>)>,
    waiting: Vec<(Node, Option<Short>)>,
    made: Vec<Made>,
    /// Of each that is made, its node.
    made_of: Vec<[u8; 32]>,
    nodes: Vec<(&'static Function, u64)>,
    /// Where they stay in their places, which are the latest of their nodes, by the first ones.
    latest: Vec<(RecordKey, RecordKey)>,
    /// The nodes of which something was accepted.
    accepted: HashSet<[u8; 32]>,
    failed: bool,
}

impl<'a> Accepting<'a> {
    fn of(store: &'a Store) -> Self {
        Accepting {
            store,
            inner: store.inner(),
            fresh: Fresh::of(store),
            possible: HashMap::new(),
            heads: Heads::default(),
            seen: HashSet::new(),
            waiting: Vec::new(),
            made: Vec::new(),
            made_of: Vec::new(),
            nodes: Vec::new(),
            latest: Vec::new(),
            accepted: HashSet::new(),
            failed: false,
        }
    }

    fn accept(&mut self, path: &str, arguments: &[u8]) {
        let (path, arguments) = (path.into(), arguments.into());
        self.waiting.push((Node { path, arguments }, None));
        while let Some((node, then)) = self.waiting.pop() {
            let name = digest_of(&node.path, &node.arguments);
            // What is right already has the last word, also below what is accepted.
            if self.seen.insert((name, then))
                && self.fresh.answer(&node.path, &node.arguments).is_none()
            {
                self.look_at(&node, then);
            }
            if self.made.len() >= BATCH {
                self.write();
            }
        }
    }

    fn finish(mut self) -> (HashSet<[u8; 32]>, bool) {
        self.write();
        (self.accepted, !self.failed)
    }

    fn write(&mut self) {
        let made = std::mem::take(&mut self.made);
        let stamps: Vec<_> = made.iter().map(|made| Arc::clone(&made.stamp)).collect();
        self.inner.expect_records(self.nodes.drain(..));
        self.inner.write(made);
        for (first, latest) in self.latest.drain(..) {
            self.store.note_latest(&first, &latest);
        }
        self.inner.pushes.fetch_add(1, SeqCst);
        for (stamp, node) in stamps.iter().zip(self.made_of.drain(..)) {
            match stamp.record() {
                Some(_) => _ = self.accepted.insert(node),
                None => self.failed = true,
            }
        }
    }

    fn records(&self, node: &Node) -> Vec<Stored> {
        let records = self.inner.records_of(&node.path, &node.arguments);
        let records = self.inner.ask(records).unwrap_or_default();
        let known = records.into_iter().map(|(key, record)| {
            let ran = self.store.code_of(&node.path, &key, &record);
            Stored {
                code: ran.as_ref().map(|(code, _)| *code),
                result_type: ran.and_then(|(_, result_type)| result_type),
                proof: record.proof.and_then(|key| self.store.proof(&key)),
                key,
                record,
            }
        });
        known.collect()
    }

    /// Whether the run rests on what is right now, or may be after it was accepted.
    fn may_stand(&mut self, known: &Stored) -> bool {
        let mut steps = known.record.steps.iter();
        steps.all(|step| {
            let path = self.store.path_of(&known.record, step);
            path.is_none_or(|path| self.may_give(&path, &step.arguments, step.answer))
        })
    }

    fn may_give(&mut self, path: &str, arguments: &[u8], answer: Short) -> bool {
        let question = (digest_of(path, arguments), answer);
        if let Some(known) = self.possible.get(&question) {
            return *known;
        }
        self.possible.insert(question, true);
        let gives = match self.fresh.answer(path, arguments) {
            Some(now) => now.is_none_or(|now| now == answer),
            None => {
                let (path, arguments) = (path.into(), arguments.into());
                let mut records = self.records(&Node { path, arguments });
                records.retain(|known| short(&known.record.fingerprint) == answer);
                let mut any = records.iter();
                records.is_empty() || any.any(|known| scope::grow(|| self.may_stand(known)))
            }
        };
        self.possible.insert(question, gives);
        gives
    }

    /// Accepts the newest result of the node, or the newest with this answer, one that may stand before others;
    /// and, if it is the node that is asked for, those that the same code may have given.
    fn look_at(&mut self, node: &Node, then: Option<Short>) {
        let records = self.records(node);
        let gave =
            |known: &Stored| then.is_none_or(|then| then == short(&known.record.fingerprint));
        let is_choice = records.iter().filter(|known| gave(known)).count() > 1;
        // What met a tweak says nothing of the codes below it. Of those of one moment, what is accepted
        // already comes first.
        let choice = records.iter().filter(|known| gave(known));
        let newest = choice.min_by_key(|known| {
            let may_stand = is_choice && self.may_stand(known);
            let saved_at = Reverse(known.record.run.saved_at);
            let proof = known.proof.as_ref();
            let is_of_now = proof.is_some_and(|proof| proof.items().is_some());
            (proof.is_none(), !may_stand, saved_at, !is_of_now)
        });
        let Some(newest) = newest else { return };
        // A run of the code of now that found the same answers has the last word.
        let code = registry::code(&node.path).map(|(_, code)| code);
        let has_last_word = |known: &&Stored| {
            let is_choice = gave(known) && known.proof.is_some();
            is_choice && code.is_some_and(|code| newest.is_repeated_by(known, code))
        };
        let newest = records.iter().find(has_last_word).unwrap_or(newest);
        let mut accepted = vec![newest];
        if then.is_none() {
            // They come with the newest first.
            for known in &records {
                let is_new = known.key != newest.key && known.code == newest.code;
                if is_new && accepted.iter().all(|other| agree(known, other)) {
                    accepted.push(known);
                }
            }
        }
        accepted.sort_by_key(|known| Reverse(known.record.run.saved_at));
        let time = |known: &Stored| known.record.run.saved_at;
        let is_newest = records.iter().all(|known| time(known) <= time(newest));
        let now = super::now_in_milliseconds();
        // The newest comes last: it is the one that is looked for first from then on.
        for (age, known) in accepted.into_iter().enumerate().rev() {
            // Which of them is newer than which stays as it was, and what was given up is older.
            let saved_at = match is_newest {
                true => time(known),
                false => now.saturating_sub(age as u64),
            };
            self.accept_record(node, known, &records, saved_at);
        }
    }

    /// Accepts a record, as one that was stored then.
    fn accept_record(&mut self, node: &Node, known: &Stored, all: &[Stored], saved_at: u64) {
        if known.proof.as_ref().is_some_and(|it| it.items().is_some()) {
            // The code is what it was.
            return;
        }
        let function = registry::find(&node.path);
        let Some((_, now)) = registry::code(&node.path) else {
            return;
        };
        for step in &known.record.steps {
            let path = self.store.path_of(&known.record, step);
            let path = path.filter(|path| !registry::find(path).is_some_and(Function::is_input));
            if let Some(path) = path {
                let (path, arguments) = (path.into(), step.arguments.as_slice().into());
                let below = Node { path, arguments };
                self.waiting.push((below, Some(step.answer)));
            }
        }
        let is_of_now = known.code == Some(now);
        // What is of another type would not be read.
        let result_type = known.result_type.as_deref();
        let result_type = result_type
            .filter(|then| function.is_none_or(|function| function.result_type() == *then));
        let Some(result_type) = result_type else {
            return;
        };
        if all.iter().any(|other| known.is_repeated_by(other, now)) {
            return;
        }
        let proof = known.proof.as_ref().and_then(renewed);
        let is_lost = proof.is_none() && known.proof.is_some();
        if is_lost || is_of_now && proof.is_none() {
            return;
        }
        let mut record = known.record.clone();
        let path = Function::digest_of_path(&node.path);
        let first = RecordKey::first_with(&path, &node.arguments, &now, result_type);
        let mut steps = record.steps.iter();
        let rests_on_instances = steps.any(|step| {
            let function = self.store.function(&record, step);
            function.is_none_or(Function::is_instance)
        });
        let has_one_proof = record.by_proof_from.is_none() && !rests_on_instances;
        let place = match is_of_now && has_one_proof {
            true => {
                if known.key != first {
                    self.latest.push((first, known.key));
                }
                Place::At(known.key)
            }
            false => {
                record.from = 0;
                Place::Behind {
                    first,
                    is_new: false,
                }
            }
        };
        record.proof = proof.as_ref().map(|proof| *proof.key());
        let head =
            self.heads
                .for_record(record.functions().to_vec(), &record.value, proof.as_deref());
        let Some(head) = head else { return };
        record.head = head;
        record.run.saved_at = saved_at;
        record.usage.last_used = super::now_in_milliseconds();
        let hash = hash_arguments(&node.arguments);
        let identity = passed::identity(&node.arguments);
        self.made_of.push(digest_of(&node.path, &identity));
        self.nodes.extend(function.map(|function| (function, hash)));
        self.made.push(Made {
            place,
            record,
            stamp: Arc::default(),
            functions: function.into_iter().collect(),
            proof,
            blob: None,
            rests_on_instances,
        });
    }
}

/// Whether no function ran with two codes: then inputs and tweaks alone told the runs apart.
fn agree(one: &Stored, other: &Stored) -> bool {
    let (Some(one), Some(other)) = (&one.proof, &other.proof) else {
        return true;
    };
    one.functions().all(|reached| {
        let code = other.code_of(&reached.path);
        code.is_none_or(|code| code == reached.code)
    })
}

/// The proof with the codes of now; `None` if it names a function that the program does not know: a method that is
/// tracked alone may yet be used, and then be tweaked, or have another code.
fn renewed(proof: &Arc<Proof>) -> Option<Arc<Proof>> {
    let mut making = Making::default();
    for reached in proof.functions() {
        let (_, code) = registry::code(&reached.path)?;
        making.add_function(&reached.path, code);
    }
    making.add_inputs_of(proof);
    Some(Arc::new(making.finish(Arc::new)))
}
