//! The database, and all but its records.

use crate::bytes::{Bytes, digest, digest_of_list, unsealed};
use crate::{fixture, program};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// The large value: its place below `values`, and its encoding.
pub fn large_value() -> (String, Vec<u8>) {
    let mut value = vec![251];
    value.extend(20_000_u16.to_le_bytes());
    for n in 0..20_000 {
        value.push(253);
        value.extend((u64::MAX - n).to_le_bytes());
    }
    let name = blake3::hash(&value).to_hex().to_string();
    (format!("{}/{}", &name[..2], &name[2..]), value)
}

/// The rows of a table.
pub fn table(name: &str) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let folder = fixture();
    let connection = Connection::open(folder.path().join("store.sqlite")).unwrap();
    let sql = format!("SELECT key, value FROM \"{name}\"");
    let mut statement = connection.prepare(&sql).unwrap();
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

/// The paths of the functions by their keys.
pub fn functions() -> BTreeMap<Vec<u8>, String> {
    let read = |(key, bytes): (Vec<u8>, Vec<u8>)| {
        let mut content = unsealed(&key, &bytes);
        let path = content.text();
        let _who_writes = content.number();
        content.end();
        assert_eq!(key, digest(&[path.as_bytes()], 8));
        (key, path)
    };
    let rows = table("function").into_iter();
    rows.filter(|(key, _)| key.len() == 8).map(read).collect()
}

/// Encoded small numbers have one byte.
pub fn encoding_of(number: u64) -> Vec<u8> {
    match number {
        0..251 => vec![number as u8],
        _ => [&[251][..], &(number as u16).to_le_bytes()].concat(),
    }
}

#[test]
fn the_database_says_what_it_is() {
    let folder = fixture();
    let connection = Connection::open(folder.path().join("store.sqlite")).unwrap();
    let number = |name: &str| -> i64 {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .unwrap()
    };
    assert_eq!(
        number("application_id"),
        i64::from(u32::from_be_bytes(*b"dug1"))
    );
    assert_eq!(number("user_version"), 3);
    assert_eq!(number("auto_vacuum"), 2);
    let mode: String = connection
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");

    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid";
    let mut statement = connection.prepare(sql).unwrap();
    let tables = statement
        .query_map((), |row| row.get::<_, String>(0))
        .unwrap();
    let tables: Vec<String> = tables.map(Result::unwrap).collect();
    let names = [
        "record", "set", "head", "function", "tag", "count", "external", "input", "latest",
    ];
    let expected = names
        .map(|name| format!("CREATE TABLE \"{name}\" (key BLOB PRIMARY KEY, value BLOB NOT NULL)"));
    assert_eq!(tables, expected);
    for empty in ["count", "input"] {
        assert!(table(empty).is_empty());
    }
}

#[test]
fn an_id_is_digested_with_the_number_of_the_encoding() {
    let id = dug::node!(program::leaf(1)).id().clone();
    let path = b"fixture::leaf";
    let by_hand = digest(&[&[1], &13_u64.to_le_bytes(), path, &[1]], 32);
    assert_eq!(id.digest().to_vec(), by_hand);
    let hex: String = by_hand.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        "855918d2325980fecd0cd12de819384c5a600f548aea868492d8708499b7f4d7"
    );
    let written = serde_json::json!({
        "function": "fixture::leaf", "arguments": "01", "text": "leaf(1)"
    });
    assert_eq!(serde_json::to_value(&id).unwrap(), written);
}

#[test]
fn functions_are_told_by_their_paths() {
    let mut paths: Vec<String> = functions().into_values().collect();
    paths.sort();
    let expected = [
        "external",
        "fixture::by_graph",
        "fixture::dated",
        "fixture::inside",
        "fixture::large",
        "fixture::leaf",
        "fixture::many",
        "fixture::sum",
        "fixture::text",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn codes_are_kept_with_their_parts() {
    let rows = table("function");
    let part = |content: &mut Bytes| {
        let begin = content.0;
        let texts = [content.text(), content.text(), content.text()];
        content.take(16);
        (begin[..begin.len() - content.0.len()].to_vec(), texts)
    };
    let mut lists = std::collections::BTreeSet::new();
    let mut paths = Vec::new();
    for (key, bytes) in rows.iter().filter(|(key, _)| key.len() == 16) {
        let mut content = unsealed(key, bytes);
        let path = content.text();
        let code = content.take(32);
        assert_eq!(code, program::code(&path).unwrap());
        assert_eq!(key[..8], digest(&[path.as_bytes()], 8));
        assert_eq!(key[8..], digest_of_list(&[b"dug ran 1", code], 8));
        let _result_type = content.text();
        assert_eq!((content.byte(), content.text().is_empty()), (0, false));
        content.take(8);
        assert_eq!((content.byte(), content.byte()), (0, 1));
        let (_, [kind, name, file]) = part(&mut content);
        assert_eq!((kind, file), ("fn".into(), "program.rs".into()));
        assert_eq!(path, format!("fixture::{name}"));
        assert_eq!(content.byte(), 1);
        lists.insert(content.take(12).to_vec());
        content.end();
        paths.push(path);
    }
    assert_eq!(paths.len(), 8);
    let mut parts = std::collections::BTreeSet::new();
    for list in &lists {
        let mut content = unsealed(list, &rows[list]);
        assert_eq!(*list, digest_of_list(&[b"dug parts 1", content.0], 12));
        for _ in 0..content.number() {
            parts.insert(content.take(10).to_vec());
        }
        content.end();
    }
    for key in &parts {
        let mut content = unsealed(key, &rows[key]);
        let (said, _) = part(&mut content);
        content.end();
        assert_eq!(*key, digest_of_list(&[b"dug part 1", &said], 10));
    }
    assert_eq!(
        rows.len(),
        functions().len() + paths.len() + lists.len() + parts.len()
    );
}

#[test]
fn a_proof_lists_functions_and_inputs() {
    let mut lists = Vec::new();
    for (key, bytes) in table("set") {
        let mut content = unsealed(&key, &bytes);
        let mut parts: Vec<Vec<u8>> = vec![b"dug proof 1".to_vec()];
        let mut names = Vec::new();
        for _ in 0..content.number() {
            let path = content.text();
            let code = content.take(32);
            if let Some(expected) = program::code(&path) {
                assert_eq!(code, expected);
            }
            parts.extend([path.clone().into_bytes(), code.to_vec()]);
            names.push(path);
        }
        parts.push(b"inputs".to_vec());
        let inputs = content.number();
        if inputs > 1 {
            names.push(format!("{inputs} inputs"));
        }
        for _ in 0..inputs {
            let path = content.text();
            let count = content.number() as usize;
            let arguments = content.take(count);
            let fingerprint = content.take(32);
            if inputs == 1 {
                names.push(format!("{path} {arguments:?}"));
            }
            parts.extend([path.into_bytes(), arguments.to_vec(), fingerprint.to_vec()]);
        }
        parts.push(b"further".to_vec());
        for _ in 0..content.number() {
            let proof = content.take(10).to_vec();
            assert!(table("set").contains_key(&proof));
            names.push("those of another".to_owned());
            parts.push(proof);
        }
        content.end();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        assert_eq!(key, digest_of_list(&parts, 10));
        lists.push(names.join(", "));
    }
    lists.sort();
    let expected = [
        "64 inputs",
        "external, fixture::dated, external [3, 100, 97, 121]",
        "external, fixture::dated, external [3, 100, 97, 121]",
        "external, fixture::inside, fixture::leaf, fixture::sum, external [5, 98, 111, 117, 110, 100]",
        "external, fixture::many, 6 inputs, those of another",
        "fixture::by_graph",
        "fixture::large",
        "fixture::leaf",
        "fixture::leaf, fixture::sum",
        "fixture::leaf, fixture::sum, fixture::text",
    ];
    assert_eq!(lists, expected);
}

#[test]
fn a_tag_names_a_node_and_its_record() {
    let tags = table("tag");
    let (key, bytes) = tags.first_key_value().unwrap();
    assert_eq!((tags.len(), key), (1, &digest(&[b"a tag"], 32)));
    let mut content = unsealed(key, bytes);
    assert_eq!(
        (content.text(), content.text()),
        ("a tag".into(), "fixture::sum".into())
    );
    assert_eq!((content.number(), content.text()), (0, "sum()".into()));
    assert_eq!(content.byte(), 1);
    assert!(table("record").contains_key(content.take(12)));
    assert_eq!(content.take(32), digest(&[&encoding_of(3000)], 32));
    content.end();
}

#[test]
fn a_binding_has_its_name_and_its_value() {
    let bindings = table("external");
    let (key, bytes) = bindings.first_key_value().unwrap();
    assert_eq!((bindings.len(), key), (1, &digest(&[b"bound"], 32)));
    let mut content = unsealed(key, bytes);
    assert_eq!(content.text(), "bound");
    assert_eq!(content.take(32), digest(&[&encoding_of(8)], 32));
    assert_eq!(
        content.number(),
        u64::from(u32::from_le_bytes(crate::records::SHAPE_OF_U64))
    );
    assert_eq!((content.text(), content.number()), ("u64".into(), 1));
    assert_eq!(content.take(1), encoding_of(8));
    content.end();
}

#[test]
fn heads_are_what_records_have_in_common() {
    let proofs = table("set");
    for (key, bytes) in table("head") {
        let mut content: Bytes = unsealed(&key, &bytes);
        let parts = [b"dug head 1".as_slice(), content.0];
        assert_eq!(key, digest_of_list(&parts, 10));
        for _ in 0..content.number() {
            assert!(functions().contains_key(content.take(8)));
        }
        assert_eq!(content.byte(), 1);
        let _shape = content.number();
        if content.byte() == 1 {
            assert!(proofs.contains_key(content.take(10)));
        }
        content.end();
    }
}
