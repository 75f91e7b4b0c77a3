//! Digests of several texts, told apart.

use blake3::Hasher;

/// Adds bytes behind their number: where one ends and the next begins makes a difference.
pub(crate) fn counted(hasher: &mut Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

/// The digest of these, in their order.
pub(crate) fn digest_of_parts<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> [u8; 32] {
    let mut hasher = Hasher::new();
    for part in parts {
        counted(&mut hasher, part.as_ref());
    }
    *hasher.finalize().as_bytes()
}
