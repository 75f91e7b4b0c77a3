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

impl<T> Lend<T> for ByValue {
    type Named = T;
    type Owned = T;
    type Lent<'a> = T;

    fn lend<Answer>(owned: T, to: impl FnOnce(T) -> Answer) -> Answer {
        to(owned)
    }
}

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

impl<T> Lend<T> for Unlent {
    type Named = T;
    type Owned = Unlent;
    type Lent<'a> = Unlent;

    fn lend<Answer>(owned: Unlent, to: impl FnOnce(Unlent) -> Answer) -> Answer {
        to(owned)
    }
}

impl<T> Lend<T> for Skipped {
    type Named = T;
    type Owned = Skipped;
    type Lent<'a> = Skipped;

    fn lend<Answer>(owned: Skipped, to: impl FnOnce(Skipped) -> Answer) -> Answer {
        to(owned)
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
