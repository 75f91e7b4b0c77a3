//! What dug costs, beside a plain hash map, hand-written invalidation, and other crates.
//!
//! `dug-bench [rounds] [hit|threads|cold|what-if|sizes|scenarios|store|build]..`; prints Markdown.

mod bodies;
mod build;
mod chain;
mod dag;
mod floor;
mod folder;
mod harness;
mod hit;
mod peers;
mod scenarios;
mod sizes;
mod store;
mod threads;
mod what_if;

const ROUNDS: usize = 15;

/// One part of the benchmark, with the number of its rounds.
type Part = fn(usize);

const PARTS: [(&str, Part); 8] = [
    ("hit", hit::run),
    ("threads", threads::run),
    ("cold", chain::run),
    ("what-if", what_if::run),
    ("sizes", sizes::run),
    ("scenarios", scenarios::run),
    ("store", store::run),
    ("build", build::run),
];

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|first| first == store::CHILD).is_some() {
        return store::child(arguments);
    }
    let mut rounds = ROUNDS;
    let mut wanted = Vec::new();
    for argument in arguments {
        if let Ok(number @ 1..) = argument.parse() {
            rounds = number;
        } else if PARTS.iter().any(|(name, _)| *name == argument) {
            wanted.push(argument);
        } else {
            let names = PARTS.map(|(name, _)| name).join("|");
            eprintln!("dug-bench: no part `{argument}`\nusage: dug-bench [rounds] [{names}]..");
            std::process::exit(2);
        }
    }
    println!("{rounds} interleaved rounds after one to warm up; CPU time of the thread.");
    for (name, part) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|other| other == name) {
            part(rounds);
        }
    }
}
