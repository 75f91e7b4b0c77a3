//! Writes behind the caller: runs are handed over as they are, and one thread makes records
//! of them, in batches. Callers wait only if it falls behind.
//!
//! Encoding, hashing and checking values is user code; it runs here, off the caller's path.

use super::Inner;
use super::batch::{Made, Place};
use super::collect::Room;
use super::head::Heads;
use super::key::{RecordKey, short};
use super::proofs::Proofs;
use super::queue::{Job, What};
use super::record::{Kept, Record, Run, Step};
use super::usage::Usage;
use crate::digest::Fingerprint;
use crate::function::Function;
use crate::proof::Proof;
use crate::stamp::Asked;
use crate::trace;
use crate::value::Value;
use std::sync::Arc;
use std::time::Instant;

/// What the writer's thread does until the store is closed.
pub(super) fn run(store: &Inner) {
    let _writes = store.queue.writes();
    let mut made = Known::default();
    let mut room = Room::default();
    let at_once = Room::at_once(store);
    while let Some(taken) = store.queue.take() {
        let jobs = &taken.jobs;
        let hashes = jobs.iter().map(|job| (job.node.function, job.hash));
        let are_new = store.expect_records(hashes);
        let (mut records, mut bytes) = (Vec::new(), 0);
        for (job, is_new) in jobs.iter().zip(are_new) {
            let record = guarded(store, || make(store, job, is_new, &mut made));
            if record.is_none() {
                tell_unstorable(store, job, "to encode or to decode it panics");
            }
            if let Some(record) = record.flatten() {
                bytes += record.record.value.bytes().unwrap_or_default();
                records.push(record);
            }
            if bytes >= at_once {
                let written = store.write(std::mem::take(&mut records));
                room.keep(store, written);
                bytes = 0;
            }
        }
        let written = store.write(records);
        // One by one: of two panics at once the process would die.
        for job in store.queue.finish(taken) {
            guarded(store, || drop(job));
        }
        room.keep(store, written);
        if store.ledger.is_full() {
            store.write_usages();
        }
    }
    store.write_usages();
}

/// Calls what runs user code. Were the writer to end by a panic, others would wait for it for ever.
fn guarded<R>(store: &Inner, f: impl FnOnce() -> R) -> Option<R> {
    store.queue.expose(|| trace::contained(f))
}

/// What was made so far, and is made but once.
#[derive(Default)]
struct Known {
    proofs: Proofs,
    heads: Heads,
}

/// The record of a run; `None` if it has none.
fn make(store: &Inner, job: &Job, is_new: bool, made: &mut Known) -> Option<Made> {
    let started = Instant::now();
    let (value, own, below) = match &job.what {
        What::Ran { value, own, below } => (value, *own, *below),
        What::Found(key, record) => return renew(store, job, *key, record, made),
    };
    if job.node.function.is_input() {
        let proof = Proof::of_input(&job.node, job.stamp.fingerprint()?);
        store.write_input(job, value);
        job.stamp.set_proof(Some(proof));
        return None;
    }
    let encoded = encode(store, job, value);
    let fingerprint = job.stamp.fingerprint();
    let proof = made.proofs.of(job);
    job.stamp.set_proof(proof.clone());
    let estimate = job.asked.iter().map(|asked| asked.stamp.estimate());
    let estimate = estimate.fold(own, u64::saturating_add);
    job.stamp.set_estimate(estimate);
    let fingerprint = fingerprint?;
    if !job.uncut.is_empty() && proof.is_none() {
        let why =
            "it asked something in a context of its own, and what that rests on cannot be told";
        store.note_unstored(&job.node, why);
        return None;
    }
    let Some((functions, steps)) = steps(job) else {
        let why = "it rests on what has no name outside this process, or cannot be serialized";
        store.note_unstored(&job.node, why);
        return None;
    };
    let (value, blob) = match encoded {
        Some(_) if store.is_spared(own.saturating_add(below)) => (Kept::Nowhere, None),
        Some(encoded) if store.is_too_large(encoded.bytes.len()) => {
            tell_unstorable(store, job, "its value is larger than the store may be");
            (Kept::Nowhere, None)
        }
        Some(encoded) => {
            let placed = store.place_value(encoded);
            if let Kept::Blob { bytes, .. } = placed.0 {
                store.queue.note_large(job.node.function, bytes);
            }
            placed
        }
        None if job.node.function.is_stored() => return None,
        None => (Kept::Nowhere, None),
    };
    let rests_on_instances = rests_on_instances(job);
    let keys = functions
        .iter()
        .map(|function| super::key_of(function))
        .collect();
    let saved_at = super::now_in_milliseconds();
    let record = Record {
        head: made.heads.for_record(keys, &value, proof.as_deref())?,
        arguments: job.node.arguments.as_slice().to_vec(),
        text: job.node.print_arguments(),
        steps,
        from: 0,
        by_proof_from: match job.uncut.is_empty() {
            true => None,
            false => Some(u32::try_from(job.before_uncut).ok()?),
        },
        fingerprint,
        value,
        proof: proof.as_ref().map(|proof| *proof.key()),
        run: Run {
            saved_at,
            own,
            below,
            estimate,
            saving: super::nanoseconds(started.elapsed()),
        },
        usage: Usage {
            last_used: saved_at,
            ..Usage::default()
        },
    };
    Some(Made {
        place: Place::Behind {
            first: RecordKey::first(&job.node),
            is_new,
        },
        record,
        stamp: Arc::clone(&job.stamp),
        functions,
        proof,
        blob,
        rests_on_instances,
    })
}

fn rests_on_instances(job: &Job) -> bool {
    let mut asked = job.asked.iter();
    asked.any(|asked| asked.node.function.is_instance())
}

/// The record with the proof that it has now, if that is another, or is no longer there.
fn renew(
    store: &Inner,
    job: &Job,
    key: RecordKey,
    record: &Record,
    made: &mut Known,
) -> Option<Made> {
    let proof = made.proofs.of(job);
    job.stamp.set_proof(proof.clone());
    let proof = proof
        .filter(|proof| record.proof != Some(*proof.key()) || store.proof(proof.key()).is_none())?;
    let mut record = record.clone();
    record.proof = Some(*proof.key());
    let functions = record.functions().to_vec();
    record.head = made
        .heads
        .for_record(functions, &record.value, Some(&proof))?;
    let rests_on_instances = rests_on_instances(job);
    let place = match rests_on_instances {
        // The proof that it has may be right again.
        true => {
            record.from = 0;
            record.usage = Usage {
                last_used: record.usage.last_used,
                ..Usage::default()
            };
            Place::Behind {
                first: RecordKey::first(&job.node),
                is_new: false,
            }
        }
        false => Place::At(key),
    };
    Some(Made {
        place,
        record,
        stamp: Arc::clone(&job.stamp),
        functions: vec![job.node.function],
        proof: Some(proof),
        blob: None,
        rests_on_instances,
    })
}

/// The encoding of the value, if it is to be stored and decodes to what has the same encoding.
fn encode(store: &Inner, job: &Job, value: &Value) -> Option<super::record::Encoded> {
    let function = job.node.function;
    let results = function.results().filter(|_| function.is_stored())?;
    let Ok(bytes) = (results.encode)(&**value) else {
        store.note_unstored(&job.node, "serializing it failed");
        return None;
    };
    if !function.is_by_graph() {
        job.stamp
            .set_fingerprint(Some(Fingerprint::of_encoding(&bytes)));
    }
    let back = (results.decode)(&bytes).ok();
    let again = back.and_then(|back| (results.encode)(&*back).ok());
    if again.as_ref() != Some(&bytes) {
        tell_unstorable(
            store,
            job,
            "its encoding does not decode to what has the same encoding (as of a `HashSet`, of \
             `serde(untagged)`, `tag`, `flatten` or `skip_serializing_if`)",
        );
        return None;
    }
    let shape = (results.shape)(&**value);
    Some(super::record::Encoded { bytes, shape })
}

fn tell_unstorable(store: &Inner, job: &Job, why: &'static str) {
    store.note_unstored(&job.node, why);
    store.tell_unstorable(job.node.function.path(), &job.node.print(), why);
}

/// The steps of the run, and the functions named in them; `None` if one of them cannot be asked again.
fn steps(job: &Job) -> Option<(Vec<&'static Function>, Vec<Step>)> {
    let mut functions = vec![job.node.function];
    let mut steps = Vec::with_capacity(job.asked.len());
    for Asked { node, stamp } in &job.asked {
        if !node.function.is_lasting() {
            return None;
        }
        let function = node.function;
        let is_it =
            |other: &&Function| std::ptr::eq(*other, function) || other.path() == function.path();
        let place = functions.iter().position(is_it);
        let place = place.unwrap_or_else(|| {
            functions.push(function);
            functions.len() - 1
        });
        steps.push(Step {
            function: u32::try_from(place).ok()?,
            arguments: node.arguments.as_slice().to_vec(),
            described: node.text.as_deref().cloned(),
            answer: short(&stamp.fingerprint()?),
        });
    }
    Some((functions, steps))
}
