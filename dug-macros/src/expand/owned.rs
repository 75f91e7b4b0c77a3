//! The owned forms of borrowed arguments, for calls by id, and how guards are lent them.

use crate::types::{is_static, peel};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit::Visit;
use syn::{GenericArgument, Ident, Lifetime, PathArguments, Type, TypePath, TypeReference};

/// An owned type that an argument is read back as, and how it is lent from there.
pub(crate) struct Owned {
    pub(crate) ty: TokenStream,
    lend: Lend,
}

enum Lend {
    Give,
    Deref,
    OptionDeref,
    Each,
}

impl Owned {
    /// `None` where the type borrows in a way that cannot be had from an owned value.
    pub(crate) fn of(ty: &Type) -> Option<Self> {
        let ty = peel(ty);
        if let Some(elem) = borrowed(ty).map(peel) {
            if !has_any_reference(elem) {
                return Some(Owned {
                    ty: quote!(::std::boxed::Box<#elem>),
                    lend: Lend::Deref,
                });
            }
            let Type::Slice(slice) = elem else {
                return None;
            };
            let item = borrowed(peel(&slice.elem))
                .map(peel)
                .filter(|item| !has_any_reference(item))?;
            let ty = quote!(::std::vec::Vec<::std::boxed::Box<#item>>);
            return Some(Owned {
                ty,
                lend: Lend::Each,
            });
        }
        if let Some(item) = option_of(ty).and_then(|item| borrowed(peel(item)).map(peel)) {
            let plain = !has_any_reference(item);
            let ty = quote!(::core::option::Option<::std::boxed::Box<#item>>);
            return plain.then_some(Owned {
                ty,
                lend: Lend::OptionDeref,
            });
        }
        (!has_any_reference(ty)).then(|| Owned {
            ty: ty.to_token_stream(),
            lend: Lend::Give,
        })
    }

    /// Whether it is given as it is.
    pub(crate) fn is_given(&self) -> bool {
        matches!(self.lend, Lend::Give)
    }

    /// How a guard is lent it, as the name of a type of the runtime.
    pub(crate) fn how(&self) -> TokenStream {
        match self.lend {
            Lend::Give => quote!(ByValue),
            Lend::Deref | Lend::OptionDeref => quote!(ByReference),
            Lend::Each => quote!(ByElement),
        }
    }

    /// The argument, from the variable that holds its owned value.
    pub(crate) fn lend(&self, value: &Ident) -> TokenStream {
        match self.lend {
            Lend::Give => quote!(#value),
            Lend::Deref => quote!(&*#value),
            Lend::OptionDeref => quote!(::core::option::Option::as_deref(&#value)),
            Lend::Each => quote! {
                &*::core::iter::Iterator::collect::<::std::vec::Vec<_>>(
                    ::core::iter::Iterator::map(#value.iter(), |item| &**item)
                )
            },
        }
    }
}

/// What a shared reference, other than a static one, refers to.
fn borrowed(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(TypeReference {
            mutability: None,
            lifetime,
            elem,
            ..
        }) if !lifetime.as_ref().is_some_and(is_static) => Some(elem),
        _ => None,
    }
}

fn option_of(ty: &Type) -> Option<&Type> {
    let Type::Path(TypePath {
        qself: None, path, ..
    }) = ty
    else {
        return None;
    };
    let last = path.segments.last().filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(item)) => Some(item),
        _ => None,
    }
}

/// A type with references or lifetimes in it, static ones too, does not decode in general.
fn has_any_reference(ty: &Type) -> bool {
    struct Found(bool);
    impl<'a> Visit<'a> for Found {
        fn visit_type_reference(&mut self, _: &'a TypeReference) {
            self.0 = true;
        }
        fn visit_lifetime(&mut self, _: &'a Lifetime) {
            self.0 = true;
        }
    }
    let mut found = Found(false);
    found.visit_type(ty);
    found.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owned_forms() {
        let owned = |text| {
            let owned = Owned::of(&syn::parse_str(text).unwrap());
            owned.map(|owned| {
                owned
                    .ty
                    .to_string()
                    .replace([' '], "")
                    .replace("::std::boxed::", "")
            })
        };
        assert_eq!(owned("u8").as_deref(), Some("u8"));
        assert_eq!(owned("&'a str").as_deref(), Some("Box<str>"));
        assert_eq!(owned("&[u8]").as_deref(), Some("Box<[u8]>"));
        assert_eq!(
            owned("&[&str]").as_deref(),
            Some("::std::vec::Vec<Box<str>>")
        );
        assert_eq!(
            owned("Option<&T>").as_deref(),
            Some("::core::option::Option<Box<T>>")
        );
        for refused in [
            "&'static str",
            "Cow<'_, str>",
            "(&str, u8)",
            "&&u8",
            "Vec<&str>",
            "&mut u8",
        ] {
            assert_eq!(owned(refused), None, "{refused}");
        }
    }
}
