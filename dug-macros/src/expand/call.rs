//! Calling a tracked function with arguments that are read back from their
//! encoding, or the reason why that cannot be.

use super::Expansion;
use super::owned::Owned;
use super::rewrite::SelfType;
use crate::check::text;
use crate::model::Argument;
use crate::types;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

impl Expansion<'_> {
    /// A `Result<CallById, &'static str>`; `here` says what `Self` is.
    pub(super) fn call_by_id(&self, here: &SelfType) -> TokenStream {
        if self.function.is_bounded_by_outer_lifetime() {
            let reason = text::bounded_by_id();
            return quote!(::core::result::Result::Err(#reason));
        }
        let mut owned = Vec::new();
        for argument in &self.function.arguments {
            match self.owned_form(argument, here) {
                Ok(form) => owned.push(form),
                Err(reason) => return quote!(::core::result::Result::Err(#reason)),
            }
        }
        let private = self.private();
        let arguments = super::local("__dug_arguments");
        let names: Vec<Ident> = (0..owned.len())
            .map(|place| super::local(&format_ident!("__dug_argument{place}").to_string()))
            .collect();
        let types: Vec<_> = owned.iter().map(|owned| &owned.ty).collect();
        let lent = owned
            .iter()
            .zip(&names)
            .map(|(owned, name)| owned.lend(name));
        let own = match here.ty {
            Some(ty) => ty.to_token_stream(),
            None => quote!(Self),
        };
        let path = self.path(&own);
        let result = here.in_type(&self.function.result());
        let called = quote_spanned!(result.span()=> #private::called::<#result>);
        let traits = (!owned.is_empty())
            .then(|| quote!(use #private::{ReadArgument as _, RefuseArgument as _};));
        quote! {
            ::core::result::Result::Ok(|#arguments: &mut #private::Arguments<'_>| {
                #traits
                #(let #names = (&&#private::Probe::<#types>::new()).read(#arguments)?;)*
                if #private::Arguments::is_looking(#arguments) {
                    return ::core::result::Result::Ok(::core::option::Option::None);
                }
                #(let ::core::option::Option::Some(#names) = #names else {
                    return ::core::result::Result::Ok(::core::option::Option::None);
                };)*
                #called(#path(#(#lent),*))
            })
        }
    }

    /// What an argument is read back as, or why it cannot be.
    fn owned_form(&self, argument: &Argument, here: &SelfType) -> Result<Owned, String> {
        let name = &argument.name;
        if argument.skipped {
            return Err(text::skipped_by_id(name));
        }
        if types::has_impl_trait(&argument.ty) {
            return Err(text::anonymous_by_id(name));
        }
        // A lifetime of the block is whatever its user chooses: a value that is read back
        // here does not live as long as that.
        if self.function.has_outer_lifetime(argument) {
            return Err(text::outer_lifetime_by_id(name));
        }
        Owned::of(&here.in_type(&argument.ty)).ok_or_else(|| text::borrowed_by_id(name))
    }
}
