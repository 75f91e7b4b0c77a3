//! The attribute and macros of dug. Programs use them through the crate `dug`.
//!
//! `#[tracked]` reads its options (`options`), takes a view of the item
//! (`model`), looks for what cannot be tracked (`check`, which owns all texts),
//! and quotes what the item becomes (`expand`), or gives the item back with the
//! errors (`fallback`). `source` makes digests of its code. `target` is behind `node!`, `tweak!` and
//! `untweak!`, and `cell` behind `cell!`.
//!
//! The macros emit no `unsafe` of their own, name everything by absolute paths,
//! and leave to generic functions of the runtime what is the same everywhere.

mod cell;
mod check;
mod expand;
mod fallback;
mod model;
mod options;
mod source;
mod target;
mod tracked;
mod types;

use proc_macro::TokenStream;

/// Tracks a function: its results are memoized in the current context, and what it asks
/// of other tracked functions is remembered, so that a change runs again only what it reaches.
///
/// Calls stay plain calls, which must stand in a context. The function is assumed to be
/// pure: equal arguments, and equal answers of the tracked functions that it calls, give an
/// equal result.
///
/// ```
/// use dug::{node, tracked, tweak, with_context};
///
/// #[tracked]
/// fn spot(name: &str) -> f64 {
///     name.len() as f64
/// }
///
/// #[tracked]
/// fn value(name: &str, amount: u32) -> f64 {
///     spot(name) * f64::from(amount)
/// }
///
/// with_context(|| {
///     assert_eq!(value("abc", 2), 6.0);
///     let node = node!(value("abc", 2)); // nothing runs
///     assert_eq!(node.call(), 6.0);
/// });
/// ```
///
/// # Where it stands
///
/// | on | what is tracked |
/// |---|---|
/// | a free function, in a module or in a function body | the function |
/// | an `impl` block, inherent or of a trait | all of its methods and associated functions; `#[tracked(..)]` on one gives it options, `#[untracked]` leaves it out |
/// | one method with a receiver of a plain inherent `impl` | the method; it is known to calls by id once it was called |
/// | a default method of a trait | the method, where it is not overridden |
///
/// An associated function without a receiver needs the attribute on its block, and so does a
/// method of a trait's impl.
///
/// ```
/// # use dug::{node, tracked, tweak, with_context};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Curve {
///     rates: Vec<f64>,
/// }
///
/// #[tracked]
/// impl Curve {
///     fn flat(rate: f64) -> Self {
///         Curve { rates: vec![rate; 3] }
///     }
///
///     fn rate(&self, at: usize) -> f64 {
///         self.rates[at]
///     }
///
///     #[tracked(skip(log))]
///     fn total(&self, log: &mut Vec<String>) -> f64 {
///         log.push("summed up".into());
///         self.rates.iter().sum()
///     }
///
///     #[untracked]
///     fn push(&mut self, rate: f64) {
///         self.rates.push(rate);
///     }
/// }
///
/// with_context(|| {
///     let mut curve = Curve::flat(0.5);
///     curve.push(1.0);
///     assert_eq!(curve.rate(3), 1.0);
///     assert_eq!(node!(curve.total(&mut Vec::new())).call(), 2.5);
///     assert_eq!(node!(Curve::flat(0.5)).call().rates.len(), 3);
/// });
/// ```
///
/// # Arguments and results
///
/// Arguments implement `serde::Serialize`, and are owned or borrowed (`&str`, `&[T]`, `&T`,
/// `Option<&T>`, ..); a borrowed one is never copied for a hit. Patterns, type and const
/// parameters, `where` clauses, `impl Trait` arguments and lifetimes are all fine; a type
/// with a hidden lifetime is written `View<'_>`.
///
/// Results are owned, and implement `Clone`, `Send`, `Sync`, `serde::Serialize` and
/// `serde::Deserialize`; with `in_memory` the first three suffice. An `Err` is returned but not
/// kept, unless `cache_err` is given. (That is seen where the result is written as a `Result` or
/// an alias of one. Where a generic function's result type is a type parameter, or an associated
/// type such as `F::Output`, that is instantiated with `Result`, the macro cannot see the
/// `Result`, and the `Err` is kept.)
///
/// # Options
///
/// | option | effect |
/// |---|---|
/// | `skip(a, b)` | these arguments are passed on, but are no part of the identity of a call; `self` may be one of them |
/// | `in_memory` | the result never goes to a store, and needs no serde; what its runs asked is stored, so that what rests on it is found again. (One that opens contexts and tweaks in them has no fingerprint then: what rests on it is not stored.) |
/// | `version = "2"` | part of the code's fingerprint: change it by hand to make old results stale |
/// | `code = item` / `deep` / `crate` | what of the code is part of its fingerprint: the item alone, all that it reaches in its crate (the default), or all sources of the crate |
/// | `fingerprint = graph` | the result is fingerprinted by how it was computed, and not by its content: for what is large, or random. Beside a store, equal results of two computations differ in memory too. (One that opens contexts and tweaks in them has no fingerprint then: neither it nor what rests on it is stored.) |
/// | `name = "pricing::spot"` | a fixed identity in the place of the function's path, so that the function may be renamed or moved (renaming it runs it once more: its name is part of its code) |
/// | `cache_err` | keeps an `Err`, too |
/// | `node = f_node` | renames the companion that `node!` uses, which then takes `node!(f_node(..))`, or `node!(x.f_node(..))` for a method |
/// | `no_node` | leaves the companion out |
/// | `crate = path` | where the macro finds dug, if not at `::dug` |
///
/// A whole block takes `in_memory`, `version`, `code`, `fingerprint`, `cache_err`, `no_node` and
/// `crate`, for all of its methods; a method's own options come on top.
///
/// # The code's fingerprint
///
/// A store keeps with each result the fingerprint of the code that has computed it, and a result
/// of other code is not used. Of the item itself it sees the tokens, for a method those of its
/// block's header, too: not spacing, comments, the visibility, lints, `#[inline]` and the like.
///
/// With `code = deep`, the default, all that the item reaches by name in its crate counts, directly
/// or through others: functions, methods, constants, statics, types with their fields, derives and all of
/// their impls, traits, macros and what they mention; files in `include_str!` and the like, the features
/// and `cfg`s that are mentioned, `env!`; crates that are mentioned, by their versions in `Cargo.lock`,
/// those in folders by their sources; of a generic function the types that it is called with; the
/// target. Where a name may mean several things, all of them count. Not seen are comments, formatting, the
/// order of items, moving one to another module, visibility, `#[inline]`, lints, and log lines (`log`, `tracing`,
/// `debug_assert!`, and what `[package.metadata.dug] ignore = [".."]` names in `Cargo.toml`).
///
/// Other tracked functions are not followed: their results count, and their signatures.
/// What cannot be seen wants a `version`: what is called through `dyn Trait` or a function pointer that
/// is an argument, and state. The page [code fingerprints] has it all.
///
/// `code = crate` takes all `.rs` files in the folder of the crate's root, what these name by
/// `#[path = ".."]`, `include!`, `include_str!` and `include_bytes!`, the files of a build script where
/// `OUT_DIR` is used, and the features; comments and spacing do not count there either. Other crates, also those in
/// folders, and what `env!` says do not count: `deep` sees these. Where the item was written by a macro, all that
/// anything in the crate could reach counts instead, other crates included. In doctests the sources cannot be found: all
/// of the program counts there, so that each build which gives another program runs it again. Of a folder with more than
/// 20 000 sources those count that the crate's root leads to.
///
/// [code fingerprints]: https://docs.rs/crate/dug/latest/source/docs/code-fingerprints.md
///
/// # The companion
///
/// A tracked `fn f` also takes the name `f` in the namespace of types: `f::node(args)` is what
/// `node!(f(args))` calls, and a hidden function beside it is behind the wide forms of [`tweak!`].
/// Where a module, crate or type of that name is needed, rename the
/// companion with `node`. Methods have hidden siblings in an inherent `impl` of their type; for
/// methods of a trait that takes a struct or enum of this crate, and foreign and blanket
/// impls are tracked with `no_node`. Where two traits of one type have methods of one name,
/// `node` on one of them keeps their siblings apart.
///
/// # What cannot be tracked
///
/// Functions that are `async` (so far), `const`, `unsafe`, `extern` or variadic; `&mut self`, and `&mut`
/// arguments that are not skipped; `#[cfg]` on an argument; results that borrow, are an `impl
/// Trait`, or `!`. Each is a compile error that says what to do instead:
///
/// ```compile_fail
/// #[dug::tracked]
/// fn first(words: &[String]) -> &str { // "a result cannot borrow: .."
///     &words[0]
/// }
/// ```
#[proc_macro_attribute]
pub fn tracked(options: TokenStream, item: TokenStream) -> TokenStream {
    tracked::expand(options.into(), item.into()).into()
}

/// Leaves a method out of a tracked `impl` block.
///
/// ```
/// use dug::{tracked, untracked};
///
/// struct Sums;
///
/// #[tracked]
/// impl Sums {
///     fn sum(x: i64, y: i64) -> i64 {
///         x + y
///     }
///
///     #[untracked]
///     fn print(&mut self) {}
/// }
/// # Sums.print();
/// ```
#[proc_macro_attribute]
pub fn untracked(_: TokenStream, item: TokenStream) -> TokenStream {
    tracked::misplaced_untracked(item.into()).into()
}

/// The node of a call of a tracked function: `node!(f(args))`, `node!(x.method(args))`,
/// `node!(Type::function(args))` or `node!(<Type as Trait>::method(&x, args))`.
///
/// The arguments are evaluated, and nothing is run. The node borrows what the arguments borrow.
/// Whether `a::f(..)` is a free function or an associated one shows in the case of `a`.
///
/// ```
/// use dug::{node, tracked, with_context};
///
/// #[tracked]
/// fn largest<T: dug::TrackedResult + Ord>(items: &[T]) -> Option<T> {
///     items.iter().max().cloned()
/// }
///
/// with_context(|| {
///     assert_eq!(node!(largest(&[1, 3, 2])).call(), Some(3));
///     assert_eq!(node!(largest::<u8>(&[])).call(), None);
///     assert_eq!(largest::node(&[1, 2]).call(), Some(2)); // the same without the macro
/// });
/// ```
#[proc_macro]
pub fn node(input: TokenStream) -> TokenStream {
    target::or_error(target::node(input.into())).into()
}

/// Overrides results of tracked functions in the current context: `tweak!(f(args) => value)`.
///
/// The arguments are evaluated, then the value, each once; then the tweak applies. In this
/// context, and in those inside it, the calls answer the value, also those that are asked for
/// later.
///
/// ```
/// use dug::{tracked, tweak, with_context};
///
/// #[tracked]
/// fn rate() -> f64 { 0.05 }
///
/// #[tracked]
/// fn interest(amount: f64) -> f64 { amount * rate() }
///
/// with_context(|| {
///     tweak!(rate() => 0.1);
///     assert_eq!(interest(100.0), 10.0);
/// });
/// ```
///
/// # Which calls
///
/// | left side | the calls |
/// |---|---|
/// | `f(1, "x")`, `x.m(1)`, `T::m(&x, 1)` | this one; whatever [`node!`] takes |
/// | `f(..)`, `T::m(..)` | all of the function |
/// | `f(1, _)`, `T::m(_, 1)`, `T::m(&x, _)` | all with these arguments: what is not `_` is an expression, also where it is a name |
/// | `f(x, "x" \| "y") if x > 3` | all whose arguments match the patterns and pass the guard |
///
/// ```
/// use dug::{tracked, tweak, with_context};
///
/// #[tracked]
/// fn vol(name: &str, days: u32) -> f64 {
///     0.1 * name.len() as f64 + f64::from(days)
/// }
///
/// with_context(|| {
///     tweak!(vol(..) => 0.1);
///     tweak!(vol("AAPL", _) => 0.2);
///     tweak!(vol(name, days) if name.starts_with('A') && days > 30 => 0.3);
///     tweak!(vol("AAPL", 90) => 0.4);
///     assert_eq!(vol("X", 1), 0.1);
///     assert_eq!(vol("AAPL", 1), 0.2);
///     assert_eq!(vol("AAPL", 60), 0.3);
///     assert_eq!(vol("AAPL", 90), 0.4);
/// });
/// ```
///
/// Of the tweaks that speak of one call, the innermost context's come first; within one context
/// the exact one, then those with `_` and `if`, the latest first, then the whole function's.
///
/// With an `if`, every argument is a pattern as in a `match` arm: a name binds what is given by
/// value for an owned argument type, and the reference itself for a borrowed one (`&str`, `&[T]`,
/// `&T`, `Option<&T>`, `&[&str]`). The guard owns what it uses of its surroundings, and sees the
/// arguments as they are read back: their types implement `serde::Deserialize`, and those of
/// a function that takes `(&str, u8)` or `Cow<'_, str>` cannot be had. It must be as pure
/// as a tracked function, and may call none. It is asked once for each call that is known, also for
/// some that nobody makes under the tweak; if it panics, only the calls under the tweak that it
/// could not test panic. Its names cannot be used by the value: a shock that depends on the arguments is
/// a tweak for each of them. A part of an argument is left open by a pattern, too:
/// `f(Some(_)) if true`.
///
/// A generic function takes a turbofish, where the arguments do not say the types: `f::<u8>(..)` is
/// all of that instantiation. A function with `impl Trait` arguments takes only `f(..)`, which
/// is all of all its instantiations, and exact calls. A skipped argument may be `_` anywhere.
///
/// ```
/// # use dug::{tracked, tweak, with_context};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Curve { rate: f64 }
///
/// #[tracked]
/// impl Curve {
///     fn at(&self, year: u32) -> f64 { self.rate * f64::from(year) }
/// }
///
/// with_context(|| {
///     let (flat, steep) = (Curve { rate: 0.0 }, Curve { rate: 2.0 });
///     tweak!(Curve::at(&flat, _) => 1.0);
///     tweak!(Curve::at(curve, 1) if curve.rate > 1.0 => 3.0);
///     assert_eq!((flat.at(1), flat.at(5)), (1.0, 1.0));
///     assert_eq!((steep.at(1), steep.at(5)), (3.0, 10.0));
/// });
/// ```
///
/// # What they answer
///
/// | after the left side | the answer |
/// |---|---|
/// | ` => value` | this value |
/// | ` => \|old\| old + 1.0` | what the closure makes of `old`: a closure literal with one parameter (write it in parentheses where it is the value) |
/// | ` *= 1.01`, ` += 0.5`, ` -= 0.5` | `old`, changed; as data, which can be stored and compared |
/// | `.clamp(0.0, 1.0)` | `old`, within these bounds; as data (not after an `if`) |
///
/// `old` is what the call would answer without the tweak: what the next tweak in the order says,
/// here and then outward, and at last the function itself. Closures own what they use.
///
/// ```
/// # use dug::{tracked, tweak, with_context};
/// # #[tracked]
/// # fn spot(name: &str) -> f64 { name.len() as f64 }
/// with_context(|| {
///     tweak!(spot(..) *= 2.0);
///     tweak!(spot("AAPL") => |old| old + 1.0);
///     assert_eq!(spot("AAPL"), 9.0);
///     with_context(|| {
///         tweak!(spot("AAPL").clamp(0.0, 5.0));
///         assert_eq!(spot("AAPL"), 5.0);
///         assert_eq!(spot("X"), 2.0);
///     });
/// });
/// ```
///
/// # As values
///
/// `tweak!(in ..)` takes all of the above, gives the tweak as a value, a `Tweak`, and applies nothing.
///
/// ```
/// # use dug::{tracked, tweak, with_context};
/// # #[tracked]
/// # fn spot(name: &str) -> f64 { name.len() as f64 }
/// let crash = tweak!(in spot("AAPL") => 1.5);
/// with_context(|| {
///     assert_eq!(spot("AAPL"), 4.0);
///     crash.clone().apply();
///     assert_eq!(spot("AAPL"), 1.5);
/// });
/// ```
#[proc_macro]
pub fn tweak(input: TokenStream) -> TokenStream {
    target::or_error(target::tweak(input.into())).into()
}

/// Takes a tweak of the current context back: `untweak!(f(args))`.
///
/// ```
/// use dug::{tracked, tweak, untweak, with_context};
///
/// #[tracked]
/// fn rate() -> f64 { 0.05 }
///
/// with_context(|| {
///     tweak!(rate() => 0.1);
///     untweak!(rate());
///     assert_eq!(rate(), 0.05);
/// });
/// ```
///
/// | left side, as in [`tweak!`] | what is taken back |
/// |---|---|
/// | `f(1, "x")`, `x.m(1)` | the tweak of this one call |
/// | `f(1, _)`, `T::m(_, 1)` | that of the same pattern |
/// | `f(..)`, `T::m(..)` | that of the function as a whole |
/// | `f(x, _) if x > 3` | every guarded one of the function: guards cannot be compared, so that the guard and the patterns written here play no part |
///
/// Others stay: after `untweak!(f(..))` a tweak of `f(1)` holds as before.
///
/// ```
/// # use dug::{tracked, tweak, untweak, with_context};
/// # #[tracked]
/// # fn spot(name: &str) -> f64 { name.len() as f64 }
/// with_context(|| {
///     tweak!(spot(..) => 1.5);
///     tweak!(spot("AAPL") *= 2.0);
///     assert_eq!(spot("AAPL"), 3.0);
///     untweak!(spot(..));
///     assert_eq!(spot("AAPL"), 8.0);
/// });
/// ```
#[proc_macro]
pub fn untweak(input: TokenStream) -> TokenStream {
    target::or_error(target::untweak(input.into())).into()
}

/// A block inside a function, memoized under a name: `cell!("name", (a, &b) => { .. })`.
///
/// Its identity is the name and the inputs; it is otherwise like a tracked function. The block must
/// be as pure, and depend on nothing that varies but its inputs and the tracked functions that it calls.
///
/// ```
/// use dug::{cell, tracked, tweak, with_context};
///
/// #[tracked]
/// fn rate(year: u32) -> f64 {
///     0.01 * f64::from(year)
/// }
///
/// with_context(|| {
///     let (years, amounts) = (3, vec![100.0, 200.0]);
///     let discounted = || {
///         cell!("discounted", (years, &amounts) => {
///             let factor: f64 = (1..=years).map(|year| 1.0 - rate(year)).product();
///             amounts.iter().map(|amount| amount * factor).collect::<Vec<f64>>()
///         })
///     };
///     let before = discounted();
///     assert_eq!(discounted(), before); // nothing runs
///     tweak!(rate(2) => 0.5);
///     assert!(discounted()[0] < before[0]);
/// });
/// ```
///
/// | part | meaning |
/// |---|---|
/// | `"name"` | a text as it stands; two cells of one name are told apart by their order in the source |
/// | `a` | a variable, which the block uses as a closure does: it may move it |
/// | `&b` | a variable that the block sees as a reference; `&self` is allowed, too |
/// | `{ .. }` | the block; `return` and `?` leave it, not the function around it |
///
/// The type of the result is inferred; it is `Clone + Send + Sync`, `serde::Serialize` and
/// `serde::Deserialize`. An `Err` is returned and not kept. The code's fingerprint is that of the
/// function around it and of all that this reaches, as for [`tracked`].
/// In a new process, what has asked a cell is found if nothing at all below it has changed; else it runs, also if all
/// gives what it gave. Where that matters, take a tracked function.
/// The name is the identity: two programs that share a store share the cells of one name, as far as
/// their code is the same.
///
/// In a generic function or in a method of a trait, each instantiation has a cell of its own, and
/// the function's path with its types is part of the identity. A cell has no companion: it cannot be
/// tweaked, nor run by its id.
#[proc_macro]
pub fn cell(input: TokenStream) -> TokenStream {
    target::or_error(cell::cell(input.into())).into()
}

/// Makes an instantiation of a generic function known to the registry: `register!(f::<u8>)`.
///
/// A program can run a node that came from elsewhere if it knows the function. Functions without
/// type parameters are always known; an instantiation of a generic one is known after its first
/// call, after its first node, or after this. To be run, it takes arguments that implement `Deserialize`.
///
/// ```
/// use dug::{NodeId, register, tracked, with_context};
///
/// #[tracked(name = "total")]
/// fn total<T: dug::TrackedResult + Copy + Into<u64>>(values: &[T]) -> u64 {
///     values.iter().map(|value| (*value).into()).sum()
/// }
///
/// let from_elsewhere = r#"{"function":"total<u8>","arguments":"020104","text":"total([1, 4])"}"#;
/// let id: NodeId = serde_json::from_str(from_elsewhere).unwrap();
/// with_context(|| {
///     assert!(id.call_erased().is_err());
///     register!(total::<u8>);
///     assert_eq!(id.call_erased().unwrap().downcast::<u64>().unwrap(), 5);
/// });
/// ```
#[proc_macro]
pub fn register(input: TokenStream) -> TokenStream {
    target::or_error(target::register(input.into())).into()
}
