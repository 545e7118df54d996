//! Names of applications.

/// A text cannot be the name of an application.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} cannot be the name of an application, as it names tables: use letters, digits and underscores, a letter first, at \
     most {MAX_LEN}{}",
    proposal(name)
)]
pub struct ApplicationNameError {
    name: String,
}

/// Leaves room for suffixes within the 63 characters that PostgreSQL keeps of a name.
const MAX_LEN: usize = 48;

/// Checks the name of an application, by one rule for all stores: ASCII letters, digits and underscores, a letter first, at most
/// 48 characters.
///
/// Names that differ only in the case of letters are one name: their tables and variables are the same.
///
/// # Errors
///
/// [`ApplicationNameError`] when the name is another text. It proposes a name that would do.
pub fn check_application_name(name: &str) -> Result<(), ApplicationNameError> {
    if fits(name) {
        return Ok(());
    }
    let name = name.to_owned();
    Err(ApplicationNameError { name })
}

fn fits(name: &str) -> bool {
    name.len() <= MAX_LEN
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The end of the message: a name that would do, if it is not far from the one that was given.
fn proposal(name: &str) -> String {
    let proposed = name.replace(['-', '.', ' '], "_");
    if fits(&proposed) {
        format!("; {proposed:?} would do")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        let long = "a".repeat(49);
        for name in ["", "1st", "_a", "a\"; DROP TABLE x; --", "dögs", "a\0", &long] {
            let error = check_application_name(name).unwrap_err().to_string();
            assert!(error.ends_with("at most 48"), "{error}");
        }
        for name in ["my-app", "my.app", "my app"] {
            let error = check_application_name(name).unwrap_err().to_string();
            assert!(error.ends_with("at most 48; \"my_app\" would do"), "{error}");
        }
        for name in ["Dog_School2", "One", "ONE", &"a".repeat(48)] {
            assert_eq!(check_application_name(name), Ok(()));
        }
    }
}
