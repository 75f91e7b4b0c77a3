//! What `skip` can name.

#![allow(unused)]

use dug::tracked;

#[tracked(skip(z))]
fn unknown(x: u8, y: u8) {}

#[tracked(skip(x))]
fn none() {}

#[tracked(skip(x, x))]
fn twice(x: u8) {}

#[tracked(skip(a))]
fn part((a, b): (u8, u8)) {}

#[tracked(skip(self))]
fn no_receiver(x: u8) {}

fn main() {}
