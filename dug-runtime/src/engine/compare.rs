//! Whether two values are equal: by their encodings, or by their fingerprints. What panics differs.

use crate::digest::Fingerprint;
use crate::graph::{Content, NodeIx, ValueIx};
use crate::stamp::Stamp;
use crate::tree::Locked;
use crate::value::EncodeValue;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Whether two values of the node have equal encodings; or equal fingerprints, where one of them is not in
/// memory or cannot be encoded, and where a store tells them apart by their computation: what is above would not
/// be found again there. Runs user code, without the lock.
pub(crate) fn same_value(
    graph: &mut Locked<'_>,
    node: NodeIx,
    then: ValueIx,
    now: ValueIx,
) -> bool {
    if graph.values.known_equal(then, now) {
        return true;
    }
    let encode = graph.values.encode(then);
    let [stamp, other] = [then, now].map(|value| graph.values.stamp(value));
    let is_by_graph = graph.nodes.function(node).is_by_graph();
    let by_fingerprint = is_by_graph && stamp.is_some() && other.is_some();
    let [a, b] = [then, now].map(|value| graph.values.content(value));
    let by_encoding = encode.is_some() && !by_fingerprint;
    if let (Content::Held(a), Content::Held(b)) = (a, b)
        && by_encoding
        && a.is_plain()
        && b.is_plain()
    {
        let equal = a.is_same_as(b);
        if equal {
            graph.values.set_equal(then, now);
        }
        return equal;
    }
    let [a, b] = [a, b].map(Content::clone);
    let [stamp, other] = [stamp, other].map(Option::<&Arc<Stamp>>::cloned);
    graph.values.retain(now);
    let equal = graph.unlocked(move || match (&a, &b) {
        (Content::Held(_), Content::Held(_)) if by_encoding => have_equal_encodings(encode, &a, &b),
        _ => {
            let then = fingerprint_of(&a, stamp.as_deref(), encode);
            then.is_some() && then == fingerprint_of(&b, other.as_deref(), encode)
        }
    });
    if equal {
        graph.values.set_equal(then, now);
    }
    graph.release_value(now);
    equal
}

/// The fingerprint of a value of the tree, which the caller holds. Runs user code, without the lock.
pub(crate) fn fingerprint(graph: &mut Locked<'_>, value: ValueIx) -> Option<Fingerprint> {
    let content = graph.values.content(value).clone();
    let encode = graph.values.encode(value);
    let stamp = match &content {
        Content::Held(_) => Some(graph.values.stamp_of(value)),
        Content::Unloaded(_) => graph.values.stamp(value).cloned(),
    };
    graph.unlocked(move || fingerprint_of(&content, stamp.as_deref(), encode))
}

/// The fingerprint of a value. Runs user code.
fn fingerprint_of(
    content: &Content,
    stamp: Option<&Stamp>,
    encode: Option<EncodeValue>,
) -> Option<Fingerprint> {
    match (content, stamp, encode) {
        // What is unloaded has left that of its content, which is not how all are told apart.
        (Content::Unloaded(of_content), stamp, _) => {
            let of_stamp = stamp.and_then(Stamp::fingerprint);
            of_stamp.or(of_content.as_deref().copied())
        }
        (Content::Held(_), Some(stamp), _) => stamp.fingerprint(),
        (Content::Held(value), None, Some(encode)) => {
            let encoded = catch_unwind(AssertUnwindSafe(|| encode(&**value)));
            Some(Fingerprint::of_encoding(&encoded.ok()?.ok()?))
        }
        _ => None,
    }
}

/// Whether the contents have equal encodings, as far as they are left. What panics differs.
pub(crate) fn have_equal_encodings(encode: Option<EncodeValue>, a: &Content, b: &Content) -> bool {
    catch_unwind(AssertUnwindSafe(|| compare(encode, a, b))).unwrap_or(false)
}

fn compare(encode: Option<EncodeValue>, a: &Content, b: &Content) -> bool {
    let Some(encode) = encode else { return false };
    let digest = |content: &Content| match content {
        Content::Held(value) => {
            let bytes = encode(&**value).ok()?;
            Some(Fingerprint::of_encoding(&bytes))
        }
        Content::Unloaded(fingerprint) => fingerprint.as_deref().copied(),
    };
    match (a, b) {
        (Content::Held(a), Content::Held(b)) => match (encode(&**a), encode(&**b)) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        },
        _ => matches!((digest(a), digest(b)), (Some(a), Some(b)) if a == b),
    }
}
