//! Commands that are recorded themselves.

use std::fmt;

use es_domain::{Aggregate, ApplyError, Event, EventKind, Id, Root, RootAccess, TriggerError};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What a command asks for, with the topics under which commands of this type are stored.
///
/// ```
/// use es_structures::{Command, CommandBody};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// struct CreateReservation {
///     order: String,
/// }
///
/// impl CommandBody for CreateReservation {
///     const TOPIC: &'static str = "CreateReservation";
///     const ISSUED: &'static str = "CreateReservation.Issued";
///     const DONE: &'static str = "CreateReservation.Done";
/// }
///
/// let mut command = Command::issue(CreateReservation { order: "7".to_owned() })?;
/// assert!(!command.is_done());
/// command.done()?;
/// assert!(command.is_done());
/// # Ok::<(), es_domain::TriggerError>(())
/// ```
pub trait CommandBody: Clone + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The topic of the commands. It never changes once something is stored, and no aggregate has the same.
    const TOPIC: &'static str;

    /// The topic of the event that the command was issued, which begins with [`TOPIC`](Self::TOPIC) and a full stop.
    const ISSUED: &'static str;

    /// The topic of the event that the command was done, which begins with [`TOPIC`](Self::TOPIC) and a full stop.
    const DONE: &'static str;
}

/// A request that is recorded before it is carried out: an aggregate that is issued, and later done.
///
/// What carries commands out follows the log for [`CommandEvent::Issued`], and says [`done`](Self::done) in the transaction
/// of its own changes: a command that is not done after a crash is carried out again, and one that is done is not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "C: CommandBody")]
pub struct Command<C: CommandBody> {
    root: Root<Self>,
    body: C,
    is_done: bool,
}

/// What happens to a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "C: CommandBody")]
pub enum CommandEvent<C> {
    /// The command was issued.
    Issued {
        /// What it asks for.
        body: C,
    },
    /// The command was carried out.
    Done {},
}

impl<C: CommandBody> Command<C> {
    /// Returns a new command, which is not done.
    ///
    /// # Errors
    ///
    /// [`TriggerError`] if the event cannot be triggered.
    pub fn issue(body: C) -> Result<Self, TriggerError> {
        Self::create_fresh(CommandEvent::Issued { body })
    }

    /// Says that the command was carried out. A command that is done stays as it is.
    ///
    /// # Errors
    ///
    /// [`TriggerError`] if the event cannot be triggered.
    pub fn done(&mut self) -> Result<(), TriggerError> {
        if self.is_done {
            return Ok(());
        }
        self.trigger(CommandEvent::Done {})
    }

    /// Returns `true` if the command was carried out.
    pub const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Returns what the command asks for.
    pub const fn body(&self) -> &C {
        &self.body
    }
}

impl<C: CommandBody> Aggregate for Command<C> {
    type Id = Id<Self>;
    type Event = CommandEvent<C>;
    const TOPIC: &'static str = C::TOPIC;

    fn root(&self) -> &Root<Self> {
        &self.root
    }

    fn try_clone(&self) -> Option<Self> {
        Some(self.clone())
    }
}

impl<C: CommandBody> RootAccess for Command<C> {
    fn root_mut(&mut self) -> &mut Root<Self> {
        &mut self.root
    }
}

impl<C: CommandBody> Event for CommandEvent<C> {
    type Aggregate = Command<C>;

    const KINDS: &'static [EventKind] = &[EventKind::new("Issued", C::ISSUED), EventKind::new("Done", C::DONE)];

    fn kind(&self) -> &'static EventKind {
        match self {
            Self::Issued { .. } => &Self::KINDS[0],
            Self::Done {} => &Self::KINDS[1],
        }
    }

    fn create(self) -> Result<Command<C>, ApplyError> {
        match self {
            Self::Issued { body } => Ok(Command {
                root: Root::default(),
                body,
                is_done: false,
            }),
            Self::Done {} => Err(ApplyError::NotInitial),
        }
    }

    fn apply(self, command: &mut Command<C>) -> Result<(), ApplyError> {
        match self {
            Self::Issued { .. } => Err(ApplyError::Initial),
            Self::Done {} => {
                command.is_done = true;
                Ok(())
            }
        }
    }
}
