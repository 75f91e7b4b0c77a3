//! What is left of an item that cannot be tracked: the errors, and the item as
//! the user wrote it, so that nothing else fails for want of it.

use crate::check::Errors;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{ImplItem, ItemImpl};

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
            method
                .attrs
                .retain(|attr| !is(attr, "tracked") && !is(attr, "untracked"));
        }
    }
}

/// Whether this is the attribute `name`, by whatever path.
pub(crate) fn is(attr: &syn::Attribute, name: &str) -> bool {
    attr.path()
        .segments
        .last()
        .is_some_and(|last| last.ident == name)
}
