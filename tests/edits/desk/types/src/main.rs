//! A program without tracked functions, which is called as its library is.

use models::Far;
use serde::Serialize;
use std::fmt;
use types::{Near, inside, paid, shown};

#[derive(Clone, Serialize)]
struct Here(i64);

impl fmt::Display for Here {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0 + 3)
    }
}

fn main() {
    let store = std::env::args().nth(1).expect("the folder of the store");
    let store = dug::Store::open(store).expect("a store");
    let context = dug::Context::builder().store(store.clone()).build();
    match std::env::args().nth(2).as_deref() {
        Some("report") => return print!("{}", store.stale().expect("a report")),
        Some("paid") => {
            println!("answers {:?}", context.enter(paid));
            return store.flush().expect("what was computed is kept");
        }
        _ => {}
    }
    let answers = context.enter(|| {
        [
            shown(&Far(10)),
            shown(&Here(10)),
            shown(&Near(10)),
            shown(&serde_json::json!(10)),
            inside(),
        ]
    });
    store.flush().expect("what was computed is kept");
    println!("answers {answers:?}");
}
