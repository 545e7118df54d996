//! Names of read models as names of files.

use es_persistence::{Operation, RecorderError, RecorderErrorKind, views::GenerationId};
use es_sql::SqlName;

use crate::STORE;

/// The longest name. It leaves room for numbers within the 63 characters of a name in PostgreSQL, for a move from here to there.
const MAX_LEN: usize = 40;

/// The name under which a read model is kept: its own in small letters.
pub(super) fn stored(name: &str, operation: Operation) -> Result<String, RecorderError> {
    let stored = SqlName::of_application(name).map(|name| name.to_string());
    stored.ok().filter(|name| name.len() <= MAX_LEN).ok_or_else(|| {
        let cause = format!(
            "the name {name:?} of a projection cannot name a file: use letters, digits and underscores, a letter first, at most {MAX_LEN}"
        );
        RecorderError::new(STORE, operation, RecorderErrorKind::Invalid).with_source(cause)
    })
}

/// The name of the file of a generation.
pub(super) fn of_generation(id: &GenerationId, operation: Operation) -> Result<String, RecorderError> {
    let name = stored(&id.view.name, operation)?;
    Ok(format!("{name}_{}_{}", id.view.version, id.number))
}
