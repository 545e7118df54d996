//! The settings of compression in the environment.

use std::{str::FromStr, sync::Arc};

use crate::{Compression, Compressor, Environment, EnvironmentError};

const TOPIC: &str = "COMPRESSOR_TOPIC";
const DICTIONARY: &str = "COMPRESSOR_DICTIONARY";

/// By default, smaller states are not compressed, because they hardly shrink. In bytes.
const MIN_SIZE: usize = 256;
/// The same if a dictionary is given. In bytes.
const MIN_SIZE_WITH_DICTIONARY: usize = 48;

/// The values of `COMPRESSOR_TOPIC`.
#[derive(Clone, Copy)]
enum CompressorName {
    None,
    Zlib,
    Zstd,
}

impl FromStr for CompressorName {
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

/// The compressors that only decompress.
type Readers = Vec<Arc<dyn Compressor>>;

/// Returns how states are compressed, and the compressors that only read: a dictionary's states stay readable, whichever
/// compressor writes.
pub(super) fn compression(environment: &Environment) -> Result<(Option<Compression>, Readers), EnvironmentError> {
    let name = environment.parse(TOPIC, "zstd, zlib or none")?;
    let min_size = environment.parse("COMPRESSOR_MIN_SIZE", "a number of bytes")?;
    let has_dictionary = environment.text(DICTIONARY)?.is_some();
    let writes = |compressor, default| {
        let min_size = min_size.unwrap_or(default);
        Some(Compression { compressor, min_size })
    };
    let readers = || -> Result<Readers, EnvironmentError> {
        if has_dictionary {
            return Ok(vec![zstd::reader(environment)?]);
        }
        Ok(Vec::new())
    };
    match name {
        Some(CompressorName::Zstd) => {
            let default = if has_dictionary {
                MIN_SIZE_WITH_DICTIONARY
            } else {
                MIN_SIZE
            };
            Ok((writes(zstd::writer(environment)?, default), Vec::new()))
        }
        Some(CompressorName::Zlib) => Ok((writes(zlib::writer(environment)?, MIN_SIZE), readers()?)),
        Some(CompressorName::None) | None => {
            // An odd level is refused here, too.
            environment.parse::<u8>("COMPRESSOR_LEVEL", "a number from 0 to 22")?;
            Ok((None, readers()?))
        }
    }
}

#[cfg(any(feature = "zlib", feature = "zstd"))]
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

#[cfg(feature = "zlib")]
mod zlib {
    use super::{Arc, Compressor, Environment, EnvironmentError, level};
    use crate::Zlib;

    pub(super) fn writer(environment: &Environment) -> Result<Arc<dyn Compressor>, EnvironmentError> {
        Ok(Arc::new(Zlib::new(level(environment, 0..=9, 6)?)))
    }
}

#[cfg(not(feature = "zlib"))]
mod zlib {
    use super::{super::without, Arc, Compressor, Environment, EnvironmentError, TOPIC};

    pub(super) fn writer(environment: &Environment) -> Result<Arc<dyn Compressor>, EnvironmentError> {
        Err(environment.invalid(TOPIC, without("zlib")))
    }
}

#[cfg(feature = "zstd")]
mod zstd {
    use std::fs;

    use super::{Arc, Compressor, DICTIONARY, Environment, EnvironmentError, level};
    use crate::{Zstd, ZstdDictionary};

    pub(super) fn writer(environment: &Environment) -> Result<Arc<dyn Compressor>, EnvironmentError> {
        let zstd = Zstd::new(level(environment, 1..=22, 1)?);
        Ok(Arc::new(zstd.with_dictionaries(dictionaries(environment)?)))
    }

    pub(super) fn reader(environment: &Environment) -> Result<Arc<dyn Compressor>, EnvironmentError> {
        Ok(Arc::new(Zstd::new(1).with_dictionaries(dictionaries(environment)?)))
    }

    fn dictionaries(environment: &Environment) -> Result<Vec<ZstdDictionary>, EnvironmentError> {
        let paths = environment
            .get(DICTIONARY)
            .unwrap_or_default()
            .split(',')
            .map(str::trim);
        let read = |path: &str| {
            let fail = |cause: String| {
                environment.invalid(DICTIONARY, format!("the paths of zstd dictionaries ({path}: {cause})"))
            };
            let bytes = fs::read(path).map_err(|source| fail(source.to_string()))?;
            ZstdDictionary::new(bytes).map_err(|source| fail(source.to_string()))
        };
        paths.filter(|path| !path.is_empty()).map(read).collect()
    }
}

#[cfg(not(feature = "zstd"))]
mod zstd {
    use super::{super::without, Arc, Compressor, DICTIONARY, Environment, EnvironmentError, TOPIC};

    pub(super) fn writer(environment: &Environment) -> Result<Arc<dyn Compressor>, EnvironmentError> {
        Err(environment.invalid(TOPIC, without("zstd")))
    }

    pub(super) fn reader(environment: &Environment) -> Result<Arc<dyn Compressor>, EnvironmentError> {
        Err(environment.invalid(DICTIONARY, without("zstd")))
    }
}
