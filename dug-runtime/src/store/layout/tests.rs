use super::*;

fn key() -> RecordKey {
    RecordKey::from_bytes(&[7; super::super::key::LENGTH]).unwrap()
}

fn record(value: Kept, steps: Vec<Step>) -> Record {
    Record {
        functions: vec![[1; 8]],
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
    long.functions.extend((0..20).map(|n| [n; 8]));
    long.steps[1].described = Some(Described {
        text: "a".to_owned(),
        ends: vec![2],
    });
    long.from = 2;
    long.by_proof_from = Some(1);
    long.proof = None;
    long.run.below = 1023 << 20;
    long.run.estimate = 1023 << 54;
    let blob = Kept::Blob {
        digest: [4; 32],
        bytes: 1 << 40,
        shape: 77,
    };
    vec![
        small,
        by_graph,
        long,
        record(blob, Vec::new()),
        record(Kept::Nowhere, vec![step(0, 0)]),
    ]
}

#[test]
fn what_is_encoded_decodes() {
    for record in records() {
        let bytes = encode(&key(), &record).unwrap();
        assert_eq!(decode(&key(), &bytes).as_ref(), Some(&record));
    }
}

#[test]
fn records_are_small() {
    let small = encode(&key(), &record(here(&[9, 9]), Vec::new())).unwrap();
    assert_eq!(small.len(), 54);
    let two = vec![step(0, 3), step(0, 3)];
    let two = encode(&key(), &record(here(&[9, 9]), two)).unwrap();
    assert_eq!(two.len(), 78);
}

#[test]
fn damage_is_no_record() {
    let other = RecordKey::from_bytes(&[8; super::super::key::LENGTH]).unwrap();
    for record in records() {
        let bytes = encode(&key(), &record).unwrap();
        assert_eq!(decode(&other, &bytes), None);
        for cut in 0..bytes.len() {
            assert_eq!(decode(&key(), &bytes[..cut]), None);
        }
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&key(), &flipped), None);
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
            Parts(&content).record(flags);
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
