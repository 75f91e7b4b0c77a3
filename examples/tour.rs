//! A tour of dug: which bodies run, and which do not.

use dug::{Context, node, tracked, tweak, with_context};

#[tracked]
fn spot(name: &str) -> f64 {
    println!("  run spot({name})");
    if name == "AAPL" { 100.0 } else { 200.0 }
}

#[tracked]
fn rate() -> f64 {
    println!("  run rate()");
    0.05
}

#[tracked]
fn forward(name: &str) -> f64 {
    println!("  run forward({name})");
    spot(name) * (1.0 + rate())
}

#[tracked]
fn book() -> f64 {
    println!("  run book()");
    10.0 * forward("AAPL") + 5.0 * forward("MSFT")
}

#[tracked]
fn alarm() -> bool {
    println!("  run alarm()");
    book() < 1500.0
}

#[tracked]
fn advice() -> String {
    println!("  run advice()");
    if alarm() { "sell" } else { "hold" }.to_owned()
}

fn ask(title: &str) {
    println!("{title}");
    let (advice, book) = (advice(), book());
    let ran = Context::current().unwrap().stats().executions;
    println!("  {advice} at {book}; bodies run in this context: {ran}");
}

fn main() {
    with_context(|| {
        ask("base");
        ask("base, asked again");
        with_context(|| {
            tweak!(spot("AAPL") => 80.0);
            ask("what if AAPL is at 80");
            assert!(node!(book()).is_masked() && !node!(forward("MSFT")).is_masked());
            with_context(|| {
                tweak!(forward("MSFT") => 100.0);
                ask("what if MSFT goes forward at 100, too");
            });
        });
        ask("base, after the what-ifs");
    });
}
