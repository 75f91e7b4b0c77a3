//! Targets of many nodes: functions beside the tracked one that `tweak!` calls for
//! `f(..)`, `f(a, _)` and `f(x, _) if x > 3`. They find the descriptor, and leave the rest
//! to the runtime.
//!
//! A function whose argument is an `impl Trait` has as many descriptors as that has types: it
//! is tweaked as a whole or call by call.

use super::owned::Owned;
use super::{Expansion, cfgs, local};
use crate::model::{Argument, Owner};
use crate::types;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Type, WherePredicate, parse_quote};

/// The parts of one such function.
struct Parts {
    name: Ident,
    params: Option<TokenStream>,
    bounds: Vec<WherePredicate>,
    inputs: TokenStream,
    body: TokenStream,
}

impl Expansion<'_> {
    /// The functions that give the targets.
    pub(super) fn wide_items(&self, vis: &TokenStream) -> Vec<TokenStream> {
        let anonymous = self.function.anonymous().next().is_some();
        let descriptor = matches!(self.function.owner, Owner::Unseen) && !anonymous;
        let descriptor = descriptor.then(|| self.descriptor(vis)).flatten();
        let parts = match anonymous {
            false => [self.whole(), self.pattern(), self.guard()],
            true => [
                self.every(),
                self.refused("pattern", self.function.arguments.len()),
                self.refused("guard", 1),
            ],
        };
        let targets = parts.into_iter().flatten();
        let targets = targets.map(|parts| self.target(vis, parts));
        descriptor.into_iter().chain(targets).collect()
    }

    fn target(&self, vis: &TokenStream, parts: Parts) -> TokenStream {
        let dug = &self.dug;
        let result = self.wide_result();
        self.wide_item(vis, parts, &quote!(#dug::Target<#result>))
    }

    fn wide_item(&self, vis: &TokenStream, parts: Parts, output: &TokenStream) -> TokenStream {
        let Parts {
            name,
            params,
            mut bounds,
            inputs,
            body,
        } = parts;
        // A trait remains usable as `dyn Trait`.
        if let Owner::Unseen = self.function.owner {
            bounds.push(parse_quote!(Self: ::core::marker::Sized));
        }
        let where_clause = (!bounds.is_empty()).then(|| quote!(where #(#bounds),*));
        let cfg = cfgs(self.function.attrs);
        quote! {
            #(#cfg)*
            #[doc(hidden)]
            #[inline]
            #[track_caller]
            #vis fn #name #params (#inputs) -> #output
            #where_clause
            { #body }
        }
    }

    fn wide_result(&self) -> Type {
        self.in_sibling().in_type(&self.function.result())
    }

    fn made(&self, call: &str, arguments: &TokenStream) -> TokenStream {
        let private = self.private();
        let call = Ident::new(call, Span::call_site());
        quote!(#private::#call(#arguments))
    }

    /// With the parameters of what gives a descriptor, and no others.
    fn parts(&self, which: &str, inputs: TokenStream, body: TokenStream) -> Option<Parts> {
        let (params, bounds) = self.descriptor_generics();
        Some(Parts {
            name: self.function.wide(which)?,
            params,
            bounds: bounds.into_iter().cloned().collect(),
            inputs,
            body,
        })
    }

    fn descriptor(&self, vis: &TokenStream) -> Option<TokenStream> {
        let private = self.private();
        let parts = self.parts("descriptor", TokenStream::new(), self.descriptor_body())?;
        Some(self.wide_item(vis, parts, &quote!(&'static #private::Function)))
    }

    fn whole(&self) -> Option<Parts> {
        let body = self.made("whole", &self.descriptor_beside()?);
        self.parts("whole", TokenStream::new(), body)
    }

    fn every(&self) -> Option<Parts> {
        let body = self.made("every", &self.all_instances_block());
        let mut parts = self.parts("whole", TokenStream::new(), body)?;
        if self.function.may_result_differ() {
            let (private, result) = (self.private(), self.wide_result());
            // The compiler looks at it where it knows the parameters: where the function is called.
            parts.bounds.push(match self.function.owner {
                Owner::Free => parse_quote!(#result: #private::ResultOfAll),
                _ => parse_quote!((Self, #result): #private::ResultOfAll),
            });
        }
        Some(parts)
    }

    fn all_instances_block(&self) -> TokenStream {
        let instances = self.all_instances();
        quote!({ #instances })
    }

    fn refused(&self, which: &str, inputs: usize) -> Option<Parts> {
        let private = self.private();
        let input = quote!(_: impl #private::PatternOfAnonymous);
        let inputs = std::iter::repeat_n(input, inputs);
        let body = self.made("every", &self.all_instances_block());
        self.parts(which, quote!(#(#inputs),*), body)
    }

    /// Takes an `Option` for each argument.
    fn pattern(&self) -> Option<Parts> {
        let private = self.private();
        let here = self.in_sibling();
        let pattern = local("__dug_pattern");
        let (mut inputs, mut given) = (Vec::new(), Vec::new());
        for (place, argument) in self.function.arguments.iter().enumerate() {
            let ty = here.in_type(&argument.ty);
            if argument.skipped {
                let ty = match types::has_impl_trait(&ty) {
                    true => quote!(#private::Skipped),
                    false => ty.to_token_stream(),
                };
                inputs.push(quote!(_: ::core::option::Option<#ty>));
                continue;
            }
            let name = numbered(place);
            let span = argument.ty.span();
            inputs.push(quote!(#name: ::core::option::Option<#ty>));
            given.push(quote_spanned! {span=>
                #private::Pattern::argument(
                    &mut #pattern,
                    #name,
                    #private::Key::argument::<#ty>,
                    #private::Key::describe::<#ty>,
                );
            });
        }
        let descriptor = self.descriptor_beside()?;
        let mutability = (!given.is_empty()).then(|| quote!(mut));
        let made = self.made("patterned", &pattern.to_token_stream());
        let body = quote! {
            let #mutability #pattern = #private::Pattern::new(#descriptor);
            #(#given)*
            #made
        };
        let generics = &self.function.sig.generics;
        let params = &generics.params;
        let bounds = generics.where_clause.iter();
        Some(Parts {
            name: self.function.wide("pattern")?,
            params: (!params.is_empty()).then(|| quote!(<#params>)),
            bounds: bounds
                .flat_map(|clause| clause.predicates.iter().cloned())
                .collect(),
            inputs: quote!(#(#inputs),*),
            body,
        })
    }

    /// Takes a closure. That the arguments can be read back is a bound of the closure's type, so
    /// that it is asked for where a guard is written, and not here.
    fn guard(&self) -> Option<Parts> {
        let private = self.private();
        let (test, arguments) = (local("__dug_test"), local("__dug_arguments"));
        let (mut types, mut bounds, mut read, mut lent) = (vec![], vec![], vec![], vec![]);
        for (place, argument) in self.function.arguments.iter().enumerate() {
            if argument.skipped {
                types.push(quote!(#private::Skipped));
                lent.push(quote!(#private::Skipped));
                continue;
            }
            let name = numbered(place);
            match self.read_by_guard(argument) {
                Some(owned) => {
                    let (ty, named) = (&owned.ty, &owned.named);
                    let bound = quote!(#private::GuardArgument::<#named, #ty>);
                    read.push(quote!(let #name: #ty = #bound::read(&#test, #arguments)?;));
                    bounds.push(bound);
                    types.push(owned.lent());
                    lent.push(owned.lend(&name));
                }
                None => {
                    types.push(quote!(#private::Unlent));
                    bounds.push(quote!(#private::GuardBorrow));
                    lent.push(quote!(#private::GuardBorrow::lend(&#test)));
                }
            }
        }
        let descriptor = self.descriptor_beside()?;
        let closure = quote! {
            #descriptor,
            move |#arguments: &mut #private::Arguments<'_>| {
                #(#read)*
                ::core::result::Result::Ok(#test(#(#lent),*))
            }
        };
        let body = self.made("guarded", &closure);
        let input = quote! {
            #test: impl ::core::ops::Fn(#(#types),*) -> bool
                + ::core::marker::Send + ::core::marker::Sync + 'static #(+ #bounds)*
        };
        self.parts("guard", input, body)
    }

    fn read_by_guard(&self, argument: &Argument) -> Option<Owned> {
        Owned::of(&self.in_sibling().in_type(&argument.ty))
    }
}

/// An argument by its place: the names of the source may be missing, or twice the same.
fn numbered(place: usize) -> Ident {
    local(&format_ident!("__dug_argument{place}").to_string())
}
