//! `salsa`: single functions of a database. The graphs are in [`salsa_graphs`](super::salsa_graphs).
//!
//! A tracked function with one argument takes it for one of salsa's structs; a plain one has to have
//! company, for which all arguments are interned at each call. A caller that holds the id of an input
//! pays less.

use super::Chain;
use crate::bodies;
use salsa::{Database, DatabaseImpl};

#[salsa::input]
pub struct Number {
    #[returns(copy)]
    value: u64,
}

#[salsa::tracked(returns(copy))]
fn of_held(db: &dyn Database, number: Number) -> u64 {
    bodies::of_number(number.value(db))
}

#[salsa::tracked(returns(copy))]
fn of_plain(db: &dyn Database, number: u64, _company: ()) -> u64 {
    let _ = db;
    bodies::of_number(number)
}

#[salsa::interned]
struct Text<'db> {
    #[returns(ref)]
    text: String,
}

#[salsa::tracked(returns(copy))]
fn of_text<'db>(db: &'db dyn Database, text: Text<'db>) -> u64 {
    bodies::of_text(text.text(db))
}

#[salsa::input]
struct Numbers {
    #[returns(ref)]
    all: Vec<Number>,
}

/// Asks for every number; each asker is a node of its own.
#[salsa::tracked(returns(copy))]
fn asker(db: &dyn Database, numbers: Numbers, _which: u64) -> u64 {
    let values = numbers.all(db).iter().map(|number| of_held(db, *number));
    values.fold(0, u64::wrapping_add)
}

#[salsa::tracked(returns(copy))]
fn link(db: &dyn Database, i: u64, _company: ()) -> u64 {
    bodies::link(i, |i| link(db, i, ()))
}

/// A database; its clones are handles for other threads.
#[derive(Clone, Default)]
pub struct Salsa(DatabaseImpl);

impl Salsa {
    pub fn new() -> Self {
        Salsa::default()
    }

    /// Inputs that hold these numbers.
    pub fn hold(&self, numbers: &[u64]) -> Vec<Number> {
        let numbers = numbers.iter().map(|number| Number::new(&self.0, *number));
        numbers.collect()
    }

    pub fn held(&self, number: &Number) -> u64 {
        of_held(&self.0, *number)
    }

    pub fn plain(&self, number: &u64) -> u64 {
        of_plain(&self.0, *number, ())
    }

    pub fn text(&self, text: &str) -> u64 {
        of_text(&self.0, Text::new(&self.0, text))
    }

    /// What asks for all of these numbers, by the number of the asker.
    pub fn asker(&self, numbers: Vec<Number>) -> impl Fn(u64) -> u64 {
        let numbers = Numbers::new(&self.0, numbers);
        move |which| asker(&self.0, numbers, which)
    }
}

impl Chain for Salsa {
    const NAME: &'static str = "salsa, plain arguments";

    fn fresh<R>(work: impl FnOnce(&Self) -> R) -> R {
        work(&Salsa::new())
    }

    fn ask(&self, i: u64) -> u64 {
        link(&self.0, i, ())
    }
}
