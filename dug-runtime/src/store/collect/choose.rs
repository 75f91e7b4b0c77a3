//! What goes: pure decisions on what was read.

use super::survey::{Found, Named, Survey};
use super::{Collect, Collected};
use crate::store::RecordKey;
use crate::store::backend::{BlobInfo, Space};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

/// Large values that nothing names are left for so long: their records may be about to be written.
const GRACE: Duration = Duration::from_secs(60 * 60);

#[derive(Default)]
pub(super) struct Chosen {
    pub(super) removals: Vec<(Space, Box<[u8]>)>,
    pub(super) blobs: Vec<[u8; 32]>,
    /// Whether something goes of which processes remember that it is written.
    pub(super) is_named_elsewhere: bool,
    pub(super) collected: Collected,
}

/// What goes of what was found; the store takes `size` bytes.
pub(super) fn choose(
    mut survey: Survey,
    blobs: Vec<BlobInfo>,
    wanted: &Collect,
    size: u64,
) -> Chosen {
    raise_ancestors(&mut survey.records);
    let mut goes: Vec<bool> = survey
        .records
        .iter()
        .map(|record| !record.is_pinned && is_unwanted(record, wanted))
        .collect();
    if let Some(max_size) = wanted.max_size {
        let apart: u64 = blobs.iter().map(|blob| blob.bytes).sum();
        evict(&survey, &mut goes, size, apart, max_size);
    }
    let mut chosen = Chosen::default();
    let needed = Needed::by(&survey, &goes);
    for (record, _) in survey.records.iter().zip(&goes).filter(|(_, goes)| **goes) {
        chosen.collected.records += 1;
        chosen.collected.bytes += record.bytes;
        let key = record.key.bytes().as_slice();
        chosen.removals.push((Space::Record, key.into()));
    }
    for named in std::mem::take(&mut survey.named) {
        if wanted.orphans && !needed.has(&named) {
            chosen.remove(named);
        }
    }
    for damaged in std::mem::take(&mut survey.damaged) {
        chosen.collected.damaged += 1;
        match damaged.space {
            Space::Record => {
                chosen.collected.records += 1;
                chosen.collected.bytes += damaged.bytes;
                chosen.removals.push((damaged.space, damaged.key));
            }
            _ => chosen.remove(damaged),
        }
    }
    choose_blobs(&mut chosen, &survey, &needed, &blobs, wanted);
    chosen
}

impl Chosen {
    fn remove(&mut self, named: Named) {
        self.is_named_elsewhere |=
            matches!(named.space, Space::Function | Space::Set | Space::Head);
        self.collected.others += 1;
        self.collected.bytes += named.bytes;
        self.removals.push((named.space, named.key));
    }
}

fn choose_blobs(
    chosen: &mut Chosen,
    survey: &Survey,
    needed: &Needed,
    blobs: &[BlobInfo],
    wanted: &Collect,
) {
    let left: HashSet<_> = survey.blobs.all.iter().map(|(digest, _)| digest).collect();
    let now = SystemTime::now();
    for blob in blobs {
        let abandoned = now
            .duration_since(blob.written)
            .is_ok_and(|age| age > GRACE);
        let gone = left.contains(&blob.digest) || wanted.orphans && abandoned;
        if gone && !needed.blobs.contains(&blob.digest) {
            chosen.blobs.push(blob.digest);
            chosen.collected.blobs += 1;
            chosen.collected.bytes += blob.bytes;
        }
    }
}

/// A record counts as used when one was that is found by way of it: those of its node to which
/// more steps lead, and those beside it.
fn raise_ancestors(records: &mut [Found]) {
    let family = |record: &Found| {
        let node = record.key.bytes();
        node[..RecordKey::NODE].to_vec()
    };
    records.sort_by_cached_key(|record| (family(record), Reverse(record.from)));
    for family in records.chunk_by_mut(|a, b| family(a) == family(b)) {
        if family.len() == 1 {
            continue;
        }
        let mut deeper = 0;
        for level in family.chunk_by_mut(|a, b| a.from == b.from) {
            follow(level);
            let mut last_used = deeper;
            for record in level {
                last_used = last_used.max(record.last_used);
                record.last_used = record.last_used.max(deeper);
            }
            deeper = last_used;
        }
    }
}

/// Counts the followers of each of the records to which as many steps lead, and takes it for used when one of them was.
fn follow(level: &mut [Found]) {
    let used = level.iter().map(|record| (record.key, record.last_used));
    let used: HashMap<RecordKey, u64> = used.collect();
    for record in level {
        let mut next = record.key.beside();
        while let Some(last_used) = used.get(&next)
            && (record.followers as usize) < used.len()
        {
            record.last_used = record.last_used.max(*last_used);
            record.followers += 1;
            next = next.beside();
        }
    }
}

fn is_unwanted(record: &Found, wanted: &Collect) -> bool {
    let is_old = wanted.max_age.is_some_and(|age| {
        let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        record.last_used < crate::store::now_in_milliseconds().saturating_sub(age)
    });
    is_old || wanted.stale && record.is_stale
}

/// Lets go, beside what goes already, of the least recently used, until what is left
/// of `size` bytes is `max_size`; large values take `apart` of them.
fn evict(survey: &Survey, goes: &mut [bool], size: u64, apart: u64, max_size: u64) {
    let mut naming = vec![0_u32; survey.blobs.all.len()];
    for record in &survey.records {
        if let Some(blob) = record.blob {
            naming[blob as usize] += 1;
        }
    }
    let records = survey.records.iter().map(|record| record.bytes);
    let named = survey.named.iter().map(|named| named.bytes);
    let beside: u64 = records.chain(named).sum();
    // What keeping an entry takes beside its own bytes.
    let factor = (size.saturating_sub(apart) as f64 / beside.max(1) as f64).max(1.0);
    let mut free = |record: &Found| {
        let mut freed = (record.bytes as f64 * factor) as u64;
        if let Some(blob) = record.blob {
            let naming = &mut naming[blob as usize];
            *naming -= 1;
            if *naming == 0 {
                freed += survey.blobs.all[blob as usize].1;
            }
        }
        freed
    };
    let mut excess = size.saturating_sub(max_size);
    for (record, _) in survey.records.iter().zip(&*goes).filter(|(_, goes)| **goes) {
        excess = excess.saturating_sub(free(record));
    }
    let mut order: Vec<usize> = (0..survey.records.len()).collect();
    order.sort_by_key(|place| {
        let record = &survey.records[*place];
        // Of equal ones, those that are found by way of others first.
        (record.last_used, Reverse(record.from), record.followers)
    });
    for place in order {
        if excess == 0 {
            break;
        }
        let record = &survey.records[place];
        if !goes[place] && !record.is_pinned {
            goes[place] = true;
            excess = excess.saturating_sub(free(record));
        }
    }
}

/// What the records need that stay.
struct Needed {
    /// By their keys: digests, of which no two are likely to be the same, whatever they are of.
    keys: HashSet<Box<[u8]>>,
    blobs: HashSet<[u8; 32]>,
}

impl Needed {
    fn by(survey: &Survey, goes: &[bool]) -> Self {
        let mut needed = Needed {
            keys: HashSet::new(),
            blobs: HashSet::new(),
        };
        let mut heads = HashSet::new();
        let all = || survey.records.iter().zip(goes);
        let staying = || all().filter(|(_, goes)| !**goes).map(|(record, _)| record);
        for record in staying() {
            needed.keys.insert(record.key.bytes().as_slice().into());
            heads.insert(record.head);
            needed.add_keys(record.inputs.iter().map(|key| key.as_slice()));
            let blob = record.blob.map(|blob| survey.blobs.all[blob as usize].0);
            needed.blobs.extend(blob);
        }
        let proofs = survey.with_further(staying().filter_map(|record| record.proof));
        needed.add_keys(proofs.iter().map(|key| key.as_slice()));
        let inputs = proofs.iter().filter_map(|it| survey.inputs_of.get(it));
        needed.add_keys(inputs.flatten().map(|key| key.as_slice()));
        let codes = proofs.iter().filter_map(|it| survey.codes_of.get(it));
        needed.add_keys(codes.flatten().map(|key| key.as_slice()));
        // Where nothing says with which code a function ran, it may have been any.
        let unproved = staying().filter(|record| record.proof.is_none());
        let unproved: HashSet<&[u8]> = unproved
            .filter_map(|record| survey.heads.all[record.head as usize].1.first())
            .map(|function| function.as_slice())
            .collect();
        for (key, below) in &survey.needs {
            let of_unproved = key.len() == 16 && unproved.contains(&key[..8]);
            if of_unproved || needed.keys.contains(key) {
                needed.keys.insert(key.clone());
                needed.keys.extend(below.iter().cloned());
            }
        }
        for (key, below) in &survey.needs {
            if needed.keys.contains(key) {
                needed.keys.extend(below.iter().cloned());
            }
        }
        for head in heads {
            let (key, functions) = &survey.heads.all[head as usize];
            needed.add_keys(std::iter::once(key.as_slice()));
            needed.add_keys(functions.iter().map(|key| key.as_slice()));
        }
        needed
    }

    fn add_keys<'a>(&mut self, keys: impl Iterator<Item = &'a [u8]>) {
        self.keys.extend(keys.map(Box::from));
    }

    fn has(&self, named: &Named) -> bool {
        self.keys.contains(&named.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record of the node with this number, of 100 bytes.
    fn record(node: u8, place: RecordKey, from: u32, last_used: u64) -> Found {
        let mut key = *place.bytes();
        key[..RecordKey::NODE].fill(node);
        let Some(key) = RecordKey::from_bytes(&key) else {
            unreachable!("the length is that of a key");
        };
        Found {
            key,
            from,
            followers: 0,
            last_used,
            bytes: 100,
            blob: None,
            head: 0,
            proof: None,
            inputs: Box::default(),
            is_stale: false,
            is_pinned: false,
        }
    }

    /// The keys of the records that stay within so many bytes, in no order.
    fn kept(records: Vec<Found>, max_size: u64) -> HashSet<RecordKey> {
        let mut kept: HashSet<RecordKey> = records.iter().map(|record| record.key).collect();
        let size = 100 * records.len() as u64;
        let mut survey = Survey::default();
        survey.records = records;
        survey.heads.all.push(([0; 10], [].into()));
        let chosen = choose(survey, Vec::new(), &Collect::new().max_size(max_size), size);
        for (_, key) in chosen.removals {
            kept.retain(|kept| kept.bytes()[..] != key[..]);
        }
        kept
    }

    fn place(number: u8) -> RecordKey {
        let place = RecordKey::from_bytes(&[number; 12]);
        place.unwrap_or_else(|| unreachable!("the length is that of a key"))
    }

    #[test]
    fn what_was_used_last_stays() {
        let records = (0..10).map(|node| record(node, place(1), 0, u64::from(node)));
        let records: Vec<Found> = records.collect();
        let newest: HashSet<RecordKey> = records[7..].iter().map(|record| record.key).collect();
        assert_eq!(kept(records, 350), newest);
    }

    #[test]
    fn what_is_found_by_way_of_others_goes_first() {
        for room in 0..=5 {
            let (first, later) = (record(9, place(1), 0, 1), record(9, place(2), 1, 5));
            let deepest = record(9, place(3), 4, 5);
            let other = record(8, place(1), 0, 3);
            let beside = record(9, later.key.beside(), 1, 9);
            let (one, two, three) = (first.key, later.key, deepest.key);
            let (four, five) = (beside.key, other.key);
            let kept = kept(vec![first, later, deepest, other, beside], 100 * room);
            assert_eq!(kept.len() as u64, room);
            assert!(kept.contains(&one) || !kept.contains(&two));
            assert!(kept.contains(&two) || !kept.contains(&four));
            assert!(kept.contains(&one) || !kept.contains(&three));
            // Used after the first was stored, but before what is found by way of it.
            assert_eq!(kept.contains(&five), room == 5);
        }
    }
}
