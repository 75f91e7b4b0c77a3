//! The options of `#[tracked(..)]`: one table says which there are, what form
//! each has and where it may stand. Nothing here knows the item.

use crate::check::{Errors, text};
use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Path, Token, parenthesized, token};

/// What the attribute is written on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// A function that stands alone: a free one, or one method of a plain impl or trait.
    Function,
    /// A whole impl block.
    Block,
    /// A method of a tracked block.
    Method,
}

/// How an option is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// `in_memory`
    Flag,
    /// `version = ".."`
    Text,
    /// `skip(a, b)`
    Names,
    /// `node = f_node`
    Name,
    /// `crate = path`
    Path,
    /// `code = item`: one of these words.
    Word(&'static [&'static str]),
}

/// One row of the table of options.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    places: &'static [Place],
}

const EVERYWHERE: &[Place] = &[Place::Function, Place::Block, Place::Method];
const ON_ONE: &[Place] = &[Place::Function, Place::Method];

/// All options, in the order in which messages list them.
#[rustfmt::skip]
pub(crate) const KNOWN: &[Known] = &[
    Known { name: "skip", form: Form::Names, places: ON_ONE },
    Known { name: "in_memory", form: Form::Flag, places: EVERYWHERE },
    Known { name: "version", form: Form::Text, places: EVERYWHERE },
    Known { name: "code", form: Form::Word(&["item", "deep", "crate"]), places: EVERYWHERE },
    Known { name: "fingerprint", form: Form::Word(&["graph"]), places: EVERYWHERE },
    Known { name: "name", form: Form::Text, places: ON_ONE },
    Known { name: "cache_err", form: Form::Flag, places: EVERYWHERE },
    Known { name: "node", form: Form::Name, places: ON_ONE },
    Known { name: "no_node", form: Form::Flag, places: EVERYWHERE },
    Known { name: "crate", form: Form::Path, places: &[Place::Function, Place::Block] },
];

/// What `node!` finds the function by.
#[derive(Clone, Default)]
pub(crate) enum Companion {
    /// The function's own name.
    #[default]
    Named,
    /// `node = ..`
    Renamed(Ident),
    /// `no_node`
    Left,
}

/// What the code fingerprint of an item covers.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    /// Its own tokens.
    Item,
    /// All that it reaches in its crate.
    #[default]
    Deep,
    /// All sources of its crate.
    Crate,
}

impl Code {
    fn from_word(word: &Ident) -> Self {
        match word.to_string().as_str() {
            "item" => Code::Item,
            "crate" => Code::Crate,
            _ => Code::Deep,
        }
    }
}

/// The options of one attribute.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) skip: Vec<Ident>,
    pub(crate) in_memory: bool,
    pub(crate) version: Option<LitStr>,
    pub(crate) code: Code,
    pub(crate) by_graph: bool,
    pub(crate) name: Option<LitStr>,
    pub(crate) cache_err: bool,
    pub(crate) companion: Companion,
    pub(crate) krate: Option<Path>,
}

/// One option as it is written.
enum Given {
    Flag,
    Text(LitStr),
    Names(Vec<Ident>),
    Name(Ident),
    Path(Path),
    Word(Ident),
}

impl Options {
    /// Reads `tokens`, on top of what `self` says already: a method's options on its block's.
    pub(crate) fn read(mut self, tokens: TokenStream, place: Place, errors: &mut Errors) -> Self {
        let mut seen: Vec<Ident> = Vec::new();
        let parsed = (|input: ParseStream| {
            while !input.is_empty() {
                let name = input.call(Ident::parse_any)?;
                match self.read_one(&name, place, &seen, input) {
                    Ok(()) => seen.push(name),
                    Err(error) => {
                        errors.add(error);
                        skip_to_comma(input)?;
                    }
                }
                if input.is_empty() {
                    break;
                }
                input
                    .parse::<Token![,]>()
                    .map_err(|error| syn::Error::new(error.span(), text::comma_expected()))?;
            }
            Ok(())
        })
        .parse2(tokens);
        if let Err(error) = parsed {
            errors.add(error);
        }
        let find = |name: &str| seen.iter().find(|ident| *ident == name);
        if let (Some(_), Some(left)) = (find("node"), find("no_node")) {
            errors.at(left.span(), text::node_and_no_node());
        }
        self
    }

    fn read_one(
        &mut self,
        name: &Ident,
        place: Place,
        seen: &[Ident],
        input: ParseStream,
    ) -> syn::Result<()> {
        let refuse = |message: String| Err(syn::Error::new(name.span(), message));
        let Some(known) = KNOWN.iter().find(|known| name == known.name) else {
            return refuse(text::unknown_option(&name.to_string()));
        };
        if !known.places.contains(&place) {
            return refuse(text::misplaced_option(known.name, place));
        }
        if seen.contains(name) {
            return refuse(text::duplicate_option(known.name));
        }
        let given = parse_value(known, name.span(), input)?;
        match (known.name, given) {
            ("skip", Given::Names(names)) => self.skip = names,
            ("version", Given::Text(version)) => self.version = Some(version),
            ("code", Given::Word(word)) => self.code = Code::from_word(&word),
            ("fingerprint", _) => self.by_graph = true,
            ("name", Given::Text(name)) => self.name = Some(name),
            ("node", Given::Name(name)) => self.companion = Companion::Renamed(name),
            ("crate", Given::Path(path)) => self.krate = Some(path),
            ("in_memory", _) => self.in_memory = true,
            ("cache_err", _) => self.cache_err = true,
            ("no_node", _) => self.companion = Companion::Left,
            _ => unreachable!("the form of each option is the table's"),
        }
        Ok(())
    }
}

fn parse_value(known: &Known, span: Span, input: ParseStream) -> syn::Result<Given> {
    let malformed = |span| syn::Error::new(span, text::malformed_option(known));
    let assigned = || -> syn::Result<()> {
        match input.parse::<Option<Token![=]>>()? {
            Some(_) if !input.is_empty() => Ok(()),
            _ => Err(malformed(span)),
        }
    };
    match known.form {
        Form::Flag if input.is_empty() || input.peek(Token![,]) => Ok(Given::Flag),
        Form::Flag if input.peek(Ident::peek_any) => {
            Err(syn::Error::new(input.span(), text::comma_expected()))
        }
        Form::Flag => Err(malformed(span)),
        Form::Text => {
            assigned()?;
            let text: LitStr = input.parse().map_err(|error| malformed(error.span()))?;
            match text.value().is_empty() {
                true => Err(malformed(text.span())),
                false => Ok(Given::Text(text)),
            }
        }
        Form::Name => {
            assigned()?;
            let name = input.parse().map_err(|error| malformed(error.span()))?;
            Ok(Given::Name(name))
        }
        Form::Word(words) => {
            assigned()?;
            let word = input.call(Ident::parse_any);
            let word = word.map_err(|error| malformed(error.span()))?;
            match words.iter().any(|known| word == known) {
                true => Ok(Given::Word(word)),
                false => Err(malformed(word.span())),
            }
        }
        Form::Path => {
            assigned()?;
            let path = input.call(Path::parse_mod_style);
            Ok(Given::Path(path.map_err(|error| malformed(error.span()))?))
        }
        Form::Names => {
            if !input.peek(token::Paren) {
                return Err(malformed(span));
            }
            let content;
            parenthesized!(content in input);
            let names =
                Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)
                    .map_err(|error| malformed(error.span()))?;
            match names.is_empty() {
                true => Err(malformed(span)),
                false => Ok(Given::Names(names.into_iter().collect())),
            }
        }
    }
}

/// After a wrong option, the next ones are still looked at.
fn skip_to_comma(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn read(tokens: TokenStream, place: Place) -> (Options, Vec<String>) {
        let mut errors = Errors::default();
        let options = Options::default().read(tokens, place, &mut errors);
        (options, errors.messages())
    }

    #[test]
    fn every_option_is_read() {
        let (options, errors) = read(
            quote!(
                skip(a, self),
                in_memory,
                version = "2",
                name = "x::y",
                cache_err,
                code = item,
                fingerprint = graph,
                node = n,
                crate = a::dug,
            ),
            Place::Function,
        );
        assert_eq!(errors, [""; 0]);
        assert_eq!(options.skip, ["a", "self"]);
        assert!(options.in_memory && options.cache_err && options.by_graph);
        assert_eq!(options.code, Code::Item);
        assert_eq!(options.version.unwrap().value(), "2");
        assert_eq!(options.name.unwrap().value(), "x::y");
        assert!(matches!(options.companion, Companion::Renamed(name) if name == "n"));
        assert_eq!(options.krate.unwrap().segments.len(), 2);
    }

    #[test]
    fn a_methods_options_come_on_top_of_its_blocks() {
        let mut errors = Errors::default();
        let block = Options::default().read(
            quote!(in_memory, no_node, code = item),
            Place::Block,
            &mut errors,
        );
        let method = block.read(
            quote!(node = other, skip(x), code = crate),
            Place::Method,
            &mut errors,
        );
        assert!(errors.is_empty());
        assert!(method.in_memory);
        assert_eq!(method.code, Code::Crate);
        assert!(matches!(method.companion, Companion::Renamed(_)));
    }

    #[test]
    fn all_wrong_options_are_reported() {
        let wrong = quote!(
            inmemory,
            version = 2,
            skip,
            in_memory = true,
            code = shallow,
            cache_err
        );
        let (options, errors) = read(wrong, Place::Function);
        assert_eq!(errors.len(), 5, "{errors:?}");
        assert!(options.cache_err);
        let (_, errors) = read(quote!(skip(a), name = "x"), Place::Block);
        assert_eq!(errors.len(), 2, "{errors:?}");
        let (_, errors) = read(quote!(node = a, no_node), Place::Function);
        assert_eq!(errors.len(), 1, "{errors:?}");
        let (_, errors) = read(quote!(in_memory, in_memory), Place::Function);
        assert_eq!(errors.len(), 1, "{errors:?}");
        let (_, errors) = read(quote!(in_memory cache_err), Place::Function);
        assert_eq!(errors.len(), 1, "{errors:?}");
    }
}
