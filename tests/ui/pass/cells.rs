//! Where a cell may stand, and what it takes.

#![deny(warnings)]

use dug::{cell, tracked, with_context};

macro_rules! named {
    ($name:literal, $x:ident, $value:expr) => {
        cell!($name, ($x) => { $x + $value })
    };
}

fn generic<T: Into<u64> + serde::Serialize>(x: T) -> u64 {
    cell!("generic", (x) => { x.into() })
}

#[tracked]
fn outer(xs: &[u8]) -> u32 {
    let wide = |x: &u8| cell!("wide", (&x) => { u32::from(**x) });
    xs.iter().map(wide).sum()
}

struct Curve<'a> {
    rates: &'a [u64],
}

impl Curve<'_> {
    fn total(&self) -> u64 {
        let rates = self.rates;
        cell!("total", (rates,) => { rates.iter().sum() })
    }
}

fn main() {
    with_context(|| {
        // Names that the expansion has, too.
        let (key, __dug_key, __dug_cell, dug, r#type) = (1, 2, 3, 4, 5);
        let sum = cell!(r"sum", (key, &__dug_key, __dug_cell, dug, &r#type) => {
            key + *__dug_key + __dug_cell + dug + *r#type
        });
        assert_eq!(sum, 15);
        assert_eq!(named!("named", key, 2 * 3) + named!("named too", key, 1), 9);
        assert_eq!(generic(1_u8) + generic(2_u32), 3);
        assert_eq!(outer(&[1, 2]), 3);
        assert_eq!(Curve { rates: &[1, 2] }.total(), 3);
        cell!("unit", () => {});
        let none: Option<String> = cell!("none", () => { None });
        assert_eq!(none, None);
        let sum: Result<u8, u8> = cell!("inferred", () => {
            let one = Ok::<u8, u8>(1)?;
            Ok(one + 1)
        });
        assert_eq!(sum, Ok(2));
        let mut count = 0;
        let twice: u64 = (0..2_u64).map(|x| cell!("loop", (x) => { count += 1; x })).sum();
        assert_eq!((twice, count), (1, 2));
    });
}
