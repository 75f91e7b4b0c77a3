//! The left sides: a call, a call with arguments left open, a function as a whole, a guard.

use super::path::{self, Beside, hidden};
use crate::check::text;
use crate::types::printed;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Error, Expr, ExprAssign, ExprBlock, ExprCall, ExprClosure, ExprInfer, ExprMethodCall, ExprPath,
    Ident, Pat, Result, Token, parenthesized, token,
};

/// What a macro reads first.
pub(super) enum Left {
    /// An expression; an operator of `tweak!` may be a part of it.
    Call(Expr),
    Guarded(Guarded),
}

/// `f(p, q) if guard`
pub(super) struct Guarded {
    function: ExprPath,
    patterns: Vec<Pat>,
    keyword: Token![if],
    /// An operator of `tweak!` may be a part of it.
    pub(super) guard: Expr,
}

impl Left {
    pub(super) fn parse(input: ParseStream, name: &str) -> Result<Self> {
        if is_guarded(input) {
            return Ok(Left::Guarded(Guarded::parse(input)?));
        }
        let call: Expr = input.parse()?;
        if !input.peek(Token![if]) {
            return Ok(Left::Call(call));
        }
        Err(match call {
            Expr::MethodCall(call) => Error::new(
                call.method.span(),
                text::guarded_method(name, &call.method.to_string()),
            ),
            other => Error::new(other.span(), text::not_a_call(name)),
        })
    }
}

/// Whether `f(..) if` follows: the arguments are patterns then, and need not parse as anything else.
fn is_guarded(input: ParseStream) -> bool {
    let ahead = input.fork();
    ahead.parse::<ExprPath>().is_ok()
        && ahead.peek(token::Paren)
        && ahead.parse::<proc_macro2::TokenTree>().is_ok()
        && ahead.peek(Token![if])
}

impl Guarded {
    fn parse(input: ParseStream) -> Result<Self> {
        let function = input.parse()?;
        let content;
        parenthesized!(content in input);
        let patterns = Punctuated::<Pat, Token![,]>::parse_terminated_with(
            &content,
            Pat::parse_multi_with_leading_vert,
        )?;
        let keyword = input.parse::<Token![if]>()?;
        if input.is_empty() || input.peek(Token![=>]) {
            return Err(Error::new(keyword.span, text::empty_guard()));
        }
        Ok(Guarded {
            function,
            patterns: patterns.into_iter().collect(),
            keyword,
            guard: input.parse()?,
        })
    }

    pub(super) fn target(self, name: &str) -> Result<TokenStream> {
        let Guarded {
            function,
            patterns,
            keyword,
            guard,
        } = self;
        let rest = patterns.iter().filter_map(|pattern| match pattern {
            Pat::Rest(rest) => Some(Error::new(rest.span(), text::rest_with_guard())),
            _ => None,
        });
        all(rest)?;
        let calls = calls(&Expr::Path(function), name)?;
        let names: Vec<Ident> = (0..patterns.len())
            .map(|place| hidden(&format_ident!("__dug_argument{place}").to_string()))
            .collect();
        // What an argument lacks is said at the `if`.
        let span = Span::call_site().located_at(keyword.span);
        let closure = quote_spanned! {span=>
            move |#(#names),*| match (#(#names,)*) {
                (#(#patterns,)*) if #guard => true,
                _ => false,
            }
        };
        Ok(quote!(#calls.guard(#closure)))
    }
}

/// The expression that makes the node of a call.
pub(super) fn node(call: Expr) -> Result<TokenStream> {
    match call {
        Expr::Paren(paren) => node(*paren.expr),
        Expr::Group(group) => node(*group.expr),
        Expr::Call(call) => {
            values_only(&call.args)?;
            exact(call, "node")
        }
        Expr::MethodCall(call) => {
            values_only(&call.args)?;
            Ok(exact_method(call))
        }
        other => Err(Error::new(other.span(), text::not_a_call("node"))),
    }
}

/// The expression that makes the target of a tweak, without a guard.
pub(super) fn target(call: Expr, name: &str) -> Result<TokenStream> {
    match call {
        Expr::Paren(paren) => target(*paren.expr, name),
        Expr::Group(group) => target(*group.expr, name),
        Expr::Call(call) => {
            parts_left_open(&call.args, name)?;
            let wild: Vec<_> = call.args.iter().map(wildcard).collect();
            if let [Some("..")] = wild.as_slice() {
                let calls = calls(&call.func, name)?;
                return Ok(quote!(#calls.whole()));
            }
            let rest = call.args.iter().zip(&wild);
            let misplaced = rest
                .filter(|(_, wild)| **wild == Some(".."))
                .map(|(rest, _)| Error::new(rest.span(), text::misplaced_rest(name)));
            all(misplaced)?;
            if wild.iter().all(Option::is_none) {
                let node = exact(call, name)?;
                return Ok(quote!(#node.target()));
            }
            let calls = calls(&call.func, name)?;
            let arguments = call
                .args
                .iter()
                .zip(wild)
                .map(|(argument, wild)| match wild {
                    Some(_) => quote!(::core::option::Option::None),
                    None => quote!(::core::option::Option::Some(#argument)),
                });
            Ok(quote!(#calls.pattern((#(#arguments,)*))))
        }
        Expr::MethodCall(call) => {
            parts_left_open(&call.args, name)?;
            let wild = call.args.iter().filter_map(|argument| {
                let token = wildcard(argument)?;
                Some(Error::new(argument.span(), wild_method(&call, token)))
            });
            all(wild)?;
            let node = exact_method(call);
            Ok(quote!(#node.target()))
        }
        other => Err(Error::new(other.span(), text::not_a_call(name))),
    }
}

/// The expression that gives all calls of the function.
fn calls(function: &Expr, name: &str) -> Result<TokenStream> {
    let path = path::beside(function, Beside::Calls, name)?;
    Ok(quote!(#path()))
}

fn exact(call: ExprCall, name: &str) -> Result<TokenStream> {
    let path = path::beside(&call.func, Beside::Node, name)?;
    let call = ExprCall {
        func: Box::new(Expr::Path(path)),
        ..call
    };
    Ok(call.into_token_stream())
}

fn exact_method(call: ExprMethodCall) -> TokenStream {
    let method = Beside::Node.sibling(&call.method);
    ExprMethodCall { method, ..call }.into_token_stream()
}

/// The token of an argument that stands for any value.
fn wildcard(argument: &Expr) -> Option<&'static str> {
    match argument {
        Expr::Infer(_) => Some("_"),
        Expr::Range(range) if range.start.is_none() && range.end.is_none() => Some(".."),
        Expr::Group(group) => wildcard(&group.expr),
        _ => None,
    }
}

/// The text for `x.m(_)`, with what to write instead.
fn wild_method(call: &ExprMethodCall, token: &str) -> String {
    let method = match &call.turbofish {
        Some(turbofish) => format!("{}{}", call.method, printed(turbofish)),
        None => call.method.to_string(),
    };
    let arguments = match token {
        ".." => "..".to_owned(),
        _ => {
            let receiver = format!("&{}", printed(&call.receiver));
            let others = call.args.iter().map(printed);
            let all: Vec<_> = std::iter::once(receiver).chain(others).collect();
            all.join(", ")
        }
    };
    text::wild_method(token, &format!("Type::{method}({arguments})"))
}

/// Refuses arguments that stand for any value.
fn values_only(arguments: &Punctuated<Expr, Token![,]>) -> Result<()> {
    all(arguments.iter().filter_map(|argument| {
        let token = wildcard(argument)?;
        Some(Error::new(argument.span(), text::no_value(token)))
    }))
}

/// Refuses a `_` inside an argument: a part of one can be left open in a pattern only.
fn parts_left_open(arguments: &Punctuated<Expr, Token![,]>, name: &str) -> Result<()> {
    #[derive(Default)]
    struct Found(Vec<Span>);
    impl<'a> Visit<'a> for Found {
        fn visit_expr_infer(&mut self, infer: &'a ExprInfer) {
            self.0.push(infer.underscore_token.span);
        }
        // In there it may be the left side of an assignment.
        fn visit_expr_assign(&mut self, _: &'a ExprAssign) {}
        fn visit_expr_block(&mut self, _: &'a ExprBlock) {}
        fn visit_expr_closure(&mut self, _: &'a ExprClosure) {}
    }
    let mut found = Found::default();
    for argument in arguments
        .iter()
        .filter(|argument| wildcard(argument).is_none())
    {
        visit::visit_expr(&mut found, argument);
    }
    all(found
        .0
        .into_iter()
        .map(|span| Error::new(span, text::part_left_open(name))))
}

/// All errors as one.
fn all(mut errors: impl Iterator<Item = Error>) -> Result<()> {
    let Some(mut first) = errors.next() else {
        return Ok(());
    };
    first.extend(errors);
    Err(first)
}
