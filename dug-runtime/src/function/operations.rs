//! What can be done with the nodes and the results of a function, by type.

use super::Arguments;
use crate::codec::{self, CodecError};
use crate::error::Error;
use crate::handle::{Handle, Stored, handle_of, is_handle, on_stored};
use crate::tweak::Numbers;
use crate::value::{EncodeValue, Erased, Value, encode_value, expect_ref};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

/// Runs a node from its encoded arguments, or only prints them.
pub trait CallById: Sync {
    /// What the call returns, if the arguments are read for one.
    fn call(&self, arguments: &mut Arguments<'_>) -> Result<Option<Erased>, Error>;
}

/// The same as a function.
pub type CallFunction = fn(&mut Arguments<'_>) -> Result<Option<Erased>, Error>;

impl CallById for CallFunction {
    fn call(&self, arguments: &mut Arguments<'_>) -> Result<Option<Erased>, Error> {
        self(arguments)
    }
}

impl fmt::Debug for dyn CallById {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("CallById")
    }
}

/// Reads the next argument, if it is read for a call.
pub type ReadArgument<T> = fn(&mut Arguments<'_>) -> Result<Option<T>, Error>;

/// The types that the arguments of a function are read back as, a tuple.
pub trait ReadBack {
    /// Reads each.
    type Read: Sync;
    /// Calls a function with them.
    type Call<R>: Sync;
}

/// A function, and how its arguments are read. Data: functions of the same types share the code.
pub struct Callable<A: ReadBack, R> {
    /// Reads the arguments.
    pub read: A::Read,
    /// Calls the function with them.
    pub call: A::Call<R>,
    /// Erases the type of what it returns.
    pub erase: fn(R) -> Erased,
}

macro_rules! of_so_many {
    ($($A:ident $H:ident $a:ident)*) => {
        impl<$($A),*> ReadBack for ($($A,)*) {
            type Read = ($(ReadArgument<$A>,)*);
            type Call<R> = fn($($A),*) -> R;
        }

        impl<$($A,)* R> CallById for Callable<($($A,)*), R> {
            fn call(&self, arguments: &mut Arguments<'_>) -> Result<Option<Erased>, Error> {
                let ($($a,)*) = &self.read;
                $(let $a = $a(arguments)?;)*
                // Of no arguments, none says so.
                if arguments.is_looking() {
                    return Ok(None);
                }
                $(let Some($a) = $a else { return Ok(None) };)*
                Ok(Some((self.erase)((self.call)($($a),*))))
            }
        }
    };
}

up_to_24!(of_so_many);

/// Where the first of two encodings ends.
type Split = fn(&[u8]) -> Result<(&[u8], &[u8]), CodecError>;

/// What can be done with results that have an encoding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Results {
    pub(crate) encode: EncodeValue,
    /// Whether a result may hold more than its own bytes.
    pub(crate) has_heap: bool,
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) type_name: fn() -> &'static str,
    /// A digest of the names and the types that serializing a result goes through.
    pub(crate) shape: fn(&(dyn Any + Send + Sync)) -> u64,
    /// Whether results are handles.
    pub(crate) are_handles: fn() -> bool,
    /// The handle that a result is, if it is one.
    pub(crate) handle: fn(&(dyn Any + Send + Sync)) -> Option<Arc<dyn Handle>>,
    /// A handle on a stored result, if that is what the function returns.
    pub(crate) on_stored: fn(Stored) -> Option<Value>,
    pub(crate) decode: fn(&[u8]) -> Result<Value, CodecError>,
    pub(crate) render: fn(&(dyn Any + Send + Sync)) -> String,
    pub(crate) to_json: fn(&(dyn Any + Send + Sync)) -> Result<Json, CodecError>,
    pub(crate) from_json: fn(Json) -> Result<Value, CodecError>,
    /// The encodings of two results, one behind the other.
    pub(crate) split: Split,
}

impl Results {
    const fn of<R: Serialize + DeserializeOwned + Send + Sync + 'static>() -> Self {
        Results {
            encode: encode_value::<R>,
            has_heap: std::mem::needs_drop::<R>(),
            type_id: TypeId::of::<R>,
            type_name: std::any::type_name::<R>,
            shape: |value| codec::shape(expect_ref::<R>(value)),
            decode: |bytes| Ok(Value::new(codec::decode_result::<R>(bytes)?)),
            are_handles: is_handle::<R>,
            handle: |value| handle_of(expect_ref::<R>(value)),
            on_stored: on_stored::<R>,
            render: |value| codec::render(expect_ref::<R>(value)),
            to_json: |value| codec::to_json(expect_ref::<R>(value)),
            from_json: |json| Ok(Value::new(codec::from_json::<R>(json)?)),
            split: |bytes| {
                let mut rest = bytes;
                codec::decode_front::<R>(&mut rest)?;
                Ok((&bytes[..bytes.len() - rest.len()], rest))
            },
        }
    }
}

/// What can be done with the nodes of a function, by type.
#[derive(Debug)]
pub struct Operations {
    pub(super) call: Result<&'static dyn CallById, &'static str>,
    /// `None`: the results have no encoding, and no two of them count as equal.
    pub(super) results: Option<Results>,
    pub(super) numbers: Numbers,
    /// Whether the function has the same path in every process.
    pub(super) lasting: bool,
    /// How what is read is encoded, if it is the world outside that the function reads.
    pub(super) input: Option<EncodeValue>,
    /// Whether that is a value under a name, which contexts bind.
    pub(super) named: bool,
}

impl Operations {
    /// Of a function whose results can be encoded. `call` says how to call it by id, or why that cannot be.
    /// `numbers` says what can be computed with results.
    pub const fn stored<R: Serialize + DeserializeOwned + Send + Sync + 'static>(
        call: Result<&'static dyn CallById, &'static str>,
        numbers: Numbers,
    ) -> Self {
        Operations {
            call,
            results: Some(Results::of::<R>()),
            numbers,
            lasting: true,
            input: None,
            named: false,
        }
    }

    /// Of a function that is `in_memory`: its results need no encoding.
    pub const fn in_memory(call: Result<&'static dyn CallById, &'static str>) -> Self {
        Operations {
            call,
            results: None,
            numbers: Numbers::NONE,
            lasting: true,
            input: None,
            named: false,
        }
    }

    /// Of a read of the world outside, that tells what it reads by its encoding.
    pub(crate) const fn input<R: Serialize + Send + Sync + 'static>(
        call: &'static dyn CallById,
    ) -> Self {
        let mut operations = Operations::in_memory(Ok(call));
        operations.input = Some(encode_value::<R>);
        operations
    }

    /// As [`input`](Self::input), of values under names that contexts bind.
    pub(crate) const fn named_input<R: Serialize + Send + Sync + 'static>(
        call: &'static dyn CallById,
    ) -> Self {
        let mut operations = Operations::input::<R>(call);
        operations.named = true;
        operations
    }

    /// Of a function whose path says nothing to other processes.
    pub(crate) const fn passing(reason: &'static str) -> Self {
        let mut operations = Operations::in_memory(Err(reason));
        operations.lasting = false;
        operations
    }
}
