//! The arguments of a function as types: what `#[tracked]` says of each.

use std::marker::PhantomData;

/// An argument, and how a guard is lent it. `Takes` is `fn(T)`, with the type `T` as it stands in the signature: lifetimes
/// may be left out there as in a signature, and those that are become what a pattern is given.
#[derive(Debug)]
pub struct Parameter<Takes, How>(PhantomData<fn() -> (Takes, How)>);

/// A guard is given the value itself.
#[derive(Debug)]
pub struct ByValue;

/// A `&N` or an `Option<&N>`: a guard is lent an `N`.
#[derive(Debug)]
pub struct ByReference;

/// A `&[&N]`: a guard is lent each `N`.
#[derive(Debug)]
pub struct ByElement;

/// It borrows in a way that cannot be lent from a decoded value: no guard is given it.
#[derive(Debug, Clone, Copy)]
pub struct Unlent;

/// It is no part of the identity of a call. A guard is given this in its place.
#[derive(Debug, Clone, Copy)]
pub struct Skipped;
