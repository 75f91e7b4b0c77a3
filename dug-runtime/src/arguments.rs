//! The encoded arguments of a node, kept.

use crate::codec::Buffer;
use std::sync::Arc;

/// Encoded arguments that are kept. Short ones lie inline.
#[derive(Clone)]
pub(crate) enum Arguments {
    Inline {
        len: u8,
        bytes: [u8; Arguments::INLINE],
    },
    Shared(Arc<[u8]>),
}

impl Arguments {
    const INLINE: usize = 30;

    pub(crate) fn new(bytes: &[u8]) -> Self {
        if bytes.len() <= Self::INLINE {
            let mut inline = [0; Self::INLINE];
            inline[..bytes.len()].copy_from_slice(bytes);
            Arguments::Inline {
                len: bytes.len() as u8,
                bytes: inline,
            }
        } else {
            Arguments::Shared(bytes.into())
        }
    }

    /// As [`new`](Self::new); long ones are shared.
    pub(crate) fn of_shared(bytes: &Arc<[u8]>) -> Self {
        match bytes.len() <= Self::INLINE {
            true => Self::new(bytes),
            false => Arguments::Shared(Arc::clone(bytes)),
        }
    }

    /// Whether these are the bytes of the buffer.
    #[inline]
    pub(crate) fn are(&self, buffer: &Buffer) -> bool {
        match self {
            // Behind the bytes there are zeros in both.
            Arguments::Inline { len, bytes } => {
                usize::from(*len) == buffer.len() && buffer.is_padded(bytes)
            }
            Arguments::Shared(bytes) => **bytes == **buffer,
        }
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Arguments::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Arguments::Shared(bytes) => bytes,
        }
    }
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_slice().fmt(out)
    }
}
