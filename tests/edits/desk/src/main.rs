//! What each tracked function reaches is stated at the head of its module.

#[macro_use]
mod macros;
mod books;
mod curve;
mod generic;
mod inputs;
mod made;
mod money;
mod scripts;
mod shapes;
#[path = "../shared/mod.rs"]
mod shared;
mod steps;

/// Says that a body runs.
fn ran(name: &str) {
    println!("ran {name}");
}

fn main() {
    let store = std::env::args().nth(1).expect("the folder of the store");
    let store = dug::Store::open(store).expect("a store");
    let context = dug::Context::builder().store(store.clone()).build();
    match std::env::args().nth(2).as_deref() {
        Some("why") => return context.enter(curve::why),
        Some("report") => return print!("{}", store.stale().expect("a report")),
        Some("accept") => return context.enter(curve::accept),
        Some("accept all") => {
            store.accept_all().expect("it is accepted");
        }
        _ => {}
    }
    let answers = context.enter(|| {
        [
            curve::all(),
            money::all(),
            shapes::all(),
            books::all(),
            generic::all(),
            steps::all(),
            made::all(),
            inputs::all(),
            scripts::all(),
        ]
        .concat()
    });
    store.flush().expect("what was computed is kept");
    println!("answers {answers:?}");
}
