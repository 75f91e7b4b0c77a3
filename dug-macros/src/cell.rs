//! `cell!`: a block as a tracked function without a name of its own.
//!
//! The key is made before the block, which may move its inputs, is a closure;
//! the type of the result is inferred, and its descriptor found at run time.

use crate::check::text;
use crate::expand;
use crate::source;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Block, Error, Ident, LitStr, Result, Token, parenthesized, token};

/// `cell!("name", (a, &b) => { .. })`
pub(crate) fn cell(input: TokenStream) -> Result<TokenStream> {
    let cell = Cell::parse.parse2(input)?;
    Ok(cell.expand())
}

struct Cell {
    name: LitStr,
    inputs: Vec<Input>,
    block: Block,
}

/// One variable that the block takes: `a` or `&a`.
struct Input {
    borrow: Option<Token![&]>,
    name: Ident,
}

impl Cell {
    fn parse(input: ParseStream) -> Result<Self> {
        if input.is_empty() {
            return Err(Error::new(Span::call_site(), text::not_a_cell()));
        }
        let name: LitStr = read(input, text::name_of_cell)?;
        if name.value().is_empty() {
            return Err(Error::new(name.span(), text::name_of_cell()));
        }
        let _: Token![,] = read(input, text::not_a_cell)?;
        if !input.peek(token::Paren) {
            return Err(at(input, text::not_a_cell()));
        }
        let content;
        parenthesized!(content in input);
        let inputs = Input::parse_all(&content)?;
        let _: Token![=>] = read(input, text::not_a_cell)?;
        if !input.peek(token::Brace) {
            return Err(at(input, text::block_of_cell()));
        }
        let block = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        match input.is_empty() {
            true => Ok(Cell {
                name,
                inputs,
                block,
            }),
            false => Err(at(input, text::too_much("cell"))),
        }
    }

    fn expand(&self) -> TokenStream {
        let private = private_at(Span::call_site());
        let statics = self.statics(&private);
        let Cell { inputs, block, .. } = self;
        let [cell, key, result] = ["__dug_cell", "__dug_key", "__dug_result"]
            .map(|name| Ident::new(name, Span::mixed_site()));
        let borrowed = inputs.iter().filter_map(Input::borrowed);
        // Messages point at the input, or at the block.
        let of_each = |method: &str| -> Vec<TokenStream> {
            let call = |input: &Input| {
                let span = input.name.span();
                let (method, reference) = (Ident::new(method, span), input.reference());
                let private = private_at(span);
                quote_spanned!(span=> #private::Key::#method(&mut #key, #reference);)
            };
            inputs.iter().map(call).collect()
        };
        let (arguments, described) = (of_each("argument"), of_each("describe"));
        let describe = (!inputs.is_empty())
            .then(|| quote!(if #private::Key::lacks_text(&#key) { #(#described)* }));
        // The place of the block, yet no code of the user: the compiler suggests no changes to it.
        let span = Span::call_site().located_at(block.brace_token.span.join());
        let here = private_at(span);
        let run = quote_spanned!(span=> #here::Cell::run);
        let body = quote_spanned!(span=> || #block);
        let mutability = (!inputs.is_empty()).then(|| quote!(mut));
        quote!({
            #statics
            #(#borrowed)*
            let #cell = #private::Cell::of(&__DUG_INSTANCES, || ());
            let #mutability #key = #private::Cell::key(&#cell);
            #(#arguments)*
            match #private::Cell::hit(&#cell, &#key) {
                ::core::option::Option::Some(#result) => #result,
                ::core::option::Option::None => {
                    #describe
                    #run(&#cell, #key, #body, |#result| {
                        use #private::KeepAny as _;
                        #private::Keep::of(#result).which()(#result)
                    })
                }
            }
        })
    }

    fn statics(&self, private: &TokenStream) -> TokenStream {
        let name = &self.name;
        let (line, column) = expand::place(name.span());
        let inputs = self.inputs.iter().map(Input::to_token_stream);
        let parts = inputs.chain([self.block.to_token_stream()]);
        let item = source::of_parts(parts);
        // The types of the inputs, and what the block calls by local names, come from around it.
        let deep = source::of_surroundings(name.span());
        let sources = if deep.is_none() {
            source::of_all()
        } else {
            None
        };
        let code = expand::code(private, &item, sources, deep, false);
        let table = expand::table(private);
        quote! {
            static __DUG_DEFINITION: #private::Definition = #private::Definition {
                name: #name,
                path: #private::Path { within: || "", levels: 0, name: "" },
                fixed_path: ::core::option::Option::Some(#name),
                file: ::core::file!(),
                line: #line,
                column: #column,
                version: ::core::option::Option::None,
                code: #code,
                by_graph: false,
            };
            #table
            static __DUG_INSTANCES: #private::Instances = #private::Instances::new(&__DUG_DEFINITION);
            #private::inventory::submit! { #private::Registration::Generic(&__DUG_INSTANCES) }
        }
    }
}

impl Input {
    fn parse_all(content: ParseStream) -> Result<Vec<Self>> {
        let mut inputs: Vec<Input> = Vec::new();
        while !content.is_empty() {
            let borrow = content.parse()?;
            let name = content.call(Ident::parse_any);
            let name = name.map_err(|error| Error::new(error.span(), text::input_of_cell()))?;
            if !content.is_empty() && !content.peek(Token![,]) {
                return Err(at(content, text::input_of_cell()));
            }
            content.parse::<Option<Token![,]>>()?;
            if inputs.iter().any(|input| input.name == name) {
                return Err(Error::new(name.span(), text::input_given_twice(&name)));
            }
            inputs.push(Input { borrow, name });
        }
        Ok(inputs)
    }

    /// Makes the block see a reference.
    fn borrowed(&self) -> Option<TokenStream> {
        let (borrow, name) = (self.borrow?, &self.name);
        (name != "self").then(|| quote!(let #name = #borrow #name;))
    }

    /// A reference to it, for the key.
    fn reference(&self) -> TokenStream {
        let name = &self.name;
        match self.borrowed() {
            Some(_) => quote!(#name),
            None => quote_spanned!(name.span()=> &#name),
        }
    }
}

impl ToTokens for Input {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.borrow.to_tokens(tokens);
        self.name.to_tokens(tokens);
    }
}

/// The module that holds what the expansion calls.
fn private_at(span: Span) -> TokenStream {
    quote_spanned!(span=> ::dug::__private)
}

fn at(input: ParseStream, message: String) -> Error {
    Error::new(input.span(), message)
}

/// The next part of a cell, or what should stand there.
fn read<T: syn::parse::Parse>(input: ParseStream, message: fn() -> String) -> Result<T> {
    input
        .parse()
        .map_err(|error| Error::new(error.span(), message()))
}
