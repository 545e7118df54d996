//! IDs that begin a new life.

use es_domain::{EventHash, ReplayErrorKind, RootAccess as _, Uuid, prelude::*};

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
pub struct Member {
    root: Root<Self>,
    visits: u32,
}

#[events(derive(PartialEq))]
impl Member {
    fn id_for(name: &str) -> Id<Self> {
        Id::named(Uuid::NAMESPACE_URL, name)
    }

    #[event(id = Self::id_for(name), revives)]
    pub fn joined(name: &str) -> Self {
        Self::default()
    }

    #[event(id = Self::id_for(name))]
    pub fn invited(name: &str) -> Self {
        Self::default()
    }

    #[event]
    pub fn visited(&mut self) {
        self.visits += 1;
    }

    #[event(discards)]
    pub fn left(&mut self) {}
}

/// The events of a member who has left.
fn first_life() -> Vec<DomainEvent<MemberEvent>> {
    let mut member = Member::joined("ann");
    member.visited();
    member.left();
    member.collect_events()
}

#[test]
fn a_new_life_follows_the_old_one() {
    let mut member = Member::joined("ann");
    member.visited();
    assert!(member.revive_after(3, Some(EventHash::from_bytes([7; 32]))));
    assert_eq!(
        (member.version(), member.head()),
        (5, Some(EventHash::from_bytes([7; 32])))
    );
    let versions = member.pending_events().iter().map(DomainEvent::originator_version);
    assert_eq!(versions.collect::<Vec<_>>(), [4, 5]);

    let events = first_life().into_iter().chain(member.pending_events().to_vec());
    let again = Member::replay(events)
        .expect("it replays")
        .expect("the member has come back");
    assert_eq!((again.version(), again.visits), (5, 1));
    assert_eq!(
        (again.id(), again.created_on(), again.modified_on()),
        (member.id(), member.created_on(), member.modified_on())
    );
    assert!(!again.root().is_discarded());
}

#[test]
fn an_event_that_does_not_revive_cannot_follow_the_end() {
    let mut member = Member::invited("ann");
    assert!(!member.revive_after(3, None));
    assert_eq!(member.version(), 1);

    let invited = &member.pending_events()[0];
    let late = DomainEvent::new(member.id(), 4, invited.stamp().clone(), invited.body().clone());
    let error = Member::replay(first_life().into_iter().chain([late])).expect_err("the life is over");
    assert_eq!(*error.kind(), ReplayErrorKind::Discarded);
}

#[test]
fn only_a_new_aggregate_can_follow() {
    let mut member = Member::joined("ann");
    drop(member.collect_events());
    member.visited();
    assert!(!member.revive_after(3, None));
    assert_eq!(
        (member.version(), member.pending_events()[0].originator_version()),
        (2, 2)
    );
}

#[test]
fn a_living_aggregate_is_not_begun_anew() {
    let mut events = first_life();
    let joined = DomainEvent::new(
        Member::id_for("ann"),
        3,
        events[0].stamp().clone(),
        events[0].body().clone(),
    );
    events[2] = joined;
    let error = Member::replay(events).expect_err("the member has not left");
    assert_eq!(*error.kind(), ReplayErrorKind::NotApplied);
}

#[test]
fn the_kind_of_an_event_tells_whether_it_revives() {
    let kinds = MemberEvent::KINDS.iter().map(|kind| (kind.name(), kind.is_reviving()));
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [
            ("Joined", true),
            ("Invited", false),
            ("Visited", false),
            ("Left", false)
        ]
    );
}
