//! From the path of a function to the path of one beside it.

use crate::check::text;
use proc_macro2::Span;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprPath, Ident, PathArguments, PathSegment, Result};

/// Which of the functions beside a tracked one is meant.
#[derive(Clone, Copy)]
pub(super) enum Beside {
    Node,
    Calls,
}

impl Beside {
    /// On the companion of a free function.
    fn on_companion(self) -> &'static str {
        match self {
            Beside::Node => "node",
            Beside::Calls => "__dug_calls",
        }
    }

    /// As a sibling of a method.
    pub(super) fn sibling(self, method: &Ident) -> Ident {
        let which = match self {
            Beside::Node => "node",
            Beside::Calls => "calls",
        };
        format_ident!("__dug_{which}_{}", method.unraw(), span = method.span())
    }
}

/// The path of what stands beside the function that is called.
pub(super) fn beside(function: &Expr, beside: Beside, name: &str) -> Result<ExprPath> {
    let path = match function {
        Expr::Path(path) => path,
        Expr::Paren(paren) => return self::beside(&paren.expr, beside, name),
        Expr::Group(group) => return self::beside(&group.expr, beside, name),
        other => return Err(Error::new(other.span(), text::not_a_call(name))),
    };
    match of_free(path.clone(), beside.on_companion()) {
        Ok(path) => Ok(path),
        Err(path) => of_associated(path, beside),
    }
}

/// The path of a function of a companion; the path itself, if it leads to an associated
/// function: whether it does shows in the case of the segment before the last.
pub(super) fn of_free(mut path: ExprPath, name: &str) -> std::result::Result<ExprPath, ExprPath> {
    let segments = &mut path.path.segments;
    if path.qself.is_some() || segments.iter().rev().nth(1).is_some_and(is_type) {
        return Err(path);
    }
    let last = segments.last_mut().expect("a path has a segment");
    let beside = PathSegment {
        ident: Ident::new(name, last.ident.span()),
        arguments: std::mem::replace(&mut last.arguments, PathArguments::None),
    };
    segments.push(beside);
    Ok(path)
}

fn of_associated(mut path: ExprPath, beside: Beside) -> Result<ExprPath> {
    let segments = &mut path.path.segments;
    let last = segments.last_mut().expect("a path has a segment");
    last.ident = beside.sibling(&last.ident);
    // The siblings of a trait's methods stand in an inherent impl of the type.
    if let Some(qself) = path.qself.take() {
        let ty = qself.ty;
        let last = &*last;
        return syn::parse2(quote!(<#ty>::#last));
    }
    Ok(path)
}

/// Whether the segment names a type, by its case or by its parameters.
fn is_type(segment: &PathSegment) -> bool {
    let name = segment.ident.unraw().to_string();
    let generic = !matches!(segment.arguments, PathArguments::None);
    generic || name.trim_start_matches('_').starts_with(char::is_uppercase)
}

/// A name that no token of the user can mean.
pub(super) fn hidden(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
