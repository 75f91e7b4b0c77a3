//! The rules: what cannot be tracked, found on the smallest token. All errors
//! of an item are reported at once. The texts are in [`text`].

pub(crate) mod text;

use crate::model::{Argument, Function, Owner, parameter_name};
use crate::options::Companion;
use crate::types;
use proc_macro2::{Span, TokenStream};
use std::collections::HashSet;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{FnArg, Ident, Item, ItemImpl, PatIdent, Path, ReceiverKind, Safety, Type};

/// The errors of one item.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    pub(crate) fn add(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn at(&mut self, span: Span, message: String) {
        self.add(syn::Error::new(span, message));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }

    #[cfg(test)]
    pub(crate) fn messages(self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

/// Everything about one function.
pub(crate) fn function(function: &Function, errors: &mut Errors) {
    modifiers(function, errors);
    for argument in &function.arguments {
        self::argument(argument, errors);
    }
    result(function, errors);
    skips(function, errors);
    names(function, errors);
    if matches!(function.owner, Owner::Free) {
        self_outside_of_an_impl(function, errors);
    }
}

fn modifiers(function: &Function, errors: &mut Errors) {
    let sig = function.sig;
    if let Some(token) = &sig.constness {
        errors.at(token.span, text::constant());
    }
    if let Some(token) = &sig.asyncness {
        errors.at(token.span, text::asynchronous());
    }
    match &sig.safety {
        Safety::Unsafe(token) => errors.at(token.span, text::unsafe_function()),
        Safety::Safe(token) => errors.at(token.span(), text::safe_function()),
        Safety::Default => {}
    }
    if let Some(abi) = &sig.abi {
        errors.at(abi.extern_token.span, text::foreign_abi());
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(variadic.dots.spans[0], text::variadic());
    }
}

fn argument(argument: &Argument, errors: &mut Errors) {
    for attr in crate::expand::argument_attrs(argument) {
        if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            errors.at(attr.path().span(), text::conditional_argument());
        }
    }
    match argument.node {
        FnArg::Receiver(receiver) => {
            let mutable = match &receiver.kind {
                ReceiverKind::Reference(_, _, token) => token.as_ref().map(|token| token.span),
                ReceiverKind::Typed(_, ty) => types::mutable_borrow(ty),
                _ => None,
            };
            if let Some(span) = mutable {
                errors.at(span, text::mutable_receiver());
            }
        }
        FnArg::Typed(typed) => {
            if let (Some(span), false) = (types::mutable_borrow(&typed.ty), argument.skipped) {
                errors.at(
                    span,
                    match &argument.given {
                        Some(name) => text::mutable_argument(&name.to_string()),
                        None => text::mutable_pattern(),
                    },
                );
            }
        }
    }
}

fn result(function: &Function, errors: &mut Errors) {
    let ty = function.result();
    if let Some(span) = types::impl_trait(&ty) {
        errors.at(span, text::anonymous_result());
    } else if let Some(span) = types::borrow(&ty) {
        errors.at(span, text::borrowed_result());
    } else if let (Some(span), false) = (types::static_reference(&ty), function.options.in_memory) {
        errors.at(span, text::static_result());
    }
    if let Type::Never(never) = types::peel(&ty) {
        errors.at(never.bang_token.span, text::never_result());
    }
}

fn skips(function: &Function, errors: &mut Errors) {
    let given = function
        .arguments
        .iter()
        .filter_map(|argument| argument.given.as_ref());
    let named: Vec<String> = given.map(ToString::to_string).collect();
    let mut parts = Bindings::default();
    for argument in &function.arguments {
        if let (Some(pattern), None) = (argument.pattern, &argument.given) {
            parts.visit_pat(pattern);
        }
    }
    let mut seen = HashSet::new();
    for skip in &function.options.skip {
        let name = skip.to_string();
        if parts.0.contains(&name) {
            errors.at(skip.span(), text::skipped_pattern(&name));
        } else if !named.contains(&name) {
            errors.at(skip.span(), text::unknown_argument(&name, &named));
        } else if !seen.insert(name.clone()) {
            errors.at(skip.span(), text::skipped_twice(&name));
        }
    }
}

/// The names that a pattern binds.
#[derive(Default)]
struct Bindings(HashSet<String>);

impl<'a> Visit<'a> for Bindings {
    fn visit_pat_ident(&mut self, pat: &'a PatIdent) {
        self.0.insert(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }
}

const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16",
    "u32", "u64", "u128", "usize",
];

fn names(function: &Function, errors: &mut Errors) {
    if !matches!(function.owner, Owner::Free) {
        return;
    }
    let ident = &function.sig.ident;
    if ident == "main" {
        errors.at(ident.span(), text::main_function());
    }
    let primitive = |ident: &Ident| PRIMITIVES.iter().any(|name| ident == name);
    match &function.options.companion {
        Companion::Named if primitive(ident) => {
            errors.at(ident.span(), text::primitive_name(&ident.to_string()));
        }
        Companion::Renamed(name) if primitive(name) => {
            errors.at(name.span(), text::primitive_companion(&name.to_string()));
        }
        _ => {}
    }
}

/// A function without a receiver that speaks of `Self` is an associated one,
/// whose impl block the attribute does not see.
fn self_outside_of_an_impl(function: &Function, errors: &mut Errors) {
    #[derive(Default)]
    struct FindSelf(Option<Span>);
    impl<'a> Visit<'a> for FindSelf {
        fn visit_path(&mut self, path: &'a Path) {
            if let Some(first) = path.segments.first().filter(|first| first.ident == "Self") {
                self.0.get_or_insert(first.ident.span());
            }
            visit::visit_path(self, path);
        }
        // `Self` in an item of the body is that item's.
        fn visit_item(&mut self, _: &'a Item) {}
    }
    let mut found = FindSelf::default();
    found.visit_signature(function.sig);
    found.visit_block(function.block);
    if let Some(span) = found.0 {
        errors.at(span, text::associated_function());
    }
}

/// What concerns a tracked block as a whole.
pub(crate) fn block(block: &ItemImpl, functions: &[(usize, Function)], errors: &mut Errors) {
    if let Some(token) = &block.modifiers.polarity {
        errors.at(token.span, text::negative_impl());
    }
    if let Some(token) = &block.modifiers.defaultness {
        errors.at(token.span, text::specialization());
    }
    let needs_siblings = functions
        .iter()
        .any(|(_, function)| function.companion().is_some());
    if block.trait_.is_some() && needs_siblings {
        siblings(block, errors);
    }
}

/// The siblings of a trait's methods stand in an inherent impl of the type.
fn siblings(block: &ItemImpl, errors: &mut Errors) {
    let ty = types::peel(&block.self_ty);
    let refused = match ty {
        Type::Path(path) => path.path.get_ident().and_then(|name| {
            let parameter = block
                .generics
                .type_params()
                .any(|param| param.ident == *name);
            let primitive = PRIMITIVES.iter().any(|primitive| name == primitive);
            (parameter || primitive).then(|| format!("`{name}`"))
        }),
        _ => Some("this type".to_owned()),
    };
    if let Some(what) = refused {
        errors.at(ty.span(), text::no_place_for_siblings(&what));
        return;
    }
    for param in &block.generics.params {
        let name = parameter_name(param);
        if !matches!(param, syn::GenericParam::Lifetime(_)) && !types::mentions(ty, name) {
            errors.at(name.span(), text::free_parameter(&name.to_string()));
        }
    }
}
