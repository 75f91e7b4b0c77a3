//! All that the macros say to the user: "`x` what is wrong; why; what to write
//! instead".

use crate::options::{Form, KNOWN, Known, Place};
use std::fmt::Display;

fn listed(names: impl IntoIterator<Item = impl Display>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

// Options.

pub(crate) fn unknown_option(name: &str) -> String {
    let known = listed(KNOWN.iter().map(|known| known.name));
    format!("`{name}` is no option of `#[tracked]`; the options are {known}")
}

pub(crate) fn misplaced_option(name: &str, place: Place) -> String {
    match place {
        Place::Block => format!(
            "`{name}` speaks of one function, and this is a whole impl block; write `#[tracked({name} ..)]` on the method that it is for"
        ),
        Place::Method | Place::Function => format!(
            "`{name}` holds for the whole impl block; write it on the `#[tracked]` of the block"
        ),
    }
}

pub(crate) fn duplicate_option(name: &str) -> String {
    format!("`{name}` is given twice; leave one of them out")
}

pub(crate) fn malformed_option(known: &Known) -> String {
    let name = known.name;
    match known.form {
        Form::Flag => format!("`{name}` takes no value; write `{name}` alone"),
        Form::Text => format!("`{name}` takes a text that is not empty; write `{name} = \"..\"`"),
        Form::Names => {
            format!("`{name}` takes the names of arguments; write `{name}(a, b)`")
        }
        Form::Name => format!("`{name}` takes a name; write `{name} = f_node`"),
        Form::Word([only]) => {
            format!(
                "`{name}` takes only the word `{only}`; write `{name} = {only}`, or leave it out"
            )
        }
        Form::Word(words) => {
            let first = words.first().unwrap_or(&"..");
            format!(
                "`{name}` takes one of {}; write `{name} = {first}`",
                listed(words)
            )
        }
        Form::Path => {
            format!("`{name}` takes the path of a crate or module; write `{name} = some::path`")
        }
    }
}

pub(crate) fn comma_expected() -> String {
    "options are separated by commas; write a `,` here".to_owned()
}

pub(crate) fn node_and_no_node() -> String {
    "`no_node` contradicts `node = ..`; leave one of them out".to_owned()
}

pub(crate) fn unknown_argument(name: &str, known: &[String]) -> String {
    let known = match known {
        [] => "it has none with a name".to_owned(),
        known => format!("its arguments are {}", listed(known)),
    };
    format!("`{name}` is no argument of this function, so that it cannot be skipped; {known}")
}

pub(crate) fn skipped_pattern(name: &str) -> String {
    format!(
        "`{name}` is a part of an argument, and only whole arguments can be skipped; \
         give the argument a name, and take it apart in the body with `let`"
    )
}

pub(crate) fn skipped_twice(name: &str) -> String {
    format!("`{name}` is skipped twice; leave one of them out")
}

// Items.

pub(crate) fn not_a_function(what: &str) -> String {
    format!(
        "`#[tracked]` cannot stand on {what}; it tracks calls: write it on a `fn`, or on an `impl` block to track all of its methods"
    )
}

pub(crate) fn no_body(name: &str) -> String {
    format!(
        "`{name}` has no body, so that there is nothing to track; write `#[tracked]` on the impl blocks of the trait"
    )
}

pub(crate) fn negative_impl() -> String {
    "a negative impl has no methods that could be tracked; leave `#[tracked]` out".to_owned()
}

pub(crate) fn specialization() -> String {
    "`default` cannot be tracked: specialization has no stable meaning; leave `default` out"
        .to_owned()
}

pub(crate) fn misplaced_untracked() -> String {
    "`#[untracked]` leaves a method out of a tracked impl block, and this is none; leave it out"
        .to_owned()
}

pub(crate) fn untracked_takes_nothing() -> String {
    "`#[untracked]` takes no options; write `#[untracked]` alone".to_owned()
}

pub(crate) fn tracked_and_untracked() -> String {
    "`#[untracked]` contradicts `#[tracked]` on the same method; leave one of them out".to_owned()
}

pub(crate) fn conditional() -> String {
    "a tracked block cannot see whether what `cfg_attr` holds is there; write the attribute without it, \
     or have two impl blocks, one of them without `#[tracked]`"
        .to_owned()
}

pub(crate) fn associated_function() -> String {
    "`Self` cannot be used by a function that is tracked alone and has no receiver: \
     an attribute on one associated function does not see the impl block around it; \
     write `#[tracked]` on the whole impl block, and `#[untracked]` on what it should leave out"
        .to_owned()
}

pub(crate) fn main_function() -> String {
    "`main` cannot be tracked: the program starts in no context; \
     track the functions that it calls, and call them in `dug::with_context(|| ..)`"
        .to_owned()
}

pub(crate) fn primitive_name(name: &str) -> String {
    format!(
        "`{name}` is also the name of a primitive type, which the companion that `node!` uses would hide; \
         write `#[tracked(node = {name}_node)]`, and `node!({name}_node(..))`"
    )
}

pub(crate) fn primitive_companion(name: &str) -> String {
    format!(
        "`{name}` is the name of a primitive type, which the companion would hide; write another name, as `node = {name}_node`"
    )
}

// Functions.

pub(crate) fn asynchronous() -> String {
    "`async` functions cannot be tracked yet; \
     track an ordinary function, and call it where its inputs have been awaited"
        .to_owned()
}

pub(crate) fn constant() -> String {
    "`const` functions cannot be tracked: they may run in the compiler, where there is no context; \
     leave `const` out, or track a function that calls this one"
        .to_owned()
}

pub(crate) fn unsafe_function() -> String {
    "`unsafe` functions cannot be tracked: a result may be answered where the caller's promise no longer holds; \
     track a safe function that calls this one"
        .to_owned()
}

pub(crate) fn safe_function() -> String {
    "`safe` has a meaning in `extern` blocks only; leave it out".to_owned()
}

pub(crate) fn foreign_abi() -> String {
    "`extern` functions cannot be tracked: callers in other languages stand in no context; \
     track an ordinary function, and call it from this one"
        .to_owned()
}

pub(crate) fn variadic() -> String {
    "`...` cannot be tracked: a call is identified by its arguments, whose number must be known; \
     take a slice, as `arguments: &[T]`"
        .to_owned()
}

pub(crate) fn conditional_argument() -> String {
    "`#[cfg]` on an argument cannot be tracked: the key of a call lists all arguments; \
     write `#[cfg]` on the function, once for each form of it"
        .to_owned()
}

pub(crate) fn mutable_receiver() -> String {
    "`&mut self` cannot be tracked: a kept result would not repeat the change; \
     take `&self` and return what changes, or write `#[untracked]` on the method"
        .to_owned()
}

pub(crate) fn mutable_argument(name: &str) -> String {
    format!(
        "`&mut` arguments cannot be tracked: a kept result would not repeat the change; \
         return the new value instead, or, if the result does not depend on it, write `#[tracked(skip({name}))]`"
    )
}

pub(crate) fn mutable_pattern() -> String {
    "`&mut` arguments cannot be tracked: a kept result would not repeat the change; \
     return the new value instead"
        .to_owned()
}

pub(crate) fn borrowed_result() -> String {
    "a result cannot borrow: it is kept longer than the arguments live; \
     return an owned value instead, as `String`, `Vec<T>` or `Arc<T>`"
        .to_owned()
}

pub(crate) fn static_result() -> String {
    "`&'static` cannot be read back from a store; \
     return an owned value instead, as `String` or `Vec<T>`, or write `#[tracked(in_memory)]` for a result that never goes to a store"
        .to_owned()
}

pub(crate) fn anonymous_result() -> String {
    "`impl Trait` results cannot be tracked: what is kept must have a type that can be named and cloned; \
     return a concrete type instead, as `Vec<T>` for an iterator"
        .to_owned()
}

pub(crate) fn never_result() -> String {
    "`!` cannot be tracked: a function that never returns has no result to keep; leave `#[tracked]` out"
        .to_owned()
}

// Siblings of trait methods.

pub(crate) fn no_place_for_siblings(what: &str) -> String {
    format!(
        "{what} has no place for the companions that `node!` uses: they stand in an inherent impl, which needs a struct or enum of this crate; \
         write `#[tracked(no_node)]` on the block"
    )
}

pub(crate) fn free_parameter(name: &str) -> String {
    format!(
        "`{name}` is not part of the type, so that the companions that `node!` uses cannot be generic over it; \
         write `#[tracked(no_node)]` on the block"
    )
}

// Run-time reasons, which end an "`f(..)` cannot be called by its id: ".

pub(crate) fn skipped_by_id(name: &impl Display) -> String {
    format!("its argument `{name}` is skipped, and no part of the id")
}

pub(crate) fn anonymous_by_id(name: &impl Display) -> String {
    format!("its argument `{name}` is an `impl Trait`, whose type the id does not name")
}

pub(crate) fn borrowed_by_id(name: &impl Display) -> String {
    format!("its argument `{name}` borrows in a way that cannot be lent from a decoded value")
}

pub(crate) fn outer_lifetime_by_id(name: &impl Display) -> String {
    format!(
        "its argument `{name}` borrows for a lifetime of the block around the function, \
         and a decoded value does not live that long"
    )
}

pub(crate) fn bounded_by_id() -> String {
    "its bounds name a lifetime of the block around the function, and a decoded value does \
     not live that long"
        .to_owned()
}

pub(crate) fn does_for_a_lifetime_by_id() -> String {
    "its bounds say what a type does for a lifetime of its arguments, and a decoded value may not \
     live that long"
        .to_owned()
}

// `node!`, `tweak!`, `untweak!`.

pub(crate) fn registered_method() -> String {
    "methods cannot be registered: `register!` takes a free function, as `register!(f::<u8>)`; \
     a generic method is known after its first call"
        .to_owned()
}

pub(crate) fn not_a_call(name: &str) -> String {
    let value = if name == "tweak" { " => value" } else { "" };
    let forms = ["f(args)", "x.method(args)", "Type::function(args)"];
    let [function, method, associated] = forms.map(|call| format!("`{name}!({call}{value})`"));
    format!(
        "`{name}!` takes a call of a tracked function; write {function}, {method} or {associated}"
    )
}

pub(crate) fn no_value(token: &str) -> String {
    format!("`{token}` is no value: a node is one call with all its arguments; write them all")
}

/// What a left side of the macro is written as.
fn with_left(name: &str, left: &str) -> String {
    let value = if name == "tweak" { " => value" } else { "" };
    format!("`{name}!({left}{value})`")
}

pub(crate) fn wild_method(token: &str, instead: &str) -> String {
    format!(
        "`{token}` speaks of many calls, and `x.method(..)` does not show of which function; \
         write `{instead}` with the type that has the method"
    )
}

pub(crate) fn misplaced_rest(name: &str) -> String {
    format!(
        "`..` stands for all arguments at once; write {} alone, a `_` for each argument that is left open, \
         or `(..)` for the range",
        with_left(name, "f(..)")
    )
}

pub(crate) fn part_left_open(name: &str) -> String {
    format!(
        "`_` stands for a whole argument here, and this is a part of one, which only a pattern can leave open; \
         write {}: with an `if`, the arguments are patterns",
        with_left(name, "f(pattern) if true")
    )
}

pub(crate) fn rest_with_guard() -> String {
    "`..` names no argument that a guard could see; write a `_` for each argument that may be anything"
        .to_owned()
}

pub(crate) fn empty_guard() -> String {
    "an `if` needs a condition on the arguments; write `f(x, _) if x > 3`, or leave the `if` out"
        .to_owned()
}

pub(crate) fn guarded_method(name: &str, method: &str) -> String {
    let left = with_left(name, &format!("Type::{method}(_, x) if x > 3"));
    format!(
        "`{method}` is called on one value, and a guard speaks of many calls; \
         write the receiver as the first argument, as in {left}"
    )
}

pub(crate) fn untweaked_value() -> String {
    "`in` makes a tweak as a value, and `untweak!` acts on the current context; leave `in` out"
        .to_owned()
}

pub(crate) fn unknown_operator(operator: &str) -> String {
    let plain = operator.trim_end_matches('=');
    format!(
        "`{operator}` is no relative tweak; the operators are `*=`, `+=` and `-=`: \
         write `tweak!(f(args) => |old| old {plain} ..)`"
    )
}

pub(crate) fn arrow_expected() -> String {
    "a tweak needs a value, or a change; write `tweak!(f(args) => value)`, `tweak!(f(args) => |old| ..)` or `tweak!(f(args) *= factor)`"
        .to_owned()
}

pub(crate) fn not_a_cell() -> String {
    "a cell has a name, its inputs and a block; write `cell!(\"name\", (a, &b) => { .. })`, or `cell!(\"name\", () => { .. })` without inputs"
        .to_owned()
}

pub(crate) fn name_of_cell() -> String {
    "the name of a cell is its identity, also in other programs: a text that is not empty and stands here as it is; write `cell!(\"name\", (a, &b) => { .. })`"
        .to_owned()
}

pub(crate) fn input_of_cell() -> String {
    "an input of a cell is a variable that its block uses: a name, or a name behind `&`; bind other values with `let` before the cell"
        .to_owned()
}

pub(crate) fn input_given_twice(name: &impl Display) -> String {
    format!("`{name}` is an input twice; leave one of them out")
}

pub(crate) fn block_of_cell() -> String {
    "the block of a cell stands in braces; write `{ .. }` around it".to_owned()
}

pub(crate) fn too_much(name: &str) -> String {
    match name {
        "cell" => {
            "a cell ends with its block; write `cell!(\"name\", (a, &b) => { .. })`".to_owned()
        }
        "tweak" => {
            "`tweak!` takes one call and one value; write `tweak!(f(args) => value)`".to_owned()
        }
        _ => format!("`{name}!` takes one call and nothing more; write `{name}!(f(args))`"),
    }
}
