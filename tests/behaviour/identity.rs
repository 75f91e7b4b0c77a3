//! Node ids: what is one node and what is not, serialized, printed, called.

use crate::elsewhere;
use dug::{Context, Error, NodeId, Store, node, tracked, with_context};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, HashMap};

#[tracked]
fn foo(x: i64) -> i64 {
    2 * x
}

#[tracked]
fn over(values: &[f64], label: Option<&str>) -> f64 {
    values.iter().sum::<f64>() + label.map_or(0.0, |label| label.len() as f64)
}

#[tracked]
fn owned(values: Vec<f64>) -> usize {
    values.len()
}

#[tracked]
fn borrowed(values: &[f64]) -> usize {
    values.len()
}

#[tracked]
fn of_map(map: &HashMap<String, u32>) -> u32 {
    map.values().sum()
}

#[tracked]
fn of_sorted(map: &BTreeMap<String, u32>) -> u32 {
    map.values().sum()
}

#[tracked(name = "pricing::spot")]
fn renamed(symbol: &str) -> usize {
    symbol.len()
}

#[tracked(skip(note))]
fn skipping(x: u32, note: &mut Vec<u32>) -> u32 {
    note.push(x);
    x
}

#[derive(Serialize)]
struct OnlyWritten {
    factor: u32,
}

#[tracked]
impl OnlyWritten {
    fn scale(&self, x: u32) -> u32 {
        self.factor * x
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Curve {
    rates: Vec<f64>,
}

#[tracked]
impl Curve {
    fn rate(&self, at: usize) -> f64 {
        self.rates[at]
    }

    fn flat(rate: f64) -> Curve {
        Curve {
            rates: vec![rate; 3],
        }
    }
}

#[tracked]
fn identity_of<T: Serialize + for<'de> Deserialize<'de> + Clone + Send + Sync + 'static>(
    value: T,
) -> T {
    value
}

fn there_and_back(id: &NodeId) -> NodeId {
    let json = serde_json::to_string(id).unwrap();
    let back: NodeId = serde_json::from_str(&json).unwrap();
    assert_eq!(back, *id);
    assert_eq!(back.to_string(), id.to_string());
    assert_eq!(back.digest(), id.digest());
    back
}

#[test]
fn ids_print_as_calls() {
    assert_eq!(node!(foo(-4)).id().to_string(), "foo(-4)");
    assert_eq!(
        node!(over(&[1.0, 2.5], Some("x"))).id().to_string(),
        "over([1.0, 2.5], Some(\"x\"))"
    );
    assert_eq!(node!(renamed("AAPL")).id().to_string(), "renamed(\"AAPL\")");
    let curve = Curve { rates: vec![0.5] };
    assert_eq!(
        node!(curve.rate(0)).id().to_string(),
        "Curve::rate(Curve { rates: [0.5] }, 0)"
    );
    assert_eq!(node!(Curve::flat(0.5)).id().to_string(), "Curve::flat(0.5)");
    let written = OnlyWritten { factor: 3 };
    assert_eq!(
        node!(written.scale(2)).id().to_string(),
        "OnlyWritten::scale(OnlyWritten { factor: 3 }, 2)"
    );
    let mut note = Vec::new();
    assert_eq!(
        node!(skipping(7, &mut note)).id().to_string(),
        "skipping(7)"
    );
}

#[test]
fn ids_are_ordered_and_tell_functions_apart() {
    let mut ids = [node!(foo(3)), node!(foo(1)), node!(foo(2))].map(|node| node.id().clone());
    ids.sort();
    assert_eq!(ids.map(|id| id.to_string()), ["foo(1)", "foo(2)", "foo(3)"]);
    assert_ne!(node!(owned(vec![])).id(), node!(borrowed(&[])).id());
    assert!(node!(foo(1)).id().function().ends_with("identity::foo"));
    assert_eq!(node!(renamed("x")).id().function(), "pricing::spot");
}

#[test]
fn maps_are_encoded_in_key_order() {
    let entries: Vec<(String, u32)> = (0..50).map(|n| (format!("{n}"), n)).collect();
    let one: HashMap<_, _> = entries.iter().cloned().collect();
    let other: HashMap<_, _> = entries.iter().rev().cloned().collect();
    assert_eq!(node!(of_map(&one)).id(), node!(of_map(&other)).id());
    with_context(|| {
        of_map(&one);
        assert!(node!(of_map(&other)).is_cached());
    });
    let sorted: BTreeMap<_, _> = entries.into_iter().collect();
    let (a, b) = (node!(of_map(&one)), node!(of_sorted(&sorted)));
    assert_eq!(
        a.id().to_string().trim_start_matches("of_map").len(),
        b.id().to_string().trim_start_matches("of_sorted").len()
    );
}

#[test]
fn zero_and_minus_zero_are_two_nodes() {
    assert_ne!(node!(Curve::flat(0.0)).id(), node!(Curve::flat(-0.0)).id());
}

#[test]
fn ids_are_called_after_a_round_trip() {
    with_context(|| {
        let call = |id: &NodeId| there_and_back(id).call_erased().unwrap();
        assert_eq!(call(node!(foo(4)).id()).downcast::<i64>().unwrap(), 8);
        assert!(node!(foo(4)).is_cached());
        assert_eq!(
            call(node!(over(&[1.0], Some("ab"))).id())
                .downcast::<f64>()
                .unwrap(),
            3.0
        );
        assert_eq!(
            call(node!(over(&[1.0], None)).id())
                .downcast::<f64>()
                .unwrap(),
            1.0
        );
        let curve = Curve { rates: vec![0.25] };
        assert_eq!(
            call(node!(curve.rate(0)).id()).downcast::<f64>().unwrap(),
            0.25
        );
        let flat = call(node!(Curve::flat(0.5)).id())
            .downcast::<Curve>()
            .unwrap();
        assert_eq!(flat.rates, [0.5; 3]);
        assert_eq!(
            call(node!(renamed("ab")).id()).downcast::<usize>().unwrap(),
            2
        );
    });
}

#[test]
fn what_cannot_be_called_says_why() {
    with_context(|| {
        let written = OnlyWritten { factor: 3 };
        assert_eq!(written.scale(2), 6);
        let error = node!(written.scale(2)).id().call_erased().unwrap_err();
        assert!(
            error.to_string().contains("OnlyWritten") && error.to_string().contains("Deserialize"),
            "{error}"
        );
        let mut note = Vec::new();
        let error = node!(skipping(7, &mut note))
            .id()
            .call_erased()
            .unwrap_err();
        assert!(error.to_string().contains("`note`"), "{error}");
        let json = serde_json::to_string(node!(foo(1)).id())
            .unwrap()
            .replace("::foo", "::gone");
        let error = serde_json::from_str::<NodeId>(&json)
            .unwrap()
            .call_erased()
            .unwrap_err();
        assert!(matches!(error, Error::UnknownFunction { .. }), "{error}");
        assert!(error.to_string().contains("foo(1)"), "{error}");
        let wrong = node!(foo(1))
            .id()
            .call_erased()
            .unwrap()
            .downcast::<String>()
            .unwrap_err();
        assert!(matches!(wrong, Error::WrongType { .. }), "{wrong}");
    });
    let error = node!(foo(1)).id().call_erased().unwrap_err();
    assert!(matches!(error, Error::NoContext { .. }), "{error}");
}

#[test]
fn generic_functions_are_told_apart_by_their_types() {
    with_context(|| {
        assert_eq!(identity_of(1u8), 1);
        assert_eq!(identity_of(1i8), 1);
        let (a, b) = (node!(identity_of(1u8)), node!(identity_of(1i8)));
        assert_ne!(a.id(), b.id());
        assert!(a.id().function().ends_with("<u8>"), "{}", a.id().function());
        assert_eq!(
            there_and_back(a.id())
                .call_erased()
                .unwrap()
                .downcast::<u8>()
                .unwrap(),
            1
        );
        let unused = node!(identity_of::<u128>(1)).id().clone();
        // Making the node is enough to know the instantiation.
        assert_eq!(unused.call_erased().unwrap().downcast::<u128>().unwrap(), 1);
    });
}

#[test]
fn functions_of_one_name_in_sibling_blocks() {
    let one = {
        #[tracked]
        fn twin() -> u8 {
            1
        }
        with_context(|| assert_eq!(twin(), 1));
        node!(twin()).id().clone()
    };
    let two = {
        #[tracked]
        fn twin() -> u8 {
            2
        }
        with_context(|| assert_eq!(twin(), 2));
        node!(twin()).id().clone()
    };
    assert_ne!(one, two);
    assert!(
        two.function().ends_with("#2"),
        "{} {}",
        one.function(),
        two.function()
    );
    with_context(|| {
        assert_eq!(one.call_erased().unwrap().downcast::<u8>().unwrap(), 1);
        assert_eq!(two.call_erased().unwrap().downcast::<u8>().unwrap(), 2);
    });
}

/// Bytes that earlier builds have written must be read by later ones.
#[test]
fn golden_bytes() {
    #[tracked(name = "golden")]
    fn golden(symbol: &str, strikes: &[u32], put: bool) -> bool {
        put && symbol.len() == strikes.len()
    }
    let id = node!(golden("AAPL", &[90, 300], true)).id().clone();
    let json = r#"{"function":"golden","arguments":"044141504c025afb2c0101","text":"golden(\"AAPL\", [90, 300], true)"}"#;
    assert_eq!(serde_json::to_string(&id).unwrap(), json);
    assert_eq!(serde_json::from_str::<NodeId>(json).unwrap(), id);
    let digest: String = id
        .digest()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut expected = vec![1];
    expected.extend(6u64.to_le_bytes());
    expected.extend(b"golden\x04AAPL\x02\x5a\xfb\x2c\x01\x01");
    assert_eq!(digest, blake3::hash(&expected).to_hex().as_str());
}

#[test]
fn hostile_ids_are_refused() {
    for text in [
        r#"{"function":"golden","arguments":"0","text":""}"#,
        r#"{"function":"golden","arguments":"zz","text":""}"#,
    ] {
        assert!(serde_json::from_str::<NodeId>(text).is_err());
    }
    with_context(|| {
        let json = serde_json::to_string(node!(renamed("AAPL")).id()).unwrap();
        for arguments in ["", "ff", "fdffffffffffffffff", "fcffffff7f41", "0441"] {
            let id: NodeId = serde_json::from_str(&json.replace("044141504c", arguments)).unwrap();
            assert!(matches!(id.call_erased(), Err(Error::NotCallable { .. })));
        }
    });
}

trait Kind: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    fn kind(&self) -> String;
}

#[tracked]
fn kind_of<T: Kind>(of: T) -> String {
    of.kind()
}

#[tracked]
fn kind_in_cell<T: Kind>(of: T) -> String {
    dug::cell!("the kind", (of) => { of.kind() })
}

trait Asks {
    fn ask(&self) -> String;
}

struct Asking<T>(T);

/// Here the compiler's names do not even begin with the path of the method.
impl Asks for Asking<char> {
    fn ask(&self) -> String {
        if self.0 == 'd' {
            #[derive(Clone, Serialize, Deserialize)]
            struct Twin(u8);
            impl Kind for Twin {
                fn kind(&self) -> String {
                    format!("d {}", self.0)
                }
            }
            kind_of(Twin(1)) + " and " + &kind_in_cell(Twin(2))
        } else {
            #[derive(Clone, Serialize, Deserialize)]
            struct Twin(u8);
            impl Kind for Twin {
                fn kind(&self) -> String {
                    format!("e {}", self.0)
                }
            }
            kind_of(Twin(1)) + " and " + &kind_in_cell(Twin(2))
        }
    }
}

/// What blocks say of types that all have one path.
fn kinds(order: &str) -> Vec<String> {
    macro_rules! kind {
        ($text:literal) => {{
            #[derive(Clone, Serialize, Deserialize)]
            struct Twin(u8);
            impl Kind for Twin {
                fn kind(&self) -> String {
                    format!("{} {}", $text, self.0)
                }
            }
            kind_of(Twin(1)) + " and " + &kind_in_cell(Twin(2))
        }};
    }
    let kinds = order.chars().map(|which| match which {
        'a' => {
            #[derive(Clone, Serialize, Deserialize)]
            struct Twin(u8);
            impl Kind for Twin {
                fn kind(&self) -> String {
                    format!("a {}", self.0)
                }
            }
            kind_of(Twin(1)) + " and " + &kind_in_cell(Twin(2))
        }
        'b' => kind!("b"),
        'd' | 'e' => Asking(which).ask(),
        _ => kind!("c"),
    });
    kinds.collect()
}

#[test]
fn a_program_asks_for_kinds() {
    let Some((store, order)) = elsewhere::given() else {
        return;
    };
    let store = Store::open(store).unwrap();
    let context = Context::builder().store(store.clone()).build();
    let kinds = context.enter(|| kinds(&order));
    println!("{kinds:?} with {} bodies", context.stats().executions);
    store.flush().unwrap();
}

#[test]
fn types_of_one_path_are_told_apart_in_other_processes() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |order: &str| {
        let test = "identity::a_program_asks_for_kinds";
        let printed = elsewhere::run(test, &folder.path().join("store"), order);
        let line = printed.lines().find(|line| line.contains("bodies"));
        line.unwrap().to_owned()
    };
    let all = |order: &str| -> Vec<String> {
        let kind = |which| format!("{which} 1 and {which} 2");
        order.chars().map(kind).collect()
    };
    assert_eq!(ask("ab"), format!("{:?} with 6 bodies", all("ab")));
    assert_eq!(ask("cab"), format!("{:?} with 3 bodies", all("cab")));
    assert_eq!(ask("bca"), format!("{:?} with 0 bodies", all("bca")));
    for order in ["d", "e"] {
        assert_eq!(ask(order), format!("{:?} with 3 bodies", all(order)));
    }
    assert_eq!(ask("ed"), format!("{:?} with 0 bodies", all("ed")));
}
