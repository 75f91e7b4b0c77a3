//! What makes two scenarios one: digests of their tweaks, in an order that
//! does not depend on how they were given where that does not matter.

use crate::codec;
use crate::error::Error;
use crate::function::Function;
use crate::tweak::{Action, InForce, Selector, Tweak, Wide};
use blake3::Hasher;
use std::any::TypeId;
use std::hash::{Hash, Hasher as _};
use std::sync::Arc;

/// The digest of a set of tweaks.
pub(super) fn of_level(tweaks: &InForce) -> [u8; 32] {
    let mut exact: Vec<[u8; 32]> = Vec::new();
    let mut wide: Vec<&Tweak> = Vec::new();
    for tweak in tweaks.iter() {
        match &tweak.selector {
            Ok(Selector::Exact(_)) => exact.push(digest_of(tweak)),
            _ => wide.push(tweak),
        }
    }
    exact.sort_unstable();
    let mut hasher = Hasher::new();
    hasher.update(b"dug scenario");
    hasher.update(&(exact.len() as u64).to_le_bytes());
    for digest in exact.into_iter().chain(in_normal_order(&wide)) {
        hasher.update(&digest);
    }
    *hasher.finalize().as_bytes()
}

/// The digests of wide tweaks, in the least of the orders that mean the same: those that no
/// node can tell apart change places.
fn in_normal_order(tweaks: &[&Tweak]) -> Vec<[u8; 32]> {
    let mut rest: Vec<(&Tweak, [u8; 32])> = tweaks
        .iter()
        .map(|tweak| (*tweak, digest_of(tweak)))
        .collect();
    let mut ordered = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let is_first = |place: usize| {
            let before = rest[..place].iter();
            before
                .clone()
                .all(|(other, _)| commute(other, rest[place].0))
        };
        let next = (0..rest.len())
            .filter(|place| is_first(*place))
            .min_by_key(|place| rest[*place].1);
        let Some(next) = next else { break };
        ordered.push(rest.remove(next).1);
    }
    ordered
}

/// Whether it does not matter which of the two was given first.
fn commute(a: &Tweak, b: &Tweak) -> bool {
    let (Some(a), Some(b)) = (a.wide(), b.wide()) else {
        return true;
    };
    if a.is_whole() || b.is_whole() || !std::ptr::eq(a.item(), b.item()) {
        return true;
    }
    match (a, b) {
        (Wide::Pattern { parts: a, .. }, Wide::Pattern { parts: b, .. }) => {
            let mut parts = a.iter().zip(b.iter());
            parts.any(|(a, b)| matches!((a, b), (Some(a), Some(b)) if a != b))
        }
        _ => false,
    }
}

fn digest_of(tweak: &Tweak) -> [u8; 32] {
    // Tweaks of a scenario have a digest: they were refused otherwise.
    tweak.digest().unwrap_or_default()
}

impl Tweak {
    /// What makes it equal to others.
    ///
    /// # Errors
    /// If an argument or the value refuses to be encoded.
    pub(crate) fn digest(&self) -> Result<[u8; 32], Error> {
        if let Some(digest) = self.digest.get() {
            return Ok(*digest);
        }
        let digest = of_tweak(self)?;
        Ok(*self.digest.get_or_init(|| digest))
    }
}

/// The digest of one tweak.
///
/// # Errors
/// If an argument or the value refuses to be encoded.
fn of_tweak(tweak: &Tweak) -> Result<[u8; 32], Error> {
    let selector = tweak.selector.as_ref().map_err(Error::clone)?;
    let mut hasher = Hasher::new();
    hash_selector(&mut hasher, selector);
    let function = selector.function();
    match &tweak.action {
        Action::Value(value) => match selector.encode_result() {
            Some(encode) => {
                let bytes = encode(&**value).map_err(|error| refused(selector, &error))?;
                hasher.update(b"value");
                hasher.update(&bytes);
            }
            None => {
                // It is equal to itself only, which the scenario holds.
                hasher.update(b"object");
                hasher.update(&value.identity().to_le_bytes());
            }
        },
        Action::Closure(closure) => {
            hasher.update(b"closure");
            hasher.update(&Arc::as_ptr(closure).addr().to_le_bytes());
        }
        Action::Arithmetic(arithmetic) => {
            let encoded = (arithmetic.encode)(&*arithmetic.operand);
            let bytes = encoded.map_err(|error| refused(selector, &error))?;
            let own = function
                .and_then(Function::results)
                .is_some_and(|results| arithmetic.is_of((results.type_id)()));
            hasher.update(b"arithmetic");
            hasher.update(&[arithmetic.operator as u8, u8::from(own)]);
            if !own {
                hash_type(&mut hasher, arithmetic.operand_type);
            }
            hasher.update(&bytes);
        }
    }
    Ok(*hasher.finalize().as_bytes())
}

fn refused(selector: &Selector, error: &codec::CodecError) -> Error {
    Error::Unencodable {
        node: selector.to_string(),
        message: error.to_string(),
    }
}

/// Types that encode alike may compute otherwise.
fn hash_type(hasher: &mut Hasher, of: TypeId) {
    let mut hash = std::hash::DefaultHasher::new();
    of.hash(&mut hash);
    hasher.update(&hash.finish().to_le_bytes());
}

fn hash_selector(hasher: &mut Hasher, selector: &Selector) {
    let text = |hasher: &mut Hasher, kind: &[u8], text: &str| {
        hasher.update(kind);
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    match selector {
        Selector::Exact(exact) | Selector::Wide(Wide::Identity(exact)) => {
            text(hasher, b"exact", exact.function.path());
            hasher.update(exact.arguments.as_slice());
        }
        Selector::Wide(Wide::Whole(function)) => text(hasher, b"whole", function.path()),
        Selector::Wide(Wide::Every(item)) => {
            hasher.update(b"every");
            hasher.update(&std::ptr::from_ref(*item).addr().to_le_bytes());
        }
        Selector::Wide(Wide::Guard { function, guard }) => {
            text(hasher, b"guard", function.path());
            hasher.update(&guard.uid.to_le_bytes());
        }
        Selector::Wide(Wide::Pattern { function, parts }) => {
            text(hasher, b"pattern", function.path());
            for part in parts.iter() {
                let length = part.as_ref().map_or(u64::MAX, |part| part.len() as u64);
                hasher.update(&length.to_le_bytes());
                hasher.update(part.as_deref().unwrap_or_default());
            }
        }
    }
}
