use super::*;
use crate::store::head::Common;
use crate::store::usage::Usage;

fn key() -> RecordKey {
    RecordKey::from_bytes(&[7; super::super::key::LENGTH]).unwrap()
}

fn head(functions: u8, value: &Kept, proof: Option<ProofKey>) -> Arc<Head> {
    let common = Common {
        functions: (0..functions).map(|n| [n; 8]).collect(),
        shape: value.shape(),
        proof,
    };
    Arc::new(common.finish().unwrap())
}

fn record(value: Kept, steps: Vec<Step>) -> Record {
    Record {
        head: head(1, &value, Some(ProofKey::default())),
        arguments: vec![251, 4, 5],
        text: "1284".to_owned(),
        steps,
        from: 0,
        by_proof_from: None,
        fingerprint: Fingerprint::of_encoding(&[9, 9]),
        value,
        proof: Some(ProofKey::default()),
        run: Run {
            saved_at: 1_764_000_000_123,
            own: 1000,
            below: 0,
            estimate: 1000,
            saving: 512,
        },
        usage: Usage {
            last_used: 1_764_000_000_123,
            ..Usage::default()
        },
    }
}

fn here(bytes: &[u8]) -> Kept {
    let (bytes, shape) = (bytes.to_vec(), 12);
    Kept::Here(Encoded { bytes, shape })
}

fn step(function: u32, length: usize) -> Step {
    Step {
        function,
        arguments: vec![3; length],
        described: None,
        answer: [5; size_of::<Short>()],
    }
}

fn records() -> Vec<Record> {
    let small = record(here(&[9, 9]), Vec::new());
    let by_graph = record(here(&[9]), vec![step(0, 3), step(0, 4)]);
    let mut long = record(
        here(&[1; 300]),
        vec![step(0, 16), step(15, 2), step(1, 300)],
    );
    long.head = head(21, &long.value, None);
    long.steps[1].described = Some(Described {
        text: "a".to_owned(),
        ends: vec![2],
    });
    long.from = 2;
    long.by_proof_from = Some(1);
    long.proof = None;
    long.run.below = 1023 << 20;
    long.run.estimate = 1023 << 54;
    let mut apart = record(here(&[7; 2000]), Vec::new());
    apart.head = head(1, &apart.value, None);
    apart.usage = used(3, 2);
    let blob = Kept::Blob {
        digest: [4; 32],
        bytes: 1 << 40,
        shape: 77,
    };
    vec![
        small,
        by_graph,
        long,
        apart,
        record(blob, Vec::new()),
        record(Kept::Nowhere, vec![step(0, 0)]),
    ]
}

fn used(hits: u64, loads: u64) -> Usage {
    Usage {
        hits,
        loads,
        load_time: 3000 * loads,
        last_used: 1_764_000_000_200,
    }
}

/// The record, whose head is this one.
fn decoded(key: &RecordKey, bytes: &[u8], head: &Arc<Head>) -> Option<Record> {
    decode(key, bytes, |named| {
        (named == head.key()).then(|| Arc::clone(head))
    })
}

#[test]
fn what_is_encoded_decodes() {
    for record in records() {
        let bytes = encode(&key(), &record).unwrap();
        let back = decoded(&key(), &bytes, &record.head);
        assert_eq!(back.as_ref(), Some(&record));
        assert_eq!(decode(&key(), &bytes, |_| None), None);
    }
}

#[test]
fn what_does_not_go_with_its_head_is_not_encoded() {
    let mut other_shape = record(here(&[9]), Vec::new());
    other_shape.head = head(1, &Kept::Nowhere, other_shape.proof);
    assert_eq!(encode(&key(), &other_shape), None);
    let mut no_proof = record(here(&[9]), Vec::new());
    no_proof.proof = None;
    assert_eq!(encode(&key(), &no_proof), None);
}

#[test]
fn usage_is_exchanged_and_nothing_else() {
    for record in records() {
        let mut bytes = encode(&key(), &record).unwrap();
        let head = &record.head;
        let mut expected = record.clone();
        for more in [used(1, 0), used(70, 0), used(0, 1), used(1 << 30, 1 << 20)] {
            let length = bytes.len();
            let with = with_usage(&key(), &bytes, |mut usage| {
                usage.add(&more);
                Some(usage)
            });
            bytes = with.unwrap();
            expected.usage.add(&more);
            assert_eq!(decoded(&key(), &bytes, head).as_ref(), Some(&expected));
            assert!(bytes.len() == length || more.loads > 1);
        }
        assert_eq!(with_usage(&key(), &bytes, |_| None), None);
        bytes[30] ^= 1;
        assert_eq!(with_usage(&key(), &bytes, Some), None);
    }
    let mut most = record(here(&[9]), Vec::new());
    most.usage = Usage {
        hits: u64::MAX,
        loads: u64::MAX,
        load_time: u64::MAX,
        last_used: u64::MAX,
    };
    let bytes = encode(&key(), &most).unwrap();
    let back = decoded(&key(), &bytes, &most.head).unwrap().usage;
    assert_eq!((back.hits, back.loads), (u64::MAX, u64::MAX));
    assert_eq!(back.load_time, u64::MAX);
    assert!(back.last_used > u64::MAX - (u64::MAX >> 17));
}

#[test]
fn records_are_small() {
    let small = encode(&key(), &record(here(&[9, 9]), Vec::new())).unwrap();
    assert_eq!(small.len(), 49);
    let two = vec![step(0, 3), step(0, 3)];
    let two = encode(&key(), &record(here(&[9, 9]), two)).unwrap();
    assert_eq!(two.len(), 73);
}

#[test]
fn damage_is_no_record() {
    let other = RecordKey::from_bytes(&[8; super::super::key::LENGTH]).unwrap();
    for record in records() {
        let bytes = encode(&key(), &record).unwrap();
        assert_eq!(decoded(&other, &bytes, &record.head), None);
        for cut in 0..bytes.len() {
            assert_eq!(decoded(&key(), &bytes[..cut], &record.head), None);
        }
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decoded(&key(), &flipped, &record.head), None);
        }
    }
}

#[test]
fn false_promises_take_no_memory() {
    // All that follows the parts of fixed length says that there is more than can be.
    for count in 0..40 {
        let mut content = vec![0; count];
        content.extend([0xff; 9]);
        content.push(1);
        for flags in 0..=u8::MAX {
            let blob = record(Kept::Nowhere, Vec::new()).head;
            Parts(&content).record(flags, blob);
        }
    }
}

#[test]
fn times_are_rounded_up_to_three_digits() {
    for time in [0, 1, 1023, 1024, 1025, 123_456_789, u64::MAX - 1, u64::MAX] {
        let mut bytes = Vec::new();
        put_time(&mut bytes, time);
        let back = Parts(&bytes).time().unwrap();
        assert!(back >= time && back - time <= time / 512, "{time} {back}");
        let mut again = Vec::new();
        put_time(&mut again, back);
        assert_eq!(again, bytes);
    }
}
