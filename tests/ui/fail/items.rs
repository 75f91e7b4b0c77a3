//! What `#[tracked]` cannot stand on.

#![allow(unused)]

use dug::tracked;

#[tracked]
struct Struct;

#[tracked]
enum Enum {}

#[tracked]
mod module {}

#[tracked]
const CONST: u8 = 1;

#[tracked]
static STATIC: u8 = 1;

#[tracked]
type Alias = u8;

#[tracked]
trait Whole {}

trait Trait {
    #[tracked]
    fn required(&self) -> u8;
}

fn main() {}
