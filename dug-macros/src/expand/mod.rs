//! Quoting: what a tracked function becomes. Decisions are the model's, and
//! what is the same for all functions is the runtime's.
//!
//! The function keeps its signature; its body first builds the key of the call
//! and asks for the answer. Beside it stand its descriptor and its node, on the
//! companion `struct f {}` of a free function or as hidden siblings of a method.
//!
//! Locals have the hygiene of `mixed_site`; items, which have none, and
//! locals that user patterns could resolve to, begin with `__dug`.

mod call;
mod calls;
mod descriptor;
mod given;
mod node;
mod owned;
mod rewrite;

pub(crate) use descriptor::place;

use crate::model::{Argument, Function, Owner};
use crate::{source, types};
use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use rewrite::SelfType;
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, GenericParam, Ident, ImplItem, ItemImpl, Lifetime, Meta, Signature, Type,
    parse_quote,
};

/// The parts that an expansion of one function is quoted from.
pub(crate) struct Expansion<'a> {
    pub(crate) function: &'a Function<'a>,
    /// Where dug is.
    dug: TokenStream,
}

/// A free function, with its companion; or one method, with its siblings.
pub(crate) fn function(function: &Function) -> TokenStream {
    let expansion = Expansion::new(function);
    let item = expansion.item();
    match function.owner {
        Owner::Free => {
            let companion = expansion.companion();
            quote!(#item #companion)
        }
        _ => {
            let siblings = expansion.siblings();
            quote!(#item #siblings)
        }
    }
}

/// A whole block, of which `functions` are tracked, each at its place among the items.
pub(crate) fn block(block: &ItemImpl, functions: &[(usize, Function)]) -> TokenStream {
    let mut tracked = block.clone();
    let mut beside = TokenStream::new();
    for (place, function) in functions {
        let expansion = Expansion::new(function);
        tracked.items[*place] = ImplItem::Verbatim(expansion.item());
        if function.getter_sibling().is_some() {
            beside.extend(expansion.beside(block));
        }
    }
    quote!(#tracked #beside)
}

/// How many arguments the runtime is written out for.
const WRITTEN_OUT: usize = 24;

/// The attributes that everything beside the item needs as well.
fn cfgs(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
}

/// A local of the expansion that no token of the user can see.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

impl<'a> Expansion<'a> {
    pub(crate) fn new(function: &'a Function<'a>) -> Self {
        let dug = match &function.options.krate {
            Some(path) => path.to_token_stream(),
            None => quote!(::dug),
        };
        Expansion { function, dug }
    }

    /// What stands beside the block for one of its methods: the statics, out of the way of
    /// lints that look into impl blocks, and an inherent impl with the siblings.
    fn beside(&self, block: &ItemImpl) -> TokenStream {
        let statics = self.statics_beside(block);
        let siblings = self.siblings();
        let (generics, _, where_clause) = block.generics.split_for_impl();
        let self_ty = &block.self_ty;
        let cfg = cfgs(&block.attrs).chain(cfgs(self.function.attrs));
        quote! {
            #(#cfg)*
            #[allow(dead_code, deprecated, non_local_definitions)]
            const _: () = {
                #statics
                impl #generics #self_ty #where_clause {
                    #siblings
                }
            };
        }
    }

    /// The module that holds what the expansion calls.
    fn private(&self) -> TokenStream {
        let dug = &self.dug;
        quote!(#dug::__private)
    }

    /// The item itself, with its new body.
    fn item(&self) -> TokenStream {
        let Function {
            attrs, vis, sig, ..
        } = self.function;
        let inner = attrs.iter().filter(|attr| !is_outer(attr));
        let attrs = attrs.iter().filter(|attr| is_outer(attr));
        let track_caller = self.track_caller();
        let mut sig: Signature = Signature::clone(sig);
        for (input, argument) in sig.inputs.iter_mut().zip(&self.function.arguments) {
            let FnArg::Typed(typed) = input else { continue };
            typed.attrs = allowed(argument);
            if self.is_bound_again(argument) {
                let name = &argument.name;
                *typed.pat = parse_quote!(#name);
            }
        }
        let body = self.body();
        // The item ends where the user's ends: the compiler's messages show the signature.
        let mut braced = Group::new(Delimiter::Brace, quote!(#(#inner)* #body));
        braced.set_span(self.function.block.brace_token.span.join());
        quote! {
            #(#attrs)*
            #track_caller
            #vis #sig #braced
        }
    }

    /// Errors name the caller's place.
    fn track_caller(&self) -> Option<TokenStream> {
        let given = |attr: &Attribute| attr.path().is_ident("track_caller");
        (!self.function.attrs.iter().any(given)).then(|| quote!(#[track_caller]))
    }

    fn body(&self) -> TokenStream {
        let private = self.private();
        let result = self.function.result();
        let key = local("__dug_key");
        let build = self.key(&key, &self.descriptor_in_body(), &self.names());
        let describe = self.describe(&key, &self.names(), "lacks_text");
        let bounds = self.result_bounds(&result);
        let run = self.run(&key.to_token_stream());
        quote! {
            #bounds
            #build
            match #private::Key::hit::<#result>(&#key) {
                ::core::option::Option::Some(__dug_result) => __dug_result,
                ::core::option::Option::None => {
                    #describe
                    #run
                }
            }
        }
    }

    /// Declares `key` and fills it; `names` are the variables that hold the arguments.
    fn key(&self, key: &Ident, descriptor: &TokenStream, names: &[Ident]) -> TokenStream {
        let private = self.private();
        let arguments = self.keyed(names).map(|(argument, name)| {
            let ty = self.argument_type(argument);
            let span = argument.ty.span();
            quote_spanned!(span=> #private::Key::argument::<#ty>(&mut #key, &#name);)
        });
        let arguments: Vec<_> = arguments.collect();
        let mutability = (!arguments.is_empty()).then(|| quote!(mut));
        quote! {
            let #mutability #key = #private::Key::new(#descriptor);
            #(#arguments)*
        }
    }

    /// Adds the printed arguments to the key, where it has no other way to print them.
    fn describe(&self, key: &Ident, names: &[Ident], when: &str) -> Option<TokenStream> {
        let when = Ident::new(when, Span::call_site());
        let private = self.private();
        let arguments = self.keyed(names).map(|(argument, name)| {
            let ty = self.argument_type(argument);
            let span = argument.ty.span();
            quote_spanned!(span=> #private::Key::describe::<#ty>(&mut #key, &#name);)
        });
        let arguments: Vec<_> = arguments.collect();
        (!arguments.is_empty()).then(|| {
            quote! {
                if #private::Key::#when(&#key) {
                    #(#arguments)*
                }
            }
        })
    }

    fn keyed(&self, names: &[Ident]) -> impl Iterator<Item = (&Argument<'a>, Ident)> {
        let all = self.function.arguments.iter().zip(names.to_vec());
        all.filter(|(argument, _)| !argument.skipped)
    }

    /// The type of an argument as a parameter of a path, here and in siblings; `_` where it cannot be named.
    fn argument_type(&self, argument: &Argument) -> TokenStream {
        match types::has_impl_trait(&argument.ty) {
            true => quote_spanned!(argument.ty.span()=> _),
            false => self.in_sibling().in_type(&argument.ty).into_token_stream(),
        }
    }

    /// The arguments as the signature names them.
    fn names(&self) -> Vec<Ident> {
        let arguments = self.function.arguments.iter();
        arguments.map(|argument| argument.name.clone()).collect()
    }

    /// Which results may be kept, as a function that is the same for all functions with such results.
    fn keep(&self) -> TokenStream {
        let private = self.private();
        let result = self.function.result();
        match self.function.options.cache_err {
            true => quote!(#private::keep_all::<#result>),
            false => keep(&private, &result),
        }
    }

    /// What makes the compiler explain a result that cannot be one, once.
    fn result_bounds(&self, result: &Type) -> TokenStream {
        let private = self.private();
        let span = result.span();
        match self.function.options.in_memory {
            true => quote_spanned!(span=> #private::in_memory_result::<#result>();),
            false => quote_spanned!(span=> #private::tracked_result::<#result>();),
        }
    }

    /// The function's own type and const parameters, as arguments of a path.
    fn turbofish(&self) -> Option<TokenStream> {
        let names = self.function.parameters().map(crate::model::parameter_name);
        let names: Vec<_> = names.collect();
        (!names.is_empty()).then(|| quote!(::<#(#names),*>))
    }

    /// The path to the function itself; `own` in the place of `Self`.
    fn path(&self, own: &TokenStream) -> TokenStream {
        let name = &self.function.sig.ident;
        let turbofish = self.turbofish();
        match (self.function.owner, self.function.trait_path()) {
            (Owner::Free, _) => quote!(#name #turbofish),
            (_, Some(trait_)) => quote!(<#own as #trait_>::#name #turbofish),
            (_, None) => quote!(<#own>::#name #turbofish),
        }
    }

    /// Writes out `Self::Item` for the siblings of a trait's methods, which stand in an inherent impl.
    fn in_sibling(&self) -> SelfType<'_> {
        SelfType {
            ty: None,
            trait_: self.function.trait_path(),
        }
    }
}

/// Tells which results of the type may be kept, as a function.
pub(crate) fn keep(private: &TokenStream, result: &impl ToTokens) -> TokenStream {
    quote! {
        {
            use #private::KeepAny as _;
            #private::Keep::<#result>::KEEP
        }
    }
}

/// A digest that there may not be, as an expression.
fn optional_digest(digest: Option<[u8; 32]>) -> TokenStream {
    match digest.map(|digest| Literal::byte_string(&digest)) {
        Some(digest) => quote!(::core::option::Option::Some(*#digest)),
        None => quote!(::core::option::Option::None),
    }
}

/// What the macro knows of the code of an item, as an expression.
pub(crate) fn code(
    private: &TokenStream,
    item: &[u8; 32],
    sources: Option<[u8; 32]>,
    deep: Option<source::Deep>,
    stands_alone: bool,
) -> TokenStream {
    let is_unknown = !stands_alone && sources.is_none() && deep.is_none();
    let item = Literal::byte_string(item);
    let sources = optional_digest(sources);
    let deep = match deep {
        Some(deep) => {
            let source::Deep {
                digest,
                table,
                place,
            } = deep;
            let digest = Literal::byte_string(&digest);
            quote! {
                ::core::option::Option::Some(#private::Deep {
                    digest: *#digest,
                    table: #table,
                    place: #place,
                })
            }
        }
        None => quote!(::core::option::Option::None),
    };
    quote! {
        #private::Code { item: *#item, sources: #sources, is_unknown: #is_unknown, deep: #deep }
    }
}

/// The table of the crate, where it was not given out yet.
pub(crate) fn table(private: &TokenStream) -> Option<TokenStream> {
    let source::Table {
        name,
        key,
        bytes,
        origins,
    } = source::table()?;
    let [bytes, origins] = [bytes, origins].map(|bytes| Literal::byte_string(&bytes));
    Some(quote! {
        #private::inventory::submit! {
            #private::Table { name: #name, key: #key, bytes: #bytes, origins: #origins }
        }
    })
}

fn is_outer(attr: &Attribute) -> bool {
    matches!(attr.style, syn::AttrStyle::Outer)
}

pub(crate) fn argument_attrs<'a>(argument: &'a Argument) -> &'a [Attribute] {
    match argument.node {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(typed) => &typed.attrs,
    }
}

/// The attributes of an argument that is used in more places than the source shows: what is expected there is allowed here.
fn allowed(argument: &Argument) -> Vec<Attribute> {
    let attrs = argument_attrs(argument).iter().cloned();
    let allowed = attrs.map(|mut attr| {
        if attr.path().is_ident("expect")
            && let Meta::List(list) = &mut attr.meta
        {
            list.path = parse_quote!(allow);
        }
        attr
    });
    allowed.collect()
}

/// The one lifetime of a node.
fn node_lifetime() -> Lifetime {
    Lifetime::new("'__dug", Span::mixed_site())
}

fn lifetime_of(param: &GenericParam) -> Option<&Lifetime> {
    match param {
        GenericParam::Lifetime(param) => Some(&param.lifetime),
        _ => None,
    }
}
