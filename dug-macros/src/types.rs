//! Questions about types as they are written, and rewritings of them.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Expr, ExprPath, GenericArgument, Ident, Lifetime, ParenthesizedGenericArguments, Path,
    PathArguments, PathSegment, Type, TypeFnPtr, TypeImplTrait, TypeParamBound, TypePath,
    TypeReference, parse_quote,
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

fn is_static(lifetime: &Lifetime) -> bool {
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

/// Whether `name` stands anywhere in a type or a body; a format string may hold it, too.
pub(crate) fn mentions(source: &impl ToTokens, name: &Ident) -> bool {
    fn in_stream(tokens: TokenStream, name: &Ident) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == *name,
            TokenTree::Group(group) => in_stream(group.stream(), name),
            TokenTree::Literal(literal) => literal.to_string().contains(&name.to_string()),
            TokenTree::Punct(_) => false,
        })
    }
    in_stream(source.to_token_stream(), name)
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
        if comma || (token.ends_with(is_word) && next.is_some_and(is_word)) {
            text.push(' ');
        }
    }
    text
}

/// Gives the lifetime `to` to every borrow that names none, and to every `impl Trait`.
pub(crate) fn with_lifetime(ty: &Type, to: &Lifetime) -> Type {
    struct Rewrite<'a>(&'a Lifetime);
    impl VisitMut for Rewrite<'_> {
        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            reference.lifetime.get_or_insert_with(|| self.0.clone());
            visit_mut::visit_type_reference_mut(self, reference);
            *reference.elem = borrowable(&reference.elem);
        }
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident == "_" {
                *lifetime = self.0.clone();
            }
        }
        fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
            visit_mut::visit_type_impl_trait_mut(self, ty);
            ty.bounds.push(TypeParamBound::Lifetime(self.0.clone()));
        }
        fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}
        fn visit_parenthesized_generic_arguments_mut(
            &mut self,
            _: &mut ParenthesizedGenericArguments,
        ) {
        }
    }
    let mut ty = ty.clone();
    Rewrite(to).visit_type_mut(&mut ty);
    ty
}

/// The type as it stands after a `&`: bounds with a `+` need parentheses there.
pub(crate) fn borrowable(ty: &Type) -> Type {
    match ty {
        Type::ImplTrait(bounds) if bounds.bounds.len() > 1 => parse_quote!((#ty)),
        ty => ty.clone(),
    }
}

/// Writes out what `Self` means, for items that cannot name it.
pub(crate) struct SelfType<'a> {
    /// In the place of `Self`; `None` leaves `Self` alone and writes out only `Self::Item`.
    pub(crate) ty: Option<&'a Type>,
    pub(crate) trait_: Option<&'a Path>,
}

impl SelfType<'_> {
    pub(crate) fn in_type(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        self.rewriter().visit_type_mut(&mut ty);
        ty
    }

    fn rewriter(&self) -> RewriteSelf<'_> {
        RewriteSelf { to: self }
    }
}

struct RewriteSelf<'a> {
    to: &'a SelfType<'a>,
}

impl RewriteSelf<'_> {
    /// What `Self`, given as `written`, stands for; messages point at the `Self`.
    fn owner(&self, written: &Ident) -> TokenStream {
        match self.to.ty {
            Some(ty) => located_at(ty.to_token_stream(), written.span()),
            None => written.to_token_stream(),
        }
    }
}

fn located_at(tokens: TokenStream, span: Span) -> TokenStream {
    let at = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            let mut inner = Group::new(group.delimiter(), located_at(group.stream(), span));
            inner.set_span(group.span());
            token = TokenTree::Group(inner);
        }
        token.set_span(token.span().located_at(span));
        token
    };
    tokens.into_iter().map(at).collect()
}

/// `Self` and what follows it, if the path starts with it.
fn self_and_rest(path: &Path) -> Option<(&Ident, Vec<&PathSegment>)> {
    let mut segments = path.segments.iter();
    let first = segments.next().filter(|first| first.ident == "Self")?;
    Some((&first.ident, segments.collect()))
}

impl VisitMut for RewriteSelf<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        let Type::Path(TypePath {
            qself: None, path, ..
        }) = &*ty
        else {
            return;
        };
        let Some((this, rest)) = self_and_rest(path) else {
            return;
        };
        let owner = self.owner(this);
        *ty = match (rest.as_slice(), self.to.trait_) {
            ([], _) => parse_quote!(#owner),
            (rest, Some(trait_)) => parse_quote!(<#owner as #trait_> #(::#rest)*),
            (rest, None) => parse_quote!(<#owner> #(::#rest)*),
        };
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        let Expr::Path(ExprPath {
            qself: None, path, ..
        }) = &*expr
        else {
            return;
        };
        if let Some((this, rest)) = self_and_rest(path).filter(|(_, rest)| !rest.is_empty()) {
            let owner = self.owner(this);
            *expr = parse_quote!(<#owner> #(::#rest)*);
        }
    }
}

/// An owned type that an argument is read back as, and how it is lent from there.
pub(crate) struct Owned {
    pub(crate) ty: TokenStream,
    lend: Lend,
}

enum Lend {
    Give,
    Deref,
    OptionDeref,
    Each,
}

impl Owned {
    /// `None` where the type borrows in a way that cannot be had from an owned value.
    pub(crate) fn of(ty: &Type) -> Option<Self> {
        let ty = peel(ty);
        if let Some(elem) = borrowed(ty) {
            if !has_any_reference(elem) {
                return Some(Owned {
                    ty: quote!(::std::boxed::Box<#elem>),
                    lend: Lend::Deref,
                });
            }
            let Type::Slice(slice) = peel(elem) else {
                return None;
            };
            let item = borrowed(peel(&slice.elem)).filter(|item| !has_any_reference(item))?;
            let ty = quote!(::std::vec::Vec<::std::boxed::Box<#item>>);
            return Some(Owned {
                ty,
                lend: Lend::Each,
            });
        }
        if let Some(item) = option_of(ty).and_then(|item| borrowed(peel(item))) {
            let plain = !has_any_reference(item);
            let ty = quote!(::core::option::Option<::std::boxed::Box<#item>>);
            return plain.then_some(Owned {
                ty,
                lend: Lend::OptionDeref,
            });
        }
        (!has_any_reference(ty)).then(|| Owned {
            ty: ty.to_token_stream(),
            lend: Lend::Give,
        })
    }

    /// The argument, from the variable that holds its owned value.
    pub(crate) fn lend(&self, value: &Ident) -> TokenStream {
        match self.lend {
            Lend::Give => quote!(#value),
            Lend::Deref => quote!(&*#value),
            Lend::OptionDeref => quote!(::core::option::Option::as_deref(&#value)),
            Lend::Each => quote! {
                &*::core::iter::Iterator::collect::<::std::vec::Vec<_>>(
                    ::core::iter::Iterator::map(#value.iter(), |item| &**item)
                )
            },
        }
    }
}

/// What a shared reference, other than a static one, refers to.
fn borrowed(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(TypeReference {
            mutability: None,
            lifetime,
            elem,
            ..
        }) if !lifetime.as_ref().is_some_and(is_static) => Some(elem),
        _ => None,
    }
}

fn option_of(ty: &Type) -> Option<&Type> {
    let Type::Path(TypePath {
        qself: None, path, ..
    }) = ty
    else {
        return None;
    };
    let last = path.segments.last().filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(item)) => Some(item),
        _ => None,
    }
}

/// A type with references or lifetimes in it, static ones too, does not decode in general.
fn has_any_reference(ty: &Type) -> bool {
    struct Found(bool);
    impl<'a> Visit<'a> for Found {
        fn visit_type_reference(&mut self, _: &'a TypeReference) {
            self.0 = true;
        }
        fn visit_lifetime(&mut self, _: &'a Lifetime) {
            self.0 = true;
        }
    }
    let mut found = Found(false);
    found.visit_type(ty);
    found.0
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

    #[test]
    fn owned_forms() {
        let owned = |text| {
            let owned = Owned::of(&syn::parse_str(text).unwrap());
            owned.map(|owned| {
                owned
                    .ty
                    .to_string()
                    .replace([' '], "")
                    .replace("::std::boxed::", "")
            })
        };
        assert_eq!(owned("u8").as_deref(), Some("u8"));
        assert_eq!(owned("&'a str").as_deref(), Some("Box<str>"));
        assert_eq!(owned("&[u8]").as_deref(), Some("Box<[u8]>"));
        assert_eq!(
            owned("&[&str]").as_deref(),
            Some("::std::vec::Vec<Box<str>>")
        );
        assert_eq!(
            owned("Option<&T>").as_deref(),
            Some("::core::option::Option<Box<T>>")
        );
        for refused in [
            "&'static str",
            "Cow<'_, str>",
            "(&str, u8)",
            "&&u8",
            "Vec<&str>",
            "&mut u8",
        ] {
            assert_eq!(owned(refused), None, "{refused}");
        }
    }

    #[test]
    fn lifetimes_are_given_to_what_has_none() {
        let to = Lifetime::new("'n", Span::call_site());
        let given = |text| printed(&with_lifetime(&syn::parse_str(text).unwrap(), &to));
        assert_eq!(given("&str"), "&'n str");
        assert_eq!(given("&'a [&u8]"), "&'a [&'n u8]");
        assert_eq!(given("Cow<'_, str>"), "Cow<'n, str>");
        assert_eq!(given("&dyn Fn(&u8)->&u8"), "&'n dyn Fn(&u8)->&u8");
        assert_eq!(given("fn(&u8)"), "fn(&u8)");
        assert_eq!(given("&impl A"), "&'n (impl A + 'n)");
    }
}
