//! Bearer tokens, and the hashes by which they are kept.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

/// A secret that its bearer presents in order to read: `Authorization: Bearer …`.
///
/// It is shown once, to the one who will use it. A service keeps its [hash](Self::hash).
///
/// ```
/// use es_http::server::Token;
///
/// let token = Token::generate()?;
/// assert!(token.reveal().starts_with("es_"));
/// assert_eq!(format!("{token:?}"), "Token(…)");
/// assert_eq!(Token::parse(token.reveal())?.hash(), token.hash());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

/// The SHA-256 hash of a [`Token`]: what a service keeps. Its text is 64 hexadecimal digits.
///
/// The token cannot be found from it, because a token has at least 256 bits that nobody can guess.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

/// A text is not a token or not the hash of one. The text itself is not quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidToken {
    /// The token is too short to be safe against guessing.
    #[error(
        "the token has {length} characters; make one with `Token::generate`, or with at least 43 random characters"
    )]
    TooShort {
        /// How many characters it has.
        length: usize,
    },
    /// The token has a character that a header cannot carry in a token.
    #[error("the token has a character other than A-Z, a-z, 0-9, `-`, `.`, `_`, `~`, `+`, `/` and `=`")]
    Character,
    /// The text is not the hash of a token.
    #[error("the hash of a token has 64 hexadecimal digits")]
    Hash,
}

/// How many random bytes a token is made of.
const BYTES: usize = 32;

/// How many characters of base64 carry so many bytes.
const LEAST: usize = 43;

impl Token {
    /// Makes a token of 256 random bits.
    ///
    /// # Errors
    ///
    /// [`getrandom::Error`] when the system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(&mut *bytes)?;
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes));
        Ok(Self(Zeroizing::new(format!("es_{}", *text))))
    }

    /// Takes a token that was made elsewhere. It must be random: it is kept as a plain hash, which protects no password.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] when the text is shorter than 43 characters or has a character that is not allowed in bearer tokens
    /// (RFC 6750).
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let length = text.chars().count();
        if length < LEAST {
            return Err(InvalidToken::TooShort { length });
        }
        if !text.bytes().all(is_allowed) {
            return Err(InvalidToken::Character);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Returns the secret text.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the hash, which a service keeps.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

const fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl TokenHash {
    /// The hash of what a request presents, whatever it is.
    pub(super) fn of(presented: &str) -> Self {
        Self(Sha256::digest(presented.as_bytes()).into())
    }

    /// Compares in a time that does not depend on where the two differ.
    pub(super) fn is(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.is(other).into()
    }
}

impl Eq for TokenHash {}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({self})")
    }
}

impl FromStr for TokenHash {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(InvalidToken::Hash);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
            *byte = pair
                .iter()
                .try_fold(0, |sum, digit| Some(sum << 4 | value(*digit)?))
                .ok_or(InvalidToken::Hash)?;
        }
        Ok(Self(hash))
    }
}

const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_token_is_one_that_can_be_parsed_and_no_two_are_the_same() {
        let (one, other) = (Token::generate().unwrap(), Token::generate().unwrap());
        assert_eq!(Token::parse(one.reveal()).unwrap().hash(), one.hash());
        assert_ne!(one.hash(), other.hash());
    }

    #[test]
    fn the_text_of_a_hash_reads_back() {
        let hash = Token::parse(&"a".repeat(43)).unwrap().hash();
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(hash.to_string().to_uppercase().parse(), Ok(hash));
        for text in ["", "ab", &"g".repeat(64), &"a".repeat(63), &"é".repeat(32)] {
            assert_eq!(text.parse::<TokenHash>(), Err(InvalidToken::Hash), "{text}");
        }
    }

    #[test]
    fn a_weak_token_is_refused_without_being_quoted() {
        let error = Token::parse("hunter2").unwrap_err();
        assert_eq!(error, InvalidToken::TooShort { length: 7 });
        assert!(!error.to_string().contains("hunter2"));
        let spaced = "a b".repeat(20);
        assert_eq!(Token::parse(&spaced).unwrap_err(), InvalidToken::Character);
    }
}
