//! Every form of `tweak!` and `untweak!`, on every kind of function. What they do is
//! not looked at here.

#![deny(warnings)]
#![allow(dropping_copy_types, dropping_references)]

use dug::{Tweak, node, tracked, tweak, untweak, with_context};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

#[tracked]
fn none() -> u8 {
    1
}

#[tracked]
fn two(x: u8, y: i64) -> i64 {
    i64::from(x) + y
}

#[tracked]
fn owned(name: String, list: Vec<u8>, pair: (u8, Option<char>)) -> usize {
    name.len() + list.len() + usize::from(pair.0)
}

#[tracked]
fn borrowed(name: &str, list: &[u8], one: &Curve, maybe: Option<&Curve>, names: &[&str]) -> f64 {
    drop((name, list, one, maybe, names));
    0.5
}

#[tracked]
fn cow(x: Cow<'_, str>, y: u8) -> u8 {
    drop(x);
    y
}

#[tracked]
fn lifetimes<'a, 'b: 'a>(a: &'a str, b: &'b str) -> usize {
    let longest: &'a str = if a.len() > b.len() { a } else { b };
    longest.len()
}

#[tracked]
fn generic<T, const N: usize>(x: &[T], y: T) -> Option<T>
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    x.get(N).cloned().or(Some(y))
}

#[tracked]
fn anonymous(x: u8, y: impl Serialize, z: &(impl Serialize + Clone)) -> u8 {
    drop((y, z.clone()));
    x
}

#[tracked]
fn anonymous_of<T: Serialize>(x: T, y: impl Serialize) -> u8 {
    drop((x, y));
    1
}

#[tracked(skip(log))]
fn logged(x: u8, log: &mut Vec<String>) -> u8 {
    log.push(x.to_string());
    x
}

#[tracked(skip(by))]
fn skipped(x: u8, by: impl Fn(u8) -> u8, y: u8) -> u8 {
    by(x) + y
}

#[tracked(node = u8_node)]
fn renamed(x: u8) -> u8 {
    x
}

#[tracked]
fn r#match(r#in: u8) -> u8 {
    r#in
}

#[tracked(in_memory, cache_err)]
fn fallible(x: u8) -> Result<Arc<str>, std::num::ParseIntError> {
    x.to_string().parse::<u8>().map(|x| x.to_string().into())
}

#[tracked]
fn patterns((a, b): (u8, u8), _: u8, mut c: u8, _unused: &str) -> u8 {
    c += a + b;
    c
}

#[tracked]
fn coerced(f: Box<str>, d: &dyn Named, o: Option<&str>) -> u8 {
    drop((f, d, o));
    1
}

trait Named: erased::Erased {}
mod erased {
    pub trait Erased {}
}
impl Serialize for dyn Named + '_ {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_unit()
    }
}
impl erased::Erased for u8 {}
impl Named for u8 {}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Curve {
    rate: f64,
}

/// One that does not decode: it takes everything but guards.
#[derive(Clone, Debug, Serialize)]
pub struct Opaque(u8);

#[tracked]
fn opaque(x: Opaque, y: &Opaque, z: u8) -> u8 {
    x.0 + y.0 + z
}

#[tracked]
impl Opaque {
    fn get(&self, x: u8) -> u8 {
        self.0 + x
    }
}

#[tracked]
impl Curve {
    pub fn flat(rate: f64) -> Self {
        Curve { rate }
    }

    fn rate(&self, at: u8, name: &str) -> f64 {
        drop(name);
        self.rate * f64::from(at)
    }

    fn consumed(self, by: u8) -> u8 {
        drop(self);
        by
    }

    fn shared(self: Arc<Self>, other: &Self, more: Option<&Self>) -> bool {
        drop((other, more));
        true
    }

    #[tracked(skip(self), node = other_total)]
    fn total(&self, x: u8) -> u8 {
        x
    }

    fn generic<T: Serialize>(&self, x: T) -> u8 {
        drop(x);
        1
    }

    fn anonymous(&self, x: impl Serialize) -> Curve {
        drop(x);
        self.clone()
    }

    #[tracked(no_node)]
    fn hidden(&self) -> u8 {
        1
    }

    fn clamp(&self, low: u8, high: u8) -> u8 {
        low + high
    }
}

impl Curve {
    #[tracked]
    fn alone(&self, x: u8) -> f64 {
        self.rate + f64::from(x)
    }

    #[tracked]
    pub fn alone_generic<T: Serialize>(&self, x: T) -> Self {
        drop(x);
        self.clone()
    }
}

trait Price {
    type Unit;
    fn price(&self, at: u8) -> Self::Unit;

    #[tracked]
    fn start(&self, at: u8) -> f64
    where
        Self: Serialize,
    {
        f64::from(at)
    }

}

trait Object {
    #[tracked(skip(self))]
    fn of_dyn(&self, at: u8) -> u8 {
        at
    }
}
impl Object for Curve {}
impl Object for str {}

#[tracked]
impl Price for Curve {
    type Unit = f64;
    fn price(&self, at: u8) -> Self::Unit {
        f64::from(at)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wrap<T, const N: usize> {
    inner: Vec<T>,
}

#[tracked]
impl<T, const N: usize> Wrap<T, N>
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    fn first(&self, at: usize) -> Option<T> {
        self.inner.get(at + N).cloned()
    }

    fn make(x: T) -> Self {
        Wrap { inner: vec![x; N] }
    }

    fn count(&self, x: impl Serialize) -> usize {
        drop(x);
        N
    }
}

#[derive(Serialize)]
struct View<'a> {
    text: &'a str,
}

#[tracked]
impl<'a> View<'a> {
    fn len(&self, by: u8) -> usize {
        self.text.len() + usize::from(by)
    }

    fn join(&self, other: &View<'a>, text: &'a str) -> String {
        format!("{}{}{text}", self.text, other.text)
    }

    fn stored(text: &'a str, by: u8) -> usize {
        text.len() + usize::from(by)
    }
}

mod inner {
    use dug::tracked;

    #[tracked]
    pub(super) fn deep(x: u8) -> u8 {
        x
    }

    pub(super) mod types {
        #[derive(serde::Serialize)]
        pub struct Place;

        #[dug::tracked]
        impl Place {
            pub fn here(x: u8) -> u8 {
                x
            }
        }
    }
}

fn free_functions() {
    tweak!(none() => 2);
    tweak!(none(..) => 2);
    tweak!(none() if 1 + 1 == 2 => 2);
    tweak!(none() *= 2);

    let x = 3;
    tweak!(two(x, _) => 4);
    tweak!(two(_, _) => 4);
    tweak!(two(_, -3) += 4);
    tweak!(two(..) -= 4);
    tweak!(two(x + 1, 2) -= 4);
    tweak!(two(1, 2).clamp(3, 4));
    tweak!(two(_, 2).clamp(-3, 4),);
    tweak!(two(1, 2) => |old| old + 1);
    tweak!(two(_, 2) => |old: i64| -> i64 { old + i64::from(x) });
    tweak!(two(..) => move |_| 3);
    tweak!(two(a, b) if i64::from(a) > b => 4);
    tweak!(two(a @ 1..=3 | a @ 7, _) if a != x *= 4);
    tweak!(two(a, b) if let 3 = a && b > 3 => 2);
    untweak!(two(1, 2));
    untweak!(two(_, 2));
    untweak!(two(..));
    untweak!(two(a, _) if a > 3);

    tweak!(owned(_, _, (_, None)) if true => 3);
    tweak!(owned("x".into(), vec![], _) => 3);
    tweak!(owned(name, list, (a, Some('x' | 'y'))) if name == "x" && list.len() == 3 && a > 3 => 3);
    tweak!(owned(_, ref list, _) if list.is_empty() => 3);

    let (string, list, curve) = (String::from("x"), vec![1], Curve { rate: 0.5 });
    let boxed: Box<str> = "y".into();
    tweak!(borrowed(&string, &list, &curve, None, &[]) => 1.0);
    tweak!(borrowed(&string, &list, _, None, _) => 1.0);
    tweak!(borrowed(&boxed, &[1, 2], &Arc::new(curve.clone()), Some(&curve), &["x", &string]) => 1.0);
    tweak!(borrowed(&boxed, &[1, 2], &Arc::new(curve.clone()), Some(&curve), _) => 1.0);
    tweak!(borrowed(_, _, _, _, &["x", &string]) *= 1.01);
    tweak!(borrowed("AAPL", [first, ..], Curve { rate: 0.5 }, None, ["x", y]) if first > &1 && y.len() > 2 => 1.0);
    tweak!(borrowed(name, _, one, Some(two), _) if name == string && one.rate > two.rate => |old| old * 2.0);

    tweak!(cow("x".into(), _) => 3);
    tweak!(cow(_, 3) => 3);
    tweak!(lifetimes(&String::from("x"), _) => 3);
    tweak!(lifetimes(a, "x") if a.len() > 3 => 3);
    tweak!(coerced("x".into(), &1_u8, Some("x")) => 3);
    tweak!(coerced("x".into(), &1_u8, _) => 3);
    tweak!(coerced(_, &1_u8, Some(&String::from("x"))) => 3);
    tweak!(patterns((1, 2), _, 3, _) => 3);
    tweak!(patterns((a, b), _, c, "x") if a + b > c => 3);
    tweak!(fallible(_) => Ok("x".into()));
    tweak!(fallible(..) => |old| old.or(Ok("x".into())));

    tweak!(opaque(_, &Opaque(1), 3) => 4);
    tweak!(opaque(Opaque(1), _, _) => 4);
    tweak!(opaque(..) => |old| old + 1);
    untweak!(opaque(..));
}

fn generic_functions() {
    tweak!(generic::<u8, 3>(..) => Some(4));
    tweak!(generic::<u8, 3>(&[1, 2], _) => None);
    tweak!(generic::<_, 3>(&vec![1_u8, 2], _) => None);
    tweak!(generic::<_, 3>(_, 4_u16) => None);
    tweak!(generic::<String, 3>([first, ..], y) if *first == y => Some(y_of()));
    tweak!(anonymous(..) => 3);
    tweak!(anonymous(1, "x", &2) => 3);
    tweak!(anonymous(..) *= 3);
    tweak!(anonymous_of::<u8>(..) => 3);
    untweak!(anonymous(..));

    let mut log = Vec::new();
    tweak!(logged(1, &mut log) => 3);
    tweak!(logged(1, _) => 3);
    tweak!(logged(_, &mut log) => 3);
    tweak!(logged(_, _) => 3);
    tweak!(logged(..) => 3);
    tweak!(logged(x, _) if x > 3 => 3);
    tweak!(skipped(1, |x| x, 2) => 3);
    tweak!(skipped(1, _, 2) => 3);
    tweak!(skipped(_, _, 2) => 3);
    tweak!(skipped(..) => 3);
    tweak!(skipped(x, _, 2) if x > 3 => 3);

    tweak!(u8_node(..) => 3);
    tweak!(u8_node(x) if x > 3 => 3);
    tweak!(r#match(_) => 3);
    tweak!(r#match(r#type) if r#type > 3 => 3);
    tweak!(inner::deep(_) => 3);
    tweak!(self::inner::deep(x) if x > 3 => 3);
    tweak!(inner::types::Place::here(..) => 3);
    tweak!(inner::types::Place::here(_) => 3);
    tweak!(crate::inner::types::Place::here(3 | 4) if true => 3);
}

fn y_of() -> String {
    "y".into()
}

fn methods() {
    let curve = Curve { rate: 0.5 };
    tweak!(Curve::flat(_) => Curve { rate: 0.1 });
    tweak!(Curve::flat(rate) if rate > 0.5 => |old| Curve { rate: old.rate + 1.0 });
    tweak!(curve.rate(1, "x") *= 1.5);
    tweak!(curve.rate(1, "x").clamp(0.1, 0.2));
    tweak!(curve.clamp(1, 2) => 3);
    tweak!(curve.clamp(1, 2).clamp(1, 2));
    tweak!(Curve::rate(..) => 3.0);
    tweak!(Curve::rate(_, 3, _) => 3.0);
    tweak!(Curve::rate(&curve, _, "x") => 3.0);
    tweak!(Curve::rate(_, _, &String::from("x")) => 3.0);
    tweak!(Curve::rate(curve, at, "x") if curve.rate > f64::from(at) => 3.0);
    tweak!(Curve::consumed(curve.clone(), _) => 3);
    tweak!(Curve::consumed(curve, 3) if curve.rate > 0.5 => 3);
    tweak!(Curve::shared(Arc::new(curve.clone()), _, None) => true);
    tweak!(Curve::other_total(_, 3) => 3);
    tweak!(Curve::other_total(_, x) if x > 3 => 3);
    tweak!(Curve::generic::<u8>(..) => 3);
    tweak!(Curve::generic::<u8>(_, 3) => 3);
    tweak!(Curve::generic(_, 3_u8) => 3);
    tweak!(Curve::generic::<u8>(_, x) if x > 3 => 3);
    tweak!(Curve::anonymous(..) => Curve { rate: 0.1 });
    tweak!(Curve::alone(_, 3) => 3.0);
    tweak!(Curve::alone(&curve, _) => 3.0);
    tweak!(Curve::alone(..) *= 3.0);
    tweak!(Curve::alone(x, y) if x.rate > f64::from(y) => 3.0);
    tweak!(Curve::alone_generic::<u8>(..) => Curve { rate: 0.1 });
    tweak!(Curve::alone_generic(_, 3_u8) => Curve { rate: 0.1 });
    tweak!(Opaque::get(..) => 3);
    tweak!(Opaque::get(_, 3) => 3);
    tweak!(Opaque::get(&Opaque(3), _) => 3);
    untweak!(Curve::rate(..));
    untweak!(Curve::rate(_, 3, _));
    untweak!(Curve::rate(_, at, _) if at > 3);
    let _unused = curve.hidden();
}

fn of_traits_and_generic_types() {
    let curve = Curve { rate: 0.5 };
    tweak!(<Curve as Price>::price(..) => 3.0);
    tweak!(Curve::price(_, 3) => 3.0);
    tweak!(<Curve as Price>::price(x, at) if x.rate > f64::from(at) => 3.0);
    tweak!(Curve::start(..) => 3.0);
    tweak!(<Curve as Price>::start(&curve, _) => 3.0);
    tweak!(Curve::start(_, at) if at > 3 => 3.0);
    tweak!(Curve::of_dyn(_, 3) => 3);
    let object: &dyn Object = &curve;
    let _unused = "x".of_dyn(3);
    let _unused = object.of_dyn(3);
    node!(object.of_dyn(3)).tweak(4);
    tweak!(object.of_dyn(3) => 4);

    tweak!(Wrap::<u8, 2>::first(..) => Some(3));
    tweak!(Wrap::<u8, 2>::first(_, 3) => Some(3));
    tweak!(Wrap::<u8, 2>::first(wrap, 3) if wrap.inner.len() > 3 => None);
    tweak!(Wrap::<u8, 2>::make(_) => Wrap { inner: vec![] });
    tweak!(Wrap::<u8, 2>::make(x) if x > 3 => |old| old);
    tweak!(Wrap::<u8, 2>::count(..) => 3);

    let text = String::from("x");
    let view = View { text: &text };
    tweak!(View::len(..) => 3);
    tweak!(View::len(&view, _) => 3);
    tweak!(View::len(_, 3) => 3);
    tweak!(View::join(&view, _, &text) => text.clone());
    tweak!(View::stored(text, by) if text.len() > usize::from(by) => 3);
}

fn values() {
    let _values: Vec<Tweak> = vec![
        tweak!(in two(1, 2) => 3),
        tweak!(in two(_, 2) => 3),
        tweak!(in two(..) => 3),
        tweak!(in two(x, _) if x > 3 => 3),
        tweak!(in two(1, 2) => |old| old),
        tweak!(in two(1, 2) *= 3),
        tweak!(in two(..).clamp(1, 2)),
        tweak!(in Curve::rate(..) => 3.0),
        tweak!(in Curve { rate: 0.5 }.rate(1, "x") => 3.0),
    ];
}

fn in_bodies() {
    #[tracked]
    fn local(x: u8, y: &str) -> usize {
        y.len() + usize::from(x)
    }
    use local as other;
    tweak!(local(..) => 3);
    tweak!(other(_, "x") => 3);
    let limit = 3;
    tweak!(other(x, y) if x > limit && y == "x" => 3);

    macro_rules! tweaked {
        ($f:ident, $argument:expr, $change:expr, $($rest:tt)*) => {
            tweak!($f($argument, _) => $change);
            tweak!($f(x, $($rest)*) if x > 1 => $change);
        };
    }
    tweaked!(local, 3, |old| old + 1, "x");
    tweaked!(local, 3, 4, _);
}

/// A method that is tracked alone gives its descriptor in two places: it is the same one.
fn descriptors_agree() {
    let curve = Curve { rate: 0.5 };
    for _ in 0..2 {
        let (one, other) = (Curve::__dug_calls_alone().function, curve.__dug_function_alone());
        assert!(std::ptr::eq(one, other));
        let one = Curve::__dug_calls_alone_generic::<u8>().function;
        assert!(!std::ptr::eq(one, curve.__dug_function_alone_generic::<u16>()));
        assert!(std::ptr::eq(one, curve.__dug_function_alone_generic::<u8>()));
        assert!(std::ptr::eq(curve.__dug_function_of_dyn(), Curve::__dug_calls_of_dyn().function));
        assert!(!std::ptr::eq("x".__dug_function_of_dyn(), Curve::__dug_calls_of_dyn().function));
    }
}

fn main() {
    descriptors_agree();
    if std::env::args().count() > 100 {
        with_context(|| {
            free_functions();
            generic_functions();
            methods();
            of_traits_and_generic_types();
            values();
            in_bodies();
        });
    }
}
