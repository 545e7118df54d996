//! Mistakes in a system, found before anything runs.

use std::{collections::HashMap, fmt};

use super::{System, member::Kind};

/// A mistake in a [`System`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// Two members have one name. Their tables would be the same.
    #[error(
        "there are two members called {name:?}: give each a name of its own, with more than capitals to tell them apart"
    )]
    SameName {
        /// The name.
        name: String,
    },
    /// A name is empty, or one that the library has for itself.
    #[error("{name:?} is not a name: write some letters; names that begin with `es.` are taken")]
    BadName {
        /// The name.
        name: String,
    },
    /// A pipe leads to a member that has no policy.
    #[error(
        "{follower} cannot follow {leader}, because it has no policy: add it by `process`, or take it out of the pipe"
    )]
    NoPolicy {
        /// The member without a policy.
        follower: String,
        /// The one before it in the pipe.
        leader: String,
    },
    /// A pipe begins at an outbox, which has no log.
    #[error("{follower} cannot follow the outbox {leader}, which has no events: follow the application of the outbox")]
    NoLog {
        /// The follower.
        follower: String,
        /// The outbox.
        leader: String,
    },
    /// A process application stands in no pipe behind another one.
    #[error("{name} has a policy and follows nothing: put it behind an application by `pipe`")]
    FollowsNothing {
        /// The process application.
        name: String,
    },
    /// A pipe has less than two members.
    #[error("a pipe leads to nothing: name at least two nodes")]
    ShortPipe,
    /// A node of another system was used.
    #[error(
        "a node of another system was used: use what `application`, `process`, `outbox` and `upstream` of this one return"
    )]
    ForeignNode,
    /// An outbox, deadlines or a configuration were given to something that is no application of the system.
    #[error("{part} was given to {name}, which is no application of this system: give it to one")]
    NoApplication {
        /// What was given.
        part: String,
        /// What it was given to.
        name: String,
    },
}

/// All mistakes in a [`System`], and its graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mistakes {
    /// The mistakes.
    pub mistakes: Vec<Mistake>,
    /// Who follows whom.
    pub graph: String,
}

impl System {
    pub(super) fn find_mistakes(&self) -> Result<(), Mistakes> {
        let mut mistakes = self.mistakes.clone();
        self.check_names(&mut mistakes);
        self.check_edges(&mut mistakes);
        if mistakes.is_empty() {
            return Ok(());
        }
        let graph = self.to_string();
        Err(Mistakes { mistakes, graph })
    }

    fn check_names(&self, mistakes: &mut Vec<Mistake>) {
        let mut seen = HashMap::new();
        for member in &self.members {
            let name = member.name.to_string();
            if name.trim().is_empty() || name.starts_with("es.") || name.contains('\0') {
                mistakes.push(Mistake::BadName { name: name.clone() });
            }
            let count = seen.entry(name.to_uppercase()).or_insert(0);
            *count += 1;
            if *count == 2 {
                mistakes.push(Mistake::SameName { name });
            }
        }
    }

    fn check_edges(&self, mistakes: &mut Vec<Mistake>) {
        for (leader, follower) in &self.edges {
            let names = |leader: &usize, follower: &usize| {
                let name = |index: &usize| self.members[*index].name.to_string();
                (name(leader), name(follower))
            };
            let (leader_name, follower_name) = names(leader, follower);
            let is_own = matches!(self.members[*follower].kind, Kind::Outbox(_, host) if host == *leader);
            if !is_own && !matches!(self.members[*follower].kind, Kind::Process(_)) {
                mistakes.push(Mistake::NoPolicy {
                    follower: follower_name,
                    leader: leader_name,
                });
            } else if matches!(self.members[*leader].kind, Kind::Outbox(..)) {
                mistakes.push(Mistake::NoLog {
                    follower: follower_name,
                    leader: leader_name,
                });
            }
        }
        for (index, member) in self.members.iter().enumerate() {
            let follows = self.edges.iter().any(|(_, follower)| *follower == index);
            if matches!(member.kind, Kind::Process(_)) && !follows {
                let name = member.name.to_string();
                mistakes.push(Mistake::FollowsNothing { name });
            }
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the system cannot run:")?;
        for mistake in &self.mistakes {
            write!(f, "\n- {mistake}")?;
        }
        write!(f, "\nThis is the system:\n{}", self.graph)
    }
}

impl std::error::Error for Mistakes {}
