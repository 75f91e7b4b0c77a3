//! Operations whose instructions are counted, each done so many times.
//!
//! `dug-counts operation times`; without arguments it prints the names of the operations. What a
//! process does besides is the same for any number of times: the difference of two runs, divided by
//! the difference of their times, is what one operation takes.

use dug::{Context, Here, Scenario, Store, here, tracked, tweak, with_context};
use std::hint::black_box;

/// Keys that are hit, one after the other.
const KEYS: u64 = 1000;
/// Inputs of the what-if, and nodes of each of its layers.
const WIDTH: u32 = 200;
const LAYERS: u32 = 4;

/// Does an operation so many times.
type Operation = fn(u64);

const OPERATIONS: [(&str, Operation); 12] = [
    ("hit", |times| inside(&Context::new(), times)),
    ("hit-str", hit_str),
    ("hit-beside-store", hit_beside_store),
    ("hit-beside-tweak", hit_beside_tweak),
    ("hit-three-up", hit_three_up),
    ("hit-in-scenario", hit_in_scenario),
    ("edge", edge),
    ("miss", miss),
    ("miss-beside-tweak", miss_beside_tweak),
    ("tweak", what_if),
    ("scenario", scenario),
    ("scenario-again", scenario_again),
];

#[tracked]
fn number(key: u64) -> u64 {
    key.rotate_left(7) ^ 3
}

#[tracked]
fn text(key: &str) -> u64 {
    key.len() as u64
}

/// Asks for all keys, each of which is a dependency; each asker is a node of its own.
#[tracked]
fn asker(_which: u64) -> u64 {
    (0..KEYS).fold(0, |sum, key| number(key).wrapping_add(sum))
}

#[tracked]
fn link(i: u64) -> u64 {
    match i {
        0 | 1 => i,
        _ => link(i - 1).wrapping_add(link(i - 2)),
    }
}

#[tracked]
fn input(place: u32) -> u64 {
    u64::from(place)
}

/// Adds up three of the layer beneath, the outer ones of which others add up as well.
#[tracked]
fn node(layer: u32, place: u32) -> u64 {
    (0..3).fold(0, |sum, nth| {
        let beneath = (place + WIDTH + nth - 1) % WIDTH;
        let value = match layer {
            1 => input(beneath),
            _ => node(layer - 1, beneath),
        };
        value.wrapping_add(sum)
    })
}

#[tracked]
fn root() -> u64 {
    (0..WIDTH).fold(0, |sum, place| node(LAYERS, place).wrapping_add(sum))
}

/// Nothing depends on it.
#[tracked]
fn aside() -> u64 {
    1
}

fn fill() {
    for key in 0..KEYS {
        black_box(number(black_box(key)));
    }
}

fn hits(times: u64) {
    for call in 0..times {
        black_box(number(black_box(call % KEYS)));
    }
}

fn inside(context: &Context, times: u64) {
    context.enter(|| {
        fill();
        hits(times);
    });
}

fn hit_str(times: u64) {
    let keys: Vec<String> = (0..KEYS).map(|key| format!("key-{key:020}")).collect();
    with_context(|| {
        let ask = |key: &String| {
            black_box(text(black_box(key)));
        };
        keys.iter().for_each(ask);
        keys.iter().cycle().take(times as usize).for_each(ask);
    });
}

fn hit_beside_store(times: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    let context = Context::builder().store(store.clone()).build();
    // All is written before it goes on, so that the writer has nothing to do meanwhile.
    context.enter(fill);
    store.flush().expect("a flush");
    context.enter(|| hits(times));
}

fn hit_beside_tweak(times: u64) {
    with_context(|| {
        fill();
        tweak!(aside() => 2);
        hits(times);
    });
}

fn hit_three_up(times: u64) {
    with_context(|| {
        fill();
        with_context(|| with_context(|| with_context(|| hits(times))));
    });
}

/// Of what the scenario does not touch.
fn hit_in_scenario(times: u64) {
    let scenario = Scenario::new().with(tweak!(in aside() => 2));
    with_context(|| {
        fill();
        scenario.expect("one tweak").enter(|| hits(times));
    });
}

/// In whole askers: as many times as can be divided by the number of keys.
fn edge(times: u64) {
    with_context(|| {
        fill();
        for which in 0..times / KEYS {
            black_box(asker(which));
        }
    });
}

fn links(times: u64) {
    for i in 0..times {
        black_box(link(black_box(i)));
    }
}

fn miss(times: u64) {
    with_context(|| links(times));
}

fn miss_beside_tweak(times: u64) {
    with_context(|| {
        tweak!(aside() => 2);
        links(times);
    });
}

/// A context whose root is computed.
fn base() -> Here {
    with_context(|| {
        root();
        here()
    })
}

fn what_if(times: u64) {
    base().run(|| {
        for step in 0..times {
            let place = step as u32 * 7 % WIDTH;
            with_context(|| {
                tweak!(input(place) => 1000 + step);
                black_box(root());
            });
            black_box(root());
        }
    });
}

/// A scenario that was not entered before.
fn new_scenario(step: u64) -> Scenario {
    let place = step as u32 * 7 % WIDTH;
    let scenario = Scenario::new().with(tweak!(in input(place) => 1000 + step));
    scenario.expect("one tweak")
}

fn scenario(times: u64) {
    base().run(|| {
        for step in 0..times {
            black_box(new_scenario(step).enter(root));
        }
    });
}

fn scenario_again(times: u64) {
    let scenario = new_scenario(0);
    base().run(|| {
        for _ in 0..times {
            black_box(scenario.enter(root));
        }
    });
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => OPERATIONS.iter().for_each(|(name, _)| println!("{name}")),
        [name, times] => {
            let found = OPERATIONS.iter().find(|(other, _)| other == name);
            let (Some((_, operation)), Ok(times)) = (found, times.parse()) else {
                eprintln!("dug-counts: no such operation, or not a number: {name} {times}");
                std::process::exit(2);
            };
            operation(times);
        }
        _ => {
            eprintln!("usage: dug-counts [operation times]");
            std::process::exit(2);
        }
    }
}
