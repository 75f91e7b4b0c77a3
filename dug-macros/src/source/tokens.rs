//! The digest of an item's own tokens. It sees what the compiler's parser sees:
//! spacing, comments, doc comments and visibility play no part, and neither do
//! attributes that change no result.

use super::text::hashing::counted;
use crate::model::{Function, Owner};
use crate::source::macros::attributes::WITHOUT_EFFECT;
use crate::source::text::lexer::is_operator;
use blake3::Hasher;
use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, ItemImpl};

/// The digest of a function and, for a method of a block, of the block's header.
pub(crate) fn of_function(function: &Function) -> [u8; 32] {
    let mut digest = TokenDigest::new();
    if let Owner::Block(block) = function.owner {
        header(block, &mut digest);
    }
    digest.part(with_effect(function.attrs));
    digest.part(function.sig.to_token_stream());
    digest.part(function.block.to_token_stream());
    digest.finish()
}

/// The digest of tokens in several parts.
pub(crate) fn of_parts(parts: impl Iterator<Item = TokenStream>) -> [u8; 32] {
    let mut digest = TokenDigest::new();
    for part in parts {
        digest.part(part);
    }
    digest.finish()
}

/// What stands before the braces: it says what `Self` is, and binds the parameters.
fn header(block: &ItemImpl, digest: &mut TokenDigest) {
    let path = block.trait_.as_ref().map(|(path, _)| path);
    digest.part(with_effect(&block.attrs));
    digest.part(block.generics.params.to_token_stream());
    digest.part(block.generics.where_clause.to_token_stream());
    digest.part(path.to_token_stream());
    digest.part(block.self_ty.to_token_stream());
}

fn with_effect(attrs: &[Attribute]) -> TokenStream {
    let is_without = |attr: &&Attribute| {
        let path = attr.path().get_ident();
        path.is_some_and(|name| WITHOUT_EFFECT.iter().any(|known| name == known))
    };
    let attrs = attrs.iter().filter(|attr| !is_without(attr));
    attrs.map(ToTokens::to_token_stream).collect()
}

/// A digest of the structure of tokens.
struct TokenDigest {
    hasher: Hasher,
    /// In what a macro is given, where doc comments are tokens like others.
    in_macro: bool,
}

impl TokenDigest {
    fn new() -> Self {
        let mut hasher = Hasher::new();
        hasher.update(b"dug tokens");
        TokenDigest {
            hasher,
            in_macro: false,
        }
    }

    /// Adds tokens, closed off from those before and after.
    fn part(&mut self, tokens: TokenStream) {
        self.stream(tokens);
        self.hasher.update(b";");
    }

    fn finish(self) -> [u8; 32] {
        *self.hasher.finalize().as_bytes()
    }

    fn stream(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        let mut marks = [false; 2];
        while let Some(token) = tokens.next() {
            // `name!(..)`, `macro_rules! name {..}`
            let is_input = marks[0] || marks[1];
            let is_word = matches!(token, TokenTree::Ident(_));
            marks = [is_punct(&token, '!'), marks[0] && is_word];
            match token {
                TokenTree::Group(group) if is_input && !self.in_macro => {
                    self.in_macro = true;
                    self.group(&group);
                    self.in_macro = false;
                }
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let inner = tokens.next_if(|next| is_punct(next, '!'));
                    if self.in_macro || tokens.next_if(is_doc).is_none() {
                        self.punct(&punct, None);
                        if let Some(TokenTree::Punct(inner)) = inner {
                            self.punct(&inner, tokens.peek());
                        }
                    }
                }
                TokenTree::Punct(punct) => self.punct(&punct, tokens.peek()),
                TokenTree::Ident(ident) => self.text(b'i', &ident.to_string()),
                TokenTree::Literal(literal) => self.text(b'l', &literal.to_string()),
                TokenTree::Group(group) => self.group(&group),
            }
        }
    }

    fn text(&mut self, tag: u8, text: &str) {
        self.hasher.update(&[tag]);
        counted(&mut self.hasher, text.as_bytes());
    }

    fn punct(&mut self, punct: &Punct, next: Option<&TokenTree>) {
        let next = match next {
            Some(TokenTree::Punct(next)) if punct.spacing() == Spacing::Joint => {
                Some(next.as_char())
            }
            _ => None,
        };
        let joint = next.is_some_and(|next| is_operator(punct.as_char(), next));
        self.hasher.update(if joint { b"j" } else { b"p" });
        let mut buffer = [0; 4];
        self.hasher
            .update(punct.as_char().encode_utf8(&mut buffer).as_bytes());
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => (b"(", b")"),
            Delimiter::Brace => (b"{", b"}"),
            Delimiter::Bracket => (b"[", b"]"),
            // Around what a macro was given: it binds like parentheses, and around one token
            // says nothing.
            Delimiter::None if is_one_token(group) => return self.stream(group.stream()),
            Delimiter::None => (b"<", b">"),
        };
        self.hasher.update(open);
        self.stream(group.stream());
        self.hasher.update(close);
    }
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

/// Whether these are the brackets of a doc comment, or of an attribute that is none but in name.
fn is_doc(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else {
        return false;
    };
    let mut tokens = group.stream().into_iter();
    group.delimiter() == Delimiter::Bracket
        && matches!(tokens.next(), Some(TokenTree::Ident(ident)) if ident == "doc")
        && !tokens.next().is_some_and(|next| is_punct(&next, ':'))
}

fn is_one_token(group: &Group) -> bool {
    let mut tokens = group.stream().into_iter();
    tokens.next().is_some() && tokens.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use syn::{ImplItem, ItemFn};

    fn function(text: &str) -> [u8; 32] {
        let item: ItemFn = syn::parse_str(text).unwrap();
        let (attrs, vis, sig, block) = (&item.attrs, &item.vis, &item.sig, &item.block);
        let options = Options::default();
        of_function(&Function::new(attrs, vis, sig, block, options, Owner::Free))
    }

    /// The digest of the first method.
    fn method(text: &str) -> [u8; 32] {
        let block: ItemImpl = syn::parse_str(text).unwrap();
        let Some(ImplItem::Fn(item)) = block.items.first() else {
            panic!("the first item is no method");
        };
        let (attrs, vis, sig, body) = (&item.attrs, &item.vis, &item.sig, &item.block);
        let (options, owner) = (Options::default(), Owner::Block(&block));
        of_function(&Function::new(attrs, vis, sig, body, options, owner))
    }

    #[test]
    fn what_cannot_change_a_result_plays_no_part() {
        let plain = function("fn f(x: &u8) -> u8 { let y = x << 1; y + -1 }");
        for same in [
            "pub(crate) fn f(x:&u8)->u8{let y=x<<1;y+-1}",
            "fn f(x: &u8) -> u8 {\n let y /* twice */ = x << 1; // and\n y + - 1 }",
            "/// Doc.\n#[doc(hidden)] #[inline] #[must_use] #[cold] #[allow(unused)] \
             fn f(x: &u8) -> u8 { //! Doc.\n /// Doc.\n let y = x << 1; y + -1 }",
            "#[expect(unused)] #[warn(unused)] fn f(x: &u8) -> u8 { let y = x << 1; y + -1 }",
        ] {
            assert_eq!(function(same), plain, "{same}");
        }
    }

    #[test]
    fn what_may_change_a_result_plays_a_part() {
        let plain = function("fn f(x: u8) -> u8 { g!(x << 1, r, \"a b\", #[inline]) }");
        for other in [
            "fn h(x: u8) -> u8 { g!(x << 1, r, \"a b\", #[inline]) }",
            "fn f(x: u16) -> u8 { g!(x << 1, r, \"a b\", #[inline]) }",
            "fn f(x: u8) -> u8 { g!(x << 2, r, \"a b\", #[inline]) }",
            "fn f(x: u8) -> u8 { g!(x < < 1, r, \"a b\", #[inline]) }",
            "fn f(x: u8) -> u8 { g!(x << 1, r#r, \"a b\", #[inline]) }",
            "fn f(x: u8) -> u8 { g!(x << 1, r, \"a  b\", #[inline]) }",
            "fn f(x: u8) -> u8 { g!(x << 1, r, b\"a b\", #[inline]) }",
            "fn f(x: u8) -> u8 { g!(x << 1, r, \"a b\", #[cold]) }",
            "fn f(x: u8) -> u8 { g!(x << 1, r, \"a b\") }",
            "fn f(x: u8) -> u8 { g!((x << 1), r, \"a b\", #[inline]) }",
            "fn f(x: u8) -> u8 { g![x << 1, r, \"a b\", #[inline]] }",
            "#[doc::call] fn f(x: u8) -> u8 { g!(x << 1, r, \"a b\", #[inline]) }",
            "fn f(x: u8) -> u8 { #[doc::call] g!(x << 1, r, \"a b\", #[inline]) }",
            "#[track_caller] fn f(x: u8) -> u8 { g!(x << 1, r, \"a b\", #[inline]) }",
        ] {
            assert_ne!(function(other), plain, "{other}");
        }
    }

    #[test]
    fn the_header_of_a_block_is_part_of_its_methods() {
        let plain = method("impl<T: A> S<T> { fn f(&self) -> u8 { 1 } }");
        let same = "/// Doc.\nimpl<T: A> S<T> { pub fn f(&self) -> u8 { 1 } fn g() {} }";
        assert_eq!(method(same), plain);
        for other in [
            "impl<T: B> S<T> { fn f(&self) -> u8 { 1 } }",
            "impl<T: A> Q<T> { fn f(&self) -> u8 { 1 } }",
            "impl<T: A> S<T> where T: C { fn f(&self) -> u8 { 1 } }",
            "impl<T: A> R for S<T> { fn f(&self) -> u8 { 1 } }",
            "impl<T: A> S<T> { fn f(&self) -> u8 { 2 } }",
        ] {
            assert_ne!(method(other), plain, "{other}");
        }
        assert_ne!(
            function("fn f() -> u8 { 1 }"),
            method("impl S { fn f() -> u8 { 1 } }")
        );
    }

    #[test]
    fn what_a_macro_was_given_binds_like_parentheses() {
        let digest = |tokens: TokenStream| of_parts([tokens].into_iter());
        let invisible = |text: &str| -> TokenStream {
            let inner = text.parse().unwrap();
            TokenTree::from(Group::new(Delimiter::None, inner)).into()
        };
        let product = |factor: TokenStream| -> TokenStream {
            factor
                .into_iter()
                .chain("* 2".parse::<TokenStream>().unwrap())
                .collect()
        };
        assert_eq!(
            digest(product(invisible("x"))),
            digest("x * 2".parse().unwrap())
        );
        assert_ne!(
            digest(product(invisible("x + 1"))),
            digest("x + 1 * 2".parse().unwrap())
        );
    }
}
