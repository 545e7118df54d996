//! The settings of a mapper in the environment.

mod compression;
mod encryption;

use std::{num::NonZeroUsize, str::FromStr};

use super::{ChainAcceptance, HashChain, Mapper, MapperConfig};
use crate::{Environment, EnvironmentError, Transcoder, cipher::KeyRing};

const SALT_HAS_ID_0: &str =
    "a ring without the key ID 0: beside SALT_FOR_DATA_INTEGRITY, that is the ID of the key made of the salt";
const A_SIZE: &str = "a number of bytes above 0";

impl MapperConfig {
    /// Reads the settings from the environment: `TRANSCODER_TOPIC`, `COMPRESSOR_TOPIC`, `CIPHER_KEY` and the other
    /// [variables](Environment#variables) about states.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`] if a variable has an invalid value.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let (compression, more_compressors) = compression::compression(environment)?;
        let default = Self::default();
        Ok(Self {
            application: identity(environment)?.into(),
            transcoder: transcoder(environment)?,
            compression,
            more_compressors,
            encryption: encryption::encryption(environment)?,
            chain: hash_chain(environment)?,
            max_state_size: environment
                .parse::<NonZeroUsize>("STATE_MAX_SIZE", A_SIZE)?
                .map_or(default.max_state_size, NonZeroUsize::get),
            ..default
        })
    }
}

impl Mapper {
    /// Makes a mapper with the settings of the environment: see [`MapperConfig::from_environment`].
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`] if a variable has an invalid value.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        MapperConfig::from_environment(environment).map(Self::new)
    }
}

/// The end of the message if a value needs a Cargo feature of this crate that is switched off.
fn without(feature: &str) -> String {
    format!("possible here: es-persistence is built without its feature `{feature}`")
}

fn transcoder(environment: &Environment) -> Result<Transcoder, EnvironmentError> {
    const KEY: &str = "TRANSCODER_TOPIC";
    let value = environment.text(KEY)?.unwrap_or_default().trim();
    let is_off = cfg!(not(feature = "messagepack")) && value.eq_ignore_ascii_case("messagepack");
    let allowed = if is_off {
        without("messagepack")
    } else {
        "json or messagepack".to_owned()
    };
    Ok(environment.parse(KEY, &allowed)?.unwrap_or_default())
}

/// The name of the application, to which states are bound.
fn identity(environment: &Environment) -> Result<&str, EnvironmentError> {
    let given = environment.text("APPLICATION_IDENTITY")?;
    Ok(given.unwrap_or_else(|| environment.name()))
}

fn hash_chain(environment: &Environment) -> Result<HashChain, EnvironmentError> {
    const KEY: &str = "HASH_CHAIN_KEY";
    const SALT: &str = "SALT_FOR_DATA_INTEGRITY";
    const ACCEPT: &str = "HASH_CHAIN_ACCEPT";
    let chain = match (environment.text(KEY)?, environment.text(SALT)?) {
        (None, None) => HashChain::unkeyed(),
        (None, Some(salt)) => HashChain::salted(salt),
        (Some(_), None) => HashChain::keyed(&key_ring(environment, KEY)?),
        (Some(_), Some(salt)) => HashChain::keyed(&key_ring(environment, KEY)?)
            .with_verifying_salt(salt)
            .map_err(|_same_id| environment.invalid(KEY, SALT_HAS_ID_0))?,
    };
    let acceptance = environment.parse(ACCEPT, "nothing, unkeyed, unchained or interrupted")?;
    let chain = chain.accepting(acceptance.unwrap_or_default());
    Ok(chain.with_genesis(environment.text("GENESIS_HASH")?.unwrap_or_default()))
}

impl FromStr for ChainAcceptance {
    type Err = UnknownAcceptance;

    fn from_str(text: &str) -> Result<Self, UnknownAcceptance> {
        match text.to_ascii_lowercase().as_str() {
            "nothing" => Ok(Self::Nothing),
            "unkeyed" => Ok(Self::Unkeyed),
            "unchained" => Ok(Self::Unchained),
            "interrupted" => Ok(Self::Interrupted),
            _ => Err(UnknownAcceptance),
        }
    }
}

/// A text that is not the name of a [`ChainAcceptance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected nothing, unkeyed, unchained or interrupted")]
#[expect(unnameable_types, reason = "the error says all that there is to say")]
pub struct UnknownAcceptance;

fn key_ring(environment: &Environment, key: &str) -> Result<KeyRing, EnvironmentError> {
    const ADVICE: &str = "set it to a key as `es_persistence::cipher::create_key` makes it";
    const ALLOWED: &str = "a key in base64, or several as ID:KEY,ID:KEY of which the first is for writing";
    let ring = environment.require(key, ADVICE)?.parse();
    ring.map_err(|cause| environment.invalid(key, format!("{ALLOWED} ({cause})")))
}
