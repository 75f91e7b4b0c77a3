//! Cells that are written otherwise than they can be.

use dug::cell;
use std::rc::Rc;

const NAME: &str = "name";

fn form(a: u8, b: &[u8]) {
    cell!();
    cell!(NAME, (a) => { a });
    cell!("", (a) => { a });
    cell!((a) => { a });
    cell!("a" (a) => { a });
    cell!("a", a => { a });
    cell!("a", |a| { a });
    cell!("a", { a });
    cell!("a", (a), { a });
    cell!("a", (a) { a });
    cell!("a", (a) => a + 1);
    cell!("a", (a) =>);
    cell!("a", (a) => { a }, b);
    cell!("a", (a) => { a } + 1);
}

fn inputs(a: u8, b: &[u8]) {
    cell!("a", (a + 1) => { a });
    cell!("a", (b[0]) => { b });
    cell!("a", (&mut a) => { a });
    cell!("a", (a: u8) => { a });
    cell!("a", (3) => { 3 });
    cell!("a", (a, &a) => { a });
}

struct Plain;

fn results(a: u8, plain: Plain) -> u8 {
    cell!("a", (a) => { Rc::new(a) });
    cell!("a", (a) => { Plain });
    cell!("a", (plain) => { 1 });
    let text: String = cell!("a", (a) => { a });
    a
}

fn main() {}
