//! What is left of an item that cannot be tracked: the errors, and the item as
//! the user wrote it, so that nothing else fails for want of it.

use crate::check::Errors;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, ImplItem, ItemImpl, Meta, Path, Token};

/// The errors and the item.
pub(crate) fn item(errors: Errors, item: impl ToTokens) -> TokenStream {
    let mut tokens = errors.into_compile_errors();
    item.to_tokens(&mut tokens);
    tokens
}

/// The errors and the block, without the attributes that only a tracked block understands.
pub(crate) fn block(errors: Errors, mut block: ItemImpl) -> TokenStream {
    strip(&mut block);
    item(errors, block)
}

/// Takes the methods' own `#[tracked(..)]` and `#[untracked]` away.
pub(crate) fn strip(block: &mut ItemImpl) {
    for item in &mut block.items {
        if let ImplItem::Fn(method) = item {
            method.attrs.retain(|attr| {
                !is(attr, "tracked") && !is(attr, "untracked") && !is_conditional(attr)
            });
        }
    }
}

/// Whether this is the attribute `name`, by whatever path.
pub(crate) fn is(attr: &Attribute, name: &str) -> bool {
    is_called(attr.path(), name)
}

/// Whether this is a `cfg_attr` that holds a `tracked` or `untracked`.
pub(crate) fn is_conditional(attr: &Attribute) -> bool {
    if !attr.path().is_ident("cfg_attr") {
        return false;
    }
    let held = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let held = held.unwrap_or_default();
    let mut paths = held.iter().skip(1).map(Meta::path);
    paths.any(|path| is_called(path, "tracked") || is_called(path, "untracked"))
}

fn is_called(path: &Path, name: &str) -> bool {
    let last = path.segments.last();
    last.is_some_and(|last| last.ident == name)
}
