//! How a handle on a value goes through the codec: as an argument it is the identity of what it
//! stands for, in a result it is the value itself.
//!
//! A handle serializes itself as a newtype struct with a name of its own. By that name
//! the codec's serializers know it, and tell it, through a flag of the thread, what they want.

use std::cell::Cell;

/// The name of the newtype struct.
pub(crate) const HANDLE: &str = "$dug::Tracked";

/// What the serializer that meets a handle wants of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Wanted {
    #[default]
    Value,
    Identity,
    /// Itself, as an object.
    Handle,
}

thread_local! {
    /// What the handle is to give whose serialization begins now.
    static WANTED: Cell<Wanted> = const { Cell::new(Wanted::Value) };
    /// Whether handles are met in the parts of a result.
    static IN_RESULT: Cell<bool> = const { Cell::new(false) };
    /// Whether they are decoded for a call.
    static FOR_CALL: Cell<bool> = const { Cell::new(false) };
    /// Whether the codec decodes arguments on this thread.
    static IN_ARGUMENTS: Cell<bool> = const { Cell::new(false) };
}

/// Restores a flag when it is dropped.
struct Restore(&'static std::thread::LocalKey<Cell<bool>>, bool);

impl Drop for Restore {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

/// Encodes with `encode` what is a result: handles in it are their values.
pub(crate) fn as_result<R>(encode: impl FnOnce() -> R) -> R {
    let _restore = Restore(&IN_RESULT, IN_RESULT.replace(true));
    encode()
}

/// Decodes with `decode` what are arguments: handles in them are identities.
pub(crate) fn as_arguments<R>(decode: impl FnOnce() -> R) -> R {
    let _restore = Restore(&IN_ARGUMENTS, IN_ARGUMENTS.replace(true));
    decode()
}

/// As [`as_arguments`], for a call: what handles stand for has to be at hand.
pub(crate) fn for_call<R>(decode: impl FnOnce() -> R) -> R {
    let _restore = Restore(&FOR_CALL, FOR_CALL.replace(true));
    as_arguments(decode)
}

/// Whether a handle that is decoded now is to be dereferenced.
pub(crate) fn is_for_call() -> bool {
    FOR_CALL.get()
}

/// Decodes with `decode` what is a result.
pub(crate) fn out_of_arguments<R>(decode: impl FnOnce() -> R) -> R {
    let _call = Restore(&FOR_CALL, FOR_CALL.replace(false));
    let _restore = Restore(&IN_ARGUMENTS, IN_ARGUMENTS.replace(false));
    decode()
}

/// Whether a handle that is decoded now is an identity.
pub(crate) fn is_identity_next() -> bool {
    IN_ARGUMENTS.get()
}

/// The newtype struct `name` is about to serialize its content: tells it what is wanted, if it is a handle.
#[inline]
pub(super) fn meet(name: &'static str) {
    if name == HANDLE && !IN_RESULT.get() {
        WANTED.set(Wanted::Identity);
    }
}

/// The handle whose serialization begins now is to give itself.
pub(crate) fn want_handle() {
    WANTED.set(Wanted::Handle);
}

/// What the handle is to give that asks, whose serialization has begun.
pub(crate) fn take_wanted() -> Wanted {
    WANTED.take()
}
