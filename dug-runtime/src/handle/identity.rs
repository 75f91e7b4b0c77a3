//! Handles among arguments: written as the node that they came from, and read back from that.

use super::load::called;
use super::{FOUND, Handle, Inner, STORED, Tracked};
use crate::bounds::StoredResult;
use crate::codec::passed::{self, Passed};
use crate::codec::{self, Wanted};
use crate::digest::Fingerprint;
use crate::id::NodeId;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What the codec writes of a handle that is an argument. The fingerprint of one that is named goes
/// [another way](codec::passed).
#[derive(Serialize, Deserialize)]
enum Identity {
    Named {
        function: String,
        arguments: Vec<u8>,
        text: String,
    },
    Anonymous(Fingerprint),
}

impl<T: StoredResult + Send + Sync + 'static> Serialize for Tracked<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(codec::HANDLE, &Content(self))
    }
}

/// What is inside the newtype struct.
struct Content<'a, T>(&'a Tracked<T>);

impl<T: StoredResult + Send + Sync + 'static> Serialize for Content<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match codec::take_wanted() {
            Wanted::Value if self.0.is_name() => Err(serde::ser::Error::custom(
                "of the handle, only the node is known",
            )),
            Wanted::Value => self.0.shared().serialize(serializer),
            Wanted::Identity => self.0.identity().serialize(serializer),
            Wanted::Handle => {
                let handle: Arc<dyn Handle> = Arc::new(self.0.clone());
                FOUND.with(|found| found.replace(Some(handle)));
                Err(serde::ser::Error::custom("a handle is looked for"))
            }
        }
    }
}

impl<T: StoredResult + Send + Sync + 'static> Tracked<T> {
    /// Whether nothing is known but the node, which would have to be called.
    pub(super) fn is_name(&self) -> bool {
        let Inner {
            value,
            stamp,
            fingerprint,
            ..
        } = &*self.0;
        stamp.is_none() && value.get().is_none() && fingerprint.get().is_none()
    }

    fn identity(&self) -> Identity {
        let Some(id) = &self.0.origin else {
            return Identity::Anonymous(self.fingerprint());
        };
        if !self.is_name() {
            passed::meet(Passed {
                fingerprint: self.fingerprint(),
                below: passed::levels(id.arguments()),
            });
        }
        Identity::Named {
            function: id.function().to_owned(),
            arguments: id.identity().into_owned(),
            text: id.to_string(),
        }
    }
}

impl<'de, T: StoredResult + Send + Sync + 'static> Deserialize<'de> for Tracked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if let Some(stored) = STORED.take() {
            return Ok(Tracked::on(stored));
        }
        deserializer.deserialize_newtype_struct(codec::HANDLE, Inside(PhantomData))
    }
}

impl<T: StoredResult + Send + Sync + 'static> Tracked<T> {
    /// A handle of which only the identity is known, and perhaps what it held.
    fn of_identity(identity: Identity, held: Option<Passed>) -> Self {
        let (function, arguments, text) = match identity {
            Identity::Anonymous(fingerprint) => return Self::of_parts(None, Some(fingerprint)),
            Identity::Named {
                function,
                arguments,
                text,
            } => (function, arguments, text),
        };
        let below = held.as_ref().map_or(&[][..], |held| &held.below);
        let arguments = match below {
            [] => arguments,
            below => passed::with_tail(passed::without_tail(&arguments), below),
        };
        let origin = NodeId::from_parts(function, &arguments, text);
        Self::of_parts(Some(origin), held.map(|held| held.fingerprint))
    }
}

struct Inside<T>(PhantomData<T>);

impl<'de, T: StoredResult + Send + Sync + 'static> Visitor<'de> for Inside<T> {
    type Value = Tracked<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value, or the identity of one")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Tracked<T>, D::Error> {
        match codec::is_identity_next() {
            true => {
                let identity = Identity::deserialize(deserializer)?;
                let held = match identity {
                    Identity::Named { .. } => passed::next(),
                    Identity::Anonymous(_) => None,
                };
                let gone = "what the handle stands for is gone";
                // A guard may do without what a handle holds.
                let guarding = crate::staleness::is_guarding();
                let handle = match (codec::is_for_call() && !guarding, identity) {
                    (
                        true,
                        Identity::Named {
                            function,
                            arguments,
                            text,
                        },
                    ) if held.is_none() => called(&NodeId::from_parts(function, &arguments, text)),
                    (for_call, identity) => {
                        let handle: Tracked<T> = Tracked::of_identity(identity, held);
                        if guarding && !handle.is_name() {
                            handle.is_at_hand();
                        }
                        (!for_call || handle.is_to_be_had()).then_some(handle)
                    }
                };
                handle.ok_or_else(|| serde::de::Error::custom(gone))
            }
            false => T::deserialize(deserializer).map(Tracked::new),
        }
    }
}
