//! Decisions and aggregates in one log.

use es_application::prelude::*;
use es_dcb::{prelude::*, testing::given_nothing};
use es_domain::{Uuid, prelude::*};
use es_projection::{InMemory, ReadModel};
use futures_util::StreamExt as _;

use crate::stores;

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Member {
    root: Root<Self>,
    expelled: bool,
}

#[events(derive(PartialEq))]
impl Member {
    #[event(Joined)]
    pub(crate) fn join(name: &str) -> Self {
        assert!(!name.is_empty());
        Self::default()
    }

    #[event(Expelled)]
    pub(crate) fn expel(&mut self) {
        self.expelled = true;
    }
}

#[derive(Tag, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BookId(Uuid);

#[derive(TaggedEvent, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum LoanEvent {
    Lent {
        #[tag]
        book: BookId,
        #[tag]
        member: Id<Member>,
    },
    Returned {
        #[tag]
        book: BookId,
        #[tag]
        member: Id<Member>,
    },
}

#[derive(EventSet, Clone, Debug, PartialEq)]
pub(crate) enum LibraryEvent {
    Member(Id<Member>, MemberEvent),
    Loan(LoanEvent),
}

/// Whether somebody may borrow: a model of an aggregate's events.
#[derive(Clone)]
struct Standing {
    member: Id<Member>,
    is_member: bool,
}

impl DecisionModel for Standing {
    type Events = MemberEvent;

    fn tags(&self) -> Tags {
        self.member.into()
    }

    fn apply(&mut self, event: &Recorded<MemberEvent>) {
        self.is_member = match event.body() {
            MemberEvent::Joined { .. } => true,
            MemberEvent::Expelled => false,
        };
    }
}

#[derive(Clone)]
struct Shelf {
    book: BookId,
    is_lent: bool,
}

impl DecisionModel for Shelf {
    type Events = LoanEvent;

    fn tags(&self) -> Tags {
        self.book.into()
    }

    fn apply(&mut self, event: &Recorded<LoanEvent>) {
        self.is_lent = matches!(event.body(), LoanEvent::Lent { .. });
    }
}

/// All that a member has done: the events of the aggregate, and those that name it.
#[derive(Clone)]
struct History {
    member: Id<Member>,
    topics: Vec<String>,
}

impl DecisionModel for History {
    type Events = LibraryEvent;

    fn tags(&self) -> Tags {
        self.member.into()
    }

    fn apply(&mut self, event: &Recorded<LibraryEvent>) {
        self.topics.push(event.topic().to_owned());
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum NotLent {
    #[error("only members may borrow")]
    NoMember,
    #[error("the book is lent")]
    Lent,
}

pub(crate) fn lend(book: BookId, member: Id<Member>) -> impl Decision<Event = LoanEvent, Error = NotLent> {
    let is_member = false;
    let models = (Standing { member, is_member }, Shelf { book, is_lent: false });
    decision(models, move |(standing, shelf)| {
        match (standing.is_member, shelf.is_lent) {
            (false, _) => Err(NotLent::NoMember),
            (true, true) => Err(NotLent::Lent),
            (true, false) => Ok(LoanEvent::Lent { book, member }),
        }
    })
}

fn book(number: u128) -> BookId {
    BookId(Uuid::from_u128(number))
}

#[tokio::test]
async fn a_member_who_was_expelled_by_a_plain_command_borrows_nothing() {
    for opened in stores::all().await {
        let library = &opened.app;
        let mut ann = Member::join("Ann");
        library.save(&mut ann).await.unwrap();
        library.decide(lend(book(1), ann.id())).await.unwrap();
        let lent = library.decide(lend(book(1), ann.id())).await.unwrap_err();
        assert!(matches!(lent, ExecuteError::Command(NotLent::Lent)));
        library.execute(ann.id(), Member::expel).await.unwrap();
        let refused = library.decide(lend(book(2), ann.id())).await.unwrap_err();
        assert!(matches!(refused, ExecuteError::Command(NotLent::NoMember)));
    }
}

#[tokio::test]
async fn a_model_sees_an_aggregate_and_what_names_it() {
    for opened in stores::all().await {
        let library = &opened.app;
        let (mut ann, mut bob) = (Member::join("Ann"), Member::join("Bob"));
        library.save((&mut ann, &mut bob)).await.unwrap();
        for (number, member) in (1..).zip([ann.id(), bob.id(), ann.id()]) {
            library.decide(lend(book(number), member)).await.unwrap();
        }
        library.execute(ann.id(), Member::expel).await.unwrap();
        let history = History {
            member: ann.id(),
            topics: Vec::new(),
        };
        let look = decision(history, |history: &History| {
            assert_eq!(
                history.topics,
                ["Member.Joined", "Loan.Lent", "Loan.Lent", "Member.Expelled"]
            );
            Ok::<_, ()>(None::<LoanEvent>)
        });
        assert!(library.decide(look).await.unwrap().events().is_empty());
    }
}

#[tokio::test]
async fn an_aggregate_is_saved_under_the_condition_of_a_decision() {
    for opened in stores::all().await {
        let library = &opened.app;
        let mut ann = Member::join("Ann");
        let first = LoanEvent::Lent {
            book: book(1),
            member: ann.id(),
        };
        let take = |member| {
            let shelf = Shelf {
                book: book(1),
                is_lent: false,
            };
            decision(shelf, move |shelf| {
                if shelf.is_lent {
                    return Err(NotLent::Lent);
                }
                Ok(LoanEvent::Lent { book: book(1), member })
            })
        };
        let decided = library.decide_and_save(take(ann.id()), &mut ann).await.unwrap();
        assert_eq!(decided.events(), [first]);
        let topics: Vec<_> = decided.recordings().iter().map(Recorded::topic).collect();
        assert_eq!(topics, ["Loan.Lent", "Member.Joined"]);
        assert!(ann.pending_events().is_empty());
        assert!(library.repository().contains(ann.id()).await.unwrap());

        let mut bob = Member::join("Bob");
        let refused = library.decide_and_save(take(bob.id()), &mut bob).await.unwrap_err();
        assert!(matches!(refused, ExecuteError::Command(NotLent::Lent)));
        assert_eq!(bob.pending_events().len(), 1);
        assert!(!library.repository().contains(bob.id()).await.unwrap());
    }
}

#[tokio::test]
async fn aggregates_alone_are_saved_under_a_condition() {
    for opened in stores::all().await {
        let library = &opened.app;
        let mut ann = Member::join("Ann");
        library.save(&mut ann).await.unwrap();
        ann.expel();
        let unless_lent = decision(
            Shelf {
                book: book(1),
                is_lent: false,
            },
            |shelf: &Shelf| {
                if shelf.is_lent {
                    return Err(NotLent::Lent);
                }
                Ok(None::<LoanEvent>)
            },
        );
        let decided = library.decide_and_save(unless_lent, &mut ann).await.unwrap();
        assert_eq!((decided.events().len(), decided.recordings().len()), (0, 1));
        assert!(library.repository().get(ann.id()).await.unwrap().expelled);
    }
}

#[derive(Default)]
struct Loans {
    members: usize,
    lent: usize,
}

impl ReadModel for Loans {
    type Events = LibraryEvent;

    fn apply(&mut self, event: &Recorded<LibraryEvent>) {
        match event.body() {
            LibraryEvent::Member(_, MemberEvent::Joined { .. }) => self.members += 1,
            LibraryEvent::Member(_, MemberEvent::Expelled) => self.members -= 1,
            LibraryEvent::Loan(LoanEvent::Lent { .. }) => self.lent += 1,
            LibraryEvent::Loan(LoanEvent::Returned { .. }) => self.lent -= 1,
        }
    }
}

#[tokio::test]
async fn events_with_tags_are_followed_and_projected_like_all_others() {
    for opened in stores::all().await {
        let library = &opened.app;
        let loans = InMemory::follow(Loans::default(), library);
        let mut followed = library.subscribe(Selection::after(0).of::<LibraryEvent>());
        let mut ann = Member::join("Ann");
        library.save(&mut ann).await.unwrap();
        let lent = library.decide(lend(book(1), ann.id())).await.unwrap();
        loans.wait_for(lent.position()).await.unwrap();
        assert_eq!((loans.read().members, loans.read().lent), (1, 1));
        let joined = followed.next().await.unwrap().unwrap();
        let joined: Vec<_> = joined.decode_all::<LibraryEvent>().unwrap();
        assert!(matches!(joined[0].body(), LibraryEvent::Member(id, _) if *id == ann.id()));
        let own = followed.next().await.unwrap().unwrap();
        assert_eq!(own.position(), lent.position().unwrap());
        let expected = LoanEvent::Lent {
            book: book(1),
            member: ann.id(),
        };
        assert_eq!(own.decode::<LoanEvent>().unwrap(), Some(expected.clone()));
        assert_eq!(
            own.decode::<LibraryEvent>().unwrap(),
            Some(LibraryEvent::Loan(expected))
        );
        let section = library.notification_log().section("1,10").await.unwrap();
        let topics: Vec<_> = section.items().iter().map(Recorded::topic).collect();
        assert_eq!(topics, ["Member.Joined", "Loan.Lent"]);
    }
}

#[test]
fn an_aggregates_events_are_given_with_its_id() {
    let ann = Id::<Member>::from_uuid(Uuid::from_u128(7));
    let joined = || MemberEvent::Joined { name: "Ann".to_owned() };
    given_nothing().when(lend(book(1), ann)).then_error(NotLent::NoMember);
    given_nothing()
        .and_of(ann, [joined()])
        .when(lend(book(1), ann))
        .then([LoanEvent::Lent {
            book: book(1),
            member: ann,
        }]);
    given_nothing()
        .and_of(ann, [joined(), MemberEvent::Expelled])
        .when(lend(book(1), ann))
        .then_error(NotLent::NoMember);
}
