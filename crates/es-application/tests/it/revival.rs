//! New aggregates whose ID is taken.

use es_application::prelude::*;
use es_domain::{Uuid, prelude::*};
use es_persistence::MapperErrorKind;

use crate::stores;

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(hash_chain)]
struct Member {
    root: Root<Self>,
    visits: u32,
}

#[events(derive(PartialEq))]
impl Member {
    fn id_for(name: &str) -> Id<Self> {
        Id::named(Uuid::NAMESPACE_URL, name)
    }

    #[event(id = Self::id_for(name), revives)]
    fn joined(name: &str) -> Self {
        Self::default()
    }

    #[event(id = Self::id_for(name))]
    fn invited(name: &str) -> Self {
        Self::default()
    }

    #[event]
    fn visited(&mut self) {
        self.visits += 1;
    }

    #[event(discards)]
    fn left(&mut self) {}
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
struct Guest {
    root: Root<Self>,
}

#[events(derive(PartialEq))]
impl Guest {
    #[event(id = id)]
    fn invited(id: Id<Self>) -> Self {
        Self::default()
    }
}

/// Ann has joined, has visited once, and has left: three events.
async fn first_life(app: &Application) {
    let mut ann = Member::joined("ann");
    ann.visited();
    app.save(&mut ann).await.unwrap();
    ann.left();
    app.save(&mut ann).await.unwrap();
}

#[tokio::test]
async fn a_discarded_aggregate_begins_anew_where_its_event_revives() {
    let cached = |environment: Environment| environment.with("AGGREGATE_CACHE_MAXSIZE", "10");
    for store in stores::all_with(cached, |builder| builder.snapshot_every::<Member>(2)).await {
        let app = &store.app;
        first_life(app).await;
        assert!(!app.repository().contains(Member::id_for("ann")).await.unwrap());

        let mut again = Member::joined("ann");
        again.visited();
        again.visited();
        let mut bob = Member::joined("bob");
        let recordings = app.save((&mut bob, &mut again)).await.unwrap();
        let versions: Vec<_> = recordings.iter().map(Recorded::originator_version).collect();
        assert_eq!(versions, [1, 4, 5, 6]);
        assert_eq!((again.version(), again.visits), (6, 2));

        let copy = app.repository().get(again.id()).await.unwrap();
        assert_eq!(copy, again);
        assert_eq!(app.repository().get_at(again.id(), 4).await.unwrap().visits, 0);
        app.execute(again.id(), Member::visited).await.unwrap();
        assert_eq!(app.repository().get(again.id()).await.unwrap().visits, 3);

        let third = app.save(&mut Member::joined("ann")).await.unwrap_err();
        assert!(third.conflict().is_some(), "the member is there: {third}");
    }
}

#[tokio::test]
async fn the_error_says_that_the_aggregate_was_discarded() {
    for store in stores::all().await {
        first_life(&store.app).await;
        let mut again = Member::invited("ann");
        let error = store.app.save(&mut again).await.unwrap_err();
        let text = format!(
            "Member {} cannot be saved as a new aggregate: it was discarded",
            again.id()
        );
        assert!(error.to_string().starts_with(&text), "{error}");
        assert!(error.to_string().contains("by its event 3"), "{error}");
        assert_eq!(error.conflict().map(|conflict| conflict.last_version), Some(3));
        assert_eq!((again.version(), again.pending_events().len()), (1, 1));

        let mut attempts = 0;
        let create = || {
            attempts += 1;
            Member::invited("ann")
        };
        let executed = store.app.execute_or_create(again.id(), create, Member::visited).await;
        let error = ApplicationError::from(executed.unwrap_err());
        assert!(matches!(error, ApplicationError::Discarded { .. }), "{error}");
        assert_eq!(attempts, 1);
        let created = store
            .app
            .execute_or_create(again.id(), || Member::joined("ann"), Member::visited)
            .await;
        assert_eq!(created.unwrap().recordings()[0].originator_version(), 4);
    }
}

#[tokio::test]
async fn an_id_of_another_type_is_told_with_both_types() {
    for store in stores::all().await {
        let mut member = Member::joined("ann");
        store.app.save(&mut member).await.unwrap();
        let id = Id::<Guest>::from_uuid(member.id().uuid());

        let error = store.app.save(&mut Guest::invited(id)).await.unwrap_err();
        assert!(matches!(error, ApplicationError::IdTaken { .. }), "{error}");
        assert!(
            error.to_string().starts_with(&format!("Guest {id} cannot be saved")),
            "{error}"
        );
        assert!(error.to_string().contains("\"Member.Joined\""), "{error}");

        let error = store.app.repository().get(id).await.unwrap_err();
        let ApplicationError::Mapper(error) = error else {
            panic!("{error}")
        };
        assert!(
            matches!(error.kind(), MapperErrorKind::ForeignTopic { aggregate: "Guest", other } if other == "Member"),
            "{error}"
        );
    }
}
