//! The descriptor: one static per source item, and what finds or makes the
//! descriptor of an instantiation.

use super::rewrite::{SelfType, borrowable};
use super::{Expansion, cfgs, local};
use crate::model::{Argument, Function, Owner, parameter_name};
use crate::options::Code;
use crate::{source, types};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{GenericParam, Ident, ItemImpl, Type, WherePredicate};

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
            Owner::Free if self.has_instances_item() => None,
            Owner::Free => Some(self.statics(3, &self.name())),
            Owner::Unseen => Some(self.statics(2, &self.name())),
            Owner::Block(_) => None,
        };
        let found = self.found(&values);
        let (params, bounds) = self.descriptor_generics();
        let cfg = cfgs(function.attrs);
        quote! {
            #(#cfg)*
            #[doc(hidden)]
            #[inline]
            #vis fn #name #params (#receiver #(#names: &#types),*) -> &'static #private::Function
            where #(#bounds),*
            {
                #statics
                #found
            }
        }
    }

    /// The parameters and the bounds of what gives a descriptor, without lifetimes that only
    /// arguments would need.
    pub(super) fn descriptor_generics(&self) -> (Option<TokenStream>, Vec<&WherePredicate>) {
        if !self.function.is_generic() {
            return (None, Vec::new());
        }
        let generics = &self.function.sig.generics;
        let predicates = generics.where_clause.iter();
        let predicates = predicates.flat_map(|clause| &clause.predicates);
        let bounds = predicates
            .clone()
            .filter(|predicate| !matches!(predicate, WherePredicate::Lifetime(_)))
            .map(ToTokens::to_token_stream);
        let types = self.function.anonymous().map(|argument| &argument.ty);
        let params = self.function.parameters().map(ToTokens::to_token_stream);
        let needed: TokenStream = params
            .chain(bounds)
            .chain(types.map(ToTokens::to_token_stream))
            .collect();
        let with_lifetimes = generics
            .lifetimes()
            .any(|param| types::mentions(&needed, &param.lifetime.ident));
        let params: Vec<_> = generics
            .params
            .iter()
            .filter(|param| with_lifetimes || !matches!(param, GenericParam::Lifetime(_)))
            .collect();
        let predicates = predicates
            .filter(|bound| with_lifetimes || !matches!(bound, WherePredicate::Lifetime(_)));
        let params = (!params.is_empty()).then(|| quote!(<#(#params),*>));
        (params, predicates.collect())
    }

    /// Whether the descriptors of all instantiations are asked for where no argument is at hand.
    fn has_instances_item(&self) -> bool {
        let owner = self.function.owner;
        matches!(owner, Owner::Free) && self.function.is_anonymous()
    }

    /// The function of a companion that gives all instantiations, where one is needed.
    pub(super) fn instances_item(&self, vis: &TokenStream) -> Option<TokenStream> {
        let private = self.private();
        let statics = self
            .has_instances_item()
            .then(|| self.statics(3, &self.name()))?;
        let (params, bounds) = self.descriptor_generics();
        Some(quote! {
            #[doc(hidden)]
            #[inline]
            #vis fn __dug_instances #params () -> &'static #private::Instances
            where #(#bounds),*
            {
                #statics
                &__DUG_INSTANCES
            }
        })
    }

    /// The instantiations, where the statics are in scope or have a function of their own.
    fn instances(&self) -> TokenStream {
        let turbofish = self.turbofish();
        match self.function.owner {
            Owner::Free if self.has_instances_item() && self.function.companion().is_some() => {
                quote!(Self::__dug_instances #turbofish ())
            }
            Owner::Unseen => {
                let private = self.private();
                quote!(#private::Shared::instances(&__DUG_INSTANCES))
            }
            _ => quote!(&__DUG_INSTANCES),
        }
    }

    /// All instantiations, in a function beside the tracked one that takes no arguments.
    pub(super) fn all_instances(&self) -> TokenStream {
        let statics =
            matches!(self.function.owner, Owner::Unseen).then(|| self.statics(2, &self.name()));
        let instances = self.instances();
        quote!(#statics #instances)
    }

    /// The descriptor, in a function beside the tracked one that takes no arguments.
    pub(super) fn descriptor_beside(&self) -> Option<TokenStream> {
        // The getter of a method that is tracked alone takes the receiver.
        if let Owner::Unseen = self.function.owner {
            let (statics, found) = (self.statics(2, &self.name()), self.found(&[]));
            return Some(quote!(#statics #found));
        }
        let getter = self.getter()?;
        Some(quote!(#getter()))
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
        let table = self.table();
        let definition = quote!(#definition #table);
        if self.function.is_generic() {
            let submit = quote! {
                #private::inventory::submit! { #private::Registration::Generic(&__DUG_INSTANCES) }
            };
            let (submit, instances) = match self.function.owner {
                Owner::Unseen => (None, quote!(#private::Shared)),
                _ => (Some(submit), quote!(#private::Instances)),
            };
            return quote! {
                #definition
                static __DUG_INSTANCES: #instances = #instances::new(&__DUG_DEFINITION);
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
        let (code, by_graph) = (self.code(), options.by_graph);
        let (line, column) = place(sig.ident.span());
        let companion = match self.function.owner {
            Owner::Free => self.function.companion(),
            _ => None,
        };
        let (marker, within, levels) = match companion {
            Some(companion) => (None, quote!(::core::any::type_name::<#companion>), 1),
            None => {
                let marker = quote! {
                    fn __dug_path() -> &'static ::core::primitive::str {
                        ::core::any::type_name_of_val(&__dug_path)
                    }
                };
                (Some(marker), quote!(__dug_path), levels)
            }
        };
        quote! {
            #marker
            static __DUG_DEFINITION: #private::Definition = #private::Definition {
                name: #printed,
                path: #private::Path { within: #within, levels: #levels, name: #name },
                fixed_path: #fixed_path,
                file: ::core::file!(),
                line: #line,
                column: #column,
                version: #version,
                code: #code,
                by_graph: #by_graph,
            };
        }
    }

    /// The table of the crate, once in it; not where a `cfg` may take it away, nor in a block that
    /// is not ours, where the lints of the user would see it.
    fn table(&self) -> Option<TokenStream> {
        let block = match self.function.owner {
            Owner::Unseen => return None,
            Owner::Block(block) => block.attrs.as_slice(),
            Owner::Free => &[],
        };
        let is_certain = cfgs(self.function.attrs)
            .chain(cfgs(block))
            .next()
            .is_none();
        is_certain.then(|| super::table(&self.private()))?
    }

    /// What the code fingerprint is made from.
    fn code(&self) -> TokenStream {
        let private = self.private();
        let name = &self.function.sig.ident;
        let item = source::of_function(self.function);
        let deep = match self.function.options.code {
            Code::Deep => source::of_reach(name.span(), &name.unraw().to_string()),
            Code::Item | Code::Crate => None,
        };
        let sources = match self.function.options.code {
            Code::Item => None,
            _ if deep.is_some() => None,
            Code::Deep => source::of_all(),
            Code::Crate => source::of_crate(),
        };
        let stands_alone = matches!(self.function.options.code, Code::Item);
        super::code(&private, &item, sources, deep, stands_alone)
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
        let instances = self.instances();
        quote! {
            #(#constants)*
            #private::instance(
                #instances,
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
        let numbers = (!self.function.options.in_memory).then(|| self.numbers(&result));
        quote!({ #bounds #make(#call, #numbers) })
    }

    /// What can be computed with results, found out here, where their type is known.
    fn numbers(&self, result: &Type) -> TokenStream {
        let private = self.private();
        quote! {
            {
                use #private::ComputesNothing as _;
                #private::Numbers {
                    own: #private::Computes::<#result>::OWN,
                    scaled: #private::Computes::<#result>::SCALED,
                }
            }
        }
    }
}

/// The line and the column of the item in its file.
pub(crate) fn place(span: Span) -> (u32, u32) {
    let start = span.unwrap().start();
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    (number(start.line()), number(start.column()))
}
