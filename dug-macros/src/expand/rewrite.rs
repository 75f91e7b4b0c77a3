//! Rewritings of types: lifetimes for a node, and `Self` for items that cannot name it.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Expr, ExprPath, Ident, Lifetime, ParenthesizedGenericArguments, Path, PathSegment, Type,
    TypeFnPtr, TypeImplTrait, TypeParamBound, TypePath, TypeReference, parse_quote,
};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::printed;

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
