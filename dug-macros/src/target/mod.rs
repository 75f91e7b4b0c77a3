//! `node!`, `tweak!`, `untweak!` and `register!`: from a call to what the functions beside
//! the tracked one make of it.
//!
//! A call `f(x)` is rewritten to `f::node(x)`, a method call `x.m(y)` to
//! `x.__dug_node_m(y)`, and the left sides that speak of many nodes likewise ([`left`]).
//! All is methods of what those give: the macros name no path to dug.

mod left;
mod path;

use crate::check::text;
use left::Left;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{BinOp, Error, Expr, ExprClosure, ExprPath, Ident, Result, Token};

/// `node!(call)`
pub(crate) fn node(input: TokenStream) -> Result<TokenStream> {
    let parser = |input: ParseStream| {
        started(input, "node")?;
        let node = left::node(input.parse()?)?;
        finished(input, "node")?;
        Ok(node)
    };
    parser.parse2(input)
}

/// `untweak!(left side)`
pub(crate) fn untweak(input: TokenStream) -> Result<TokenStream> {
    let parser = |input: ParseStream| {
        started(input, "untweak")?;
        if input.peek(Token![in]) {
            return Err(Error::new(input.span(), text::untweaked_value()));
        }
        let target = match Left::parse(input, "untweak")? {
            Left::Call(call) => left::target(call, "untweak")?,
            Left::Guarded(guarded) => guarded.target("untweak")?,
        };
        finished(input, "untweak")?;
        Ok(quote!(#target.untweak()))
    };
    parser.parse2(input)
}

/// `tweak!(left side => value)`, `tweak!(left side *= operand)` and their like.
pub(crate) fn tweak(input: TokenStream) -> Result<TokenStream> {
    let parser = |input: ParseStream| {
        let is_value = input.parse::<Option<Token![in]>>()?.is_some();
        started(input, "tweak")?;
        let (target, change) = match Left::parse(input, "tweak")? {
            Left::Call(call) => {
                let (call, change) = Change::after(call, input)?;
                (left::target(call, "tweak")?, change)
            }
            Left::Guarded(mut guarded) => {
                let (guard, change) = Change::after(guarded.guard, input)?;
                if let Change::Clamp(..) = change {
                    return Err(arrow_expected(input));
                }
                guarded.guard = guard;
                (guarded.target("tweak")?, change)
            }
        };
        finished(input, "tweak")?;
        let tweak = quote!(#target #change);
        Ok(match is_value {
            true => tweak,
            false => quote!(#tweak.apply()),
        })
    };
    parser.parse2(input)
}

/// `register!(function::<Types>)`
pub(crate) fn register(input: TokenStream) -> Result<TokenStream> {
    let path: ExprPath = syn::parse2(input)?;
    let descriptor = path::of_free(path, "__dug_function")
        .map_err(|path| Error::new(path.span(), text::registered_method()))?;
    Ok(quote!({ let _ = #descriptor(); }))
}

fn started(input: ParseStream, name: &str) -> Result<()> {
    match input.is_empty() {
        true => Err(Error::new(Span::call_site(), text::not_a_call(name))),
        false => Ok(()),
    }
}

fn finished(input: ParseStream, name: &str) -> Result<()> {
    input.parse::<Option<Token![,]>>()?;
    match input.is_empty() {
        true => Ok(()),
        false => Err(Error::new(input.span(), text::too_much(name))),
    }
}

/// What a tweak makes of the nodes' answers.
enum Change {
    Value(Expr),
    Relative(ExprClosure),
    Operator(&'static str, Expr),
    Clamp(Expr, Expr),
}

impl Change {
    /// Reads what follows the left side; an operator is a part of the expression that was
    /// read as the end of the left side, which comes back without it.
    fn after(left: Expr, input: ParseStream) -> Result<(Expr, Self)> {
        if let Expr::Group(group) = left {
            return Change::after(*group.expr, input);
        }
        match left {
            Expr::Binary(binary) if is_assignment(&binary.op) && !ends(input) => {
                Err(Error::new(input.span(), text::too_much("tweak")))
            }
            left if input.peek(Token![=>]) => Ok((left, Change::parse(input)?)),
            Expr::Binary(binary) if is_assignment(&binary.op) => {
                let method = match &binary.op {
                    BinOp::MulAssign(_) => "multiplied",
                    BinOp::AddAssign(_) => "increased",
                    BinOp::SubAssign(_) => "decreased",
                    other => {
                        let operator = other.to_token_stream().to_string();
                        return Err(Error::new(other.span(), text::unknown_operator(&operator)));
                    }
                };
                Ok((*binary.left, Change::Operator(method, *binary.right)))
            }
            Expr::Assign(assign) => Err(Error::new(assign.eq_token.span, text::arrow_expected())),
            Expr::MethodCall(call)
                if call.method == "clamp" && call.args.len() == 2 && ends(input) =>
            {
                let mut bounds = call.args.into_iter();
                match (bounds.next(), bounds.next()) {
                    (Some(low), Some(high)) => Ok((*call.receiver, Change::Clamp(low, high))),
                    _ => Err(arrow_expected(input)),
                }
            }
            _ => Err(arrow_expected(input)),
        }
    }

    /// `=> value`
    fn parse(input: ParseStream) -> Result<Self> {
        input.parse::<Token![=>]>()?;
        if input.is_empty() {
            return Err(arrow_expected(input));
        }
        Ok(match input.parse()? {
            Expr::Closure(closure) if closure.inputs.len() == 1 => Change::Relative(closure),
            Expr::Group(group) => match *group.expr {
                Expr::Closure(closure) if closure.inputs.len() == 1 => Change::Relative(closure),
                value => Change::Value(value),
            },
            value => Change::Value(value),
        })
    }
}

impl ToTokens for Change {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Change::Value(value) => quote!(.value(#value)),
            Change::Relative(closure) => {
                let mut closure = closure.clone();
                let span = closure.inputs_begin.span;
                closure.capture.get_or_insert_with(|| Token![move](span));
                quote!(.relative(#closure))
            }
            Change::Operator(method, operand) => {
                let method = Ident::new(method, Span::call_site());
                quote!(.#method(#operand))
            }
            Change::Clamp(low, high) => quote!(.clamped(#low, #high)),
        });
    }
}

fn ends(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,])
}

fn arrow_expected(input: ParseStream) -> Error {
    let span = match input.is_empty() {
        true => Span::call_site(),
        false => input.span(),
    };
    Error::new(span, text::arrow_expected())
}

fn is_assignment(operator: &BinOp) -> bool {
    operator.to_token_stream().to_string().ends_with('=')
        && !matches!(
            operator,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Le(_) | BinOp::Ge(_)
        )
}

/// What the expansion of a macro is: its tokens, or the error in their place.
pub(crate) fn or_error(expansion: Result<TokenStream>) -> TokenStream {
    expansion.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!({ #error })
    })
}

#[cfg(test)]
mod tests;
