//! What the body works on: the arguments as the source names them.
//!
//! The body stands in a closure that owns nothing, so that the runtime can run it without a type of its own:
//! the arguments that it names are handed over to it, to be dropped in it; others are dropped where the function ends.

use super::Expansion;
use crate::model::Argument;
use crate::types;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Block, FnArg, Pat, ReceiverKind, Stmt, Type};

impl Expansion<'_> {
    /// The call that runs the body, where no answer is remembered.
    pub(super) fn run(&self, key: &TokenStream) -> TokenStream {
        let private = self.private();
        let (block, output) = (self.function.block, &self.function.sig.output);
        let (result, keep) = (self.function.result(), self.keep());
        let patterns = self.patterns();
        if self.owns_receiver() {
            return quote! {
                #patterns
                #private::Key::run_once::<#result>(#key, move || #output #block, #keep)
            };
        }
        let handed = self.handed_over();
        if handed.is_empty() {
            return quote!(#private::Key::run::<#result>(#key, &mut || #output #block, #keep));
        }
        let names = handed.iter().map(|argument| &argument.name);
        let bindings = handed.iter().map(|argument| {
            let (name, mutability) = (&argument.name, mutability(argument));
            quote!(#mutability #name)
        });
        let plain = handed.iter().filter(|argument| argument.pattern.is_none());
        let attrs = plain.flat_map(|argument| super::allowed(argument));
        let given = super::local("__dug_given");
        let body = body(block);
        quote! {
            let mut #given = ::core::option::Option::Some((#(#names,)*));
            #private::Key::run::<#result>(
                #key,
                &mut || #output {
                    #(#attrs)*
                    let (#(#bindings,)*) = #private::given(&mut #given);
                    #patterns
                    #body
                },
                #keep,
            )
        }
    }

    /// Whether the argument is bound again, in front of the body.
    pub(super) fn is_bound_again(&self, argument: &Argument) -> bool {
        argument.pattern.is_some() || (!self.owns_receiver() && self.is_handed_over(argument))
    }

    /// Binds what the source has patterns for.
    fn patterns(&self) -> TokenStream {
        let bindings = self.function.arguments.iter().filter_map(|argument| {
            let (name, pattern) = (&argument.name, argument.pattern?);
            let attrs = super::allowed(argument);
            self.binds(argument, pattern)
                .then(|| quote!(#(#attrs)* let #pattern = #name;))
        });
        bindings.collect()
    }

    fn handed_over(&self) -> Vec<&Argument<'_>> {
        let arguments = self.function.arguments.iter();
        arguments
            .filter(|argument| self.is_handed_over(argument))
            .collect()
    }

    fn is_handed_over(&self, argument: &Argument) -> bool {
        let block = self.function.block;
        argument.receiver().is_none()
            && match argument.pattern {
                Some(pattern) => self.binds(argument, pattern),
                None => types::mentions(block, &argument.name),
            }
    }

    /// Whether the pattern binds anything that the body uses.
    fn binds(&self, argument: &Argument, pattern: &Pat) -> bool {
        match &argument.given {
            Some(given) => types::mentions(self.function.block, given),
            None => !matches!(pattern, Pat::Wild(_)),
        }
    }

    /// Whether the body may move out of `self`, which nothing can be handed over as.
    fn owns_receiver(&self) -> bool {
        let receiver = self.function.sig.receiver();
        receiver.is_some_and(|receiver| match &receiver.kind {
            ReceiverKind::Reference(..) => false,
            ReceiverKind::Typed(_, ty) => !matches!(types::peel(ty), Type::Reference(_)),
            _ => true,
        })
    }
}

/// What the body does, behind the bindings of its arguments: in a block of its own, so that an item there may have
/// the name of an argument. One expression needs none, of which a lint would say so.
fn body(block: &Block) -> TokenStream {
    match &block.stmts[..] {
        [Stmt::Expr(only, None)] => only.into_token_stream(),
        _ => block.into_token_stream(),
    }
}

/// The `mut` in front of a name.
fn mutability(argument: &Argument) -> Option<TokenStream> {
    match (argument.node, argument.pattern) {
        (FnArg::Typed(typed), None) => match &*typed.pat {
            Pat::Ident(pat) => pat.mutability.map(ToTokens::into_token_stream),
            _ => None,
        },
        _ => None,
    }
}
