//! Generic tracked functions: what their type parameters are counts.

use crate::ran;
use dug::tracked;
use serde::Serialize;

#[derive(Clone, Copy, Serialize)]
struct Bond {
    coupon: i64,
}

#[derive(Clone, Copy, Serialize)]
struct Stock {
    spot: i64,
}

trait Valued {
    fn value(&self) -> i64;
}

impl Valued for Bond {
    fn value(&self) -> i64 {
        bond(self.coupon)
    }
}

fn bond(coupon: i64) -> i64 {
    coupon + 100
}

impl Valued for Stock {
    fn value(&self) -> i64 {
        self.spot
    }
}

impl PartialEq for Bond {
    fn eq(&self, other: &Bond) -> bool {
        self.coupon == other.coupon
    }
}

impl PartialEq for Stock {
    fn eq(&self, other: &Stock) -> bool {
        self.spot == other.spot
    }
}

#[tracked]
fn equals<T: PartialEq + Copy + Serialize + 'static>(items: &[T]) -> i64 {
    let (_, name) = std::any::type_name::<T>().rsplit_once("::").unwrap();
    ran(&format!("equals<{name}>"));
    items.iter().filter(|item| **item == items[0]).count() as i64
}

#[tracked]
fn value_of<T: Valued + Serialize + 'static>(item: &T) -> i64 {
    ran("value_of");
    item.value()
}

pub fn all() -> Vec<i64> {
    let (bond, stock) = (Bond { coupon: 5 }, Stock { spot: 6 });
    vec![equals(&[bond, bond]), equals(&[stock]), value_of(&bond)]
}
