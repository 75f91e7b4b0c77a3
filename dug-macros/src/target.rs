//! `node!`, `tweak!` and `untweak!`: from a call to the node of that call.
//!
//! A call `f(x)` is rewritten to `f::node(x)`, a method call `x.m(y)` to
//! `x.__dug_node_m(y)`: whether a path's last segment is a free function or an
//! associated one shows in the case of the segment before it.

use crate::check::text;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{
    BinOp, Error, Expr, ExprCall, ExprMethodCall, ExprPath, Ident, PathArguments, PathSegment,
    Result, Token,
};

/// `node!(call)`
pub(crate) fn node(input: TokenStream) -> Result<TokenStream> {
    let parser = |input: ParseStream| {
        let node = target(input, "node")?;
        finished(input, "node")?;
        Ok(node)
    };
    parser.parse2(input)
}

/// `untweak!(call)`
pub(crate) fn untweak(input: TokenStream) -> Result<TokenStream> {
    let parser = |input: ParseStream| {
        let node = target(input, "untweak")?;
        finished(input, "untweak")?;
        Ok(quote!(#node.untweak()))
    };
    parser.parse2(input)
}

/// `tweak!(call => value)`
pub(crate) fn tweak(input: TokenStream) -> Result<TokenStream> {
    let parser = |input: ParseStream| {
        let node = target(input, "tweak")?;
        if input.is_empty() {
            return Err(Error::new(Span::call_site(), text::arrow_expected()));
        }
        if !input.peek(Token![=>]) {
            return Err(Error::new(input.span(), text::arrow_expected()));
        }
        input.parse::<Token![=>]>()?;
        if input.is_empty() {
            return Err(Error::new(Span::call_site(), text::arrow_expected()));
        }
        let value: Expr = input.parse()?;
        if let Expr::Closure(closure) = &value
            && closure.inputs.len() == 1
        {
            return Err(Error::new(closure.span(), text::relative_closure()));
        }
        finished(input, "tweak")?;
        Ok(quote!(#node.tweak(#value)))
    };
    parser.parse2(input)
}

/// `register!(function::<Types>)`
pub(crate) fn register(input: TokenStream) -> Result<TokenStream> {
    let mut path: ExprPath = syn::parse2(input)?;
    let segments = &mut path.path.segments;
    if path.qself.is_some() || segments.iter().rev().nth(1).is_some_and(is_type) {
        return Err(Error::new(path.span(), text::registered_method()));
    }
    let last = segments.last_mut().expect("a path has a segment");
    let descriptor = PathSegment {
        ident: Ident::new("__dug_function", last.ident.span()),
        arguments: std::mem::replace(&mut last.arguments, PathArguments::None),
    };
    segments.push(descriptor);
    Ok(quote!({ let _ = #path(); }))
}

fn finished(input: ParseStream, name: &str) -> Result<()> {
    input.parse::<Option<Token![,]>>()?;
    match input.is_empty() {
        true => Ok(()),
        false => Err(Error::new(input.span(), text::too_much(name))),
    }
}

/// Parses a call, and gives the expression that makes its node.
fn target(input: ParseStream, name: &str) -> Result<TokenStream> {
    if input.is_empty() {
        return Err(Error::new(Span::call_site(), text::not_a_call(name)));
    }
    if input.peek(Token![in]) && name != "node" {
        return Err(Error::new(input.span(), text::tweak_as_value(name)));
    }
    let call: Expr = input.parse()?;
    if input.peek(Token![if]) && name != "node" {
        return Err(Error::new(input.span(), text::guard(name)));
    }
    call_to_node(call, name)
}

fn call_to_node(call: Expr, name: &str) -> Result<TokenStream> {
    match call {
        Expr::Paren(paren) => call_to_node(*paren.expr, name),
        Expr::Group(group) => call_to_node(*group.expr, name),
        Expr::Call(call) => {
            given(call.args.iter(), name)?;
            let path = function_path(&call.func, name)?;
            let call = ExprCall {
                func: Box::new(Expr::Path(path)),
                ..call
            };
            Ok(call.into_token_stream())
        }
        Expr::MethodCall(call) => {
            given(call.args.iter(), name)?;
            let method = sibling(&call.method);
            Ok(ExprMethodCall { method, ..call }.into_token_stream())
        }
        Expr::Binary(binary) if name == "tweak" && is_assignment(&binary.op) => {
            let operator = binary.op.to_token_stream().to_string();
            Err(Error::new(
                binary.op.span(),
                text::relative_operator(&operator),
            ))
        }
        Expr::Assign(assign) if name == "tweak" => {
            Err(Error::new(assign.eq_token.span, text::arrow_expected()))
        }
        other => Err(Error::new(other.span(), text::not_a_call(name))),
    }
}

fn is_assignment(operator: &BinOp) -> bool {
    operator.to_token_stream().to_string().ends_with('=')
        && !matches!(
            operator,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Le(_) | BinOp::Ge(_)
        )
}

/// Refuses `_` and `..` in the place of an argument.
fn given<'a>(arguments: impl Iterator<Item = &'a Expr>, name: &str) -> Result<()> {
    let mut errors = arguments.filter_map(|argument| {
        let token = match argument {
            Expr::Infer(_) => "_",
            Expr::Range(range) if range.start.is_none() && range.end.is_none() => "..",
            _ => return None,
        };
        Some(Error::new(argument.span(), text::wild(name, token)))
    });
    let Some(mut first) = errors.next() else {
        return Ok(());
    };
    first.extend(errors);
    Err(first)
}

fn function_path(function: &Expr, name: &str) -> Result<ExprPath> {
    let path = match function {
        Expr::Path(path) => path,
        Expr::Paren(paren) => return function_path(&paren.expr, name),
        Expr::Group(group) => return function_path(&group.expr, name),
        other => return Err(Error::new(other.span(), text::not_a_call(name))),
    };
    let mut path = path.clone();
    let segments = &mut path.path.segments;
    let owner = segments.iter().rev().nth(1);
    if path.qself.is_some() || owner.is_some_and(is_type) {
        let last = segments.last_mut().expect("a path has a segment");
        last.ident = sibling(&last.ident);
        // The siblings of a trait's methods stand in an inherent impl of the type.
        if let Some(qself) = path.qself.take() {
            let ty = qself.ty;
            let last = &*last;
            return syn::parse2(quote!(<#ty>::#last));
        }
        return Ok(path);
    }
    let last = segments.last_mut().expect("a path has a segment");
    let node = PathSegment {
        ident: Ident::new("node", last.ident.span()),
        arguments: std::mem::replace(&mut last.arguments, PathArguments::None),
    };
    segments.push(node);
    Ok(path)
}

/// Whether the segment names a type, by its case or by its parameters.
fn is_type(segment: &PathSegment) -> bool {
    let name = segment.ident.unraw().to_string();
    let generic = !matches!(segment.arguments, PathArguments::None);
    generic || name.trim_start_matches('_').starts_with(char::is_uppercase)
}

fn sibling(method: &Ident) -> Ident {
    format_ident!("__dug_node_{}", method.unraw(), span = method.span())
}

/// What the expansion of a macro is: its tokens, or the error in their place.
pub(crate) fn or_error(expansion: Result<TokenStream>) -> TokenStream {
    expansion.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!({ #error })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(call: &str) -> String {
        let tokens = node(call.parse().unwrap()).unwrap();
        tokens.to_string().replace(' ', "")
    }

    #[test]
    fn calls_become_nodes() {
        assert_eq!(rewritten("f(1)"), "f::node(1)");
        assert_eq!(rewritten("a::f(1, 2)"), "a::f::node(1,2)");
        assert_eq!(rewritten("f::<u8>(1)"), "f::node::<u8>(1)");
        assert_eq!(rewritten("x.m(1)"), "x.__dug_node_m(1)");
        assert_eq!(rewritten("x.y().m::<u8>()"), "x.y().__dug_node_m::<u8>()");
        assert_eq!(rewritten("a::T::m(&x)"), "a::T::__dug_node_m(&x)");
        assert_eq!(rewritten("Self::m()"), "Self::__dug_node_m()");
        assert_eq!(rewritten("v::<u8>::m()"), "v::<u8>::__dug_node_m()");
        assert_eq!(
            rewritten("<T as a::P>::m::<u8>(&x)"),
            "<T>::__dug_node_m::<u8>(&x)"
        );
        assert_eq!(rewritten("r#match(1)"), "r#match::node(1)");
        assert_eq!(rewritten("T::r#match(1)"), "T::__dug_node_match(1)");
    }

    #[test]
    fn what_is_no_call_is_refused() {
        for wrong in [
            "",
            "f",
            "f!()",
            "1 + f(1)",
            "f(_)",
            "f(..)",
            "f(1), 2",
            "(|x| x)(1)",
        ] {
            assert!(node(wrong.parse().unwrap()).is_err(), "{wrong}");
        }
        for wrong in [
            "f(1)",
            "f(1) =>",
            "f(1) = 2",
            "f(1) *= 2",
            "f(1) => |x| x",
            "in f(1) => 2",
            "f(1) if x => 2",
        ] {
            assert!(tweak(wrong.parse().unwrap()).is_err(), "{wrong}");
        }
    }
}
