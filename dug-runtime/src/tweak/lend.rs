//! What a guard is given: the arguments of a call, read back from its encoding and lent.

use super::parameter::{ByElement, ByReference, ByValue, Skipped, Unlent};
use crate::bounds::Lendable;

/// How guards know an argument of the type `T`. (What is borrowed is lent for any lifetime, and so is `'static`.)
pub trait Lend<T> {
    /// What the signature names: its type, or what that borrows.
    type Named: ?Sized;
    /// What it is read back as.
    type Owned;
    /// What a guard takes.
    type Lent<'a>;

    /// Lends it to `to`.
    fn lend<Answer>(owned: Self::Owned, to: impl FnOnce(Self::Lent<'_>) -> Answer) -> Answer;
}

/// Hands over what was read.
macro_rules! handed_over {
    ($($how:ident: $owned:ty),*) => {$(
        impl<T> Lend<T> for $how {
            type Named = T;
            type Owned = $owned;
            type Lent<'a> = $owned;

            fn lend<Answer>(owned: $owned, to: impl FnOnce($owned) -> Answer) -> Answer {
                to(owned)
            }
        }
    )*};
}

handed_over!(ByValue: T, Unlent: Unlent, Skipped: Skipped);

impl<N: ?Sized + 'static> Lend<&N> for ByReference {
    type Named = N;
    type Owned = Box<N>;
    type Lent<'a> = &'a N;

    fn lend<Answer>(owned: Box<N>, to: impl FnOnce(&N) -> Answer) -> Answer {
        to(&owned)
    }
}

impl<N: ?Sized + 'static> Lend<Option<&N>> for ByReference {
    type Named = N;
    type Owned = Option<Box<N>>;
    type Lent<'a> = Option<&'a N>;

    fn lend<Answer>(owned: Option<Box<N>>, to: impl FnOnce(Option<&N>) -> Answer) -> Answer {
        to(owned.as_deref())
    }
}

impl<N: ?Sized + 'static> Lend<&[&N]> for ByElement {
    type Named = N;
    type Owned = Vec<Box<N>>;
    type Lent<'a> = &'a [&'a N];

    fn lend<Answer>(owned: Vec<Box<N>>, to: impl FnOnce(Self::Lent<'_>) -> Answer) -> Answer {
        let lent: Vec<&N> = owned.iter().map(|item| &**item).collect();
        to(&lent)
    }
}

#[diagnostic::do_not_recommend]
impl Lendable for ByValue {}
#[diagnostic::do_not_recommend]
impl Lendable for ByReference {}
#[diagnostic::do_not_recommend]
impl Lendable for ByElement {}
#[diagnostic::do_not_recommend]
impl Lendable for Skipped {}

/// Calls the guard with all arguments lent, one inside the other.
macro_rules! lent {
    ($guard:ident($($given:ident)*)) => {
        $guard($($given),*)
    };
    ($guard:ident($($given:ident)*) $A:ident $H:ident $a:ident $($rest:ident)*) => {
        <$H as Lend<$A>>::lend($a, |$a| lent!($guard($($given)* $a) $($rest)*))
    };
}

pub(super) use lent;
