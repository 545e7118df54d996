//! Bytes as base64 in JSON.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, display::Base64Display, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Bytes that are base64 text in JSON.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Base64<'a>(pub(crate) Cow<'a, [u8]>);

#[cfg(feature = "server")]
impl Base64<'_> {
    /// How long the text of `len` bytes is.
    pub(crate) const fn text_len(len: usize) -> usize {
        len.div_ceil(3).saturating_mul(4)
    }
}

impl<'a> From<&'a [u8]> for Base64<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }
}

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(&self.0, &STANDARD))
    }
}

impl<'de> Deserialize<'de> for Base64<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl de::Visitor<'_> for TextVisitor {
    type Value = Base64<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64 text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        // The cause would quote the text, which may be confidential.
        let bytes = STANDARD.decode(text).ok();
        bytes
            .map(|bytes| Base64(Cow::Owned(bytes)))
            .ok_or_else(|| E::custom("not base64 text"))
    }
}

/// Prints the size, not the bytes: they may be confidential.
impl fmt::Debug for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
