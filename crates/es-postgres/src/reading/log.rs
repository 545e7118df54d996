//! Reading the log.

use es_persistence::{LOG_WINDOW, LogPage, Notification, Selection};

use super::{Reading, limit, settled::SettledReading};
use crate::{
    connection::Connection,
    error::Failure,
    rows,
    rows::{columns::to_column, ways::storable},
};

/// Reads a part of the log.
pub(crate) struct LogReading {
    pub(crate) bound: SettledReading,
    pub(crate) selection: Selection,
}

impl LogReading {
    /// The last position at which this read looks: an event, or the end of what was selected, or of the window.
    ///
    /// The last position that may be read is asked for in a statement of its own, before the one that reads: what is at or
    /// below it can be seen only by a statement that begins later.
    async fn end(&self, connection: &mut Connection) -> Result<u64, Failure> {
        let upper = self.selection.upper().unwrap_or(u64::MAX);
        let window = self.selection.selected_topics().map_or(u64::MAX, |_| LOG_WINDOW);
        let end = upper.min(self.selection.lower().saturating_add(window));
        if self.bound.settled.covers(end, connection) {
            return Ok(end);
        }
        let last = self.bound.read(connection).await?;
        Ok(last.event.unwrap_or(0).min(end))
    }

    async fn notifications(&self, connection: &mut Connection, end: u64) -> Result<Vec<Notification>, Failure> {
        let tables = &self.bound.tables;
        let statement = match self.selection.selected_topics() {
            None => &tables.select_log,
            Some(topics) if topics.is_empty() => return Ok(Vec::new()),
            Some(_) => &tables.select_log_of_topics,
        };
        let query = statement.query().bind(to_column(self.selection.lower()));
        let query = query.bind(to_column(end)).bind(limit(self.selection.max_len()));
        let query = match self.selection.selected_topics() {
            None => query,
            Some(topics) => query
                .bind(storable(topics.exact_topics()))
                .bind(storable(topics.prefixes())),
        };
        let rows = query.fetch_all(&mut connection.driver).await?;
        rows.iter().map(rows::notification).collect()
    }
}

impl Reading for LogReading {
    type Output = LogPage;

    async fn read(&self, connection: &mut Connection) -> Result<LogPage, Failure> {
        let nothing = LogPage::new(Vec::new(), self.selection.lower());
        if self.selection.max_len() == Some(0) {
            return Ok(nothing);
        }
        let end = self.end(connection).await?;
        if end <= self.selection.lower() {
            return Ok(nothing);
        }
        let notifications = self.notifications(connection, end).await?;
        let is_full = self.selection.max_len() == Some(notifications.len());
        let last = notifications.last().filter(|_| is_full);
        let reached = last.map_or(end, |last| last.position);
        Ok(LogPage::new(notifications, reached))
    }
}
