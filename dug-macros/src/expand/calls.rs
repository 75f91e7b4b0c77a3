//! All calls of a function: a function beside the tracked one that `tweak!` calls for `f(..)`,
//! `f(a, _)` and `f(x, _) if x > 3`. It gives the descriptor, with the types of the arguments, and
//! leaves the rest to the runtime.
//!
//! A function whose argument is an `impl Trait` has as many descriptors as that has types: it
//! is tweaked as a whole or call by call.

use super::owned::Owned;
use super::{Expansion, cfgs};
use crate::model::{Argument, Owner};
use crate::types;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Type;

impl Expansion<'_> {
    /// The function that gives all calls.
    pub(super) fn calls_item(&self, vis: &TokenStream) -> Option<TokenStream> {
        let name = self.function.calls_name()?;
        let private = self.private();
        let (params, bounds, calls, types, of) = if self.function.is_anonymous() {
            let (params, bounds) = self.descriptor_generics();
            let (types, of) = (self.types_of_all(), self.all_instances());
            (params, bounds, quote!(CallsOfAll), types, of)
        } else {
            let generics = &self.function.sig.generics;
            let (types, of) = (self.types_of_calls(), self.descriptor_beside()?);
            let params = &generics.params;
            let params = Some(quote!(<#params>));
            let bounds = generics.where_clause.iter();
            let bounds = bounds.flat_map(|clause| &clause.predicates).collect();
            (params, bounds, quote!(Calls), types, of)
        };
        // A trait remains usable as `dyn Trait`.
        let unseen = matches!(self.function.owner, Owner::Unseen);
        let sized = unseen.then(|| quote!(Self: ::core::marker::Sized));
        let bounds = bounds.into_iter().map(ToTokens::to_token_stream);
        let bounds = bounds.chain(sized);
        let cfg = cfgs(self.function.attrs);
        Some(quote! {
            #(#cfg)*
            #[doc(hidden)]
            #[inline]
            #vis fn #name #params () -> #private::#calls #types
            where #(#bounds),*
            {
                #private::#calls::of({ #of })
            }
        })
    }

    /// The parameters of the type of all calls: the arguments and the result.
    fn types_of_calls(&self) -> TokenStream {
        let (private, result) = (self.private(), self.result_beside());
        let arguments = &self.function.arguments;
        if arguments.len() > super::WRITTEN_OUT {
            return quote!(<#private::Many, #result>);
        }
        let arguments = arguments.iter().map(|argument| self.parameter(argument));
        quote!(<(#(#arguments,)*), #result>)
    }

    /// An argument with its type, and how a guard is lent it.
    fn parameter(&self, argument: &Argument) -> TokenStream {
        let private = self.private();
        let ty = self.in_sibling().in_type(&argument.ty);
        let how = match argument.skipped {
            true => quote!(Skipped),
            false => Owned::of(&ty).map_or(quote!(Unlent), |owned| owned.how()),
        };
        let ty = match types::has_impl_trait(&ty) {
            true => quote!(#private::Skipped),
            false => ty.into_token_stream(),
        };
        quote!(#private::Parameter<fn(#ty), #private::#how>)
    }

    /// The parameters of the type of the calls of all instantiations.
    fn types_of_all(&self) -> TokenStream {
        let (private, result) = (self.private(), self.result_beside());
        let same = match (self.function.may_result_differ(), self.function.owner) {
            (false, _) => quote!(#private::OneResult),
            (true, Owner::Free) => result.to_token_stream(),
            (true, _) => quote!((Self, #result)),
        };
        quote!(<#result, #same>)
    }

    fn result_beside(&self) -> Type {
        self.in_sibling().in_type(&self.function.result())
    }
}
