//! A mapper as the environment describes it.

use std::{fs, str::FromStr, sync::Arc};

use super::Mapper;
use crate::{
    Environment, EnvironmentError, HashChain, Zlib, Zstd, ZstdDictionary,
    cipher::{Aes256GcmCipher, KeyRing},
};

/// What is compressed by default begins here: smaller states hardly shrink.
const MIN_SIZE: usize = 256;
/// The same where there is a dictionary.
const MIN_SIZE_WITH_DICTIONARY: usize = 48;

const A_SIZE: &str = "a number of bytes";

impl Mapper {
    /// The mapper that `environment` describes by `TRANSCODER_TOPIC`, `COMPRESSOR_TOPIC`, `CIPHER_KEY` and the other
    /// [variables](Environment#variables) that concern states.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`] when one of them has a value that it cannot have.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let transcoder = environment.parse("TRANSCODER_TOPIC", "json or messagepack")?;
        let mapper = compressing(Self::new(transcoder.unwrap_or_default()), environment)?;
        let mapper = match environment.parse("STATE_MAX_SIZE", A_SIZE)? {
            None => mapper,
            Some(bytes) => mapper.with_max_state_size(bytes),
        };
        let mapper = mapper.with_hash_chain(identity(environment), hash_chain(environment)?);
        encrypting(mapper, environment)
    }
}

/// The name that states are bound to.
fn identity(environment: &Environment) -> &str {
    let given = environment.get("APPLICATION_IDENTITY");
    given
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| environment.name())
}

fn hash_chain(environment: &Environment) -> Result<HashChain, EnvironmentError> {
    const KEY: &str = "HASH_CHAIN_KEY";
    const SALT: &str = "SALT_FOR_DATA_INTEGRITY";
    let is_set = |key| environment.get(key).filter(|value| !value.is_empty());
    let chain = match (is_set(KEY), is_set(SALT)) {
        (None, None) => HashChain::unkeyed(),
        (None, Some(salt)) => HashChain::salted(salt),
        (Some(_), None) => HashChain::keyed(&key_ring(environment, KEY)?),
        (Some(_), Some(_)) => return Err(environment.invalid(SALT, format!("left out where {KEY} is set"))),
    };
    Ok(chain.with_genesis(environment.get("GENESIS_HASH").unwrap_or_default()))
}

/// The values of `COMPRESSOR_TOPIC`.
#[derive(Clone, Copy)]
enum Compression {
    None,
    Zlib,
    Zstd,
}

impl FromStr for Compression {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::None),
            "zlib" | "eventsourcing.compressor:zlibcompressor" => Ok(Self::Zlib),
            "zstd" => Ok(Self::Zstd),
            _ => Err(()),
        }
    }
}

fn compressing(mapper: Mapper, environment: &Environment) -> Result<Mapper, EnvironmentError> {
    let compression = environment.parse("COMPRESSOR_TOPIC", "zstd, zlib or none")?;
    let compression = compression.unwrap_or(Compression::None);
    let min_size = environment.parse("COMPRESSOR_MIN_SIZE", A_SIZE)?;
    let dictionaries = dictionaries(environment)?;
    let has_dictionary = !dictionaries.is_empty();
    let zstd = |level| Arc::new(Zstd::new(level).with_dictionaries(dictionaries));
    Ok(match compression {
        Compression::Zstd => {
            let default = if has_dictionary {
                MIN_SIZE_WITH_DICTIONARY
            } else {
                MIN_SIZE
            };
            mapper.with_compressor(zstd(level(environment, 1..=22, 1)?), min_size.unwrap_or(default))
        }
        Compression::Zlib => {
            let zlib = Arc::new(Zlib::new(level(environment, 0..=9, 6)?));
            // What was written with a dictionary stays readable.
            let mapper = mapper.with_decompressor(zstd(1));
            mapper.with_compressor(zlib, min_size.unwrap_or(MIN_SIZE))
        }
        Compression::None if has_dictionary => mapper.with_decompressor(zstd(1)),
        Compression::None => mapper,
    })
}

fn level<T>(environment: &Environment, allowed: std::ops::RangeInclusive<T>, default: T) -> Result<T, EnvironmentError>
where
    T: FromStr + PartialOrd + std::fmt::Display,
{
    const KEY: &str = "COMPRESSOR_LEVEL";
    let text = format!("a number from {} to {}", allowed.start(), allowed.end());
    match environment.parse(KEY, &text)? {
        None => Ok(default),
        Some(level) if allowed.contains(&level) => Ok(level),
        Some(_) => Err(environment.invalid(KEY, text)),
    }
}

fn dictionaries(environment: &Environment) -> Result<Vec<ZstdDictionary>, EnvironmentError> {
    const KEY: &str = "COMPRESSOR_DICTIONARY";
    let paths = environment.get(KEY).unwrap_or_default().split(',').map(str::trim);
    let read = |path: &str| {
        let fail =
            |cause: String| environment.invalid(KEY, format!("the paths of zstd dictionaries ({path}: {cause})"));
        let bytes = fs::read(path).map_err(|source| fail(source.to_string()))?;
        ZstdDictionary::new(bytes).map_err(|source| fail(source.to_string()))
    };
    paths.filter(|path| !path.is_empty()).map(read).collect()
}

/// The values of `CIPHER_TOPIC`.
#[derive(Clone, Copy, PartialEq)]
enum Encryption {
    None,
    Aes256Gcm,
}

impl FromStr for Encryption {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::None),
            "aes-256-gcm" | "eventsourcing.cipher:aescipher" | "eventsourcing.cryptography:aescipher" => {
                Ok(Self::Aes256Gcm)
            }
            _ => Err(()),
        }
    }
}

fn encrypting(mapper: Mapper, environment: &Environment) -> Result<Mapper, EnvironmentError> {
    let is_set = |key| environment.get(key).is_some_and(|value| !value.trim().is_empty());
    let encryption = environment.parse("CIPHER_TOPIC", "aes-256-gcm or none")?;
    match encryption {
        Some(Encryption::None) => return Ok(mapper),
        None if !is_set("CIPHER_KEY") => return Ok(mapper),
        Some(Encryption::Aes256Gcm) | None => {}
    }
    let cipher = Aes256GcmCipher::new(key_ring(environment, "CIPHER_KEY")?);
    let mapper = mapper.with_cipher(identity(environment), Arc::new(cipher));
    let accepts_plain = environment.flag("CIPHER_ACCEPT_PLAIN", false)?;
    Ok(if accepts_plain {
        mapper.accepting_plain_states()
    } else {
        mapper
    })
}

fn key_ring(environment: &Environment, key: &str) -> Result<KeyRing, EnvironmentError> {
    const ADVICE: &str = "set it to a key as `es_persistence::cipher::create_key` makes it";
    const ALLOWED: &str = "a key in base64, or several as ID:KEY,ID:KEY of which the first is for writing";
    let ring = environment.require(key, ADVICE)?.parse();
    ring.map_err(|cause| environment.invalid(key, format!("{ALLOWED} ({cause})")))
}
