//! Arguments read back from their encoding, or from what people wrote: for a
//! call, or only to look at them. They are read one after the other;
//! what it reads them for is decided here.

use super::Function;
use crate::codec;
use crate::codec::passed::{self, Passed};
use crate::error::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

impl Function {
    /// The printed arguments.
    ///
    /// # Errors
    /// [`Error::NotCallable`], if they cannot be read back from their encoding, to its last byte.
    pub(crate) fn read_arguments(&self, arguments: &[u8]) -> Result<String, Error> {
        let reader = self.look(arguments, Reading::Printing(String::new()))?;
        match reader.reading {
            Reading::Printing(text) => Ok(text),
            _ => unreachable!("a reader goes on as it began"),
        }
    }

    /// Where each argument ends in the encoding.
    ///
    /// # Errors
    /// As [`read_arguments`](Self::read_arguments).
    pub(crate) fn ends(&self, arguments: &[u8]) -> Result<Vec<u32>, Error> {
        let start = passed::without_tail(arguments).len();
        let reader = self.look(arguments, Reading::Measuring(start, Vec::new()))?;
        match reader.reading {
            Reading::Measuring(_, ends) => Ok(ends),
            _ => unreachable!("a reader goes on as it began"),
        }
    }

    /// The arguments as people write them.
    ///
    /// # Errors
    /// As [`read_arguments`](Self::read_arguments); and if JSON cannot hold them.
    pub(crate) fn arguments_to_json(&self, arguments: &[u8]) -> Result<Vec<Json>, Error> {
        let reader = self.look(arguments, Reading::ToJson(Vec::new()))?;
        match reader.reading {
            Reading::ToJson(written) => Ok(written),
            _ => unreachable!("a reader goes on as it began"),
        }
    }

    /// The encoding of arguments that people wrote, each by itself; what is not given is left open.
    ///
    /// # Errors
    /// [`Error::NotCallable`], if they are not what the function takes.
    pub(crate) fn arguments_from_json(
        &self,
        written: Vec<Option<Json>>,
    ) -> Result<Vec<Option<Box<[u8]>>>, Error> {
        let reading = Reading::FromJson(written.into_iter(), Vec::new());
        let reader = self.look(&[], reading)?;
        match reader.reading {
            Reading::FromJson(rest, encoded) if rest.len() == 0 => Ok(encoded),
            _ => Err(self.refused("there are more arguments than the function takes")),
        }
    }

    fn look<'a>(&self, bytes: &'a [u8], reading: Reading) -> Result<Arguments<'a>, Error> {
        let mut reader = Arguments::for_reading(bytes, reading);
        self.read(&mut reader)?;
        match reader.bytes {
            [] => Ok(reader),
            _ => Err(self.refused("there are more arguments than the function takes")),
        }
    }

    /// The parts of a pattern as people write them.
    ///
    /// # Errors
    /// As [`arguments_to_json`](Self::arguments_to_json).
    pub(crate) fn parts_to_json(
        &self,
        parts: &[Option<Box<[u8]>>],
    ) -> Result<Vec<Option<Json>>, Error> {
        let reading = Reading::PartsToJson(Vec::from(parts).into_iter(), Vec::new());
        let reader = self.look(&[], reading)?;
        match reader.reading {
            Reading::PartsToJson(rest, written) if rest.len() == 0 => Ok(written),
            _ => Err(self.refused("the pattern has more arguments than the function takes")),
        }
    }

    /// Looks whether each part of a pattern is an argument of the function.
    ///
    /// # Errors
    /// [`Error::NotCallable`], if one is not.
    pub(crate) fn check_parts(&self, parts: &[Option<Box<[u8]>>]) -> Result<(), Error> {
        match self.is_callable() {
            true => self.parts_to_json(parts).map(drop),
            false => Ok(()),
        }
    }

    /// The parts of a pattern, printed; `_` for one that is open.
    pub(crate) fn print_parts(&self, parts: &[Option<Box<[u8]>>]) -> Vec<String> {
        let printed = parts.iter().enumerate().map(|(place, part)| {
            let reading = Reading::Part(place, part.as_deref()?.into(), None);
            // What comes after the part is not looked at: the reading ends there.
            let mut reader = Arguments::for_reading(&[], reading);
            let _ = self.read(&mut reader);
            match reader.reading {
                Reading::Part(_, _, text) => text,
                _ => None,
            }
        });
        let open = |place: usize| match parts[place] {
            Some(_) => "..".to_owned(),
            None => "_".to_owned(),
        };
        let printed = printed.enumerate();
        printed
            .map(|(place, text)| text.unwrap_or_else(|| open(place)))
            .collect()
    }
}

/// The encoded arguments of a node, read back one by one.
#[derive(Debug)]
pub struct Arguments<'a> {
    bytes: &'a [u8],
    /// What the handles hold that follow.
    passed: std::vec::IntoIter<Passed>,
    reading: Reading,
}

/// What arguments are read for.
#[derive(Debug)]
enum Reading {
    Calling,
    /// The text so far.
    Printing(String),
    /// How long all of them are, and where those so far end.
    Measuring(usize, Vec<u32>),
    ToJson(Vec<Json>),
    /// How many arguments are passed over, the encoding of the one after them, and its text.
    Part(usize, Box<[u8]>, Option<String>),
    /// The parts of a pattern that follow, and those so far.
    PartsToJson(std::vec::IntoIter<Option<Box<[u8]>>>, Vec<Option<Json>>),
    /// They are not read from bytes. What follows, and the encodings so far.
    FromJson(std::vec::IntoIter<Option<Json>>, Vec<Option<Box<[u8]>>>),
}

impl<'a> Arguments<'a> {
    /// These, to be read.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Arguments::for_reading(bytes, Reading::Calling)
    }

    fn for_reading(bytes: &'a [u8], reading: Reading) -> Self {
        Arguments {
            bytes: passed::without_tail(bytes),
            passed: passed::passed(bytes).into_iter(),
            reading,
        }
    }

    /// Reads the next argument.
    pub fn read<T: DeserializeOwned + Serialize>(&mut self) -> Result<T, Error> {
        let value = self.look()?;
        value.ok_or_else(|| Error::NotCallable {
            node: String::new(),
            reason: "its arguments are only looked at".to_owned(),
        })
    }

    /// Reads the next argument for a call, or else does with it what it is read for.
    pub fn look<T: DeserializeOwned + Serialize>(&mut self) -> Result<Option<T>, Error> {
        self.next::<T>().map_err(|reason| Error::NotCallable {
            node: String::new(),
            reason: format!(
                "an argument of type `{}` does not decode: {reason}",
                std::any::type_name::<T>()
            ),
        })
    }

    /// Whether the function must not be called.
    pub fn is_looking(&self) -> bool {
        !matches!(self.reading, Reading::Calling)
    }

    fn next<T: DeserializeOwned + Serialize>(&mut self) -> Result<Option<T>, String> {
        if let Reading::FromJson(rest, encoded) = &mut self.reading {
            let place = encoded.len() + 1;
            let written = rest
                .next()
                .ok_or_else(|| format!("argument {place} is not given"))?;
            let part = written.map(|written| {
                let value: T =
                    serde_json::from_value(written).map_err(|error| error.to_string())?;
                codec::encode(&value).map_err(|error| error.to_string())
            });
            encoded.push(part.transpose()?.map(Into::into));
            return Ok(None);
        }
        if let Reading::PartsToJson(rest, written) = &mut self.reading {
            let part = rest.next().ok_or("it is not given")?;
            let part =
                part.map(|part| codec::to_json(&codec::decode_argument::<T>(&mut &part[..])?));
            written.push(part.transpose().map_err(|error| error.to_string())?);
            return Ok(None);
        }
        if let Reading::Part(passed, part, text) = &mut self.reading {
            match passed.checked_sub(1) {
                Some(rest) => *passed = rest,
                None if text.is_none() => {
                    let value: T = codec::decode_argument(&mut &part[..])
                        .map_err(|error| error.to_string())?;
                    *text = Some(codec::render(&value));
                }
                None => {}
            }
            return Ok(None);
        }
        let decode = match self.reading {
            Reading::Calling => codec::decode_for_call,
            _ => codec::decode_argument,
        };
        let bytes = &mut self.bytes;
        let value: T = passed::holding(&mut self.passed, || decode(bytes))
            .map_err(|error| error.to_string())?;
        match &mut self.reading {
            Reading::Calling
            | Reading::FromJson(..)
            | Reading::PartsToJson(..)
            | Reading::Part(..) => return Ok(Some(value)),
            Reading::Printing(text) => {
                if !text.is_empty() {
                    text.push_str(", ");
                }
                text.push_str(&codec::render(&value));
            }
            Reading::Measuring(total, ends) => {
                ends.push(u32::try_from(*total - self.bytes.len()).unwrap_or(u32::MAX));
            }
            Reading::ToJson(written) => {
                written.push(codec::to_json(&value).map_err(|error| error.to_string())?);
            }
        }
        Ok(None)
    }
}
