//! A view of what `#[tracked]` stands on. Each part keeps its node of the
//! source, so that errors and bounds point at the user's tokens.

use crate::options::{Companion, Options};
use crate::types;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Block, FnArg, GenericParam, Ident, ItemImpl, Pat, Receiver, ReceiverKind,
    ReturnType, Signature, Type, TypeParamBound, Visibility, WherePredicate, parse_quote_spanned,
};

/// What a function belongs to.
#[derive(Clone, Copy)]
pub(crate) enum Owner<'a> {
    /// Nothing: a free function.
    Free,
    /// The attribute stands on one method; the impl or trait around it is out of sight.
    Unseen,
    /// A tracked impl block.
    Block(&'a ItemImpl),
}

/// One function to track.
pub(crate) struct Function<'a> {
    pub(crate) attrs: &'a [Attribute],
    pub(crate) vis: &'a Visibility,
    pub(crate) sig: &'a Signature,
    pub(crate) block: &'a Block,
    pub(crate) options: Options,
    pub(crate) owner: Owner<'a>,
    pub(crate) arguments: Vec<Argument<'a>>,
}

/// One argument; the receiver is the first.
pub(crate) struct Argument<'a> {
    pub(crate) node: &'a FnArg,
    /// Its name in the source, if it has one.
    pub(crate) given: Option<Ident>,
    /// Its name in the signature; an invented one where the source has a pattern.
    pub(crate) name: Ident,
    /// What the body binds it to, where that is not its name.
    pub(crate) pattern: Option<&'a Pat>,
    /// `Self`, `&Self` or the given type for a receiver.
    pub(crate) ty: Type,
    pub(crate) skipped: bool,
}

impl Argument<'_> {
    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        match self.node {
            FnArg::Receiver(receiver) => Some(receiver),
            FnArg::Typed(_) => None,
        }
    }

    /// Whether its type has no name and is part of the identity.
    pub(crate) fn is_anonymous(&self) -> bool {
        !self.skipped && types::has_impl_trait(&self.ty)
    }
}

impl<'a> Function<'a> {
    pub(crate) fn new(
        attrs: &'a [Attribute],
        vis: &'a Visibility,
        sig: &'a Signature,
        block: &'a Block,
        options: Options,
        owner: Owner<'a>,
    ) -> Self {
        let arguments = sig
            .inputs
            .iter()
            .enumerate()
            .map(|(place, node)| argument(place, node, &options.skip))
            .collect();
        Function {
            attrs,
            vis,
            sig,
            block,
            options,
            owner,
            arguments,
        }
    }

    /// The arguments that are part of the identity.
    pub(crate) fn keyed(&self) -> impl Iterator<Item = &Argument<'a>> {
        self.arguments.iter().filter(|argument| !argument.skipped)
    }

    pub(crate) fn is_method(&self) -> bool {
        !matches!(self.owner, Owner::Free)
    }

    pub(crate) fn result(&self) -> Type {
        match &self.sig.output {
            ReturnType::Default => parse_quote_spanned!(self.sig.ident.span()=> ()),
            ReturnType::Type(_, ty) => Type::clone(ty),
        }
    }

    /// The tracked block, if it implements a trait.
    pub(crate) fn trait_path(&self) -> Option<&'a syn::Path> {
        match self.owner {
            Owner::Block(block) => block.trait_.as_ref().map(|(path, _)| path),
            _ => None,
        }
    }

    /// The name that `node!` finds the function by, if it does.
    pub(crate) fn companion(&self) -> Option<Ident> {
        match &self.options.companion {
            Companion::Left => None,
            Companion::Renamed(name) => Some(name.clone()),
            Companion::Named => Some(self.sig.ident.clone()),
        }
    }

    /// The name of the hidden sibling of a method that makes its node.
    pub(crate) fn node_sibling(&self) -> Option<Ident> {
        let name = self.companion()?.unraw();
        Some(format_ident!(
            "__dug_node_{name}",
            span = self.sig.ident.span()
        ))
    }

    /// The name of the function that gives all calls.
    pub(crate) fn calls_name(&self) -> Option<Ident> {
        let companion = self.companion()?;
        Some(match self.owner {
            Owner::Free => format_ident!("__dug_calls", span = companion.span()),
            _ => format_ident!(
                "__dug_calls_{}",
                companion.unraw(),
                span = self.sig.ident.span()
            ),
        })
    }

    /// The name of the hidden sibling of a method that gives its descriptor. A trait's
    /// method without a node has none: its type may be another crate's.
    pub(crate) fn getter_sibling(&self) -> Option<Ident> {
        let name = match self.trait_path() {
            Some(_) => self.companion()?,
            None => self.companion().unwrap_or_else(|| self.sig.ident.clone()),
        };
        Some(format_ident!(
            "__dug_function_{}",
            name.unraw(),
            span = self.sig.ident.span()
        ))
    }

    /// The type and const parameters of the function itself.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'a GenericParam> + use<'a> {
        let params = &self.sig.generics.params;
        params
            .iter()
            .filter(|param| !matches!(param, GenericParam::Lifetime(_)))
    }

    /// The parameters that are part of the identity: all but those that occur only in skipped arguments.
    pub(crate) fn identifying_parameters(&self) -> Vec<&'a GenericParam> {
        let result = self.result();
        let mentions = |ty: &Type, name: &Ident| types::mentions(ty, name);
        self.parameters()
            .filter(|param| {
                let name = parameter_name(param);
                let skipped =
                    |argument: &Argument| argument.skipped && mentions(&argument.ty, name);
                !self.arguments.iter().any(skipped)
                    || mentions(&result, name)
                    || self.keyed().any(|argument| mentions(&argument.ty, name))
            })
            .collect()
    }

    /// The arguments whose type has no name and is part of the identity.
    pub(crate) fn anonymous(&self) -> impl Iterator<Item = &Argument<'a>> {
        let arguments = self.arguments.iter();
        arguments.filter(|argument| argument.is_anonymous())
    }

    /// Whether it has such arguments, so that each of their types makes a function of its own.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.anonymous().next().is_some()
    }

    /// Whether the type of the result may differ between instantiations. Of a method that is
    /// tracked alone, the parameters of the block or trait around it are out of sight.
    pub(crate) fn may_result_differ(&self) -> bool {
        let result = self.result();
        let mentions = |param| types::mentions(&result, parameter_name(param));
        let of_owner = match self.owner {
            Owner::Free => false,
            Owner::Unseen => true,
            Owner::Block(block) => {
                let is_type = |param: &&GenericParam| !matches!(param, GenericParam::Lifetime(_));
                let mut params = block.generics.params.iter().filter(is_type).peekable();
                let own = Ident::new("Self", Span::call_site());
                (params.peek().is_some() && types::mentions(&result, &own)) || params.any(mentions)
            }
        };
        of_owner || self.parameters().any(mentions)
    }

    /// Whether there is more than one descriptor: one for each instantiation.
    pub(crate) fn is_generic(&self) -> bool {
        let owner_is_generic = match self.owner {
            Owner::Free => false,
            Owner::Unseen => true,
            Owner::Block(block) => {
                let in_trait = |(path, _): &(syn::Path, _)| types::has_lifetime_in_path(path);
                !block.generics.params.is_empty()
                    || types::has_lifetime(&block.self_ty)
                    || block.trait_.as_ref().is_some_and(in_trait)
            }
        };
        owner_is_generic
            || self.parameters().next().is_some()
            || self
                .arguments
                .iter()
                .any(|argument| types::has_impl_trait(&argument.ty))
    }

    /// Whether the argument's type has a lifetime that the block or trait around the function
    /// declares, itself or as `Self`.
    pub(crate) fn has_outer_lifetime(&self, argument: &Argument) -> bool {
        let names_one = |argument: &Argument| {
            types::has_lifetime_outside(&self.sig.generics, |seen| seen.visit_type(&argument.ty))
        };
        let own_has_one = || match self.owner {
            Owner::Free => false,
            Owner::Block(block) => types::has_lifetime(&block.self_ty),
            // What the signature shows is all there is to see.
            Owner::Unseen => {
                self.is_bounded_by_outer_lifetime() || self.arguments.iter().any(names_one)
            }
        };
        let own = || Ident::new("Self", Span::call_site());
        names_one(argument) || (types::mentions(&argument.ty, &own()) && own_has_one())
    }

    /// Whether the function's bounds name a lifetime that it does not declare.
    pub(crate) fn is_bounded_by_outer_lifetime(&self) -> bool {
        let generics = &self.sig.generics;
        types::has_lifetime_outside(generics, |seen| {
            seen.visit_generics(generics);
            if let Some(clause) = &generics.where_clause {
                seen.visit_where_clause(clause);
            }
        })
    }

    /// Whether its bounds say what a type does for one of its own lifetimes, which is then longer than any call.
    pub(crate) fn is_bounded_by_own_lifetime(&self) -> bool {
        let generics = &self.sig.generics;
        let names_one = |tokens: TokenStream| {
            let mut lifetimes = generics.lifetimes();
            lifetimes.any(|param| types::mentions(&tokens, &param.lifetime.ident))
        };
        let does = |bound: &TypeParamBound| {
            !matches!(bound, TypeParamBound::Lifetime(_)) && names_one(bound.to_token_stream())
        };
        let mut params = generics.type_params();
        let predicates = generics.where_clause.iter();
        let mut predicates = predicates.flat_map(|clause| &clause.predicates);
        params.any(|param| param.bounds.iter().any(does))
            || predicates.any(|predicate| match predicate {
                WherePredicate::Type(predicate) => {
                    names_one(predicate.bounded_ty.to_token_stream())
                        || predicate.bounds.iter().any(does)
                }
                _ => false,
            })
    }

    /// What is printed: `foo`, `Curve::rate`, or `Self::rate` where the type is known later.
    pub(crate) fn printed_name(&self) -> String {
        let name = self.sig.ident.unraw();
        match self.owner {
            Owner::Free => name.to_string(),
            Owner::Unseen => format!("Self::{name}"),
            Owner::Block(block) => format!("{}::{name}", types::short_name(&block.self_ty)),
        }
    }
}

pub(crate) fn parameter_name(param: &GenericParam) -> &Ident {
    match param {
        GenericParam::Type(param) => &param.ident,
        GenericParam::Const(param) => &param.ident,
        GenericParam::Lifetime(param) => &param.lifetime.ident,
    }
}

fn argument<'a>(place: usize, node: &'a FnArg, skip: &[Ident]) -> Argument<'a> {
    match node {
        FnArg::Receiver(receiver) => {
            let name = Ident::new("self", receiver.self_token.span);
            Argument {
                node,
                skipped: skip.contains(&name),
                given: Some(name.clone()),
                name,
                pattern: None,
                ty: receiver_type(receiver),
            }
        }
        FnArg::Typed(typed) => {
            let given = match &*typed.pat {
                Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
                _ => None,
            };
            let hidden = |name: &str| {
                let span = typed.pat.span().resolved_at(Span::mixed_site());
                Ident::new(name, span)
            };
            let (name, pattern) = match given {
                // The key uses it, and the user's lints must not hear of that.
                Some(name) if name.to_string().starts_with('_') => {
                    let plain = name.to_string().trim_start_matches('_').to_owned();
                    let plain = syn::parse_str::<Ident>(&plain).map(|_| plain);
                    let invented = || format!("arg{place}");
                    (
                        hidden(&plain.unwrap_or_else(|_| invented())),
                        Some(&*typed.pat),
                    )
                }
                Some(name) => (name.clone(), None),
                None => (hidden(&format!("arg{place}")), Some(&*typed.pat)),
            };
            Argument {
                node,
                skipped: given.is_some_and(|name| skip.contains(name)),
                given: given.cloned(),
                name,
                pattern,
                ty: Type::clone(&typed.ty),
            }
        }
    }
}

fn receiver_type(receiver: &Receiver) -> Type {
    let span = receiver.self_token.span;
    let this = quote_spanned!(span=> Self);
    match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, mutability) => {
            parse_quote_spanned!(span=> & #lifetime #mutability #this)
        }
        ReceiverKind::Typed(_, ty) => Type::clone(ty),
        _ => parse_quote_spanned!(span=> Self),
    }
}
