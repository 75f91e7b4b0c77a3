//! Free functions, wherever they stand and whatever they take.

use dug::{node, tracked, tweak, untweak, with_context};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;

#[tracked]
fn dec() -> i64 {
    1
}

#[tracked]
fn bar(x: i64) -> i64 {
    x - dec()
}

/// Documented.
#[tracked]
#[inline]
#[must_use]
pub fn foo(x: i64) -> i64 {
    2 * bar(x)
}

#[tracked]
fn nothing() {}

#[tracked]
fn borrows(text: &str, words: &[&str], numbers: &[u64], maybe: Option<&str>, other: Option<&u8>) -> usize {
    text.len() + words.concat().len() + numbers.len() + maybe.map_or(0, str::len) + usize::from(other.is_some())
}

#[tracked]
fn more_borrows(path: &Path, map: &BTreeMap<String, u8>, cow: Cow<'_, str>, nested: (&str, u8)) -> String {
    format!("{}{}{cow}{nested:?}", path.display(), map.len())
}

#[tracked]
fn patterns((a, b): (u32, u32), [c, ..]: [u32; 3], mut d: u32, _: u8, Point { x, y: _ }: Point, ref e: u32) -> u32 {
    d += 1;
    a + b + c + d + x + *e
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: u32,
    y: u32,
}

#[tracked]
fn owned(mut words: Vec<String>, point: Point) -> (Vec<String>, Point) {
    words.push("more".into());
    (words, point)
}

#[tracked]
fn generic<T: Serialize + Debug, const N: usize>(x: &T, y: [u8; N]) -> String
where
    T: Clone,
    [u8; N]: Serialize,
{
    format!("{x:?}{y:?}")
}

#[tracked]
fn constants<const A: char, const B: bool, const C: i8>() -> String {
    format!("{A}{B}{C}")
}

#[tracked]
fn created<T>() -> T
where
    T: Default + Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    T::default()
}

#[tracked]
fn anonymous(x: impl Serialize + Into<i64> + Copy, many: &[impl Serialize]) -> i64 {
    x.into() + many.len() as i64
}

#[tracked(skip(by))]
fn mapped<F: Fn(i64) -> i64>(x: i64, by: F) -> i64 {
    by(x)
}

#[tracked(skip(log))]
fn logging(x: i64, log: &mut Vec<i64>) -> i64 {
    log.push(x);
    x
}

#[tracked(skip(by, on))]
fn skipping(x: i64, by: impl Fn(&str) -> i64, on: &dyn Fn(i64)) -> i64 {
    on(x);
    by("four") + x
}

#[tracked]
fn lifetimes<'x, 'y: 'x>(a: &'x str, b: &'y str, c: &str) -> String {
    let longest: &'x str = if a.len() > b.len() { a } else { b };
    format!("{longest}{c}")
}

#[tracked]
fn fallible(x: i64) -> Result<i64, String> {
    let y: i64 = x.to_string().parse().map_err(|_| "no number")?;
    if y > 3 {
        return Ok(3);
    }
    Err(String::from("small"))
}

#[tracked(cache_err)]
fn fallible_and_kept() -> Result<i64, String> {
    Err(String::new())
}

#[tracked(in_memory, version = "2", name = "ui::options")]
fn options() -> std::sync::Arc<dyn Debug + Send + Sync> {
    std::sync::Arc::new(1)
}

#[tracked(node = str_node)]
fn str(x: u8) -> u8 {
    x
}

#[tracked(no_node)]
fn plain(x: u8) -> u8 {
    x
}

#[tracked(no_node)]
fn plain_generic<T: Serialize + Clone, const N: usize>(x: T, y: impl Serialize) -> u8 {
    let _ = (x, y);
    4
}

mod serde_json {}

#[tracked(node = serde_json_node)]
fn serde_json() -> u8 {
    1
}

#[tracked]
fn r#match(r#type: u8) -> u8 {
    r#type
}

mod inner {
    pub mod deeper {
        #[dug::tracked]
        pub(crate) fn far(x: u8) -> u8 {
            x + near()
        }

        #[dug::tracked]
        pub(in crate::inner) fn near() -> u8 {
            1
        }
    }
    pub(crate) use deeper::far as renamed;
}

#[tracked]
#[cfg(any())]
fn not_there() -> u8 {
    1
}

#[tracked]
#[cfg(not(any()))]
fn not_there() -> u8 {
    2
}

macro_rules! make {
    ($name:ident, $arg:ident: $ty:ty, $body:expr) => {
        #[tracked]
        fn $name($arg: $ty, other: &$ty) -> $ty {
            let _ = other;
            $body
        }
    };
}
make!(made, x: u8, x);
make!(made_too, x: u8, x + 1);

#[allow(dead_code)]
mod renamed_crate {
    pub use ::dug as else_where;
    #[dug::tracked(crate = crate::renamed_crate::else_where)]
    pub fn through(x: u8) -> u8 {
        x
    }
}

fn main() {
    with_context(|| {
        assert_eq!(foo(4), 6);
        assert_eq!(foo::node(4).call(), 6);
        assert_eq!(node!(foo(4)).try_call().unwrap(), 6);
        tweak!(dec() => 1);
        tweak!(foo(1) => 0,);
        untweak!(dec());
        untweak!(foo(1));
        nothing();
        node!(nothing()).call();
        let text = String::from("text");
        assert_eq!(borrows(&text, &["a", "b"], &[1, 2], None, Some(&1)), 9);
        assert_eq!(node!(borrows(&text, &["a", "b"], &[1, 2], Some("x"), None)).call(), 9);
        let map = BTreeMap::new();
        assert_eq!(more_borrows(Path::new("/"), &map, Cow::Borrowed("c"), ("n", 1)), "/0c(\"n\", 1)");
        assert_eq!(node!(more_borrows(Path::new("/"), &map, text.as_str().into(), (&text, 1))).call(), "/0text(\"text\", 1)");
        let point = Point { x: 1, y: 2 };
        assert_eq!(patterns((1, 2), [3, 0, 0], 4, 9, point.clone(), 1), 13);
        assert_eq!(node!(patterns((1, 2), [3, 0, 0], 4, 9, point.clone(), 1)).call(), 13);
        assert_eq!(node!(owned(vec![], point.clone())).call(), owned(vec![], point));
        assert_eq!(generic(&1, [2, 3]), "1[2, 3]");
        assert_eq!(node!(generic::<&str, 1>(&"x", [2])).call(), "\"x\"[2]");
        assert_eq!(constants::<'<', true, -1>(), "<true-1");
        assert_eq!(node!(constants::<'>', false, 1>()).call(), ">false1");
        assert_eq!(created::<u8>(), 0);
        assert_eq!(node!(created::<String>()).call(), "");
        assert_eq!(anonymous(1u8, &["x"]), 2);
        assert_eq!(node!(anonymous(1i32, &[1, 2])).call(), 3);
        let two = 2;
        assert_eq!(mapped(2, |x| x * two), 4);
        assert_eq!(node!(mapped(2, |x| x * two)).call(), 4);
        let mut log = Vec::new();
        assert_eq!(logging(1, &mut log), 1);
        assert_eq!(node!(logging(2, &mut log)).call(), 2);
        assert_eq!(skipping(1, |text| text.len() as i64, &|_| ()), 5);
        assert_eq!(node!(skipping(2, |text| text.len() as i64 + two, &|_| assert_eq!(two, 2))).call(), 8);
        assert_eq!(lifetimes("a", &text, "c"), "textc");
        assert_eq!(node!(lifetimes("a", &text, "c")).call(), "textc");
        assert_eq!(fallible(4), Ok(3));
        assert_eq!(node!(fallible(1)).call(), Err("small".into()));
        assert!(fallible_and_kept().is_err());
        assert_eq!(format!("{:?}", options()), "1");
        assert_eq!(node!(str_node(1)).call(), str(1));
        assert_eq!(plain(1), 1);
        assert_eq!(plain_generic::<u8, 3>(1, "x"), 4);
        assert_eq!(node!(serde_json_node()).call(), serde_json());
        assert_eq!(r#match(1), 1);
        assert_eq!(node!(r#match(1)).call(), 1);
        assert_eq!(node!(inner::renamed(1)).call(), inner::deeper::far(1));
        assert_eq!(node!(not_there()).call(), 2);
        assert_eq!(node!(made(1, &2)).call() + made_too(1, &2), 3);
        assert_eq!(node!(renamed_crate::through(1)).call(), 1);

        #[tracked]
        fn nested(x: u8) -> u8 {
            #[tracked]
            fn nested(x: u8) -> u8 {
                x + 1
            }
            nested(x) + node!(nested(x)).call()
        }
        assert_eq!(node!(nested(1)).call(), 4);
        {
            #[tracked]
            fn nested(x: u8) -> u8 {
                x
            }
            assert_eq!(nested(1), 1);
        }
    });
}
