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
    /// A `Result<&'static dyn CallById, &'static str>`; `here` says what `Self` is.
    pub(super) fn call_by_id(&self, here: &SelfType) -> TokenStream {
        if self.function.is_bounded_by_outer_lifetime() {
            let reason = text::bounded_by_id();
            return quote!(::core::result::Result::Err(#reason));
        }
        if self.function.is_bounded_by_own_lifetime() {
            let reason = text::does_for_a_lifetime_by_id();
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
        let read = types
            .iter()
            .map(|ty| quote_spanned!(ty.span()=> #private::Probe::<#ty>::READ));
        let refuse = (!owned.is_empty()).then(|| quote!(use #private::RefuseArgument as _;));
        let erase = quote_spanned!(result.span()=> #private::erased::<#result>);
        let callable = if owned.len() > super::WRITTEN_OUT {
            quote! {
                &((|arguments| {
                    #(let #names = (#read)(arguments)?;)*
                    #(let ::core::option::Option::Some(#names) = #names else {
                        return ::core::result::Result::Ok(::core::option::Option::None);
                    };)*
                    let result = #path(#(#lent),*);
                    ::core::result::Result::Ok(::core::option::Option::Some(#erase(result)))
                }) as #private::CallFunction)
            }
        } else {
            // A function whose arguments are all given is a pointer itself; what is lent needs a closure that lends it.
            let call = match owned.iter().all(Owned::is_given) {
                true => path,
                false => quote!(|#(#names: #types),*| -> #result { #path(#(#lent),*) }),
            };
            let callable = quote! {
                &#private::Callable::<(#(#types,)*), #result> {
                    read: (#(#read,)*),
                    call: #call,
                    erase: #erase,
                }
            };
            // A type that names a parameter need not be `'static`; that of a function pointer is.
            match self.function.is_generic() {
                false => callable,
                true => quote! {
                    &((|arguments| #private::CallById::call(#callable, arguments)) as #private::CallFunction)
                },
            }
        };
        quote! {
            ::core::result::Result::Ok({
                #refuse
                #callable
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
