//! A system step by step.

use std::{fmt, sync::Arc, time::Duration};

use es_application::Application;
use es_domain::{Clock as _, Timestamp, with_clock};
use es_persistence::{Environment, views::DeadLetter};

use crate::{
    FollowerError, Node, System, SystemError,
    system::{Manner, Opened},
    virtual_clock::VirtualClock,
    worker::{Shared, Stepper},
};

/// Runs a system in steps of the caller, always in the same order: a tool for tests.
///
/// Nothing happens but in [`step`](Self::step), [`settle`](Self::settle) and [`advance`](Self::advance). Time stands still unless
/// it is moved: events that are triggered by policies, deadlines and `execute` have its time. What a policy does is stored as in
/// tasks; an event that fails is tried again without a pause.
///
/// ```
/// # use es_application::prelude::*;
/// # use es_domain::{Uuid, prelude::*};
/// use es_system::prelude::*;
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Dog { root: Root<Self> }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register(name: &str) -> Self { Self::default() }
/// # }
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Welcome { root: Root<Self> }
/// # #[events]
/// # impl Welcome {
/// #     #[event(Said)]
/// #     pub fn say(name: &str) -> Self { Self::default() }
/// # }
/// # struct Welcomes;
/// # impl ProcessApplication for Welcomes {
/// #     type Events = DogEvent;
/// #     const NAME: &str = "Welcomes";
/// #     async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
/// #         let DogEvent::Registered { name } = event.body();
/// #         processing.collect(Welcome::say(name));
/// #         Ok(())
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut system = System::new();
/// # let dogs = system.application("DogSchool");
/// # let welcomes = system.process(Welcomes);
/// # system.pipe([dogs, welcomes]);
/// let mut school = SingleThreadedRunner::start(system, Environment::new("School")).await?;
/// school.application(dogs).save(&mut Dog::register("Fido")).await?;
///
/// let step = school.step().await?.expect("there is an event");
/// assert_eq!((&*step.follower, &*step.topic, step.produced), ("Welcomes", "Dog.Registered", 1));
/// assert!(school.step().await?.is_none());
/// # Ok(())
/// # }
/// ```
pub struct SingleThreadedRunner {
    opened: Opened,
    /// The followers by the index of their members.
    steppers: Vec<Option<Box<dyn Stepper>>>,
    clock: VirtualClock,
}

/// An event that a follower has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The process application or the outbox.
    pub follower: Arc<str>,
    /// The application whose event it is.
    pub leader: Arc<str>,
    /// The position of the event in the log of that application.
    pub position: u64,
    /// The topic of the event.
    pub topic: String,
    /// How many events have come of it.
    pub produced: usize,
}

/// The time at which each runner begins: 2000-01-01T00:00:00Z, in microseconds.
const START: i64 = 946_684_800_000_000;

/// How many steps [`SingleThreadedRunner::settle`] takes at most.
const MOST_STEPS: usize = 100_000;

impl SingleThreadedRunner {
    /// Opens the applications, each with the settings that the environment has for its name. The time is the beginning of the
    /// year 2000.
    ///
    /// # Errors
    ///
    /// [`SystemError::Mistakes`] when the system cannot run as it was put together, before anything is opened;
    /// [`SystemError::Open`] when an application cannot be opened.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has started nothing.
    pub async fn start(system: System, environment: Environment) -> Result<Self, SystemError> {
        let clock = VirtualClock::new(Timestamp::from_micros(START).unwrap_or(Timestamp::UNIX_EPOCH));
        let manner = Manner {
            lease: Duration::MAX,
            batch: 1,
            clock: Some(clock.clone()),
        };
        let opened = system.open(&environment, &manner).await?;
        let steppers = opened.members.iter().map(|member| {
            let follower = member.follower.as_ref()?;
            Some(Arc::clone(follower).step_by_step())
        });
        let steppers = steppers.collect();
        Ok(Self {
            opened,
            steppers,
            clock,
        })
    }

    /// Returns an application of the system; for an outbox, the application whose events it delivers.
    ///
    /// # Panics
    ///
    /// When the node is one of another system, or one of [`System::upstream`].
    #[track_caller]
    pub fn application(&self, node: Node) -> &Application {
        self.opened.application(node)
    }

    /// Returns the time of this runner.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Calls `make` at the time of this runner: events that it triggers have that time.
    pub fn at_this_time<T>(&self, make: impl FnOnce() -> T) -> T {
        with_clock(self.clock.clone(), make)
    }

    /// Lets the first follower that can take an event take one, in the order in which the pipes were defined. Returns `None` if
    /// there is nothing to be taken.
    ///
    /// # Errors
    ///
    /// [`SystemError::Follower`] when the follower cannot take the event, and the policy for errors says stop.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the event taken or not.
    pub async fn step(&mut self) -> Result<Option<Step>, SystemError> {
        for index in 0..self.opened.edges.len() {
            let edge = self.opened.edges[index];
            let Some(stepper) = &mut self.steppers[edge.follower] else {
                continue;
            };
            if let Some(taken) = stepper.step(edge.upstream).await? {
                return Ok(Some(Step {
                    follower: self.name(edge.follower),
                    leader: self.name(edge.leader),
                    position: taken.position,
                    topic: taken.topic,
                    produced: taken.produced,
                }));
            }
        }
        Ok(None)
    }

    /// Takes steps until there is nothing to be taken, and returns them.
    ///
    /// # Errors
    ///
    /// [`SystemError::Restless`] after 100,000 steps; otherwise as [`step`](Self::step).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has taken some of the steps.
    pub async fn settle(&mut self) -> Result<Vec<Step>, SystemError> {
        self.settle_within(MOST_STEPS).await
    }

    /// As [`settle`](Self::settle), with another limit.
    ///
    /// # Errors
    ///
    /// [`SystemError::Restless`] after so many steps if there is still something to be taken; otherwise as [`step`](Self::step).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has taken some of the steps.
    pub async fn settle_within(&mut self, limit: usize) -> Result<Vec<Step>, SystemError> {
        let mut steps = Vec::new();
        while let Some(step) = self.step().await? {
            if steps.len() == limit {
                return Err(SystemError::Restless { steps: limit });
            }
            steps.push(step);
        }
        Ok(steps)
    }

    /// Settles, and moves the time on. Each deadline in between is met at its time, in order, and the system settles after each.
    ///
    /// # Errors
    ///
    /// [`SystemError::Deadline`] when a deadline cannot be met; otherwise as [`settle`](Self::settle).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has moved the time on by a part.
    pub async fn advance(&mut self, time: Duration) -> Result<(), SystemError> {
        let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let end = Timestamp::from_micros(self.now().as_micros().saturating_add(micros)).unwrap_or(Timestamp::MAX);
        loop {
            self.settle().await?;
            let Some((due, index)) = self.next_deadline().await?.filter(|(due, _)| *due <= end) else {
                break;
            };
            self.clock.set(self.now().max(due));
            self.opened.deadlines[index].1.expire_next(self.clock.now()).await?;
        }
        self.clock.set(end);
        Ok(())
    }

    /// The first deadline, and the index of those among which it is.
    async fn next_deadline(&mut self) -> Result<Option<(Timestamp, usize)>, SystemError> {
        let mut first: Option<(Timestamp, usize)> = None;
        for (index, (_, deadlines)) in self.opened.deadlines.iter_mut().enumerate() {
            deadlines.update().await?;
            let next = deadlines.next().map(|due| (due, index));
            first = first.into_iter().chain(next).min();
        }
        Ok(first)
    }

    /// Returns the events that a follower has set aside or skipped, by log and position.
    ///
    /// # Errors
    ///
    /// [`FollowerError::Application`] when they cannot be read.
    ///
    /// # Panics
    ///
    /// When the node is one of another system.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn dead_letters(&self, follower: Node) -> Result<Vec<DeadLetter>, FollowerError> {
        match self.shared(follower) {
            Some(shared) => shared.dead_letters().await,
            None => Ok(Vec::new()),
        }
    }

    /// Tries all events again that a follower has set aside. The events of each aggregate are tried in order, up to the first that
    /// fails again. Returns the letters that are left.
    ///
    /// # Errors
    ///
    /// [`FollowerError`] when the store fails.
    ///
    /// # Panics
    ///
    /// When the node is one of another system.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has tried some of the events.
    pub async fn retry_dead_letters(&mut self, follower: Node) -> Result<Vec<DeadLetter>, FollowerError> {
        let Some(shared) = self.shared(follower).map(Arc::clone) else {
            return Ok(Vec::new());
        };
        shared.ask_for_retries().await?;
        let stepper = self
            .opened
            .position(follower)
            .and_then(|index| self.steppers[index].as_mut());
        if let Some(stepper) = stepper {
            stepper.look_around().await?;
        }
        shared.dead_letters().await
    }

    fn shared(&self, node: Node) -> Option<&Arc<Shared>> {
        self.opened
            .member(node)
            .follower
            .as_ref()
            .map(|follower| follower.shared())
    }

    fn name(&self, index: usize) -> Arc<str> {
        Arc::clone(&self.opened.members[index].name)
    }
}

impl fmt::Debug for SingleThreadedRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleThreadedRunner")
            .field("now", &self.clock.now())
            .finish_non_exhaustive()
    }
}
