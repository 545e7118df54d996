//! The recorder in memory with a deliberate fault in how it treats tags.

use std::sync::Arc;

use es_persistence::{
    AggregateRecorder, AppendCondition, ApplicationRecorder, BoxFuture, Capabilities, Datastore, DatastoreError,
    DecisionRecorder, Environment, EventQuery, FoundEvents, LogPage, MemoryRecorder, Operation, Persistence,
    ProcessRecorder, QueryItem, ReadToken, ReadableLog, RecorderError, RecorderErrorKind, Selection, SnapshotRecorder,
    StoredEvent, StoredTag, StreamSelection, TaggedRow, TrackingRecorder, Wakeup,
};
use tokio::task;

use super::Flaw;

#[derive(Debug)]
pub(super) struct FlawedPersistence(pub(super) Flaw);

#[derive(Clone, Debug)]
struct Flawed {
    flaw: Flaw,
    memory: Arc<MemoryRecorder>,
}

impl Flawed {
    async fn insert(
        &self,
        rows: Vec<TaggedRow>,
        condition: Option<AppendCondition>,
    ) -> Result<Vec<u64>, RecorderError> {
        let rows: Vec<_> = rows.into_iter().map(|row| self.alter_row(row)).collect();
        let Some(condition) = condition else {
            return self.append(rows, None).await;
        };
        let condition = AppendCondition::new(self.alter_query(&condition.query), condition.token);
        match self.flaw {
            Flaw::IgnoresConditions => self.append(rows, None).await,
            Flaw::ChecksBeforeLock => {
                self.check(&condition).await?;
                task::yield_now().await;
                self.append(rows, None).await
            }
            Flaw::ChecksTooLate => {
                let positions = self.append(rows, None).await?;
                self.check(&condition).await?;
                Ok(positions)
            }
            Flaw::GlobalToken => {
                let all = AppendCondition::new(EventQuery::default(), condition.token);
                self.append(rows, Some(all)).await
            }
            Flaw::ForgetsPlainSaves => {
                let tagged = condition.query.items().iter().cloned().map(QueryItem::tagged_only);
                let tagged = AppendCondition::new(EventQuery::new(tagged), condition.token);
                self.append(rows, Some(tagged)).await
            }
            _ => self.append(rows, Some(condition)).await,
        }
    }

    async fn append(
        &self,
        rows: Vec<TaggedRow>,
        condition: Option<AppendCondition>,
    ) -> Result<Vec<u64>, RecorderError> {
        if self.flaw == Flaw::ForgetsAppends {
            let first = rows
                .first()
                .map(|row| StreamSelection::of(row.event.originator_id.clone()));
            if let Some(first) = first
                && !self.memory.select_events(first).await?.is_empty()
            {
                return Err(failed());
            }
        }
        self.memory.insert_tagged(rows, condition).await
    }

    async fn check(&self, condition: &AppendCondition) -> Result<(), RecorderError> {
        let found = self.memory.select_tagged(condition.query.clone()).await?.events;
        let is_new = |position| !condition.token.covers(position);
        if found.iter().any(|found| is_new(found.notification.position)) {
            return Err(failed());
        }
        Ok(())
    }

    fn alter_row(&self, mut row: TaggedRow) -> TaggedRow {
        if self.flaw == Flaw::UncheckedTags {
            let is_fit = |tag: &StoredTag| !tag.text().is_empty() && !tag.text().contains('\0');
            row.tags
                .retain(|tag| is_fit(tag) && !tag.text().starts_with('.') && tag.text().len() <= StoredTag::MAX_LEN);
        }
        if self.flaw == Flaw::IgnoresCase {
            row.tags = row.tags.iter().map(lower_case).collect();
        }
        row
    }

    fn alter_query(&self, query: &EventQuery) -> EventQuery {
        EventQuery::new(query.items().iter().flat_map(|item| self.alter_item(item)))
    }

    fn alter_item(&self, item: &QueryItem) -> Vec<QueryItem> {
        let with_tags = |tags: Vec<StoredTag>| {
            let altered = QueryItem::all().with_tags(tags);
            let altered = match item.topics() {
                Some(topics) if self.flaw != Flaw::IgnoresTopics => altered.of_topics(topics.clone()),
                _ => altered,
            };
            let is_last_only = item.is_last_only() && self.flaw != Flaw::ReadsAll;
            let altered = if is_last_only { altered.last_only() } else { altered };
            if item.is_tagged_only() {
                altered.tagged_only()
            } else {
                altered
            }
        };
        match self.flaw {
            Flaw::OneTagIsEnough if !item.tags().is_empty() => {
                item.tags().iter().map(|tag| with_tags(vec![tag.clone()])).collect()
            }
            Flaw::IgnoresCase => vec![with_tags(item.tags().iter().map(lower_case).collect())],
            _ => vec![with_tags(item.tags().to_vec())],
        }
    }

    async fn select(&self, query: EventQuery) -> Result<FoundEvents, RecorderError> {
        if self.flaw != Flaw::ReadsItemsApart || query.items().len() < 2 {
            return self.memory.select_tagged(self.alter_query(&query)).await;
        }
        let (mut found, mut token) = (Vec::new(), ReadToken::default());
        for (index, item) in query.items().iter().enumerate() {
            let part = self.memory.select_tagged(EventQuery::new([item.clone()])).await?;
            found.extend(part.events.into_iter().map(|event| (Some(index), event.notification)));
            token = part.token;
            task::yield_now().await;
        }
        Ok(FoundEvents::collect(&query, token, found))
    }
}

fn lower_case(tag: &StoredTag) -> StoredTag {
    let text = tag.text().to_lowercase();
    match tag.originator() {
        None => StoredTag::new(text),
        Some(id) => StoredTag::of_originator(text, id.clone()),
    }
}

const fn failed() -> RecorderError {
    RecorderError::new("flawed", Operation::InsertEvents, RecorderErrorKind::ConditionFailed)
}

impl DecisionRecorder for Flawed {
    fn select_tagged(&self, query: EventQuery) -> BoxFuture<'_, Result<FoundEvents, RecorderError>> {
        Box::pin(self.select(query))
    }

    fn insert_tagged(
        &self,
        events: Vec<TaggedRow>,
        condition: Option<AppendCondition>,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(self.insert(events, condition))
    }
}

impl AggregateRecorder for Flawed {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        self.memory.insert_events(events)
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        self.memory.select_events(selection)
    }
}

impl ReadableLog for Flawed {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        self.memory.select_notifications(selection)
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        self.memory.max_position()
    }

    fn wakeup(&self) -> Wakeup {
        self.memory.wakeup()
    }

    fn capabilities(&self) -> Capabilities {
        self.memory.capabilities()
    }
}

impl Persistence for FlawedPersistence {
    fn module(&self) -> &'static str {
        "flawed"
    }

    fn open<'a>(&'a self, _: &'a Environment) -> BoxFuture<'a, Result<Arc<dyn Datastore>, DatastoreError>> {
        let flawed = Flawed {
            flaw: self.0,
            memory: Arc::default(),
        };
        Box::pin(async { Ok(Arc::new(flawed) as Arc<dyn Datastore>) })
    }
}

impl Datastore for Flawed {
    fn decision_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn DecisionRecorder>, DatastoreError>> {
        Box::pin(async { Ok(Arc::new(self.clone()) as Arc<dyn DecisionRecorder>) })
    }

    fn application_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ApplicationRecorder>, DatastoreError>> {
        Box::pin(async { Ok(Arc::new(self.clone()) as Arc<dyn ApplicationRecorder>) })
    }

    fn process_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn ProcessRecorder>, DatastoreError>> {
        Box::pin(async { Ok(Arc::<MemoryRecorder>::clone(&self.memory) as Arc<dyn ProcessRecorder>) })
    }

    fn tracking_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn TrackingRecorder>, DatastoreError>> {
        Box::pin(async { Ok(Arc::<MemoryRecorder>::clone(&self.memory) as Arc<dyn TrackingRecorder>) })
    }

    fn snapshot_recorder(&self) -> BoxFuture<'_, Result<Arc<dyn SnapshotRecorder>, DatastoreError>> {
        Box::pin(async { Ok(Arc::<MemoryRecorder>::clone(&self.memory) as Arc<dyn SnapshotRecorder>) })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
