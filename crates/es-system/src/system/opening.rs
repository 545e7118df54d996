//! Opening the applications of a system.

use std::{sync::Arc, time::Duration};

use es_application::Application;
use es_persistence::{Environment, Upstream};

use super::{
    Node, System,
    member::{Kind, Member},
};
use crate::{
    SystemError,
    deadline::Deadlines,
    status::Meter,
    virtual_clock::VirtualClock,
    worker::{Follower, Settings, Shared},
};

/// A system whose applications are open.
pub(crate) struct Opened {
    system: u64,
    pub(crate) members: Vec<Running>,
    /// In the order in which they were defined.
    pub(crate) edges: Vec<Edge>,
    /// Each with the index of its application.
    pub(crate) deadlines: Vec<(usize, Box<dyn Deadlines>)>,
}

/// A member whose application is open.
pub(crate) struct Running {
    pub(crate) name: Arc<str>,
    /// The application in which it works, unless it is a log from elsewhere.
    pub(crate) app: Option<Application>,
    pub(crate) is_outbox: bool,
    /// The log that can be followed.
    pub(crate) upstream: Option<Arc<dyn Upstream>>,
    pub(crate) follower: Option<Arc<dyn Follower>>,
    pub(crate) meter: Arc<Meter>,
}

/// Who follows whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) leader: usize,
    pub(crate) follower: usize,
    /// Which of the logs of the follower it is.
    pub(crate) upstream: usize,
}

/// How a system is run.
pub(crate) struct Manner {
    pub(crate) lease: Duration,
    pub(crate) batch: usize,
    /// The time, where it is not that of the machine.
    pub(crate) clock: Option<VirtualClock>,
}

impl System {
    /// Opens the applications, and makes the followers.
    pub(crate) async fn open(self, environment: &Environment, manner: &Manner) -> Result<Opened, SystemError> {
        self.check()?;
        let mut members = Vec::new();
        for member in &self.members {
            members.push(self.open_member(member, &members, environment, manner).await?);
        }
        let mut deadlines = Vec::new();
        for (index, member) in self.members.iter().enumerate() {
            let app = members[index].app.as_ref();
            let made = member.deadlines.iter().filter_map(|watch| Some((index, watch(app?))));
            deadlines.extend(made);
        }
        for (index, member) in self.members.iter().enumerate() {
            self.make_follower(index, member, &mut members, manner).await?;
        }
        Ok(Opened {
            system: self.id,
            edges: self.numbered_edges(),
            members,
            deadlines,
        })
    }

    async fn open_member(
        &self,
        member: &Member,
        before: &[Running],
        environment: &Environment,
        manner: &Manner,
    ) -> Result<Running, SystemError> {
        let (app, upstream): (_, Option<Arc<dyn Upstream>>) = match &member.kind {
            Kind::Upstream(upstream) => (None, Some(Arc::clone(upstream))),
            Kind::Outbox(_, host) => (before.get(*host).and_then(|host| host.app.clone()), None),
            Kind::Application | Kind::Process(_) => {
                let app = self.open_application(member, environment, manner).await?;
                (Some(app.clone()), Some(Arc::new(app)))
            }
        };
        Ok(Running {
            name: Arc::clone(&member.name),
            app,
            is_outbox: matches!(member.kind, Kind::Outbox(..)),
            upstream,
            follower: None,
            meter: Arc::new(Meter::new()),
        })
    }

    async fn open_application(
        &self,
        member: &Member,
        environment: &Environment,
        manner: &Manner,
    ) -> Result<Application, SystemError> {
        let builder = Application::builder(&*member.name).environment(environment.clone());
        let builder = builder.persistence(self.modules.iter().cloned());
        let builder = match &manner.clock {
            Some(clock) => builder.clock(clock.clone()),
            None => builder,
        };
        let builder = member.changes.iter().fold(builder, |builder, change| change(builder));
        builder.open().await.map_err(|source| SystemError::Open {
            name: Arc::clone(&member.name),
            source: Box::new(source),
        })
    }

    async fn make_follower(
        &self,
        index: usize,
        member: &Member,
        members: &mut [Running],
        manner: &Manner,
    ) -> Result<(), SystemError> {
        let Some((make, app)) = member.kind.follower().zip(members[index].app.clone()) else {
            return Ok(());
        };
        let name = Arc::clone(&member.name);
        let recorder = app.process_recorder().await.map_err(|source| SystemError::Open {
            name: Arc::clone(&name),
            source: Box::new(source),
        })?;
        let leaders = self.edges.iter().filter(|(_, follower)| *follower == index);
        let upstreams = leaders.filter_map(|(leader, _)| members[*leader].upstream.clone());
        let shared = Shared {
            // An application that follows others as a whole has no consumer in its rows of tracking.
            consumer: if members[index].is_outbox {
                Arc::clone(&name)
            } else {
                Arc::from("")
            },
            name,
            app,
            recorder,
            upstreams: upstreams.collect(),
            settings: Settings {
                on_error: Arc::clone(&member.on_error),
                lease: manner.lease,
                batch: manner.batch,
                is_patient: manner.clock.is_none(),
            },
            meter: Arc::clone(&members[index].meter),
            stop: tokio::sync::watch::Sender::new(false),
            poke: tokio::sync::Notify::new(),
        };
        members[index].follower = Some(make.make(shared));
        Ok(())
    }

    fn numbered_edges(&self) -> Vec<Edge> {
        let numbered = self.edges.iter().enumerate().map(|(index, (leader, follower))| Edge {
            leader: *leader,
            follower: *follower,
            upstream: self.edges[..index]
                .iter()
                .filter(|(_, other)| other == follower)
                .count(),
        });
        numbered.collect()
    }
}

impl Opened {
    /// The member of a node.
    ///
    /// # Panics
    ///
    /// When the node is one of another system.
    #[track_caller]
    pub(crate) fn member(&self, node: Node) -> &Running {
        assert_eq!(node.system, self.system, "the node is one of another system");
        &self.members[node.index]
    }

    /// The application of a node.
    ///
    /// # Panics
    ///
    /// When the node is a log from elsewhere.
    #[track_caller]
    pub(crate) fn application(&self, node: Node) -> &Application {
        let member = self.member(node);
        match &member.app {
            Some(app) => app,
            None => panic!(
                "{} is a log from elsewhere: use what was given to `upstream`",
                member.name
            ),
        }
    }

    /// The index of the log of `leader` among those that `follower` follows.
    pub(crate) fn upstream_of(&self, follower: Node, leader: Node) -> Option<usize> {
        let is_it = |edge: &&Edge| edge.follower == follower.index && edge.leader == leader.index;
        self.edges.iter().find(is_it).map(|edge| edge.upstream)
    }

    /// The index of the member of a node.
    pub(crate) fn position(&self, node: Node) -> Option<usize> {
        (node.system == self.system).then_some(node.index)
    }
}
