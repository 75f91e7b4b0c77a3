//! The node: a function beside the tracked one that takes the same arguments
//! and builds the key, but runs nothing. And the places where it and its like stand.

use super::rewrite::with_lifetime;
use super::{Expansion, cfgs, is_outer, lifetime_of, local, node_lifetime};
use crate::model::{Argument, Owner};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    FnArg, GenericParam, Generics, Ident, Lifetime, Receiver, ReceiverKind, Token, Type, TypeParam,
    TypeParamBound, WhereClause, WherePredicate, parse_quote,
};

impl Expansion<'_> {
    /// The companion of a free function: `struct f {}` with the node, the descriptor and all calls.
    pub(super) fn companion(&self) -> Option<TokenStream> {
        let name = self.function.companion()?;
        let vis = self.function.vis.to_token_stream();
        let cfg: Vec<_> = cfgs(self.function.attrs).collect();
        let node = self.node_item(&Ident::new("node", name.span()), &vis);
        let getter = self.getter_item(&Ident::new("__dug_function", name.span()), &vis);
        let instances = self.instances_item(&vis);
        let calls = self.calls_item(&vis);
        Some(quote! {
            #(#cfg)*
            #[doc(hidden)]
            #[allow(dead_code, non_camel_case_types)]
            #vis struct #name {}
            #(#cfg)*
            #[allow(dead_code, deprecated)]
            impl #name {
                #node
                #getter
                #instances
                #calls
            }
        })
    }

    /// The hidden siblings of a method, for an inherent impl block of its type.
    pub(super) fn siblings(&self) -> TokenStream {
        let vis = match self.function.trait_path() {
            Some(_) => quote!(pub),
            None => self.function.vis.to_token_stream(),
        };
        let node = self
            .function
            .node_sibling()
            .map(|name| self.node_item(&name, &vis));
        let getter = self
            .function
            .getter_sibling()
            .map(|name| self.getter_item(&name, &vis));
        let siblings = node.into_iter().chain(getter).chain(self.calls_item(&vis));
        match self.function.owner {
            Owner::Block(_) => siblings.collect(),
            _ => siblings
                .map(|sibling| quote!(#[allow(dead_code, deprecated)] #sibling))
                .collect(),
        }
    }

    fn node_item(&self, name: &Ident, vis: &TokenStream) -> TokenStream {
        let (dug, private) = (&self.dug, self.private());
        let function = self.function;
        let lifetime = node_lifetime();
        let names = self.node_names();
        let inputs = function
            .arguments
            .iter()
            .zip(&names)
            .map(|(argument, name)| self.node_input(argument, name));
        let generics = self.node_generics();
        let params = &generics.params;
        let where_clause = &generics.where_clause;
        let result = self.in_sibling().in_type(&function.result());
        let key = local("__dug_key");
        let build = self.node_key(&key, &names);
        let path = self.path(&quote!(Self));
        let cfg = cfgs(function.attrs);
        // What a lint says of the function, it would say of the node.
        let allowed = function.attrs.iter();
        let allowed = allowed.filter(|attr| is_outer(attr) && attr.path().is_ident("allow"));
        quote! {
            #(#cfg)*
            #(#allowed)*
            #[doc(hidden)]
            #[must_use = "a node runs nothing by itself"]
            #[inline]
            #[track_caller]
            #vis fn #name<#params>(#(#inputs),*) -> #dug::Node<#lifetime, #result>
            #where_clause
            {
                #build
                #private::node(#key, ::std::boxed::Box::new(move || #path(#(#names),*)))
            }
        }
    }

    fn node_key(&self, key: &Ident, names: &[Ident]) -> TokenStream {
        let anonymous = self
            .keyed(names)
            .filter(|(argument, _)| argument.is_anonymous());
        let anonymous = anonymous.map(|(_, name)| quote!(&#name));
        let receiver = self.getter_receiver().and_then(|_| {
            let this = names.first()?;
            Some(quote!(&#this,))
        });
        let getter = self.getter();
        let build = self.key(key, &quote!(#getter(#receiver #(#anonymous),*)), names);
        let describe = self.describe(key, names, "wants_text");
        quote!(#build #describe)
    }

    /// The arguments' names, out of reach of the function's own.
    fn node_names(&self) -> Vec<Ident> {
        let mut names: Vec<Ident> = Vec::new();
        for (place, argument) in self.function.arguments.iter().enumerate() {
            let name = match argument.receiver() {
                Some(_) => argument.name.clone(),
                None => hidden(&argument.name),
            };
            // A macro may have written one name twice, each from a side of its own.
            names.push(match names.contains(&name) {
                true => local(&format!("__dug_argument{place}")),
                false => name,
            });
        }
        names
    }

    fn node_input(&self, argument: &Argument, name: &Ident) -> TokenStream {
        let lifetime = node_lifetime();
        let here = self.in_sibling();
        match argument.node {
            FnArg::Receiver(receiver) => {
                let mut receiver = Receiver::clone(receiver);
                receiver.mutability = None;
                receiver.attrs.clear();
                match &mut receiver.kind {
                    ReceiverKind::Reference(_, given, _) => {
                        given.get_or_insert(lifetime);
                    }
                    ReceiverKind::Typed(_, ty) => **ty = with_lifetime(ty, &lifetime),
                    _ => {}
                }
                receiver.into_token_stream()
            }
            FnArg::Typed(_) => {
                let ty = with_lifetime(&here.in_type(&argument.ty), &lifetime);
                quote!(#name: #ty)
            }
        }
    }

    /// The function's own parameters, all of which live as long as the node.
    fn node_generics(&self) -> Generics {
        let lifetime = node_lifetime();
        let mut generics = self.function.sig.generics.clone();
        let mut outlives: Vec<WherePredicate> = Vec::new();
        for param in &mut generics.params {
            match param {
                GenericParam::Lifetime(param) => {
                    param.colon_token.get_or_insert_with(<Token![:]>::default);
                    param.bounds.push(lifetime.clone());
                }
                GenericParam::Type(param) => {
                    let clause = &mut generics.where_clause;
                    if !outlive(param, clause, &lifetime) {
                        let name = &param.ident;
                        outlives.push(parse_quote!(#name: #lifetime));
                    }
                }
                GenericParam::Const(_) => {}
            }
        }
        let is_lifetime = |param: &&GenericParam| lifetime_of(param).is_some();
        let place = generics.params.iter().take_while(is_lifetime).count();
        generics.params.insert(place, parse_quote!(#lifetime));
        if self.function.is_method() {
            outlives.push(parse_quote!(Self: #lifetime));
        }
        // The lifetimes of a trait need not be in `Self`.
        if let Owner::Block(block) = self.function.owner
            && block.trait_.is_some()
        {
            let outer = block.generics.lifetimes().map(|param| &param.lifetime);
            outlives
                .extend(outer.map(|outer| -> WherePredicate { parse_quote!(#outer: #lifetime) }));
        }
        if !outlives.is_empty() {
            generics.make_where_clause().predicates.extend(outlives);
        }
        generics
    }
}

/// Adds `lifetime` to the bounds of a parameter, where it has some: lints want them all in
/// one place, and the compiler's suggestions must fit the parameter as the user wrote it.
fn outlive(param: &mut TypeParam, clause: &mut Option<WhereClause>, lifetime: &Lifetime) -> bool {
    let bounds = match bounds_in(clause, &param.ident) {
        Some(bounds) => bounds,
        None if param.bounds.is_empty() => return false,
        None => &mut param.bounds,
    };
    let mut lifetime = lifetime.clone();
    if let Some(last) = bounds.last() {
        lifetime.set_span(lifetime.span().located_at(last.span()));
    }
    bounds.push(TypeParamBound::Lifetime(lifetime));
    true
}

type Bounds = Punctuated<TypeParamBound, Token![+]>;

fn bounds_in<'a>(clause: &'a mut Option<WhereClause>, name: &Ident) -> Option<&'a mut Bounds> {
    let predicates = &mut clause.as_mut()?.predicates;
    predicates.iter_mut().find_map(|predicate| match predicate {
        WherePredicate::Type(predicate) if predicate.lifetimes.is_none() => {
            let Type::Path(path) = &predicate.bounded_ty else {
                return None;
            };
            path.path.is_ident(name).then_some(&mut predicate.bounds)
        }
        _ => None,
    })
}

/// An identifier of the same text that only the expansion sees.
fn hidden(name: &Ident) -> Ident {
    let mut hidden = name.clone();
    hidden.set_span(name.span().resolved_at(Span::mixed_site()));
    hidden
}
