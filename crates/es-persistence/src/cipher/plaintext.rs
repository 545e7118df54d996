//! Decrypted states.

use std::{fmt, ops::Deref};

use zeroize::{ZeroizeOnDrop, optimization_barrier};

/// Decrypted bytes. They are overwritten when they are dropped, and never printed.
///
/// States can be large, so they are overwritten as a whole and not byte by byte, as [`zeroize::Zeroizing`] would.
pub struct Plaintext(Vec<u8>);

impl From<Vec<u8>> for Plaintext {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Deref for Plaintext {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(feature = "encryption")]
impl Plaintext {
    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Plaintext {
    fn drop(&mut self) {
        self.0.fill(0);
        // Without the fence, the compiler would leave out writes that nobody reads.
        optimization_barrier(self.0.as_slice());
    }
}

impl ZeroizeOnDrop for Plaintext {}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plaintext({} bytes)", self.0.len())
    }
}
