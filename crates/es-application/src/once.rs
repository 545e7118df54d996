//! Commands that are carried out once, however often they are repeated.

use es_domain::{AggregateId, Metadata, Outcome};
use es_persistence::{Operation, OriginatorId, RecorderError, RecorderErrorKind, StoredEvent};

use crate::{
    Application, ApplicationError, Changes, ExecuteError, Executed, Recorded, Targets,
    command_record::{CommandId, CommandRecord, Marking, Part},
    execute::{self, Attempts, Existing, OrCreate, Read},
    targets,
};

/// Carries out a command under an ID: made by [`Application::once`].
#[derive(Clone, Debug)]
#[must_use = "call `execute` or `save`"]
pub struct Once {
    app: Application,
    id: String,
}

/// The key of a command's ID in the metadata of its events.
const COMMAND_ID: &str = "command_id";

impl Application {
    /// Names a command, so that it is carried out once: a repeat under the same ID changes nothing, and returns the events of
    /// the first time.
    ///
    /// The caller chooses the ID, and uses it again when it repeats the command because it has had no answer. This holds
    /// after a crash between the commit and the answer, too, and between processes.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    /// # pub struct Account { root: Root<Self>, balance: u64 }
    /// # #[events]
    /// # impl Account {
    /// #     #[event(Opened)]
    /// #     pub fn open() -> Self { Self::default() }
    /// #     #[event(Deposited)]
    /// #     pub fn deposit(&mut self, amount: u64) { self.balance += amount; }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ApplicationError> {
    /// # let app = Application::builder("Bank").open().await?;
    /// # let mut account = Account::open();
    /// # app.save(&mut account).await?;
    /// let first = app.once("payment-7").execute(account.id(), |account| account.deposit(10)).await?;
    /// let again = app.once("payment-7").execute(account.id(), |account| account.deposit(10)).await?;
    /// assert!(again.is_repeated());
    /// assert_eq!(again.position(), first.position());
    /// assert_eq!(app.repository().get(account.id()).await?.balance, 10);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # What is kept
    ///
    /// A record of each command is stored with its events, in the same transaction: an event with the topic
    /// `es.Command.Done` in a stream of its own, such as `es.Command:payment-7`. It names the aggregates and the versions of
    /// their events. Like every event it is kept for ever, so an ID is never free again. It has a position in the log after
    /// the events of the command; readers that select events by their aggregates do not see it. The command's events have
    /// the ID in their metadata, under the key `command_id`.
    ///
    /// A command that triggers no events is recorded, too: it has been carried out, and a repeat returns no events. A
    /// command that fails is not recorded: a repeat decides anew.
    ///
    /// A command under an ID reads the record before it begins, which takes one more read.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and IDs are given by value")]
    pub fn once(&self, id: impl ToString) -> Once {
        let id = id.to_string();
        Once {
            app: self.with_metadata(Metadata::new().with(COMMAND_ID, &id)),
            id,
        }
    }
}

impl Once {
    /// Carries out the command as [`Application::execute`] does, unless it was carried out before.
    ///
    /// The value is what `command` returned, or `None` if it was carried out before: then `command` has not decided anything
    /// that is stored, and the recordings are those of the first time.
    ///
    /// # Errors
    ///
    /// As [`Application::execute`]. [`ApplicationError::CommandIdTaken`] if the first command under the ID was not about these
    /// aggregates, [`ApplicationError::CommandId`] if the ID is empty, too long or has a NUL.
    ///
    /// # Cancel safety
    ///
    /// As [`Application::execute`]; a repeat under the same ID carries the command out or finds that it was carried out.
    pub async fn execute<M, T, R>(
        &self,
        targets: T,
        command: impl FnMut(T::Borrowed<'_>) -> R + Send,
    ) -> Result<Executed<Option<R::Value>>, ExecuteError<R::Error>>
    where
        T: Targets<M>,
        R: Outcome<Value: Send, Error: Send> + Send,
    {
        self.run(targets, Existing, command).await
    }

    /// Carries out the command as [`Application::execute_or_create`] does, unless it was carried out before.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    ///
    /// # Cancel safety
    ///
    /// As [`execute`](Self::execute).
    pub async fn execute_or_create<I, R>(
        &self,
        id: I,
        mut create: impl FnMut() -> I::Aggregate + Send,
        command: impl FnMut(&mut I::Aggregate) -> R + Send,
    ) -> Result<Executed<Option<R::Value>>, ExecuteError<R::Error>>
    where
        I: AggregateId,
        R: Outcome<Value: Send, Error: Send> + Send,
    {
        let scope = self.app.scope();
        self.run(id, OrCreate(move || scope.run(&mut create)), command).await
    }

    /// Saves as [`Application::save`] does, unless something was saved under the ID before.
    ///
    /// After a repeat the events of `changes` are still pending: drop the aggregates. The recordings name the aggregates that
    /// were saved the first time, which may have other IDs.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    /// # pub struct Order { root: Root<Self> }
    /// # #[events]
    /// # impl Order {
    /// #     #[event(Placed)]
    /// #     pub fn place() -> Self { Self::default() }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ApplicationError> {
    /// # let app = Application::builder("Shop").open().await?;
    /// let (mut order, mut again) = (Order::place(), Order::place());
    /// app.once("request-1").save(&mut order).await?;
    /// let saved = app.once("request-1").save(&mut again).await?;
    /// assert_eq!(*saved.recordings()[0].originator(), order.id().to_originator_id());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Application::save`], and [`ApplicationError::CommandId`] if the ID is empty, too long or has a NUL.
    ///
    /// # Cancel safety
    ///
    /// As [`Application::save`]; a repeat under the same ID saves or finds what was saved.
    pub async fn save(&self, changes: impl Changes) -> Result<Executed<()>, ApplicationError> {
        let marking = self.marking(Vec::new())?;
        if let Some(recordings) = self.find(&marking).await? {
            return Ok(Executed::before((), recordings));
        }
        match self.app.save_marked(changes, Some(&marking)).await {
            Ok(recordings) => Ok(Executed::now((), recordings)),
            Err(error) => match self.find(&marking).await {
                Ok(Some(recordings)) => Ok(Executed::before((), recordings)),
                Ok(None) | Err(_) => Err(error),
            },
        }
    }

    /// Returns the events of the command if it was carried out, or `None` if not.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn recordings(&self) -> Result<Option<Vec<Recorded>>, ApplicationError> {
        self.find(&self.marking(Vec::new())?).await
    }

    async fn run<M, T, R>(
        &self,
        targets: T,
        mut read: impl Read<M, T>,
        mut command: impl FnMut(T::Borrowed<'_>) -> R + Send,
    ) -> Result<Executed<Option<R::Value>>, ExecuteError<R::Error>>
    where
        T: Targets<M>,
        R: Outcome<Value: Send, Error: Send> + Send,
    {
        execute::check_runtime()?;
        let ids = targets::ids(&targets).map_err(|id| ApplicationError::Repeated { id })?;
        let _turn = self.app.turns().wait(&ids).await;
        let marking = self.marking(ids)?;
        if let Some(recordings) = self.find(&marking).await? {
            return Ok(Executed::before(None, recordings));
        }
        let mut attempts = Attempts::of(self.app.retries());
        loop {
            let attempted = execute::attempt(&self.app, targets.clone(), &mut read, &mut command, Some(&marking)).await;
            let error = match attempted {
                Ok(executed) => return Ok(executed.map(Some)),
                Err(error) => error,
            };
            // Another caller may have carried the command out meanwhile. Then this one has decided on what came of it, so that
            // any error may be due to that.
            if let Ok(Some(recordings)) = self.find(&marking).await {
                return Ok(Executed::before(None, recordings));
            }
            if !error.is_race() || !attempts.pause().await {
                return Err(error);
            }
        }
    }

    fn marking(&self, targets: Vec<OriginatorId>) -> Result<Marking, ApplicationError> {
        let id = CommandId::new(self.id.clone())?;
        Ok(Marking { id, targets })
    }

    /// Reads the events of the command, if it was carried out.
    async fn find(&self, marking: &Marking) -> Result<Option<Vec<Recorded>>, ApplicationError> {
        let mut record: Option<CommandRecord> = None;
        self.app.store().catch_up(&marking.id, &mut record, u64::MAX).await?;
        let Some(record) = record else { return Ok(None) };
        let is_other = |target: &&OriginatorId| !record.parts().iter().any(|part| part.is_of(target));
        if let Some(other) = marking.targets.iter().find(is_other) {
            return Err(ApplicationError::CommandIdTaken {
                id: self.id.clone(),
                originator_id: other.clone(),
            });
        }
        let rows = self.rows(record.parts()).await?;
        // A save that is repeated stores nothing and says where its events are.
        let notifications = self.app.store().put(rows).await?;
        Ok(Some(self.app.recorded(notifications)))
    }

    async fn rows(&self, parts: &[Part]) -> Result<Vec<StoredEvent>, ApplicationError> {
        let mut rows = Vec::new();
        for part in parts.iter().filter(|part| part.events() > 0) {
            let found = self.app.store().recorder().select_events(part.selection()).await?;
            if found.len() as u64 != part.events() {
                return Err(self.incomplete().into());
            }
            rows.extend(found);
        }
        Ok(rows)
    }

    fn incomplete(&self) -> RecorderError {
        let cause = format!("events of command {:?} have been removed", self.id);
        RecorderError::new("the store", Operation::SelectEvents, RecorderErrorKind::Corrupt).with_source(cause)
    }
}
