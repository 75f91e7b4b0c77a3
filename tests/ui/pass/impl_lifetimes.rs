//! Lifetimes that the block around a method declares.

use dug::{node, tracked, with_context};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct P<'a> {
    #[serde(borrow)]
    name: &'a str,
}

#[tracked]
impl<'a> P<'a> {
    fn make(name: &'a str) -> String {
        name.into()
    }

    fn with(&self, other: &'a str) -> usize {
        other.len() + self.name.len()
    }

    fn cmp(&self, o: &P<'a>) -> bool {
        self.name == o.name
    }

    fn own(self, others: &[&'a str], more: Option<&Self>) -> usize {
        self.name.len() + others.len() + usize::from(more.is_some())
    }

    fn bounded<'b: 'a>(other: &'b str) -> usize {
        let longer: &'a str = other;
        longer.len()
    }

    fn of<'b>(other: &'b str, n: u8) -> usize {
        other.len() + usize::from(n)
    }

    #[tracked(no_node)]
    fn hidden(&self, other: &'a str) -> usize {
        other.len() + self.name.len()
    }
}

trait Names<'n> {
    type Other;
    fn names(&self, other: &'n str) -> usize;
    fn others(&self, other: Self::Other) -> usize;
}

#[tracked]
impl<'n> Names<'n> for P<'_> {
    type Other = &'n str;

    fn names(&self, other: &'n str) -> usize {
        self.name.len() + other.len()
    }

    fn others(&self, other: &'n str) -> usize {
        self.name.len() + other.len()
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Plain(usize);

#[tracked]
impl<'n> Names<'n> for Plain {
    type Other = u8;

    fn names(&self, other: &'n str) -> usize {
        self.0 + other.len()
    }

    fn others(&self, other: u8) -> usize {
        self.0 + usize::from(other)
    }
}

struct Alone<'a>(&'a str);

impl Serialize for Alone<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'a> Alone<'a> {
    #[tracked]
    fn joined(&self, other: &'a str) -> usize {
        self.0.len() + other.len()
    }
}

impl<'a> P<'a> {
    #[tracked]
    fn alone(&self, other: &'a str) -> usize {
        self.name.len() + other.len()
    }
}

fn reason(id: &dug::NodeId) -> String {
    id.call_erased().unwrap_err().to_string()
}

fn main() {
    let text = String::from("abc");
    with_context(|| {
        let p = P { name: &text };
        assert_eq!(P::make(&text), "abc");
        assert_eq!(p.with("de"), 5);
        assert!(p.cmp(&P { name: "abc" }));
        assert_eq!(p.clone().own(&["x"], Some(&p)), 5);
        assert_eq!(P::bounded(&text), 3);
        assert_eq!(P::of(&text, 1), 4);
        assert_eq!(p.hidden("d"), 4);
        assert_eq!(p.names("de"), 5);
        assert_eq!(p.others("de"), 5);
        assert_eq!(Plain(1).names("de"), 3);
        assert_eq!(Plain(1).others(2), 3);
        assert_eq!(Alone(&text).joined("d"), 4);
        assert_eq!(p.alone("d"), 4);

        assert_eq!(node!(P::make(&text)).call(), "abc");
        assert_eq!(node!(p.with("de")).call(), 5);
        assert!(node!(p.cmp(&P { name: "abc" })).call());

        assert_eq!(
            reason(node!(P::make(&text)).id()),
            "`P::make(\"abc\")` cannot be called by its id: its argument `name` borrows for a \
             lifetime of the block around the function, and a decoded value does not live that long"
        );
        assert!(reason(node!(p.cmp(&p)).id()).contains("its argument `self` borrows"));
        assert!(reason(node!(P::bounded("x")).id()).contains("its bounds name a lifetime"));
        let by_id = node!(P::of("x", 1)).id().call_erased().unwrap();
        assert_eq!(by_id.downcast::<usize>().unwrap(), 2);
        let by_id = node!(Plain(1).others(2)).id().call_erased();
        assert_eq!(by_id.unwrap().downcast::<usize>().unwrap(), 3);
    });
}
