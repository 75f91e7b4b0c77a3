//! Why a record of a node is not right here: its code, what its run asked, or what its proof names.

use super::Reason;
use super::change::{self, CodeChange};
use super::look::{Look, fingerprint};
use crate::digest::Fingerprint;
use crate::function::{Definition, Function};
use crate::id::Snapshot;
use crate::proof::Proof;
use crate::registry;
use crate::scope;
use crate::store::{Code, Record, RecordKey, Short, Step, Store, short};
use crate::tree::Locked;
use std::cmp::Reverse;
use std::sync::Arc;

impl Look<'_> {
    /// Why a record of the code of now is not right here.
    pub(super) fn reasons_of_record(
        &mut self,
        graph: &mut Locked<'_>,
        store: &Store,
        record: &Record,
        depth: usize,
        reasons: &mut Vec<Reason>,
    ) {
        let mut unused = None;
        for step in &record.steps {
            let Some(function) = graph.unlocked(|| store.function(record, step)) else {
                let Some(function) = graph.unlocked(|| store.path_of(record, step)) else {
                    reasons.push(Reason::Unknown);
                    return;
                };
                if registry::code(&function).is_none() {
                    reasons.push(Reason::Gone { function });
                    return;
                }
                // It is in the program, and there is nothing yet by which it could be asked.
                unused.get_or_insert(function);
                continue;
            };
            let asked = crate::levels::asked(function, step);
            let node = self.intern(graph, &asked);
            let now = scope::grow(|| self.known.look(graph, self.layer, node));
            let now = now.and_then(|now| fingerprint(graph, now));
            match now {
                Some(now) if short(&now) == step.answer => {}
                now => {
                    let differs = now.is_some();
                    reasons.push(match function.is_input() {
                        true => Reason::Input { node: asked.id() },
                        false => Reason::Dependency {
                            of: self.below(graph, node, differs.then_some(step.answer), depth),
                            differs,
                        },
                    });
                    if differs {
                        return;
                    }
                }
            }
        }
        if !reasons.is_empty() || unused.is_none() && record.by_proof_from.is_none() {
            return;
        }
        let proof = graph.unlocked(|| record.proof.and_then(|key| store.proof(&key)));
        if let Some(proof) = &proof {
            self.reasons_of_proof(graph, store, proof, reasons);
        }
        let Some(function) = unused else { return };
        if let Some(proof) = &proof {
            self.inputs_of_proof(graph, proof, reasons);
        }
        let is_its_own_code =
            |it: &Reason| matches!(it, Reason::Code { function: of, .. } if *of == function);
        if !reasons.iter().any(is_its_own_code) {
            reasons.insert(0, Reason::Unused { function });
        }
    }

    /// The inputs that give something else than they did by the proof.
    fn inputs_of_proof(
        &mut self,
        graph: &mut Locked<'_>,
        proof: &Proof,
        reasons: &mut Vec<Reason>,
    ) {
        for read in proof.inputs() {
            let Some(function) = registry::find(&read.path) else {
                continue;
            };
            let asked = Snapshot::new(function, &read.arguments, None);
            let node = self.intern(graph, &asked);
            let now = self.known.look(graph, self.layer, node);
            let now = now.and_then(|now| fingerprint(graph, now));
            let reason = Reason::Input { node: asked.id() };
            if now != Some(read.fingerprint) && !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }

    /// Why a proof does not stand, where nothing else vouches for a record; but for inputs.
    fn reasons_of_proof(
        &mut self,
        graph: &mut Locked<'_>,
        store: &Store,
        proof: &Proof,
        reasons: &mut Vec<Reason>,
    ) {
        for reached in proof.functions() {
            let path = &*reached.path;
            let Some((item, code)) = registry::code(path) else {
                let function = path.to_owned();
                reasons.push(Reason::Gone { function });
                continue;
            };
            if code != reached.code {
                reasons.push(Reason::Code {
                    function: path.to_owned(),
                    changes: self.changes(graph, store, path, reached.code),
                });
            } else if graph.is_disturbed(self.layer.ix, item) {
                let function = self.tweaked_input(graph, proof, path);
                let function = function.unwrap_or_else(|| item.name.to_owned());
                reasons.push(Reason::Tweaked { function });
            }
        }
    }

    /// The input of the proof, read by the function with this path, that is tweaked here.
    fn tweaked_input(
        &mut self,
        graph: &mut Locked<'_>,
        proof: &Proof,
        path: &str,
    ) -> Option<String> {
        let mut reads = proof.inputs().filter(|read| &*read.path == path);
        reads.find_map(|read| {
            let asked = Snapshot::new(registry::find(path)?, &read.arguments, None);
            let node = self.intern(graph, &asked);
            let is_tweaked = graph.is_tweaked_around(self.layer.ix, node);
            is_tweaked.then(|| graph.unlocked(|| asked.print()))
        })
    }

    /// What is different in the code of the function with this path since it was `then`.
    pub(super) fn changes(
        &mut self,
        graph: &mut Locked<'_>,
        store: &Store,
        path: &str,
        then: Fingerprint,
    ) -> Vec<CodeChange> {
        let name = (path.to_owned(), then);
        if let Some(known) = self.changes.get(&name) {
            return known.clone();
        }
        let known = self.now.get(path).cloned();
        let found = graph.unlocked(|| {
            let now = match known {
                Some(known) => known,
                None => {
                    let (item, code) = registry::code(path)?;
                    let result_type = registry::find(path).map_or("", Function::result_type);
                    let code = Code::of(path, item, code, result_type);
                    let root = root(item, &code);
                    let is_cell = item.is_cell();
                    Arc::new(change::Now {
                        code,
                        root,
                        is_cell,
                    })
                }
            };
            let changes = store.code(path, &then);
            let changes = changes.map(|then| change::changes(&then, &now));
            Some((now, changes.unwrap_or_default()))
        });
        let Some((now, changes)) = found else {
            return Vec::new();
        };
        self.now.insert(path.to_owned(), now);
        self.changes.insert(name, changes.clone());
        changes
    }
}

/// Where the files of the function's crate lie, as the compiler was given it; no more than the
/// last folder of a place that is this machine's own.
fn root(item: &Definition, code: &Code) -> String {
    let own = code.ran.own.as_ref().map(|own| own.file.as_str());
    let file = item.file.replace('\\', "/");
    let root = own
        .and_then(|own| file.strip_suffix(own))
        .unwrap_or_default();
    if root.starts_with('/') || root.contains(':') {
        let last = root.trim_end_matches('/').rsplit('/').next();
        return last.map_or_else(String::new, |last| format!("{last}/"));
    }
    root.to_owned()
}

pub(super) fn store_has(
    graph: &mut Locked<'_>,
    store: &Store,
    key: &RecordKey,
    record: &Record,
) -> bool {
    graph.unlocked(|| store.has_value(key, record.fingerprint))
}

/// A record of a node, and the code that it ran with.
pub(super) struct Ran {
    pub(super) key: RecordKey,
    pub(super) record: Record,
    pub(super) code: Option<Fingerprint>,
}

/// The records whose failing says most: of the code of now, failing that of runs that met no tweak; the
/// newest first. Not `own`, the one of the run that answers.
pub(super) fn choose(
    store: &Store,
    function: &'static Function,
    records: Vec<(RecordKey, Record)>,
    own: Option<&RecordKey>,
    then: Option<Short>,
) -> Vec<Ran> {
    let gave = |record: &Record| then.is_some_and(|then| then == short(&record.fingerprint));
    let others = records.into_iter().filter(|(key, _)| Some(key) != own);
    let mut others: Vec<(RecordKey, Record)> = others.collect();
    if others.iter().any(|(_, record)| gave(record)) {
        others.retain(|(_, record)| gave(record));
    }
    let ran = others.into_iter().map(|(key, record)| {
        let code = store.code_of(function.path(), &key, &record);
        let code = code.map(|(code, _)| code);
        Ran { key, record, code }
    });
    let mut ran: Vec<Ran> = ran.collect();
    let now = Fingerprint::new(function.code_fingerprint());
    let rank = |ran: &Ran| (ran.code != Some(now), ran.record.proof.is_none());
    if let Some(best) = ran.iter().map(rank).min() {
        ran.retain(|ran| rank(ran) == best);
    }
    ran
}

impl Look<'_> {
    /// Of these records of a node, the newest of those with the code that differs least from that of now, whose run
    /// would go on like it for longest.
    pub(super) fn nearest(
        &mut self,
        graph: &mut Locked<'_>,
        store: &Store,
        function: &'static Function,
        ran: Vec<Ran>,
    ) -> Option<Ran> {
        /// So many are looked at.
        const NEWEST: usize = 16;
        if ran.len() < 2 {
            return ran.into_iter().next();
        }
        let mut nearest: Option<((Reverse<usize>, usize), Ran)> = None;
        for ran in ran.into_iter().take(NEWEST) {
            let distance = self.distance(graph, store, function, ran.code);
            let steps = self.steps_as_then(graph, store, &ran.record);
            let rank = (Reverse(distance), steps);
            if nearest.as_ref().is_none_or(|(best, _)| rank > *best) {
                nearest = Some((rank, ran));
            }
        }
        nearest.map(|(_, ran)| ran)
    }

    /// How many parts of the code of the function are others than they were then.
    fn distance(
        &mut self,
        graph: &mut Locked<'_>,
        store: &Store,
        function: &'static Function,
        then: Option<Fingerprint>,
    ) -> usize {
        let now = Fingerprint::new(function.code_fingerprint());
        let changed = then.map(|then| match then == now {
            true => 0,
            false => match self.changes(graph, store, function.path(), then).len() {
                // It is not known which.
                0 => usize::MAX,
                changed => changed,
            },
        });
        changed.unwrap_or(usize::MAX)
    }

    /// How much of what the run asked is not known to answer otherwise now, up to the first that is.
    fn steps_as_then(&mut self, graph: &mut Locked<'_>, store: &Store, record: &Record) -> usize {
        let mut differs = |look: &mut Self, step: &Step| {
            let Some(function) = graph.unlocked(|| store.function(record, step)) else {
                return true;
            };
            let node = look.intern(graph, &crate::levels::asked(function, step));
            let now = scope::grow(|| look.known.look(graph, look.layer, node));
            let now = now.and_then(|now| fingerprint(graph, now));
            now.is_some_and(|now| short(&now) != step.answer)
        };
        let mut steps = record.steps.iter();
        let end = steps.position(|step| differs(self, step));
        end.unwrap_or(usize::MAX)
    }
}
