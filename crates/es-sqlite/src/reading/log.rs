//! A part of the log.

use std::sync::Arc;

use es_persistence::{LOG_WINDOW, LogPage, Notification, Selection, Topics};
use rusqlite::{Connection, params};

use super::{Budget, Reading, prepare, remaining};
use crate::{
    error::Failure,
    rows::{self, to_column},
    schema::Tables,
};

/// Reads a part of the log, up to the position that was the last one when the reading began.
///
/// The last position is read first and bounds the reading: events up to it can be read and never change, so that the
/// statements need no common transaction.
pub(crate) struct LogReading {
    tables: Arc<Tables>,
    selection: Selection,
    topics: Option<TopicArrays>,
    read: Vec<Notification>,
    /// What is selected up to this position has been read.
    reached: u64,
    /// Where the reading ends, once that is known.
    end: Option<u64>,
}

/// The selected topics as JSON arrays.
struct TopicArrays {
    exact: String,
    prefixes: String,
}

impl TopicArrays {
    fn of(topics: &Topics) -> Self {
        Self {
            exact: serde_json::json!(topics.exact_topics()).to_string(),
            prefixes: serde_json::json!(topics.prefixes()).to_string(),
        }
    }
}

impl LogReading {
    pub(crate) fn new(tables: Arc<Tables>, selection: Selection) -> Self {
        Self {
            tables,
            topics: selection.selected_topics().map(TopicArrays::of),
            reached: selection.lower(),
            selection,
            read: Vec::new(),
            end: None,
        }
    }

    /// The last position that this reading looks at.
    fn end(&mut self, connection: &Connection) -> Result<u64, Failure> {
        if let Some(end) = self.end {
            return Ok(end);
        }
        let last = max_position(connection, &self.tables)?.unwrap_or(0);
        let window = match self.topics {
            Some(_) => self.selection.lower().saturating_add(LOG_WINDOW),
            None => u64::MAX,
        };
        let end = last.min(window).min(self.selection.upper().unwrap_or(u64::MAX));
        Ok(*self.end.insert(end))
    }

    /// Reads what is selected up to `end`; returns `true` if nothing more is to be read.
    fn read_to(&mut self, end: u64, connection: &Connection, budget: &mut Budget) -> Result<bool, Failure> {
        let (lower, upper) = (to_column(self.reached), to_column(end));
        let limit = remaining(self.selection.max_len(), self.read.len());
        let mut statement;
        let mut rows = match &self.topics {
            None => {
                statement = prepare(connection, &self.tables.events.select_log)?;
                statement.query(params![lower, upper, limit])?
            }
            Some(TopicArrays { exact, prefixes }) => {
                statement = prepare(connection, &self.tables.events.select_log_of_topics)?;
                statement.query(params![lower, upper, limit, exact, prefixes])?
            }
        };
        while let Some(row) = rows.next()? {
            let (position, event) = rows::notification(row, &self.tables.events.name)?;
            let bytes = event.state.len();
            self.read.push(Notification::new(position, event));
            self.reached = position;
            if self.selection.max_len() == Some(self.read.len()) {
                return Ok(true);
            }
            if !budget.spend(bytes) {
                return Ok(false);
            }
        }
        self.reached = end;
        Ok(false)
    }

    /// Returns `true` if no topic is selected at all.
    fn has_no_topics(&self) -> bool {
        self.selection.selected_topics().is_some_and(Topics::is_empty)
    }
}

impl Reading for LogReading {
    type Output = LogPage;

    fn advance(&mut self, connection: &Connection, mut budget: Budget) -> Result<bool, Failure> {
        if self.selection.max_len() == Some(0) {
            return Ok(true);
        }
        let end = self.end(connection)?;
        if self.has_no_topics() {
            self.reached = self.reached.max(end);
        }
        if self.reached >= end {
            return Ok(true);
        }
        // A row that is passed over because of its topic is looked at, too, and counts for the budget.
        let part = match self.topics {
            Some(_) => end.min(self.reached.saturating_add(budget.rows())),
            None => end,
        };
        Ok(self.read_to(part, connection, &mut budget)? || self.reached >= end)
    }

    fn finish(self) -> Self::Output {
        LogPage::new(self.read, self.reached)
    }
}

/// Reads the last position, or `None` if there is no event.
pub(super) fn max_position(connection: &Connection, tables: &Tables) -> Result<Option<u64>, Failure> {
    let mut statement = prepare(connection, &tables.events.max_position)?;
    let mut rows = statement.query([])?;
    match rows.next()? {
        Some(row) => rows::position(row, &tables.events.name),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use es_sql::SqlName;

    use super::*;

    /// A log of `len` events, of which every hundredth is of the family `Rare`.
    fn log(len: u64) -> (Connection, Arc<Tables>) {
        let connection = Connection::open_in_memory().unwrap();
        let tables = Tables::new(&SqlName::of_application("bank").unwrap());
        connection.execute_batch(&tables.events.definition()).unwrap();
        let fill = "INSERT INTO bank_events
            SELECT value, CAST(value AS TEXT), 1, iif(value % 100, 'Common.One', 'Rare.One'),
                randomblob(16), 0, 1, x'7b7d', NULL, NULL
            FROM (WITH RECURSIVE numbers (value) AS
                (SELECT 1 UNION ALL SELECT value + 1 FROM numbers WHERE value < ?1) SELECT value FROM numbers)";
        connection.execute(fill, [i64::try_from(len).unwrap()]).unwrap();
        (connection, Arc::new(tables))
    }

    fn selected(topics: Topics) -> Selection {
        Selection::all().of_topics(topics)
    }

    fn page(connection: &Connection, tables: &Arc<Tables>, selection: Selection) -> (Vec<u64>, u64) {
        let mut reading = LogReading::new(Arc::clone(tables), selection);
        while !reading.advance(connection, Budget::PAGE).unwrap() {}
        let page = reading.finish();
        let positions = page.notifications.iter().map(|notification| notification.position);
        (positions.collect(), page.reached)
    }

    #[test]
    fn a_read_by_topics_pauses_after_as_many_rows_as_a_thread_may_be_kept_for() {
        let (connection, tables) = log(3_000);
        for topics in [Topics::families(["None"]), Topics::exact(["Rare.One"])] {
            let mut reading = LogReading::new(Arc::clone(&tables), selected(topics));
            assert!(!reading.advance(&connection, Budget::PAGE).unwrap());
            assert_eq!(reading.reached, 1_000);
        }
    }

    #[test]
    fn a_read_by_topics_looks_at_one_window_and_says_how_far() {
        let (connection, tables) = log(LOG_WINDOW + 150);
        let none = selected(Topics::families(["None"]));
        assert_eq!(page(&connection, &tables, none.clone()), (vec![], LOG_WINDOW));
        let rest = Selection::after(LOG_WINDOW).of_topics(Topics::families(["Rare"]));
        assert_eq!(
            page(&connection, &tables, rest),
            (vec![LOG_WINDOW + 100], LOG_WINDOW + 150)
        );
        assert_eq!(page(&connection, &tables, none.up_to(70)), (vec![], 70));
    }

    #[test]
    fn a_full_page_has_reached_its_last_event() {
        let (connection, tables) = log(1_000);
        let rare = selected(Topics::families(["Rare"]).and_exact(["Common"]));
        assert_eq!(page(&connection, &tables, rare.clone().limit(2)), (vec![100, 200], 200));
        assert_eq!(page(&connection, &tables, rare.limit(0)), (vec![], 0));
        assert_eq!(
            page(&connection, &tables, Selection::after(990).limit(3)),
            (vec![991, 992, 993], 993)
        );
    }

    #[test]
    fn the_end_of_the_log_or_of_the_selection_is_reached_and_nothing_beyond() {
        let (connection, tables) = log(30);
        assert_eq!(page(&connection, &tables, Selection::after(28)), (vec![29, 30], 30));
        assert_eq!(page(&connection, &tables, Selection::after(30)), (vec![], 30));
        assert_eq!(page(&connection, &tables, Selection::after(99)), (vec![], 99));
        assert_eq!(page(&connection, &tables, Selection::after(9).up_to(5)), (vec![], 9));
        assert_eq!(page(&connection, &tables, selected(Topics::none())), (vec![], 30));
    }
}
