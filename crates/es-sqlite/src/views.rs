//! Read models in SQLite: each generation has a file of its own.

mod file;
mod lease;
mod letters;
mod name;
mod place;
mod registry;
mod store;
mod tables;
mod transaction;

use es_persistence::{Environment, EnvironmentError, views::Views};
use sqlx::SqliteConnection;

use self::{place::Place, store::SqliteViews};

/// Opens the read models that `environment` names. Files are made when they are needed.
///
/// | key | default | meaning |
/// |---|---|---|
/// | `SQLITE_VIEWS` | the path of `SQLITE_DBNAME` with `-views` at its end | a folder for the files, or `:memory:` |
/// | `SQLITE_LOCK_TIMEOUT` | 5 | seconds to wait for another process that is writing |
///
/// Each generation of a read model is a file of its own, such as `trickcounts_1_2.sqlite` for the second build of version 1 of
/// `TrickCounts`, so that a projection never waits for the log nor the log for it. `views.sqlite` says which generation is
/// read. In each file the tables `es_view`, `es_tracking` and `es_dead_letters` have the lease, the positions and the events
/// that were set aside; they can be queried as well.
///
/// Commits do not wait for the disk (`synchronous=NORMAL`): a power loss may take the last ones back, rows and position
/// together, and the events are projected again. A projection has the file's write lock during its transaction: a process that
/// is halted in the midst of one keeps other instances from taking over until it goes on or ends.
///
/// ```no_run
/// # use es_persistence::Environment;
/// # fn open() -> Result<(), es_persistence::EnvironmentError> {
/// let environment = Environment::new("DogSchool").with("SQLITE_DBNAME", "dogs.sqlite");
/// let views = es_sqlite::views(&environment)?;         // the folder dogs.sqlite-views
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`EnvironmentError`] when neither `SQLITE_VIEWS` nor `SQLITE_DBNAME` is set, or a setting is wrong.
pub fn views(environment: &Environment) -> Result<Views<SqliteConnection>, EnvironmentError> {
    Ok(Views::new(SqliteViews::new(Place::from_environment(environment)?)))
}
