//! dug macros
mod check;
mod expand;
mod fallback;
mod model;
mod options;
mod target;
mod tracked;
mod types;

use proc_macro::TokenStream;

/// tracked
#[proc_macro_attribute]
pub fn tracked(options: TokenStream, item: TokenStream) -> TokenStream {
    tracked::expand(options.into(), item.into()).into()
}

/// untracked
#[proc_macro_attribute]
pub fn untracked(_: TokenStream, item: TokenStream) -> TokenStream {
    tracked::misplaced_untracked(item.into()).into()
}

/// node
#[proc_macro]
pub fn node(input: TokenStream) -> TokenStream {
    target::or_error(target::node(input.into())).into()
}

/// tweak
#[proc_macro]
pub fn tweak(input: TokenStream) -> TokenStream {
    target::or_error(target::tweak(input.into())).into()
}

/// untweak
#[proc_macro]
pub fn untweak(input: TokenStream) -> TokenStream {
    target::or_error(target::untweak(input.into())).into()
}
