//! `#[tracked]` from end to end: parse the item, check it, expand it, or fall back.

use crate::check::{self, Errors, text};
use crate::fallback;
use crate::model::{Function, Owner};
use crate::options::{Options, Place};
use proc_macro2::{Span, TokenStream};

use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, Item, ItemFn, ItemImpl, Meta, TraitItemFn};

/// The expansion of `#[tracked(options)] item`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Fn(function)) => self::function(options, function, errors),
        Ok(Item::Impl(block)) => self::block(options, block, errors),
        parsed => {
            if let Ok(declared) = syn::parse2::<TraitItemFn>(item.clone())
                && declared.default.is_none()
            {
                let ident = &declared.sig.ident;
                errors.at(ident.span(), text::no_body(&ident.to_string()));
            } else {
                match parsed {
                    Ok(other) => {
                        let (what, span) = kind(&other);
                        errors.at(span, text::not_a_function(what));
                    }
                    Err(error) => errors.add(error),
                }
            }
            fallback::item(errors, item)
        }
    }
}

fn function(options: TokenStream, item: ItemFn, mut errors: Errors) -> TokenStream {
    let options = Options::default().read(options, Place::Function, &mut errors);
    let owner = match item.sig.receiver() {
        Some(_) => Owner::Unseen,
        None => Owner::Free,
    };
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
        modifiers,
    } = &item;
    if let Some(token) = &modifiers.defaultness {
        errors.at(token.span, text::specialization());
    }
    let function = Function::new(attrs, vis, sig, block, options, owner);
    check::function(&function, &mut errors);
    match errors.is_empty() {
        true => crate::expand::function(&function),
        false => fallback::item(errors, item),
    }
}

fn block(options: TokenStream, original: ItemImpl, mut errors: Errors) -> TokenStream {
    let options = Options::default().read(options, Place::Block, &mut errors);
    let mut block = original.clone();
    fallback::strip(&mut block);
    let mut functions = Vec::new();
    for (place, (given, item)) in original.items.iter().zip(&block.items).enumerate() {
        let (ImplItem::Fn(given), ImplItem::Fn(method)) = (given, item) else {
            continue;
        };
        let Some(options) = method_options(&given.attrs, &options, &mut errors) else {
            continue;
        };
        if let Some(token) = &method.modifiers.defaultness {
            errors.at(token.span, text::specialization());
        }
        let owner = Owner::Block(&block);
        let (attrs, vis, sig) = (&method.attrs, &method.vis, &method.sig);
        let function = Function::new(attrs, vis, sig, &method.block, options, owner);
        check::function(&function, &mut errors);
        functions.push((place, function));
    }
    check::block(&block, &functions, &mut errors);
    match errors.is_empty() {
        true => crate::expand::block(&block, &functions),
        false => fallback::block(errors, original),
    }
}

/// The options of one method, on top of its block's; `None` for what is left out.
fn method_options(attrs: &[Attribute], block: &Options, errors: &mut Errors) -> Option<Options> {
    let tracked = attrs.iter().find(|attr| fallback::is(attr, "tracked"));
    let untracked = attrs.iter().find(|attr| fallback::is(attr, "untracked"));
    for attr in attrs.iter().filter(|attr| fallback::is_conditional(attr)) {
        errors.at(attr.path().span(), text::conditional());
    }
    if let Some(attr) = untracked {
        if tracked.is_some() {
            errors.at(attr.path().span(), text::tracked_and_untracked());
        }
        if !matches!(attr.meta, Meta::Path(_)) {
            errors.at(attr.path().span(), text::untracked_takes_nothing());
        }
        return None;
    }
    let options = match tracked.map(|attr| &attr.meta) {
        Some(Meta::List(list)) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Some(block.clone().read(options, Place::Method, errors))
}

/// The expansion of an `#[untracked]` that no tracked block has taken away.
pub(crate) fn misplaced_untracked(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.at(Span::call_site(), text::misplaced_untracked());
    fallback::item(errors, item)
}

/// What a wrong item is called, and its keyword.
fn kind(item: &Item) -> (&'static str, Span) {
    match item {
        Item::Struct(item) => ("a struct", item.struct_token.span),
        Item::Enum(item) => ("an enum", item.enum_token.span),
        Item::Union(item) => ("a union", item.union_token.span),
        Item::Trait(item) => ("a whole trait", item.trait_token.span),
        Item::Mod(item) => ("a module", item.mod_token.span),
        Item::Const(item) => ("a constant", item.const_token.span),
        Item::Static(item) => ("a static", item.static_token.span),
        Item::Type(item) => ("a type alias", item.type_token.span),
        Item::Use(item) => ("a `use`", item.use_token.span),
        Item::ExternCrate(item) => ("an `extern crate`", item.extern_token.span),
        Item::ForeignMod(item) => ("an `extern` block", item.abi.extern_token.span),
        Item::Macro(item) => ("a macro", item.mac.path.span()),
        item => ("this", item.span()),
    }
}
