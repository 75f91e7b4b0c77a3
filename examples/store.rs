//! A tour of the store: what a later session finds, what it runs, and what can be done with what is kept.
//! Each session is as one of a process of its own: it has the store in common with the others, and nothing else.

use dug::{
    Collect, Context, Policy, Store, Tracked, cell, external, external_value, input, node, tracked,
};
use std::error::Error;

/// The rows of a file that is a dependency. Its results are told apart by how they were computed: the rows are not hashed.
#[tracked(fingerprint = graph)]
fn rows(path: &str) -> Tracked<Vec<f64>> {
    println!("  run rows({path})");
    let text = input::text(path).unwrap_or_default();
    let ends = text.lines().filter_map(|line| line.rsplit(',').next());
    Tracked::new(ends.filter_map(|end| end.parse().ok()).collect())
}

/// Takes a handle: its node is named by that of the rows, not by each of them.
#[tracked]
fn mean(rows: &Tracked<Vec<f64>>) -> f64 {
    println!("  run mean of {} rows", rows.len());
    rows.iter().sum::<f64>() / rows.len() as f64
}

/// What is above the named value `limit`.
#[tracked]
fn outliers(path: &str) -> usize {
    println!("  run outliers({path})");
    let limit = external_value::<f64>("limit").map_or(1.5, |limit| *limit);
    let rows = rows(path);
    let level = limit * mean(&rows);
    // A step of its own, without a function of its own: it runs again if the level, the rows or the block are others.
    cell!("count", (level, &rows) => {
        println!("  run count");
        rows.iter().filter(|row| **row > level).count()
    })
}

/// Asks in a new context, and tells what that took.
fn session(store: &Store, policy: Policy, title: &str) -> usize {
    println!("{title}");
    let context = Context::builder()
        .store(store.clone())
        .policy(policy)
        .build();
    let found = context.enter(|| outliers(DATA));
    let stats = context.stats();
    println!(
        "  {found} outliers; ran {}, loaded {}",
        stats.executions, stats.loaded
    );
    found
}

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/indices.csv");

fn main() -> Result<(), Box<dyn Error>> {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/target/store-tour");
    let store = Store::open(place)?;
    let found = session(&store, Policy::default(), "a session");
    assert_eq!(
        session(
            &store,
            Policy::default(),
            "another one, with nothing changed"
        ),
        found
    );

    println!("a named value is bound");
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| {
        let before = external_value::<f64>("limit");
        external(
            "limit",
            before.map_or(1.2, |limit| if *limit < 1.3 { 1.4 } else { 1.2 }),
        );
        print!("{}", node!(outliers(DATA)).explain());
    });
    let old = session(
        &store,
        Policy::OnlyMissing,
        "what is stored is served, stale or not",
    );
    let new = session(&store, Policy::default(), "what rests on the value runs");
    println!("it was {old} with the old limit, and is {new} with the new one");

    println!("what is known of a result");
    context.enter(|| {
        outliers(DATA);
        node!(outliers(DATA)).tag("report");
        println!(
            "{}",
            node!(outliers(DATA)).metadata().ok_or("it is stored")?
        );
        Ok::<_, &str>(())
    })?;
    store.flush()?;
    println!("what is stored:");
    store.nodes()?.iter().for_each(|node| println!("  {node}"));
    println!("all that is not tagged is removed:");
    println!("  {}", store.collect_garbage(Collect::new().max_size(0))?);
    assert_eq!(
        store.tagged::<usize>("report").map(|count| *count),
        Some(new)
    );
    Ok(())
}
