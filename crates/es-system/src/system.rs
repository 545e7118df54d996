//! Applications and who follows whom.

mod check;
mod graph;
mod member;
mod opening;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use es_application::ApplicationBuilder;
use es_persistence::{Persistence, Upstream};
use es_projection::{Failure, Remedy};

use self::member::{Kind, Member};
use crate::{Deadline, Outbox, ProcessApplication, SystemError, deadline, outbox::Delivery, process::Policy};

pub use self::check::{Mistake, Mistakes};
pub(crate) use self::opening::{Edge, Manner, Opened};

/// Applications, and who follows whom.
///
/// ```
/// use es_system::prelude::*;
/// # use es_domain::prelude::*;
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Dog { root: Root<Self> }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register() -> Self { Self::default() }
/// # }
/// # struct Counters;
/// # impl ProcessApplication for Counters {
/// #     type Events = DogEvent;
/// #     const NAME: &str = "Counters";
/// #     async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> { Ok(()) }
/// # }
///
/// let mut system = System::new();
/// let dogs = system.application("DogSchool");
/// let counters = system.process(Counters);
/// system.pipe([dogs, counters]);
/// assert_eq!(system.to_string(), "DogSchool -> Counters\n");
/// ```
///
/// Applications may follow each other in loops, and an application may follow itself. The same system runs on every store, in
/// tasks or step by step.
pub struct System {
    id: u64,
    members: Vec<Member>,
    /// Leaders and their followers, in the order in which they were defined.
    edges: Vec<(usize, usize)>,
    modules: Vec<Arc<dyn Persistence>>,
    /// What was found to be wrong while the system was put together.
    mistakes: Vec<Mistake>,
}

/// A member of a [`System`]: an application, an outbox, or a log from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    system: u64,
    index: usize,
}

impl System {
    /// Makes a system without applications.
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            members: Vec::new(),
            edges: Vec::new(),
            modules: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    /// Adds stores among which `PERSISTENCE_MODULE` chooses for each application. The one in memory is always there, and is the
    /// default.
    #[must_use]
    pub fn persistence(mut self, modules: impl IntoIterator<Item = Arc<dyn Persistence>>) -> Self {
        self.modules.extend(modules);
        self
    }

    /// Adds an application that follows nobody.
    pub fn application(&mut self, name: &str) -> Node {
        self.add(Member::new(name, Kind::Application))
    }

    /// Adds a process application. [`pipe`](Self::pipe) says what it follows.
    pub fn process<P: ProcessApplication>(&mut self, process: P) -> Node {
        self.add(Member::new(P::NAME, Kind::process(Policy(process))))
    }

    /// Adds an outbox for events of an application of this system.
    pub fn outbox<O: Outbox>(&mut self, application: Node, outbox: O) -> Node {
        let host = self.host(application, O::NAME);
        let node = self.add(Member::new(O::NAME, Kind::outbox(Delivery(outbox), host.unwrap_or(0))));
        if let Some(host) = host {
            self.edges.push((host, node.index));
        }
        node
    }

    /// Adds the log of an application that this system does not open: one of another database, or of another machine. It is only
    /// followed.
    pub fn upstream(&mut self, upstream: &(impl Upstream + Clone)) -> Node {
        let name = Arc::clone(upstream.name());
        self.add(Member::new(&name, Kind::Upstream(Arc::new(upstream.clone()))))
    }

    /// Watches the deadlines of the aggregates of type `A` of an application of this system.
    pub fn deadlines<A: Deadline>(&mut self, application: Node) {
        if let Some(host) = self.host(application, A::TOPIC) {
            self.members[host].deadlines.push(deadline::watch::<A>);
        }
    }

    /// Lets each node follow the one before it. Loops are welcome, and so is a node that stands behind itself.
    pub fn pipe(&mut self, nodes: impl IntoIterator<Item = Node>) {
        let nodes: Vec<_> = nodes.into_iter().collect();
        if nodes.len() < 2 {
            self.mistakes.push(Mistake::ShortPipe);
        }
        for pair in nodes.windows(2) {
            let Some((leader, follower)) = self.index(pair[0]).zip(self.index(pair[1])) else {
                self.mistakes.push(Mistake::ForeignNode);
                continue;
            };
            if !self.edges.contains(&(leader, follower)) {
                self.edges.push((leader, follower));
            }
        }
    }

    /// Says what is done about an event that a process application or an outbox cannot take.
    ///
    /// By default an application tries an event five times within a second and then stops before it; an outbox tries ten times
    /// within a quarter of an hour and then sets the event aside. A batch that fails is repeated event by event before this is
    /// asked. A store that cannot be reached is no failure of an event: it is tried again as long as it takes.
    pub fn on_error(&mut self, follower: Node, policy: impl Fn(&Failure) -> Remedy + Send + Sync + 'static) {
        match self.index(follower) {
            Some(index) => self.members[index].on_error = Arc::new(policy),
            None => self.mistakes.push(Mistake::ForeignNode),
        }
    }

    /// Changes how an application is opened: its snapshots, say.
    ///
    /// ```
    /// # use es_system::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    /// # pub struct Dog { root: Root<Self> }
    /// # #[events]
    /// # impl Dog {
    /// #     #[event(Registered)]
    /// #     pub fn register() -> Self { Self::default() }
    /// # }
    /// let mut system = System::new();
    /// let dogs = system.application("DogSchool");
    /// system.configure(dogs, |builder| builder.snapshot_every::<Dog>(50));
    /// ```
    pub fn configure(
        &mut self,
        application: Node,
        change: impl Fn(ApplicationBuilder) -> ApplicationBuilder + Send + Sync + 'static,
    ) {
        if let Some(host) = self.host(application, "a configuration") {
            self.members[host].changes.push(Arc::new(change));
        }
    }

    /// Finds mistakes. Runners do so before they open anything.
    ///
    /// # Errors
    ///
    /// [`SystemError::Mistakes`], with all mistakes and the graph.
    pub fn check(&self) -> Result<(), SystemError> {
        Ok(self.find_mistakes()?)
    }

    fn add(&mut self, member: Member) -> Node {
        self.members.push(member);
        Node {
            system: self.id,
            index: self.members.len() - 1,
        }
    }

    pub(crate) fn index(&self, node: Node) -> Option<usize> {
        (node.system == self.id && node.index < self.members.len()).then_some(node.index)
    }

    /// The application that has `part`, or `None` if the node is no application of this system.
    fn host(&mut self, node: Node, part: &str) -> Option<usize> {
        let Some(index) = self.index(node) else {
            self.mistakes.push(Mistake::ForeignNode);
            return None;
        };
        let member = &self.members[index];
        if member.kind.is_application() {
            return Some(index);
        }
        self.mistakes.push(Mistake::NoApplication {
            part: part.to_owned(),
            name: member.name.to_string(),
        });
        None
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.members.iter().map(|member| &member.name).collect();
        f.debug_struct("System")
            .field("members", &names)
            .field("edges", &self.edges)
            .finish_non_exhaustive()
    }
}
