//! Functions that cannot be tracked.

#![allow(unused)]

use dug::tracked;

#[tracked]
async fn asynchronous() {}

#[tracked]
const fn constant() -> u8 {
    1
}

#[tracked]
unsafe fn not_safe() {}

#[tracked]
extern "C" fn foreign() {}

#[tracked]
unsafe extern "C" fn variadic(x: u8, ...) {}

#[tracked]
fn never() -> ! {
    panic!()
}

#[tracked]
fn u8() -> u8 {
    1
}

#[tracked(node = bool)]
fn renamed() {}

// All of them are reported.
#[tracked(inmemory)]
const unsafe extern "C" fn several(x: &mut u8, #[cfg(any())] y: u8) -> impl Copy {}

mod inner {
    #[dug::tracked]
    fn main() {}
}

fn main() {}
