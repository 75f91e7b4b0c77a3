//! Scenarios from elsewhere, in bytes and in JSON: what can be read is written, read and entered.

#![no_main]

#[allow(dead_code, reason = "each target uses a part")]
mod program;

use dug::Scenario;
use libfuzzer_sys::{Corpus, fuzz_target};
use program::ask;

/// A false length promises no more than this.
const LIMIT: usize = 1 << 20;

fn read(first: u8, bytes: &[u8]) -> Option<Scenario> {
    if first % 2 == 0 {
        let config = bincode::config::standard().with_limit::<LIMIT>();
        let read = bincode::serde::decode_from_slice(bytes, config).ok()?;
        Some(read.0)
    } else {
        serde_json::from_slice(bytes).ok()
    }
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((first, rest)) = bytes.split_first() else {
        return Corpus::Reject;
    };
    let Some(scenario) = read(*first, rest) else {
        return Corpus::Keep;
    };
    // What lies over too many others is for programs only.
    let Ok(written) = serde_json::to_string(&scenario) else {
        return Corpus::Keep;
    };
    let back: Scenario = serde_json::from_str(&written).expect("it can be read");
    assert_eq!(
        serde_json::to_string(&back).expect("it can be written"),
        written
    );
    dug::with_context(|| {
        scenario.enter(ask);
        back.enter(ask);
    });
    Corpus::Keep
});
