//! Questions about types as they are written.

use proc_macro2::{Literal, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{
    Generics, Ident, Lifetime, LifetimeParam, ParenthesizedGenericArguments, Path, Type, TypeFnPtr,
    TypeImplTrait, TypeReference,
};

/// The type without the parentheses and invisible groups around it.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        ty => ty,
    }
}

#[derive(Default)]
struct Seen {
    static_reference: Option<Span>,
    mutable: Option<Span>,
    lifetime: Option<Span>,
    impl_trait: Option<Span>,
}

impl<'a> Visit<'a> for Seen {
    fn visit_type_reference(&mut self, reference: &'a TypeReference) {
        let is_static = reference.lifetime.as_ref().is_some_and(is_static);
        if is_static {
            self.static_reference
                .get_or_insert(reference.and_token.span);
        }
        if let Some(token) = &reference.mutability {
            self.mutable.get_or_insert(token.span);
        }
        if !is_static {
            self.lifetime.get_or_insert(reference.and_token.span);
        }
        visit::visit_type_reference(self, reference);
    }

    fn visit_lifetime(&mut self, lifetime: &'a Lifetime) {
        if !is_static(lifetime) {
            self.lifetime.get_or_insert(lifetime.span());
        }
    }

    fn visit_type_impl_trait(&mut self, ty: &'a TypeImplTrait) {
        self.impl_trait.get_or_insert(ty.impl_token.span);
        visit::visit_type_impl_trait(self, ty);
    }

    // The lifetimes of a function type are its own.
    fn visit_type_fn_ptr(&mut self, _: &'a TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'a ParenthesizedGenericArguments) {}
}

pub(crate) fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}

fn look(ty: &Type) -> Seen {
    let mut seen = Seen::default();
    seen.visit_type(ty);
    seen
}

/// The first `&mut`.
pub(crate) fn mutable_borrow(ty: &Type) -> Option<Span> {
    look(ty).mutable
}

/// The first borrow or lifetime other than `'static`.
pub(crate) fn borrow(ty: &Type) -> Option<Span> {
    look(ty).lifetime
}

/// The first `&'static`.
pub(crate) fn static_reference(ty: &Type) -> Option<Span> {
    look(ty).static_reference
}

/// The first `impl Trait`.
pub(crate) fn impl_trait(ty: &Type) -> Option<Span> {
    look(ty).impl_trait
}

pub(crate) fn has_impl_trait(ty: &Type) -> bool {
    impl_trait(ty).is_some()
}

pub(crate) fn has_lifetime(ty: &Type) -> bool {
    borrow(ty).is_some()
}

pub(crate) fn has_lifetime_in_path(path: &Path) -> bool {
    let mut seen = Seen::default();
    seen.visit_path(path);
    seen.lifetime.is_some()
}

/// Whether a named lifetime other than `'static` stands in what `visit` visits, that neither
/// `declared` nor a `for<..>` in there declares.
pub(crate) fn has_lifetime_outside<'a>(
    declared: &Generics,
    visit: impl FnOnce(&mut dyn Visit<'a>),
) -> bool {
    #[derive(Default)]
    struct Named<'a> {
        used: Vec<&'a Lifetime>,
        bound: Vec<&'a Lifetime>,
    }
    impl<'a> Visit<'a> for Named<'a> {
        fn visit_lifetime(&mut self, lifetime: &'a Lifetime) {
            self.used.push(lifetime);
        }
        fn visit_lifetime_param(&mut self, param: &'a LifetimeParam) {
            self.bound.push(&param.lifetime);
            visit::visit_lifetime_param(self, param);
        }
    }
    let mut named = Named::default();
    visit(&mut named);
    let is_declared = |lifetime: &Lifetime| {
        let mut params = declared.lifetimes();
        is_static(lifetime)
            || lifetime.ident == "_"
            || named.bound.contains(&lifetime)
            || params.any(|param| param.lifetime == *lifetime)
    };
    named.used.iter().any(|lifetime| !is_declared(lifetime))
}

/// Whether `name` stands anywhere in a type or a body; a format string may hold it, too.
pub(crate) fn mentions(source: &impl ToTokens, name: &Ident) -> bool {
    let name = name.unraw();
    let text = name.to_string();
    let holds = |literal: &Literal| literal.to_string().contains(&text);
    any_token(source.to_token_stream(), &|token| match token {
        TokenTree::Ident(ident) => ident.unraw() == name,
        TokenTree::Literal(literal) => holds(literal),
        _ => false,
    })
}

fn any_token(tokens: TokenStream, test: &impl Fn(&TokenTree) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => any_token(group.stream(), test),
        token => test(&token),
    })
}

/// The last segment of a path; other types as they are written.
pub(crate) fn short_name(ty: &Type) -> String {
    match peel(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map_or_else(String::new, |segment| segment.ident.to_string()),
        ty => printed(ty),
    }
}

/// The type or path as one writes it, spaces only where they must be.
pub(crate) fn printed(ty: &impl ToTokens) -> String {
    let spaced = ty.to_token_stream().to_string();
    let mut text = String::new();
    let mut tokens = spaced.split(' ').peekable();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '\'';
    while let Some(token) = tokens.next() {
        text.push_str(token);
        let next = tokens.peek().and_then(|next| next.chars().next());
        let comma = token.ends_with([',', ';', '+']) || next == Some('+');
        let lifetime = token.starts_with('\'') && next.is_some_and(|c| !">,);".contains(c));
        if comma || lifetime || (token.ends_with(is_word) && next.is_some_and(is_word)) {
            text.push(' ');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_print_as_they_are_written() {
        for text in [
            "Curve",
            "a::Curve<T, 3>",
            "&'a [u8; 4]",
            "(A, &str)",
            "dyn A + 'static",
        ] {
            let ty: Type = syn::parse_str(text).unwrap();
            assert_eq!(printed(&ty), text);
        }
        let short = |text| short_name(&syn::parse_str(text).unwrap());
        assert_eq!(short("a::Curve<T>"), "Curve");
        assert_eq!(short("[u8]"), "[u8]");
    }
}
