//! The descriptor: one static per source item, and what finds or makes the
//! descriptor of an instantiation.

use super::rewrite::{SelfType, borrowable};
use super::{Expansion, cfgs, local};
use crate::model::{Argument, Function, Owner, parameter_name};
use crate::types;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{GenericParam, Ident, ItemImpl, Type};

impl Expansion<'_> {
    /// The descriptor, in the function's own body.
    pub(super) fn descriptor_in_body(&self) -> TokenStream {
        let names = self
            .function
            .anonymous()
            .map(|argument| argument.name.clone());
        match self.getter() {
            Some(getter) => {
                let receiver = self.getter_receiver().map(|_| {
                    let this = self.function.arguments.first().map(|first| &first.name);
                    quote!(&#this,)
                });
                quote!(#getter(#receiver #(&#names),*))
            }
            None => {
                let values: Vec<_> = names.map(|name| quote!(&#name)).collect();
                let statics = self.statics(2, &self.name());
                let found = self.found(&values);
                quote!({ #statics #found })
            }
        }
    }

    /// The path to what gives the descriptor, if there is one beside the function.
    pub(super) fn getter(&self) -> Option<TokenStream> {
        let turbofish = self.turbofish();
        if self.function.is_method() {
            let getter = self.function.getter_sibling()?;
            return Some(quote!(Self::#getter #turbofish));
        }
        let companion = self.function.companion()?;
        Some(quote!(#companion::__dug_function #turbofish))
    }

    /// In a trait, the sibling takes the receiver, so that the trait remains usable as `dyn Trait`.
    pub(super) fn getter_receiver(&self) -> Option<TokenStream> {
        let unseen = matches!(self.function.owner, Owner::Unseen);
        unseen.then(|| quote!(&self,))
    }

    /// The function, beside the tracked one, that gives the descriptor.
    pub(super) fn getter_item(&self, name: &Ident, vis: &TokenStream) -> TokenStream {
        let private = self.private();
        let function = self.function;
        let here = self.in_sibling();
        let receiver = self.getter_receiver();
        let anonymous: Vec<&Argument> = function.anonymous().collect();
        let names: Vec<Ident> = anonymous
            .iter()
            .map(|argument| local(&argument.name.unraw().to_string()))
            .collect();
        let types = anonymous
            .iter()
            .map(|argument| borrowable(&here.in_type(&argument.ty)));
        let values: Vec<_> = names.iter().map(|name| quote!(#name)).collect();
        let statics = match function.owner {
            Owner::Free => Some(self.statics(3, &self.name())),
            Owner::Unseen => Some(self.statics(2, &self.name())),
            Owner::Block(_) => None,
        };
        let found = self.found(&values);
        let generics = &function.sig.generics;
        let (generics, where_clause) = match function.is_generic() {
            true => (Some(generics), generics.where_clause.as_ref()),
            false => (None, None),
        };
        let params = generics
            .map(|generics| &generics.params)
            .filter(|params| !params.is_empty());
        let params = params.map(|params| quote!(<#params>));
        let cfg = cfgs(function.attrs);
        quote! {
            #(#cfg)*
            #[doc(hidden)]
            #[inline]
            #vis fn #name #params (#receiver #(#names: &#types),*) -> &'static #private::Function
            #where_clause
            {
                #statics
                #found
            }
        }
    }

    /// The statics for the methods of a block, which stand beside its siblings.
    pub(super) fn statics_beside(&self, block: &ItemImpl) -> TokenStream {
        let ty = types::printed(&block.self_ty);
        let name = self.name();
        let name = match &block.trait_ {
            Some((path, _)) => format!("<{ty} as {}>::{name}", types::printed(path)),
            None => format!("{ty}::{name}"),
        };
        self.statics(2, &name)
    }

    fn name(&self) -> String {
        self.function.sig.ident.unraw().to_string()
    }

    /// The descriptor, or what it is made from. `name` and the path of a function declared
    /// here, without its last `levels` segments, make the path of the item.
    fn statics(&self, levels: usize, name: &str) -> TokenStream {
        let private = self.private();
        let definition = self.definition(levels, name);
        if self.function.is_generic() {
            let submit = quote! {
                #private::inventory::submit! { #private::Registration::Generic(&__DUG_INSTANCES) }
            };
            let submit = (!matches!(self.function.owner, Owner::Unseen)).then_some(submit);
            return quote! {
                #definition
                static __DUG_INSTANCES: #private::Instances =
                    #private::Instances::new(&__DUG_DEFINITION);
                #submit
            };
        }
        let (self_ty, trait_) = match self.function.owner {
            Owner::Block(block) => (Some(&*block.self_ty), self.function.trait_path()),
            _ => (None, None),
        };
        let operations = self.operations(&SelfType {
            ty: self_ty,
            trait_,
        });
        quote! {
            #definition
            static __DUG_FUNCTION: #private::Function =
                #private::Function::new(&__DUG_DEFINITION, #operations);
            #private::inventory::submit! { #private::Registration::Function(&__DUG_FUNCTION) }
        }
    }

    /// The descriptor, where the statics are in scope; `values` are references to the
    /// arguments whose type has no name.
    fn found(&self, values: &[TokenStream]) -> TokenStream {
        match self.function.is_generic() {
            true => self.instance(values),
            false => quote!(&__DUG_FUNCTION),
        }
    }

    fn definition(&self, levels: usize, name: &str) -> TokenStream {
        let private = self.private();
        let Function { sig, options, .. } = self.function;
        let printed = self.function.printed_name();
        let text = |text: &Option<syn::LitStr>| match text {
            Some(text) => quote!(::core::option::Option::Some(#text)),
            None => quote!(::core::option::Option::None),
        };
        let (fixed_path, version) = (text(&options.name), text(&options.version));
        let (line, column) = place(sig.ident.span());
        quote! {
            fn __dug_path() -> ::std::string::String {
                #private::path_of(__dug_path, #levels, #name)
            }
            static __DUG_DEFINITION: #private::Definition = #private::Definition {
                name: #printed,
                path: __dug_path,
                fixed_path: #fixed_path,
                file: ::core::file!(),
                line: #line,
                column: #column,
                version: #version,
            };
        }
    }

    /// Finds or makes the descriptor of this instantiation.
    fn instance(&self, values: &[TokenStream]) -> TokenStream {
        let private = self.private();
        let (mut ids, mut names, mut constants) = (Vec::new(), Vec::new(), Vec::new());
        if self.function.is_method() {
            ids.push(quote!(#private::type_id::<Self>()));
            names.push(quote!(::core::any::type_name::<Self>()));
        }
        for param in self.function.identifying_parameters() {
            let name = parameter_name(param);
            match param {
                GenericParam::Const(param) => {
                    let ty = &param.ty;
                    let marker = quote::format_ident!("__DugConstant{}", constants.len());
                    constants.push(quote! {
                        #[allow(dead_code)]
                        struct #marker<const VALUE: #ty>;
                    });
                    ids.push(quote!(#private::type_id::<#marker<#name>>()));
                    names.push(quote! {
                        #private::constant_name(::core::any::type_name::<#marker<#name>>())
                    });
                }
                _ => {
                    ids.push(quote!(#private::type_id::<#name>()));
                    names.push(quote!(::core::any::type_name::<#name>()));
                }
            }
        }
        for value in values {
            ids.push(quote!(#private::type_id_of_val(#value)));
            names.push(quote!(::core::any::type_name_of_val(#value)));
        }
        let operations = self.operations(&self.in_sibling());
        quote! {
            #(#constants)*
            #private::instance(
                &__DUG_INSTANCES,
                &[#(#ids),*],
                || [#(#names),*],
                || #operations,
            )
        }
    }

    /// What can be done with the nodes; `here` says what `Self` is.
    fn operations(&self, here: &SelfType) -> TokenStream {
        let private = self.private();
        let result: Type = here.in_type(&self.function.result());
        let span = result.span();
        let call = self.call_by_id(here);
        let bounds = self.result_bounds(&result);
        let make = match self.function.options.in_memory {
            true => quote_spanned!(span=> #private::Operations::in_memory),
            false => quote_spanned!(span=> #private::Operations::stored::<#result>),
        };
        quote!({ #bounds #make(#call) })
    }
}

/// The line and the column of the item in its file.
fn place(span: Span) -> (u32, u32) {
    let start = span.unwrap().start();
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    (number(start.line()), number(start.column()))
}
