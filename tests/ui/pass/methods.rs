//! Methods and associated functions: whole blocks, trait impls, single methods.

use dug::{node, tracked, tweak, untweak, with_context};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    rates: Vec<f64>,
}

#[tracked]
impl Curve {
    const SIZE: usize = 2;

    pub fn flat(rate: f64) -> Self {
        Curve { rates: vec![rate; Self::SIZE] }
    }

    pub fn rate(&self, at: usize) -> f64 {
        self.rates[at] + Self::zero()
    }

    fn zero() -> f64 {
        0.0
    }

    fn into_rates(self) -> Vec<f64> {
        self.rates
    }

    fn grown(mut self, by: [f64; Self::SIZE]) -> Self {
        self.rates.extend(by);
        self
    }

    fn shared(self: Arc<Self>) -> usize {
        self.rates.len()
    }

    fn compared(&self, other: &Self, more: Option<&Self>) -> bool {
        self == other && more.is_none()
    }

    #[tracked(skip(scale), in_memory, node = scaled_node)]
    fn scaled<'x>(self: &'x Self, scale: &mut f64, with: impl Into<f64> + Serialize + Copy) -> Arc<Curve> {
        *scale += with.into();
        Arc::new(Curve { rates: self.rates.iter().map(|rate| rate * *scale).collect() })
    }

    #[tracked(no_node)]
    fn hidden<T: Serialize>(&self, x: T) -> usize {
        let _ = x;
        self.rates.len()
    }

    #[untracked]
    fn push(&mut self, rate: f64) {
        self.rates.push(rate);
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrap<T, const N: usize> {
    inner: Vec<T>,
}

#[tracked]
impl<T, const N: usize> Wrap<T, N>
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    fn first(&self) -> Option<T> {
        self.inner.first().cloned()
    }

    fn with<U: Serialize + Clone>(&self, other: &U, n: usize) -> usize {
        let _ = other;
        self.inner.len() + N + n
    }

    fn make(x: T) -> Self {
        Wrap { inner: vec![x; N] }
    }
}

#[derive(Serialize)]
struct View<'a> {
    text: &'a str,
}

#[tracked]
impl<'a> View<'a> {
    fn len(&self) -> usize {
        self.text.len()
    }

    fn join(&self, other: &View<'a>) -> String {
        format!("{}{}", self.text, other.text)
    }
}

trait Instrument {
    type Price;
    const UNIT: u8;
    fn price(&self, at: u8) -> Self::Price;
    fn kind() -> String;
    #[tracked(skip(self))]
    fn doubled(&self, x: i64) -> i64 {
        2 * x + self.offset()
    }
    fn offset(&self) -> i64 {
        0
    }
    #[tracked]
    fn described(&self, by: &str) -> String
    where
        Self: Serialize,
    {
        format!("{by}{}", self.offset())
    }
    #[tracked]
    fn consumed(self, by: u8) -> u8
    where
        Self: Sized + Serialize,
    {
        by
    }
}

#[tracked]
impl Instrument for Curve {
    type Price = f64;
    const UNIT: u8 = 3;

    fn price(&self, at: u8) -> Self::Price {
        f64::from(at) + f64::from(Self::UNIT)
    }

    fn kind() -> String {
        "curve".into()
    }

    #[untracked]
    fn offset(&self) -> i64 {
        1
    }
}

#[tracked]
impl<T, const N: usize> Instrument for Wrap<T, N>
where
    T: Serialize + Clone + Send + Sync + DeserializeOwned + 'static,
{
    type Price = Option<T>;
    const UNIT: u8 = 4;

    fn price(&self, at: u8) -> Self::Price {
        self.inner.get(usize::from(at)).cloned()
    }

    fn kind() -> String {
        "wrap".into()
    }
}

#[tracked(no_node)]
impl Instrument for u8 {
    type Price = u8;
    const UNIT: u8 = 5;

    fn price(&self, at: u8) -> Self::Price {
        self + at
    }

    fn kind() -> String {
        "u8".into()
    }
}

trait Other {
    fn price(&self) -> u8;
}

#[tracked]
impl Other for Curve {
    #[tracked(node = other_price)]
    fn price(&self) -> u8 {
        7
    }
}

trait Blanket {
    fn blanket(&self) -> u8;
}

#[tracked(no_node)]
impl<T: Serialize> Blanket for T {
    fn blanket(&self) -> u8 {
        8
    }
}

trait From2<T> {
    fn from2(&self, x: T) -> u8;
}

#[tracked]
impl From2<u8> for Curve {
    fn from2(&self, x: u8) -> u8 {
        x
    }
}

#[tracked]
impl From2<&str> for Curve {
    #[tracked(node = from2_str)]
    fn from2(&self, x: &str) -> u8 {
        x.len() as u8
    }
}

// A trait with a tracked method may still be used as `dyn Trait`.
trait Rate {
    fn base(&self) -> i64;

    #[tracked(skip(self))]
    fn twice(&self, x: i64) -> i64 {
        2 * (x + self.base())
    }
}

impl Rate for Curve {
    fn base(&self) -> i64 {
        1
    }
}

struct Plain;

impl Plain {
    #[tracked(skip(self))]
    pub fn single(&self, x: i64) -> i64 {
        x + self.untouched()
    }

    fn untouched(&self) -> i64 {
        1
    }
}

impl Serialize for Plain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl Plain {
    /// Documented.
    #[tracked(in_memory)]
    #[must_use]
    fn generic<T: Clone + Send + Sync + Serialize + 'static>(&self, x: &T) -> T {
        x.clone()
    }

    #[tracked]
    fn by_value(self) -> u8 {
        1
    }

    #[tracked(no_node)]
    fn without(&self, x: impl Serialize) -> u8 {
        let _ = x;
        2
    }
}

fn main() {
    with_context(|| {
        let mut curve = Curve::flat(1.0);
        assert_eq!(node!(Curve::flat(1.0)).call(), curve);
        assert_eq!(curve.rate(1), 1.0);
        assert_eq!(node!(curve.rate(1)).call(), 1.0);
        assert_eq!(node!(Curve::rate(&curve, 1)).call(), 1.0);
        tweak!(curve.rate(1) => 1.0);
        tweak!(Curve::flat(7.0) => curve.clone());
        untweak!(curve.rate(1));
        curve.push(1.0);
        assert_eq!(node!(curve.clone().into_rates()).call(), curve.clone().into_rates());
        assert_eq!(node!(curve.clone().grown([0.0, 1.0])).call().rates.len(), 5);
        let shared = Arc::new(curve.clone());
        assert_eq!(node!(shared.clone().shared()).call(), shared.shared());
        assert!(node!(curve.compared(&curve, None)).call());
        assert!(!curve.compared(&curve, Some(&curve)));
        let mut scale = 1.0;
        assert_eq!(node!(curve.scaled_node(&mut scale, 1.0)).call().rates[0], 2.0);
        assert_eq!(curve.scaled(&mut scale, 1u8).rates[0], 3.0);
        assert_eq!(curve.hidden("x"), 3);

        let wrap: Wrap<u8, 2> = Wrap::make(4);
        assert_eq!(node!(Wrap::<u8, 2>::make(4)).call(), wrap);
        assert_eq!(node!(wrap.first()).call(), wrap.first());
        assert_eq!(node!(wrap.with::<str2>(&"x", 1)).call(), wrap.with(&1, 1));

        let view = View { text: "text" };
        assert_eq!(node!(view.len()).call(), 4);
        assert_eq!(view.join(&view), "texttext");
        assert_eq!(node!(view.join(&view)).call(), "texttext");

        assert_eq!(node!(<Curve as Instrument>::price(&curve, 1)).call(), Instrument::price(&curve, 1));
        assert_eq!(node!(<Wrap<u8, 2> as Instrument>::price(&wrap, 1)).call(), Some(4));
        assert_eq!(node!(wrap.price(1)).call(), wrap.price(1));
        assert_eq!(node!(<Curve as Instrument>::kind()).call(), "curve");
        assert_eq!(<Wrap<u8, 2> as Instrument>::kind(), "wrap");
        assert_eq!(1u8.price(2), 3);
        assert_eq!(<u8 as Instrument>::kind(), "u8");
        tweak!(<Curve as Instrument>::price(&curve, 1) => 4.0);
        assert_eq!(curve.doubled(2), 5);
        assert_eq!(node!(curve.doubled(2)).call(), 5);
        assert_eq!(node!(<Curve as Instrument>::doubled(&curve, 2)).call(), 5);
        assert_eq!(node!(curve.described("x")).call(), "x1");
        assert_eq!(node!(1u8.described("x")).call(), "x0");
        assert_eq!(node!(1u8.consumed(1)).call(), 1u8.consumed(1));
        assert_eq!(node!(curve.other_price()).call(), Other::price(&curve));
        assert_eq!(1u8.blanket(), 8);
        assert_eq!(node!(curve.from2(1u8)).call(), 1);
        assert_eq!(node!(curve.from2_str("12")).call(), 2);
        assert_eq!(curve.from2("12"), 2);

        let dynamic: &dyn Rate = &curve;
        assert_eq!(dynamic.twice(1), 4);
        assert_eq!(node!(dynamic.twice(1)).call(), 4);

        assert_eq!(node!(Plain.single(1)).call(), Plain.single(1));
        assert_eq!(node!(Plain::single(&Plain, 1)).call(), 2);
        assert_eq!(node!(Plain.generic(&1)).call(), Plain.generic(&1));
        assert_eq!(node!(Plain.generic::<u8>(&1)).call(), 1);
        assert_eq!(node!(Plain.by_value()).call(), Plain.by_value());
        assert_eq!(Plain.without("x"), 2);
    });
}

#[allow(non_camel_case_types)]
type str2 = &'static str;
