//! Options that are unknown, malformed, given twice, or in the wrong place.

#![allow(unused)]

use dug::tracked;

#[tracked(inmemory)]
fn unknown() {}

#[tracked(in_memory = true)]
fn flag_with_a_value() {}

#[tracked(version = 2)]
fn version_is_text() {}

#[tracked(version)]
fn version_without_a_value() {}

#[tracked(name = "")]
fn empty_name() {}

#[tracked(skip)]
fn skip_without_names(x: u8) {}

#[tracked(skip())]
fn skip_of_nothing(x: u8) {}

#[tracked(skip = x)]
fn skip_as_a_value(x: u8) {}

#[tracked(node = "text")]
fn node_is_a_name() {}

#[tracked(crate = 3)]
fn crate_is_a_path() {}

#[tracked(in_memory, in_memory)]
fn twice() {}

#[tracked(in_memory cache_err)]
fn without_a_comma() {}

#[tracked(node = other, no_node)]
fn contradiction() {}

#[tracked(code = shallow)]
fn code_of_no_kind() {}

#[tracked(code)]
fn code_without_a_value() {}

#[tracked(code = "item")]
fn code_is_a_word() {}

#[tracked(fingerprint = content)]
fn fingerprint_of_no_kind() {}

#[tracked(fingerprint)]
fn fingerprint_without_a_value() {}

// All of them are reported.
#[tracked(skipped(x), cached, in_memory(true), no_node)]
fn several(x: u8) {}

fn main() {}
