//! Scenarios on paper: written, edited by hand, and read in another process.

use dug::{Scenario, tracked, tweak, with_context};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::process::{Command, Stdio};

#[tracked(name = "market::spot")]
fn spot(name: &str) -> f64 {
    name.len() as f64
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tenor {
    Days(u32),
    Years { whole: u32 },
}

#[tracked(name = "market::yields")]
fn yields(curve: &str, tenor: Tenor) -> f64 {
    match tenor {
        Tenor::Days(days) => curve.len() as f64 + f64::from(days) / 1000.0,
        Tenor::Years { whole } => f64::from(whole) / 100.0,
    }
}

/// A number of its own, that multiplies by an `f64` only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Money(f64);

impl std::ops::MulAssign<f64> for Money {
    fn mul_assign(&mut self, factor: f64) {
        self.0 *= factor;
    }
}

#[tracked(name = "market::fee")]
fn fee() -> Money {
    Money(10.0)
}

#[tracked(name = "market::total")]
fn total() -> f64 {
    let years = yields("usd", Tenor::Years { whole: 10 });
    spot("AAPL") + spot("MSFT") + years + yields("usd", Tenor::Days(3)) + fee().0
}

#[tracked(in_memory)]
fn opaque() -> u8 {
    1
}

/// Serialized, but never read back.
#[derive(Clone, Serialize)]
struct OneWay(u8);

#[tracked(name = "market::odd")]
fn odd(first: OneWay, second: u8) -> u32 {
    u32::from(first.0) + u32::from(second)
}

fn shocks() -> Scenario {
    let day = Scenario::new()
        .named("day")
        .with(tweak!(in spot("AAPL") => 0.1 + 0.2))
        .unwrap()
        .with(tweak!(in yields(_, Tenor::Days(3)) += 0.002))
        .unwrap();
    Scenario::new()
        .named("shock")
        .with(tweak!(in spot(..) *= 1.01))
        .unwrap()
        .with(tweak!(in yields("usd", _).clamp(0.0, 0.05)))
        .unwrap()
        .with(tweak!(in fee() *= 1.5))
        .unwrap()
        .with(tweak!(in odd(OneWay(3), 4) => 9))
        .unwrap()
        .over(&day)
}

fn answer(scenario: &Scenario) -> u64 {
    with_context(|| scenario.enter(|| total() + f64::from(odd(OneWay(3), 4)))).to_bits()
}

fn to_bytes(scenario: &Scenario) -> Vec<u8> {
    bincode::serde::encode_to_vec(scenario, bincode::config::standard()).unwrap()
}

fn from_bytes(bytes: &[u8]) -> Result<Scenario, String> {
    let read = bincode::serde::decode_from_slice(bytes, bincode::config::standard());
    read.map(|(scenario, _)| scenario)
        .map_err(|error| error.to_string())
}

#[test]
fn what_is_written_is_read_back_equal() {
    let shocks = shocks();
    let json = serde_json::to_string_pretty(&shocks).unwrap();
    let read: Scenario = serde_json::from_str(&json).unwrap();
    assert_eq!(read, shocks);
    assert_eq!(read.to_string(), "shock over day");
    assert_eq!(answer(&read), answer(&shocks));
    let read = from_bytes(&to_bytes(&shocks)).unwrap();
    assert_eq!(read, shocks);
    assert_eq!(answer(&read), answer(&shocks));
    assert_ne!(answer(&read), answer(&Scenario::new()));
}

#[test]
fn people_can_write_it() {
    let json = r#"{
        "name": "shock",
        "tweaks": [
            { "function": "market::spot", "arguments": ["AAPL"], "value": 120.0 },
            { "function": "market::spot", "arguments": ["MSFT"], "multiply": 1.5 },
            { "matching": [{ "is": "usd" }, "any"], "function": "market::yields", "add": 0.5 },
            { "function": "market::yields", "matching": ["any", { "is": { "Days": 3 } }], "subtract": 1 },
            { "function": "market::fee", "scale": 2 }
        ],
        "over": { "tweaks": [{ "function": "market::yields", "clamp": [0, 1] }] }
    }"#;
    let shock: Scenario = serde_json::from_str(json).unwrap();
    let printed: Vec<String> = shock.tweaks().iter().map(ToString::to_string).collect();
    assert_eq!(
        printed,
        [
            "yields(..).clamp(0.0, 1.0)",
            "spot(\"AAPL\") => 120.0",
            "spot(\"MSFT\") *= 1.5",
            "yields(\"usd\", _) += 0.5",
            "yields(_, Days(3)) -= 1.0",
            "fee(..) *= 2.0",
        ]
    );
    let expected = 120.0 + 1.5 * 4.0 + (0.1 + 0.5) + (1.0 + 0.5 - 1.0) + 20.0;
    let answer = with_context(|| shock.enter(total));
    assert!((answer - expected).abs() < 1e-12, "{answer} {expected}");
}

#[tracked(name = "market::digest")]
fn digest(message: &[u8], round: u8) -> usize {
    message.len() + usize::from(round)
}

#[test]
fn bytes_that_look_like_the_end_of_handles_are_arguments_like_others() {
    let end = b"\xf5dug:passed:end\xfa".as_slice();
    let scenario = Scenario::new().with(tweak!(in digest(end, 1) => 7));
    let json = serde_json::to_string(&scenario.unwrap()).unwrap();
    let read: Scenario = serde_json::from_str(&json).unwrap();
    with_context(|| assert_eq!(read.enter(|| (digest(end, 1), digest(end, 2))), (7, 18)));
}

#[test]
fn what_cannot_travel_says_so() {
    let refused = |tweak| {
        let scenario = Scenario::new().with(tweak).unwrap();
        let json = serde_json::to_string(&scenario).unwrap_err().to_string();
        let bytes = bincode::serde::encode_to_vec(&scenario, bincode::config::standard());
        let said = format!("{json:?}");
        assert!(bytes.unwrap_err().to_string().contains(&said));
        json
    };
    assert_eq!(
        refused(tweak!(in spot("AAPL") => |old| old + 1.0)),
        "`spot(\"AAPL\") => |old| ..` cannot be serialized: a closure is code; write \
         `*=`, `+=`, `-=` or `.clamp(low, high)` in its place, which are data"
    );
    assert!(refused(tweak!(in spot(name) if name == "A" => 1.0)).contains("a guard is code"));
    assert!(refused(tweak!(in opaque() => 2)).contains("`in_memory`"));
    // JSON has no infinite numbers: refused there, and fine in bytes.
    let infinite = Scenario::new()
        .with(tweak!(in spot("AAPL") => f64::INFINITY))
        .unwrap();
    let error = serde_json::to_string(&infinite).unwrap_err().to_string();
    assert!(
        error.contains("spot(\"AAPL\")") && error.contains("JSON"),
        "{error}"
    );
    assert_eq!(from_bytes(&to_bytes(&infinite)).unwrap(), infinite);
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let refused = |tweak: &str| {
        let json = format!(r#"{{ "tweaks": [{tweak}] }}"#);
        let read: Result<Scenario, _> = serde_json::from_str(&json);
        read.unwrap_err().to_string()
    };
    for (tweak, parts) in [
        (
            r#"{ "function": "market::gone", "arguments": [3], "value": 1 }"#,
            ["`gone(3)`", "no tracked function `market::gone`"],
        ),
        (
            r#"{ "function": "market::spot", "arguments": ["AAPL"], "value": "much" }"#,
            ["spot(\"AAPL\")", "much"],
        ),
        (
            r#"{ "function": "market::spot", "arguments": [3], "value": 1 }"#,
            ["`spot(3)`", "invalid type"],
        ),
        (
            r#"{ "function": "market::spot", "arguments": ["A", 3], "value": 1 }"#,
            ["`spot(\"A\",3)`", "more arguments"],
        ),
        (
            r#"{ "function": "market::spot", "arguments": ["A"] }"#,
            ["spot(\"A\")", "does not say what"],
        ),
        (
            r#"{ "function": "market::spot", "arguments": ["A"], "value": 1, "add": 1 }"#,
            ["`spot(\"A\")`", "`add`"],
        ),
        (
            r#"{ "function": "market::spot", "arguments": ["A"], "valeu": 1, "add": 1 }"#,
            ["`spot(\"A\")`", "`valeu`"],
        ),
        (
            r#"{ "function": "market::spot", "arguments": ["A"], "valeu": 1 }"#,
            ["spot(\"A\")", "`valeu`"],
        ),
        (
            r#"{ "function": "market::fee", "add": 1.0 }"#,
            ["fee(..)", "no numbers"],
        ),
        (
            r#"{ "function": "market::yields", "matching": ["usd", "any"], "add": 1.0 }"#,
            ["yields", "neither \"any\" nor {\"is\": ..}"],
        ),
        (
            r#"{ "arguments": ["AAPL"], "value": 1 }"#,
            ["names no `function`", "tweak"],
        ),
    ] {
        let error = refused(tweak);
        for part in parts {
            assert!(error.contains(part), "{tweak}: {error}");
        }
    }
    let twice = r#"{ "function": "market::fee", "arguments": [], "scale": 1.0 }"#;
    assert!(refused(&format!("{twice}, {twice}")).contains("tweaks `fee()` twice"));
}

#[test]
fn damaged_bytes_are_refused_or_mean_something() {
    let bytes = to_bytes(&shocks());
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << bit;
            if let Ok(scenario) = from_bytes(&damaged) {
                let _ = scenario.to_string();
            }
        }
        assert!(from_bytes(&bytes[..place]).is_err());
    }
}

const CHILD: &str = "DUG_TEST_READS_SCENARIOS";

/// What the other process does: it reads scenarios, and prints what they answer.
#[test]
fn reads_what_another_process_wrote() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let text = std::io::read_to_string(std::io::stdin()).unwrap();
    let (json, bytes): (String, Vec<u8>) = serde_json::from_str(&text).unwrap();
    let json: Scenario = serde_json::from_str(&json).unwrap();
    let bytes = from_bytes(&bytes).unwrap();
    assert_eq!(json, bytes);
    println!("answers {} {}", answer(&json), answer(&bytes));
}

#[test]
fn another_process_reads_it() {
    let shocks = shocks();
    let json = serde_json::to_string(&shocks).unwrap();
    let text = serde_json::to_string(&(json, to_bytes(&shocks))).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "written::reads_what_another_process_wrote",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let expected = answer(&shocks);
    assert!(
        output.contains(&format!("answers {expected} {expected}")),
        "{output}"
    );
}

#[test]
fn bounds_between_which_nothing_lies_are_refused() {
    let wrong = || tweak!(in yields(..).clamp(1.0, 0.0));
    let error = Scenario::new().with(wrong()).unwrap_err().to_string();
    assert_eq!(
        error,
        "`yields(..)` cannot be clamped: 1.0 is not at most 0.0; write the lower bound first"
    );
    let panic = std::panic::catch_unwind(|| with_context(|| wrong().apply())).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>(), Some(&error));
    let written = r#"{ "tweaks": [{ "function": "market::yields", "clamp": [1, 0] }] }"#;
    let error = serde_json::from_str::<Scenario>(written).unwrap_err();
    assert!(
        error.to_string().contains("the lower bound comes first"),
        "{error}"
    );
}

#[test]
fn outside_every_context_there_is_nothing_to_tweak() {
    let panic = std::panic::catch_unwind(|| tweak!(spot("A") => 1.0)).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(
        text.starts_with("tweaking `spot(\"A\") => 1.0` needs a context"),
        "{text}"
    );
    assert!(text.contains("written.rs"), "{text}");
}
