//! The first byte of a state: what was done to the bytes that follow.

use std::fmt;

/// What a state begins with when it is not JSON.
///
/// JSON states have no such byte: they begin with the first character of JSON, which is none of these. All others begin
/// with a byte below 0x20, one for each thing that was done, the last one first: an encrypted state holds a compressed
/// one, which holds one in MessagePack. So a state that was written under one setting can be read under any other.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateFormat(u8);

/// The numbers that this library leaves to others begin here.
const OWN: u8 = 0x10;
/// How many there are.
const OWNS: u8 = 0x10;

impl StateFormat {
    /// Ciphertext with a header, as [`Aes256GcmCipher`](crate::cipher::Aes256GcmCipher) writes it.
    pub const ENCRYPTED: Self = Self(0x01);
    /// MessagePack.
    pub const MESSAGE_PACK: Self = Self(0x02);
    /// A zlib stream (RFC 1950).
    pub const ZLIB: Self = Self(0x03);
    /// A zstd frame (RFC 8878) with its content size and, if it has one, the ID of its dictionary.
    pub const ZSTD: Self = Self(0x04);

    /// A format of your own, by a number from 0 to 15: or `None` for greater ones. What has been written under it keeps
    /// it for ever, and no two formats of an application may share one.
    #[must_use]
    pub const fn own(number: u8) -> Option<Self> {
        if number < OWNS { Some(Self(OWN + number)) } else { None }
    }

    /// Returns the feature of this crate that reads the format and that the program is built without.
    pub(crate) fn missing_feature(self) -> Option<&'static str> {
        let features = [
            (Self::ENCRYPTED, "encryption", cfg!(feature = "encryption")),
            (Self::MESSAGE_PACK, "messagepack", cfg!(feature = "messagepack")),
            (Self::ZLIB, "zlib", cfg!(feature = "zlib")),
            (Self::ZSTD, "zstd", cfg!(feature = "zstd")),
        ];
        let missing = features
            .into_iter()
            .find(|(format, _, is_on)| *format == self && !is_on);
        missing.map(|(_, name, _)| name)
    }

    /// Returns the byte.
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The format of `state`, or `None` when it is JSON or empty.
    pub fn of(state: &[u8]) -> Option<Self> {
        state.first().copied().filter(|byte| !is_json_start(*byte)).map(Self)
    }
}

/// Whether JSON written by anybody may begin with `byte`.
const fn is_json_start(byte: u8) -> bool {
    matches!(
        byte,
        b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b' ' | b'\t' | b'\n' | b'\r'
    )
}

impl fmt::Debug for StateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x}", self.0)
    }
}

impl fmt::Display for StateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_format_is_a_beginning_of_json() {
        let formats = [
            StateFormat::ENCRYPTED,
            StateFormat::MESSAGE_PACK,
            StateFormat::ZLIB,
            StateFormat::ZSTD,
        ];
        let own = (0..OWNS).filter_map(StateFormat::own);
        for format in formats.into_iter().chain(own) {
            assert!(!is_json_start(format.byte()), "{format}");
        }
        assert_eq!(StateFormat::own(OWNS), None);
    }
}
