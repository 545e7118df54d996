//! A system in tasks.

mod waiting;

use std::{fmt, sync::Arc, time::Duration};

use es_application::Application;
use es_persistence::{Environment, views::DeadLetter};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout_at},
};

use crate::{
    FollowerError, Node, State, Status, StopError, System, SystemError, WaitError, deadline,
    system::{Manner, Opened},
    worker::Shared,
};

/// Runs a system in tasks: one for each process application and each outbox.
///
/// Each of them works through what is in the logs, and then takes events as they come, also those that other processes store. Any
/// number of processes may run the same system on the same databases: each follower works in one of them, and another one takes
/// over when that one dies. Whatever happens, each event has its effect once.
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
/// #     #[event(TrickAdded)]
/// #     pub fn add_trick(&mut self, trick: &str) {}
/// # }
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Counter { root: Root<Self>, count: u64 }
/// # #[events]
/// # impl Counter {
/// #     #[event(Started, id = Self::id_for(trick))]
/// #     pub fn start(trick: &str) -> Self { Self::default() }
/// #     #[event(Incremented)]
/// #     pub fn increment(&mut self) { self.count += 1; }
/// #     pub fn id_for(trick: &str) -> Id<Self> { Id::named(Uuid::NAMESPACE_OID, trick) }
/// # }
/// # struct Counters;
/// # impl ProcessApplication for Counters {
/// #     type Events = DogEvent;
/// #     const NAME: &str = "Counters";
/// #     async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
/// #         if let DogEvent::TrickAdded { trick } = event.body() {
/// #             processing.get_or(Counter::id_for(trick), || Counter::start(trick)).await?.increment();
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut system = System::new();
/// let dogs = system.application("DogSchool");
/// let counters = system.process(Counters);
/// system.pipe([dogs, counters]);
///
/// let school = TaskRunner::start(system, Environment::new("School")).await?;
/// let mut fido = Dog::register("Fido");
/// fido.add_trick("sit");
/// let saved = school.application(dogs).save(&mut fido).await?;
/// school.wait_for(counters, dogs, saved.last().map(Recorded::position)).await?;
/// let counter = school.application(counters).repository().get(Counter::id_for("sit")).await?;
/// assert_eq!(counter.count, 1);
/// # Ok(())
/// # }
/// ```
///
/// When it is dropped, the followers finish the transactions in hand and end.
pub struct TaskRunner {
    opened: Opened,
    followers: Vec<(Arc<str>, JoinHandle<()>)>,
    deadlines: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

/// How a [`TaskRunner`] works.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RunnerSettings {
    lease: Duration,
    batch: usize,
}

/// The shortest lease: instances need time to renew it.
const SHORTEST_LEASE: Duration = Duration::from_millis(30);

/// The pause between two looks at letters for which another attempt was asked.
const LOOK: Duration = Duration::from_millis(10);

impl Default for RunnerSettings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            batch: 500,
        }
    }
}

impl RunnerSettings {
    /// Says how long it takes at most until another instance takes over when this one has died: 10 seconds by default, 30
    /// milliseconds at least. The lease is renewed every third of its time.
    pub fn lease(self, lease: Duration) -> Self {
        let lease = lease.max(SHORTEST_LEASE);
        Self { lease, ..self }
    }

    /// Says how many events one transaction takes at most: 500 by default, 1 at least.
    pub fn batch(self, events: usize) -> Self {
        let batch = events.max(1);
        Self { batch, ..self }
    }
}

impl TaskRunner {
    /// Opens the applications, each with the settings that the environment has for its name, and starts the tasks.
    ///
    /// # Errors
    ///
    /// [`SystemError::Mistakes`] when the system cannot run as it was put together, before anything is opened;
    /// [`SystemError::Open`] when an application cannot be opened. What happens later is in the [status](Self::status).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has started nothing.
    pub async fn start(system: System, environment: Environment) -> Result<Self, SystemError> {
        Self::start_with(system, environment, RunnerSettings::default()).await
    }

    /// As [`start`](Self::start), with other settings.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has started nothing.
    pub async fn start_with(
        system: System,
        environment: Environment,
        settings: RunnerSettings,
    ) -> Result<Self, SystemError> {
        let RunnerSettings { lease, batch } = settings;
        let manner = Manner {
            lease,
            batch,
            clock: None,
        };
        let mut opened = system.open(&environment, &manner).await?;
        let stop = watch::Sender::new(false);
        let deadlines = std::mem::take(&mut opened.deadlines).into_iter();
        let deadlines = deadlines.filter_map(|(index, deadlines)| {
            let member = &opened.members[index];
            let (app, meter) = (member.app.clone()?, Arc::clone(&member.meter));
            Some(tokio::spawn(deadline::run(app, deadlines, meter, stop.subscribe())))
        });
        let deadlines = deadlines.collect();
        let mut followers = Vec::new();
        for member in &opened.members {
            match &member.follower {
                Some(follower) => followers.push((Arc::clone(&member.name), tokio::spawn(Arc::clone(follower).run()))),
                None => member.meter.enter(State::Following),
            }
        }
        Ok(Self {
            opened,
            followers,
            deadlines,
            stop,
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

    /// Returns what a follower is doing in this process.
    ///
    /// # Panics
    ///
    /// When the node is one of another system.
    #[track_caller]
    pub fn status(&self, node: Node) -> Status {
        self.opened.member(node).meter.status()
    }

    /// Watches the status of a follower. The receiver always has the latest status; a slow reader misses those between.
    ///
    /// # Panics
    ///
    /// When the node is one of another system.
    #[track_caller]
    pub fn watch(&self, node: Node) -> watch::Receiver<Status> {
        self.opened.member(node).meter.watch()
    }

    /// Waits until a follower cannot go on in this process, and returns why. The others go on. Without followers it waits for
    /// ever.
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub async fn failed(&self) -> FollowerError {
        let stopped = self.shared().map(|shared| Box::pin(waiting::stopped(shared)));
        let stopped: Vec<_> = stopped.collect();
        if stopped.is_empty() {
            std::future::pending::<()>().await;
        }
        futures_util::future::select_all(stopped).await.0
    }

    /// Lets a follower go on that has [stopped](State::Stopped), because its cause is gone.
    ///
    /// # Panics
    ///
    /// When the node is one of another system.
    #[track_caller]
    pub fn resume(&self, follower: Node) {
        let member = self.opened.member(follower);
        if let Some(follower) = &member.follower {
            if matches!(member.meter.status().state, State::Stopped(_)) {
                member.meter.enter(State::Starting);
            }
            follower.shared().poke.notify_one();
        }
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
        match &self.opened.member(follower).follower {
            Some(follower) => follower.shared().dead_letters().await,
            None => Ok(Vec::new()),
        }
    }

    /// Asks for another attempt of all events that a follower has set aside, and waits until the instance that has the lease has
    /// made it: within a third of the lease's time, or at once if it is this one. The events of each aggregate are tried in order,
    /// up to the first that fails again. Returns the letters that are left.
    ///
    /// # Errors
    ///
    /// [`WaitError::Follower`] when the letters cannot be read or changed, or the follower has stopped in this process.
    ///
    /// # Panics
    ///
    /// When the node is one of another system.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has asked for the attempts of some of the events.
    pub async fn retry_dead_letters(&self, follower: Node) -> Result<Vec<DeadLetter>, WaitError> {
        let Some(follower) = &self.opened.member(follower).follower else {
            return Ok(Vec::new());
        };
        let shared = follower.shared();
        shared.ask_for_retries().await?;
        loop {
            shared.poke.notify_one();
            sleep(LOOK).await;
            if let Some(left) = shared.letters_left().await? {
                return Ok(left);
            }
            if let State::Stopped(error) = shared.meter.status().state {
                return Err(error.into());
            }
        }
    }

    /// Passes over an event that a follower has set aside, for good. Later events of its aggregate still wait for
    /// [`retry_dead_letters`](Self::retry_dead_letters). Returns `false` if there is no such letter.
    ///
    /// # Errors
    ///
    /// [`FollowerError::Application`] when the letter cannot be changed.
    ///
    /// # Panics
    ///
    /// When the node is one of another system.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the letter changed or not.
    pub async fn skip_dead_letter(&self, follower: Node, letter: &DeadLetter) -> Result<bool, FollowerError> {
        let Some(follower) = &self.opened.member(follower).follower else {
            return Ok(false);
        };
        let is_skipped = follower.shared().skip(letter).await?;
        follower.shared().poke.notify_one();
        Ok(is_skipped)
    }

    /// Stops each follower after the transaction in hand, gives the leases back, and closes the applications.
    ///
    /// # Errors
    ///
    /// [`StopError`] with those that have not stopped in time. They were cut off: what they were storing is stored wholly or not
    /// at all, and other instances wait for the end of the lease.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped lets the followers stop, and does not wait for them.
    pub async fn stop(mut self, deadline: Duration) -> Result<(), StopError> {
        self.tell_to_stop();
        let end = Instant::now() + deadline;
        let mut late = Vec::new();
        for (name, mut task) in std::mem::take(&mut self.followers) {
            if timeout_at(end, &mut task).await.is_err() {
                task.abort();
                // It ends at its next await, whatever it returns.
                let _cancelled = task.await;
                late.push(name.to_string());
            }
        }
        for mut task in std::mem::take(&mut self.deadlines) {
            if timeout_at(end, &mut task).await.is_err() {
                task.abort();
            }
        }
        for member in &mut self.opened.members {
            if let (Some(app), false) = (member.app.take(), member.is_outbox) {
                app.close().await;
            }
        }
        if late.is_empty() {
            Ok(())
        } else {
            Err(StopError { late })
        }
    }

    fn tell_to_stop(&self) {
        self.stop.send_replace(true);
        for shared in self.shared() {
            shared.stop.send_replace(true);
        }
    }

    fn shared(&self) -> impl Iterator<Item = &Arc<Shared>> {
        let followers = self.opened.members.iter().filter_map(|member| member.follower.as_ref());
        followers.map(|follower| follower.shared())
    }
}

impl Drop for TaskRunner {
    fn drop(&mut self) {
        self.tell_to_stop();
    }
}

impl fmt::Debug for TaskRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.opened.members.iter().map(|member| &member.name).collect();
        f.debug_struct("TaskRunner")
            .field("members", &names)
            .finish_non_exhaustive()
    }
}
