//! Memoizing ordinary functions, with nested contexts and what-ifs.
//!
//! `#[tracked]` functions are called as before. In a context their results are kept, and what
//! each call asks of other tracked functions is traced into a graph. A [`tweak!`] overrides one
//! result; only what depends on it runs again, and only as far as answers differ. Inside a
//! nested context all of that leaves the context around it as it was.
//!
//! This page is the guide. The reference is at [`tracked`], [`Node`] and [`Context`].
//!
//! # First steps
//!
//! ```
//! use dug::{tracked, with_context};
//!
//! #[tracked]
//! fn fib(n: u64) -> u64 {
//!     if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
//! }
//!
//! with_context(|| {
//!     assert_eq!(fib(80), 23_416_728_348_467_685);
//! });
//! ```
//!
//! A tracked function must be pure: equal arguments, and equal answers of the tracked functions
//! that it calls, give an equal result. dug cannot check that.
//!
//! Arguments implement `serde::Serialize`. Results are owned, and implement `Clone`, `Send`,
//! `Sync`, `Serialize` and `Deserialize`. A hit clones the result, so return an `Arc` where a
//! clone is dear; the `Arc` of a type with serde needs serde's feature `rc`. With
//! `#[tracked(in_memory)]` a result needs no serde; but then dug cannot compare two of them, and
//! a new one always counts as different.
//!
//! Methods are tracked as well, most simply by `#[tracked]` on the whole `impl` block; the
//! receiver is an argument. [`tracked`] lists where the attribute may stand, and its options.
//! [`cell!`] memoizes a block inside a function.
//!
//! # Contexts
//!
//! Every call of a tracked function stands in a context. [`with_context`] opens one, and frees
//! what was kept in it on the way out, by return or by panic. Contexts nest. A call in an inner
//! context is answered from the outer one where that is right; what must run is kept inside.
//!
//! ```
//! use dug::{Context, tracked, with_context};
//!
//! #[tracked]
//! fn square(x: u64) -> u64 { x * x }
//!
//! with_context(|| {
//!     square(3);
//!     with_context(|| {
//!         square(3); // the outer result
//!         square(4); // kept here
//!         assert_eq!(Context::current().unwrap().stats().executions, 1);
//!     });
//!     assert_eq!(Context::current().unwrap().nodes().len(), 1);
//! });
//! ```
//!
//! A [`Context`] can be held, and entered again and again. Its tweaks stay, its results do not.
//! [`Context::install`] sets one for all threads that have entered none.
//!
//! Nothing is evicted while a context lives. [`Context::clear`] frees what is held, and [`Node::unload`] a value.
//!
//! # Tweaks: what if
//!
//! `tweak!(f(args) => value)` makes one call answer a value, in the current context and in those
//! inside it. [`untweak!`] takes it back. The innermost tweak wins.
//!
//! ```
//! use dug::{Context, tracked, tweak, untweak, with_context};
//!
//! #[tracked]
//! fn spot(name: &str) -> u32 { if name == "AAPL" { 100 } else { 200 } }
//!
//! #[tracked]
//! fn position(name: &str, lots: u32) -> u32 { lots * spot(name) }
//!
//! #[tracked]
//! fn book() -> u32 { position("AAPL", 3) + position("MSFT", 2) }
//!
//! #[tracked]
//! fn large() -> bool { book() > 500 }
//!
//! #[tracked]
//! fn label() -> String { if large() { "large" } else { "small" }.into() }
//!
//! with_context(|| {
//!     assert_eq!((book(), label().as_str()), (700, "large"));
//!     with_context(|| {
//!         tweak!(spot("AAPL") => 80);
//!         assert_eq!((book(), label().as_str()), (640, "large"));
//!
//!         // Three bodies ran: position("AAPL", 3), book() and large(). label() was adopted:
//!         // what it had asked for gives the same answer here.
//!         let stats = Context::current().unwrap().stats();
//!         assert_eq!((stats.executions, stats.adopted), (3, 1));
//!
//!         untweak!(spot("AAPL"));
//!         assert_eq!(book(), 700);
//!     });
//!     assert_eq!(book(), 700);
//! });
//! ```
//!
//! A node that depends on a tweaked one, directly or not, is *masked* in that context: the outer
//! result may be wrong there. A masked node that is asked for is checked first. If each thing
//! that it had asked for gives the same answer here, in the order of asking, the outer result is
//! *adopted*; at the first difference the body runs. So an equal result stops the wave, and
//! nothing runs that nobody asks for.
//!
//! The cost of a tweak grows with the number of nodes that depend on it, not with the size of
//! the cache.
//!
//! # Tweaks of many nodes, and relative ones
//!
//! | written | which nodes |
//! |---|---|
//! | `tweak!(f(1, 2) => v)` | this one |
//! | `tweak!(f(1, _) => v)` | those whose first argument is `1` |
//! | `tweak!(f(x, y) if x > y => v)` | those whose arguments pass the guard |
//! | `tweak!(f(..) => v)` | all of the function; of a generic one, `f::<u8>(..)` |
//!
//! They hold for nodes that are asked for later, too. A closure with one parameter makes a tweak
//! relative: it gets what the node would answer otherwise. `*=`, `+=`, `-=` and `.clamp(low, high)`
//! are relative tweaks that are data.
//!
//! ```
//! use dug::{tracked, tweak, with_context};
//!
//! #[tracked]
//! fn vol(name: &str, years: u32) -> f64 { 0.2 + 0.01 * f64::from(years) }
//!
//! with_context(|| {
//!     tweak!(vol("AAPL", _) => 0.5);
//!     assert_eq!((vol("AAPL", 1), vol("AAPL", 30)), (0.5, 0.5));
//!     with_context(|| {
//!         tweak!(vol(..) *= 2.0);
//!         tweak!(vol(name, years) if name == "MSFT" && years > 9 => |old| old + 1.0);
//!         assert_eq!(vol("AAPL", 1), 1.0); // twice the outer tweak
//!         assert_eq!(vol("MSFT", 10), 2.0 * (0.2 + 0.1) + 1.0);
//!     });
//! });
//! ```
//!
//! The innermost context comes first. In one context a tweak of this very node comes before
//! patterns and guards, of which the latest is first, and those before one of the whole function.
//! A relative tweak hides nothing: its `old` is what the next tweak in this order makes of the
//! node, here and then further out, and at last the body. If the context around knows that
//! answer, no body runs for it.
//!
//! # Scenarios
//!
//! `tweak!(in ..)` makes a tweak as a value, and a [`Scenario`] is a set of them: data apart from
//! any cache, that can be named, composed, compared and serialized.
//!
//! ```
//! use dug::{Context, Scenario, tracked, tweak, with_context};
//!
//! #[tracked]
//! fn spot(name: &str) -> f64 { if name == "AAPL" { 100.0 } else { 200.0 } }
//!
//! #[tracked]
//! fn rate() -> f64 { 0.05 }
//!
//! #[tracked]
//! fn forward(name: &str) -> f64 { spot(name) * (1.0 + rate()) }
//!
//! #[tracked]
//! fn book() -> f64 { forward("AAPL") + forward("MSFT") }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ran = || Context::current().unwrap().stats().executions;
//! with_context(|| -> Result<(), Box<dyn std::error::Error>> {
//!     let crash = Scenario::new().named("crash").with(tweak!(in spot("AAPL") *= 0.5))?;
//!     // Six bodies run; forward("MSFT"), spot("MSFT") and rate() are what no tweak can touch.
//!     assert_eq!(crash.enter(|| (book(), ran())), (262.5, 6));
//!
//!     // Entered again, nothing runs, also if it was written down in between.
//!     let json = serde_json::to_string(&crash)?;
//!     let same: Scenario = serde_json::from_str(&json)?;
//!     assert_eq!(same, crash);
//!     assert_eq!(same.enter(|| (book(), ran())), (262.5, 0));
//!
//!     // Another one shares what both are not about; so does one inside the other.
//!     let boom = Scenario::new().named("boom").with(tweak!(in spot("MSFT") *= 2.0))?;
//!     assert_eq!(boom.enter(|| (book(), ran())), (525.0, 3));
//!     assert_eq!(boom.over(&crash).enter(|| (book(), ran())), (472.5, 2));
//!     Ok(())
//! })
//! # }
//! ```
//!
//! [`diff`] tells which nodes a scenario changes, from what to what, and through which tweak;
//! [`attribution`], how much of a number's change each of its tweaks makes; and [`sweep`] asks
//! many scenarios in parallel: `sweep(scenarios).run(price)`.
//!
//! ```
//! use dug::{Scenario, attribution, diff, node, tracked, tweak, with_context};
//!
//! #[tracked]
//! fn price() -> f64 { 10.0 }
//!
//! #[tracked]
//! fn amount() -> f64 { 4.0 }
//!
//! #[tracked]
//! fn value() -> f64 { price() * amount() }
//!
//! # fn main() -> Result<(), dug::Error> {
//! with_context(|| {
//!     let today = Scenario::new();
//!     let plan = Scenario::new().with(tweak!(in price() => 12.0))?.with(tweak!(in amount() += 1.0))?;
//!     let changes = diff(&today, &plan, node!(value()))?;
//!     assert_eq!(changes.change(node!(value())).unwrap().to.as_deref(), Some("60.0"));
//!
//!     let parts = attribution(&today, &plan, value)?;
//!     assert_eq!((parts.total(), parts.rest()), (20.0, 2.0));
//!     assert_eq!(parts.contributions()[0].alone, 8.0); // the price alone
//!     assert_eq!(parts.contributions()[0].shapley, Some(9.0)); // with its share of the rest
//!     Ok(())
//! })
//! # }
//! ```
//!
//! What scenarios have computed is kept under the context that they were entered from, until that
//! is left or [`Retention`] says otherwise. The context itself is never changed by them.
//!
//! # Nodes
//!
//! `node!(f(args))` names a call without making it. A [`Node`] says what is known of the call,
//! calls it, tweaks it, or [invalidates](Node::invalidate) it; its [`NodeId`] is plain data.
//!
//! ```
//! use dug::{NodeId, node, tracked, tweak, with_context};
//!
//! #[tracked]
//! fn rate() -> i64 { 2 }
//!
//! #[tracked]
//! fn interest(amount: i64) -> i64 { amount * rate() }
//!
//! with_context(|| {
//!     assert!(!node!(interest(50)).is_cached());
//!     assert_eq!(interest(50), 100);
//!     assert_eq!(node!(interest(50)).dependencies()[0].to_string(), "rate()");
//!     with_context(|| {
//!         tweak!(rate() => 3);
//!         assert!(node!(interest(50)).is_masked());
//!     });
//!
//!     // An id goes through serde, and can be called by what it says.
//!     let json = serde_json::to_string(node!(interest(50)).id()).unwrap();
//!     let id: NodeId = serde_json::from_str(&json).unwrap();
//!     assert_eq!(id.to_string(), "interest(50)");
//!     assert_eq!(id.call_erased().unwrap().downcast::<i64>().unwrap(), 100);
//! });
//! ```
//!
//! A generic function is known to such calls after its first call, or after [`register!`].
//!
//! [`Context::stats`] counts what happened, and [`Context::graph`] gives the graph as data and
//! as DOT.
//!
//! # Identity of arguments
//!
//! Two calls are one node if their arguments have equal encodings, whether they are passed by
//! value or by reference. Borrowed arguments are encoded where they are, and not copied.
//!
//! ```
//! use dug::{node, tracked};
//! use std::collections::HashMap;
//!
//! #[tracked]
//! fn total(amounts: &HashMap<String, u32>) -> u32 { amounts.values().sum() }
//!
//! #[tracked]
//! fn half(x: f64) -> f64 { x / 2.0 }
//!
//! let ab = HashMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
//! let ba = HashMap::from([("b".to_owned(), 2), ("a".to_owned(), 1)]);
//! assert_eq!(node!(total(&ab)).id(), node!(total(&ba)).id()); // maps: in the order of keys
//! assert_ne!(node!(half(0.0)).id(), node!(half(-0.0)).id()); // equal, but not so encoded
//! ```
//!
//! A `HashSet` is encoded in its own order, so equal sets may be two nodes: that costs a run, and
//! never a wrong answer. What serde leaves out (`#[serde(skip)]`) and arguments
//! in `skip(..)` are no part of the identity; a result must not depend on them. The encoding does not
//! describe itself: of an `untagged` enum it does not tell the variant, nor which fields
//! `skip_serializing_if` left out. Values of such types that encode alike are taken for equal.
//!
//! The function's path is part of the identity; `#[tracked(name = "..")]` fixes a name that
//! survives moving the function. So are the types of a generic function.
//!
//! # Functions that open contexts
//!
//! A tracked function may open contexts and tweak inside them, even nodes on which it depends.
//! What is asked inside becomes its own dependency, apart from what the inner tweaks answer.
//!
//! ```
//! use dug::{tracked, tweak, with_context};
//!
//! #[tracked]
//! fn x() -> i64 { 1 }
//!
//! #[tracked]
//! fn square() -> i64 { x() * x() }
//!
//! #[tracked]
//! fn slope() -> i64 {
//!     let bumped = x() + 1;
//!     let there = with_context(|| {
//!         tweak!(x() => bumped);
//!         square()
//!     });
//!     there - square()
//! }
//!
//! with_context(|| {
//!     assert_eq!(slope(), 3);
//!     tweak!(x() => 5);
//!     assert_eq!(slope(), 11);
//! });
//! ```
//!
//! Such results are never adopted on the ground of equal values alone: what was asked under
//! inner tweaks must have been computed in the same way. Inside a running function it
//! is an error to change a context that was entered outside of it, or to ask what is cached: both
//! would make it impure.
//!
//! # Threads
//!
//! A context is shared between threads. A new thread stands in none, unless one is installed.
//! [`inherit`] and [`here`] carry the current context into it, and the running function too, so
//! that what is asked there is that function's dependency.
//!
//! ```
//! use dug::{here, inherit, node, tracked, with_context};
//! use rayon::prelude::*;
//!
//! #[tracked]
//! fn part(n: u64) -> u64 { n * n }
//!
//! #[tracked]
//! fn total() -> u64 {
//!     let here = here();
//!     (0..100u64).into_par_iter().map(|n| here.run(|| part(n))).sum()
//! }
//!
//! with_context(|| {
//!     assert_eq!(total(), 328_350);
//!     assert_eq!(node!(total()).dependencies().len(), 100);
//!
//!     let thread = std::thread::spawn(inherit(|| part(3)));
//!     assert_eq!(thread.join().unwrap(), 9);
//! });
//! ```
//!
//! Threads that ask for one node run it once: the others wait. Where waiting could close a
//! circle, as with work stealing, the node is run again instead, so there is no deadlock.
//!
//! # Errors
//!
//! Calls stay plain calls. What dug itself finds wrong (a call outside every context, a cycle, an
//! impure act) is a panic with the text of an [`Error`]; [`Node::try_call`] returns the `Error`.
//!
//! ```
//! use dug::{node, tracked, with_context};
//!
//! #[tracked]
//! fn ping(n: u32) -> u32 { pong(n + 1) }
//!
//! #[tracked]
//! fn pong(n: u32) -> u32 { ping(n - 1) }
//!
//! let error = node!(ping(1)).try_call().unwrap_err();
//! assert!(error.to_string().contains("outside every context"));
//!
//! with_context(|| {
//!     let error = node!(ping(1)).try_call().unwrap_err();
//!     assert!(error.to_string().ends_with("ping(1) -> pong(2) -> ping(1)"));
//! });
//! ```
//!
//! A panic of a function passes through; nothing of what it cut short is kept, and the contexts
//! are as before. Recursion needs memory, not stack: a chain of a million calls works.
//!
//! An `Err` is returned and not kept, and neither is what has read it; `#[tracked(cache_err)]`
//! keeps it.
//!
//! ```
//! use dug::{node, tracked, with_context};
//!
//! #[tracked]
//! fn parsed(text: &str) -> Result<i64, String> {
//!     text.parse().map_err(|_| format!("`{text}` is no number"))
//! }
//!
//! with_context(|| {
//!     assert_eq!(parsed("4"), Ok(4));
//!     assert!(node!(parsed("4")).is_cached());
//!     assert!(parsed("four").is_err());
//!     assert!(!node!(parsed("four")).is_cached());
//! });
//! ```
//!
//! # Results that outlive the process
//!
//! A context with a [`Store`] looks there for what it does not hold, and writes there what it
//! runs, behind the caller. A stored result is used if the code of its function is what it was and
//! all that its run asked for gives here what it gave then. That is told without running or
//! loading what lies below: at once, where the functions below have the code that they had, no
//! input has changed, and no tweak is about any of them; else by asking in the order of the run. So
//! results of scenarios, and of versions of the code, lie side by side, and are found again.
//!
//! ```
//! use dug::{Context, Store, tracked, tweak};
//!
//! #[tracked]
//! fn rate() -> f64 { 0.02 }
//! #[tracked]
//! fn value(years: u32) -> f64 { 100.0 * (1.0 + rate()).powi(years as i32) }
//!
//! # let folder = std::env::temp_dir().join(format!("dug-guide-{}", std::process::id()));
//! # let folder = folder.to_str().unwrap();
//! let store = Store::open(folder)?;
//! let ran = |f: &dyn Fn() -> f64| {
//!     let session = Context::builder().store(store.clone()).build();
//!     session.enter(f);
//!     session.stats().executions
//! };
//! let stressed = || {
//!     tweak!(rate() => 0.05);
//!     value(10)
//! };
//! assert_eq!(ran(&|| value(10)), 2);
//! assert_eq!(ran(&stressed), 1);
//! assert_eq!((ran(&|| value(10)), ran(&stressed)), (0, 0));
//! # drop(store);
//! # std::fs::remove_dir_all(folder).ok();
//! # Ok::<(), dug::Error>(())
//! ```
//!
//! * **Inputs.** [`input::file()`], [`input::text()`] and [`input::env()`] read the world as dependencies,
//!   once under each outermost context, until [`Context::refresh`]. [`external`] binds a named value.
//! * **Handles.** A function that returns [`Tracked`] shares its result instead of cloning it. As an
//!   argument a handle is identified by where it came from; its value is loaded when it is dereferenced.
//!   With `fingerprint = graph` a large result is told from others by its computation, not by its content, in memory too.
//! * **Code.** By default the code of a function is its `version` and all that it reaches by name in its
//!   crate, itself as well; see [`tracked`]. Comments, formatting, moving code and log lines change nothing.
//! * **Staleness.** [`Node::is_stale`] and [`Node::is_stale_to`] tell without running anything;
//!   a [`Policy`] serves what is stale. [`Node::explain`] says why a node would run, down to the
//!   cause, and [`Store::stale`] so of all that is stored; [`Node::accept`], [`Store::accept_function`] and
//!   [`Store::accept_all`] take results of earlier code for fresh. What a handle holds is what it
//!   held: before the function runs that makes a new one, what is called with it is stale by nothing.
//!   [`Node::metadata`] tells what a result has cost and saved.
//! * **What is kept.** [`Node::tag`] pins a result and names it; [`Store::collect_garbage`] and
//!   [`StoreBuilder::max_size`] let others go. `Err` results are not stored, and [`StoreBuilder::min_cost`]
//!   spares what is cheaper to run than to load. A value whose encoding does not decode to what has the
//!   same encoding is not stored, either, and the log says so: a `HashSet`, or what is
//!   `#[serde(untagged)]`, `tag`, `flatten` or `skip_serializing_if`.
//! * **Failure.** A store that is full, locked, damaged, of a later version or gone never fails a call: what
//!   cannot be read runs, what cannot be written is reported once through `tracing`, in
//!   [`Store::stats`] and by [`Store::flush`].
//!
//! # What is not covered
//!
//! The law is: a call answers what it would answer with no cache at all, under the tweaks that
//! are in force. Caching may change only how often bodies run. This does not cover
//!
//! * state that a body reads behind dug's back: clocks, random numbers, statics, files that are not
//!   read through [`input`];
//! * code that the chosen code fingerprint does not see, and results that a [`Policy`] serves stale;
//! * arguments in `skip(..)`, and values whose encoding does not tell all;
//! * a call that overlaps in time with another thread's tweak, untweak or invalidation of the
//!   same context: it may see some nodes before it and some after; such a result is not kept.
//!
//! What a body does besides returning (printing, counting) happens when it runs, and not on a hit.
//!
//! # Not there yet
//!
//! `async` functions.

#[doc(inline)]
pub use dug_macros::{cell, node, register, tracked, tweak, untracked, untweak};
#[doc(hidden)]
pub use dug_runtime::private as __private;
#[doc(inline)]
pub use dug_runtime::*;

/// The code of the README is compiled and run with the doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
