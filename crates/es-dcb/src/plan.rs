//! What is read for models, and which model has to see what.

use es_persistence::{EventQuery, EventSet, FoundEvents, Mapper, MapperError, QueryItem, Recorded};

use crate::{Models, Tags};

/// The items of a query, each for one model. A model has several items where its tags may be stored in several forms.
#[expect(unnameable_types, reason = "users never call the method that takes it")]
#[derive(Debug)]
pub struct Plan<'a> {
    mapper: &'a Mapper,
    items: Vec<QueryItem>,
    /// The model of each item.
    models: Vec<usize>,
    /// Whether each model sees only the last of its events.
    are_last_only: Vec<bool>,
}

impl<'a> Plan<'a> {
    pub(crate) fn of(models: &impl Models, mapper: &'a Mapper) -> Self {
        let mut plan = Self {
            mapper,
            items: Vec::new(),
            models: Vec::new(),
            are_last_only: Vec::new(),
        };
        models.add_to(&mut plan);
        plan
    }

    /// Adds the items of the next model.
    pub(crate) fn add<S: EventSet>(&mut self, tags: &Tags, is_last_only: bool) {
        for form in tags.forms(self.mapper) {
            let item = QueryItem::all().of_topics(S::topics()).with_tags(form);
            let item = if S::is_tagged() { item.tagged_only() } else { item };
            self.items.push(if is_last_only { item.last_only() } else { item });
            self.models.push(self.are_last_only.len());
        }
        self.are_last_only.push(is_last_only);
    }

    /// The query, or `None` if nothing is to be read.
    pub(crate) fn query(&self) -> Option<EventQuery> {
        let items = self.items.iter().cloned();
        (!self.items.is_empty()).then(|| EventQuery::new(items))
    }

    /// Shows `models` what was found.
    pub(crate) fn show<M: Models>(&self, mut models: M, found: FoundEvents) -> Result<M, MapperError> {
        let mut events: Vec<_> = found
            .events
            .into_iter()
            .map(|found| (found.notification, found.items))
            .collect();
        for (_, items) in &mut events {
            *items = items.iter().map(|item| self.models[*item]).collect();
            items.dedup();
        }
        self.keep_last(&mut events);
        for (notification, found) in events {
            let event = Recorded::of(notification, self.mapper.clone());
            models.show(&event, &found, &mut 0)?;
        }
        Ok(models)
    }

    /// Leaves to a model that sees only its last event the last one of all forms.
    fn keep_last<N>(&self, events: &mut [(N, Vec<usize>)]) {
        let models = self.are_last_only.iter().enumerate();
        for (model, _) in models.filter(|(_, is_last_only)| **is_last_only) {
            let last = events.iter().rposition(|(_, found)| found.contains(&model));
            for (_, found) in events.iter_mut().take(last.unwrap_or_default()) {
                found.retain(|found| *found != model);
            }
        }
    }
}
