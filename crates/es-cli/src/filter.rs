//! The part of a log that is printed.

use es_persistence::{OriginatorId, Selection, Topics};

use crate::{
    arguments::{self, Filter},
    shown::Shown,
};

impl Filter {
    /// Returns what the store can select. The rest is left to [`accepts`](Self::accepts).
    pub(crate) fn selection(&self) -> Selection {
        let selection = Selection::after(self.after);
        let selection = match self.up_to {
            None => selection,
            Some(position) => selection.up_to(position),
        };
        if self.topic.is_empty() && self.family.is_empty() {
            return selection;
        }
        let topics = Topics::exact(self.topic.iter().cloned());
        selection.of_topics(topics.and_families(self.family.iter().cloned()))
    }

    /// Returns `true` if the event is to be printed.
    pub(crate) fn accepts(&self, event: &Shown) -> bool {
        let row = &event.row;
        self.originator().is_none_or(|id| row.originator_id == id)
            && self.since.is_none_or(|since| row.timestamp >= since)
            && self.until.is_none_or(|until| row.timestamp < until)
            && is_same(self.correlation.as_deref(), event.metadata("correlation_id"))
            && self.text.as_deref().is_none_or(|text| event.body.text().contains(text))
    }

    fn originator(&self) -> Option<OriginatorId> {
        self.aggregate.as_deref().map(arguments::originator)
    }
}

fn is_same(wanted: Option<&str>, found: Option<&str>) -> bool {
    wanted.is_none() || wanted == found
}
