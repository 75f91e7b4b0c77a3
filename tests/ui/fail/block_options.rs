//! Options of a block and of its methods.

#![allow(unused)]

use dug::{tracked, untracked};

struct A;

#[tracked(skip(x), name = "a", node = b)]
impl A {
    fn f(x: u8) {}
}

#[tracked(code = shallow, fingerprint = content)]
impl A {}

#[tracked]
impl A {
    #[tracked(code = function)]
    fn e() {}

    #[tracked(crate = dug)]
    fn g() {}

    #[tracked(inmemory)]
    fn h() {}

    #[tracked]
    #[untracked]
    fn i() {}

    #[untracked(now)]
    fn j() {}

    #[cfg_attr(all(), tracked(in_memory))]
    fn k() {}

    #[cfg_attr(all(), inline, dug::untracked)]
    fn l() {}

    #[cfg_attr(all(), inline)]
    fn m() {}
}

#[untracked]
fn alone() {}

fn main() {}
