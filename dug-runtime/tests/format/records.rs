//! Records, read by hand.

use crate::bytes::{Bytes, checksum, digest, digest_of_list, unsealed};
use crate::program;
use crate::written::{encoding_of, functions, large_value, table};
use std::ops::Range;

/// The beginning of what a value carries that tells its type.
pub const SHAPE_OF_U64: [u8; 4] = [0x49, 0xc7, 0x63, 0xaf];

/// Milliseconds since 1970, of this century.
pub const MOMENTS: Range<u64> = 1_700_000_000_000..4_000_000_000_000;

mod flag {
    pub const PROOF: u8 = 1;
    pub const BY_PROOF: u8 = 2;
    pub const BRANCH: u8 = 4;
    pub const HERE: u8 = 16;
    pub const BLOB: u8 = 32;
    pub const FINGERPRINT: u8 = 64;
    pub const BELOW: u8 = 128;
}

struct Step {
    /// The key of its function.
    function: Vec<u8>,
    arguments: Vec<u8>,
    answer: Vec<u8>,
}

struct Record {
    key: Vec<u8>,
    flags: u8,
    /// Whether its head names a proof.
    of_code: bool,
    /// The keys of functions.
    known: Vec<Vec<u8>>,
    hits: u64,
    loads: u64,
    function: String,
    shape: Vec<u8>,
    /// The value's encoding, or its digest and length.
    value: Vec<u8>,
    fingerprint: Vec<u8>,
    arguments: Vec<u8>,
    text: String,
    from: usize,
    steps: Vec<Step>,
}

fn time(bytes: &mut Bytes<'_>) {
    let time = bytes.fixed(2);
    let nanoseconds = (time & 0x3ff) << (time >> 10);
    assert!(nanoseconds < 60_000_000_000);
}

/// The functions, the shape, and whether there is a proof.
fn head(key: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>, bool) {
    let heads = table("head");
    let mut head = unsealed(key, &heads[key]);
    let count = head.number();
    let known = (0..count).map(|_| head.take(8).to_vec()).collect();
    assert_eq!(head.byte(), 1);
    let shape = (head.number() as u32).to_le_bytes().to_vec();
    (known, shape, head.byte() == 1)
}

/// How often it was answered from memory and loaded.
fn usage(content: &mut Bytes<'_>, saved_at: u64) -> (u64, u64) {
    let age = content.fixed(3);
    assert!(MOMENTS.contains(&(saved_at + ((age & 0x3_ffff) << (age >> 18)))));
    let (hits, loads, _nanoseconds) = (content.sevens(), content.sevens(), content.sevens());
    (hits, loads)
}

fn value(flags: u8, content: &mut Bytes<'_>) -> (Vec<u8>, Vec<u8>) {
    assert!(flags & (flag::HERE | flag::BLOB) != 0);
    let value = if flags & flag::HERE != 0 {
        let count = content.sevens() as usize;
        content.take(count).to_vec()
    } else {
        let digest = content.take(32).to_vec();
        assert_eq!(content.sevens(), large_value().1.len() as u64);
        digest
    };
    let fingerprint = match flags & flag::FINGERPRINT {
        0 => digest(&[&value], 32),
        _ => content.take(32).to_vec(),
    };
    (value, fingerprint)
}

fn read((key, bytes): (Vec<u8>, Vec<u8>)) -> Record {
    let mut content = Bytes(&bytes);
    let flags = content.byte();
    let sum = content.fixed(8);
    assert_eq!(sum, checksum(&key, flags, content.0));
    let has = |flag: u8| flags & flag != 0;

    let (known, shape, of_code) = head(content.take(10));
    let saved_at = content.fixed(6);
    assert!(MOMENTS.contains(&saved_at));
    let (hits, loads) = usage(&mut content, saved_at);
    if has(flag::PROOF) {
        assert!(table("set").contains_key(content.take(10)));
    }
    let (value, fingerprint) = value(flags, &mut content);
    let times = if has(flag::BELOW) { 4 } else { 2 };
    (0..times).for_each(|_| time(&mut content));
    let count = content.sevens() as usize;
    let arguments = content.take(count).to_vec();
    let count = content.sevens() as usize;
    let text = String::from_utf8(content.take(count).to_vec()).unwrap();
    let from = if has(flag::BRANCH) {
        content.sevens()
    } else {
        0
    } as usize;
    if has(flag::BY_PROOF) {
        assert_eq!(content.sevens(), 1);
    }
    let count = content.sevens();
    let steps = (0..count).map(|_| step(&known, &mut content)).collect();
    content.end();
    let function = functions()[&known[0]].clone();
    Record {
        key,
        flags,
        of_code,
        known,
        hits,
        loads,
        function,
        shape,
        value,
        fingerprint,
        arguments,
        text,
        from,
        steps,
    }
}

fn step(known: &[Vec<u8>], content: &mut Bytes<'_>) -> Step {
    let first = content.byte();
    // Long ones begin with 255; the program has none.
    assert_ne!(first, 255);
    Step {
        function: known[usize::from(first >> 4)].clone(),
        arguments: content.take(usize::from(first & 15)).to_vec(),
        answer: content.take(8).to_vec(),
    }
}

fn records(function: &str) -> Vec<Record> {
    let records = table("record").into_iter().map(read);
    let function = format!("fixture::{function}");
    records
        .filter(|record| record.function == function)
        .collect()
}

/// The key of the first record of the node, with results of this type.
fn first_key(record: &Record, result: &str) -> Vec<u8> {
    let path = record.function.as_bytes();
    let mut key = digest(&[&digest(&[path], 24), &record.arguments], 12);
    let code = program::code(&record.function).unwrap();
    let version = digest(&[b"dug version", &code, result.as_bytes()], 7);
    for (byte, other) in key[5..].iter_mut().zip(version) {
        *byte ^= other;
    }
    key
}

/// The key of a record that lies behind the first one.
fn branch_key(first: &[u8], steps: &[Step]) -> Vec<u8> {
    let turn = |step: &Step| {
        let parts: [&[u8]; 4] = [b"dug turn 1", &step.function, &step.arguments, &step.answer];
        digest_of_list(&parts, 8)
    };
    let turns: Vec<Vec<u8>> = steps.iter().map(turn).collect();
    let mut parts: Vec<&[u8]> = vec![b"dug branch 2", first];
    parts.extend(turns.iter().map(Vec::as_slice));
    [&first[..5], &digest_of_list(&parts, 7)].concat()
}

#[test]
fn all_records_are_known() {
    let all = table("record").into_iter().map(read);
    let mut all: Vec<String> = all
        .map(|record| {
            assert_eq!(record.key.len(), 12);
            format!("{}({})", record.function, record.text)
        })
        .collect();
    all.sort();
    let expected = [
        "fixture::by_graph()",
        "fixture::dated()",
        "fixture::dated()",
        "fixture::inside()",
        "fixture::large()",
        "fixture::leaf(1)",
        "fixture::leaf(2)",
        "fixture::many()",
        "fixture::sum()",
        "fixture::sum()",
        "fixture::sum()",
        "fixture::text(\"a\", (-2, Some(true)))",
    ];
    assert_eq!(all, expected);
}

/// One of the leaves was asked for twice by what was run, and is then an answer from memory.
#[test]
fn usage_is_counted_in_the_records() {
    let all = table("record").into_iter().map(read);
    let used: Vec<Record> = all
        .filter(|record| record.hits + record.loads > 0)
        .collect();
    assert!(used.iter().any(|record| record.hits > 0));
    assert!(used.iter().all(|record| record.hits + record.loads < 10));
}

#[test]
fn a_leaf_is_its_value() {
    for leaf in records("leaf") {
        let n = leaf.arguments[0];
        assert_eq!((leaf.flags, leaf.of_code), (flag::HERE, true));
        assert_eq!(
            (leaf.arguments.len(), leaf.text.clone()),
            (1, n.to_string())
        );
        assert_eq!(leaf.value, encoding_of(u64::from(n) * 1000));
        assert_eq!(leaf.shape, SHAPE_OF_U64);
        assert_eq!(leaf.key, first_key(&leaf, "u64"));
        assert!(leaf.steps.is_empty());
    }
}

/// What it asked the same leaves for, and was given: in the base, and in two scenarios.
#[test]
fn records_of_one_node_branch_at_the_first_other_answer() {
    let sums = records("sum");
    for (leaves, from) in [([1000, 2000], 0), ([1000, 7], 2), ([1, 2000], 1)] {
        let value = encoding_of(leaves.iter().sum());
        let sum = sums.iter().find(|sum| sum.value == value).unwrap();
        assert_eq!(sum.from, from);
        assert_eq!(sum.flags & flag::BRANCH != 0, from > 0);
        assert_eq!((sum.of_code, sum.known.len()), (from == 0, 2));
        assert_eq!(sum.flags & flag::PROOF, 0);
        assert_eq!(sum.steps.len(), 2);
        for (step, (n, leaf)) in sum.steps.iter().zip((1..).zip(leaves)) {
            assert_eq!(step.function, digest(&[b"fixture::leaf"], 8));
            assert_eq!(step.arguments, [n]);
            assert_eq!(step.answer, digest(&[&encoding_of(leaf)], 8));
        }
        let first = first_key(sum, "u64");
        let key = match from {
            0 => first,
            from => branch_key(&first, &sum.steps[..from]),
        };
        assert_eq!(sum.key, key);
    }
}

#[test]
fn arguments_follow_each_other() {
    let [text] = &records("text")[..] else {
        panic!("one record");
    };
    // "a", and -2 as an unsigned number, and Some, and true.
    assert_eq!(text.arguments, [1, b'a', 3, 1, 1]);
    assert_eq!(text.value, [&[23][..], b"a (-2, Some(true)) 3000"].concat());
    assert_eq!((text.flags, text.of_code), (flag::HERE | flag::BELOW, true));
    assert_eq!(text.key, first_key(text, "alloc::string::String"));
}

#[test]
fn only_a_proof_vouches_for_what_was_asked_in_a_context_of_the_body() {
    let [inside] = &records("inside")[..] else {
        panic!("one record");
    };
    // The proof rests on more than code.
    let expected = flag::PROOF | flag::BY_PROOF | flag::HERE | flag::BELOW;
    assert_eq!((inside.flags, inside.of_code), (expected, false));
    let [step] = &inside.steps[..] else {
        panic!("one step");
    };
    assert_eq!(step.function, digest(&[b"external"], 8));
    assert_eq!(step.arguments, [&[5][..], b"bound"].concat());
    let shape = [&SHAPE_OF_U64[..], &[0; 4]].concat();
    let value = digest(&[&encoding_of(8)], 32);
    let identity = digest_of_list(&[b"dug external 1", b"u64", &shape, &value], 32);
    // There is one.
    assert_eq!(step.answer, digest(&[&[1], &identity], 8));
    assert_eq!(inside.key, first_key(inside, "u64"));
}

#[test]
fn a_result_by_graph_has_the_fingerprint_of_its_computation() {
    let [by_graph] = &records("by_graph")[..] else {
        panic!("one record");
    };
    assert_eq!(by_graph.flags, flag::HERE | flag::FINGERPRINT);
    assert_eq!(by_graph.value, [5]);
    let code = program::code(&by_graph.function).unwrap();
    let id = dug::node!(program::by_graph()).id().digest();
    let parts: [&[u8]; 3] = [b"dug computation 1", &code, &id];
    assert_eq!(by_graph.fingerprint, digest_of_list(&parts, 32));
    assert_eq!(by_graph.key, first_key(by_graph, "u8"));
}

#[test]
fn a_large_value_lies_in_a_file() {
    let [large] = &records("large")[..] else {
        panic!("one record");
    };
    assert_eq!(large.flags, flag::BLOB | flag::FINGERPRINT);
    let digest = digest(&[&large_value().1], 32);
    assert_eq!((&large.value, &large.fingerprint), (&digest, &digest));
    assert_eq!(large.key, first_key(large, "alloc::vec::Vec<u64>"));
}

/// The first was run in another world.
#[test]
fn the_latest_result_that_has_a_proof_is_named_by_the_first() {
    let dated = records("dated");
    let named = table("latest");
    let (key, bytes) = named.first_key_value().unwrap();
    let mut content = unsealed(key, bytes);
    let count = usize::try_from(content.number()).unwrap();
    let latest = content.take(count);
    content.end();
    assert_eq!((named.len(), count), (1, 12));
    let day = |key: &[u8]| {
        let record = dated.iter().find(|record| record.key == key);
        record.map(|record| record.value.clone())
    };
    assert_eq!(key, &first_key(&dated[0], "u64"));
    assert_eq!((day(key), day(latest)), (Some(vec![1]), Some(vec![2])));
}
