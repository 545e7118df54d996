//! Reading events by topics and tags.

use es_persistence::{EventQuery, FoundEvents, ReadToken};
use es_sql::ways;
use sqlx::Row as _;

use super::{Reading, settled::SettledReading};
use crate::{connection::Connection, error::Failure, rows, rows::ways::WayRows};

/// Reads the events that match a query.
pub(crate) struct TaggedReading {
    pub(crate) bound: SettledReading,
    pub(crate) query: EventQuery,
}

/// The column that says which way has found an event.
const WAY: usize = 11;

impl Reading for TaggedReading {
    type Output = FoundEvents;

    /// Events beyond the bound, which is asked for before, may come later than others that are read now: so each of those is
    /// in the token.
    async fn read(&self, connection: &mut Connection) -> Result<FoundEvents, Failure> {
        let after = self.bound.lower_bound(connection).await?;
        let ways = ways(&self.query);
        let argument = WayRows::of_query(&ways, after).to_json();
        let query = self.bound.tables.select_tagged.query().bind(argument);
        let mut found = Vec::new();
        for row in query.fetch_all(&mut connection.driver).await? {
            let way: i32 = row.try_get(WAY)?;
            let way = usize::try_from(way).ok().and_then(|way| ways.get(way));
            let way = way.ok_or_else(Failure::misplaced)?;
            found.push((way.item, rows::notification(&row)?));
        }
        let mut seen: Vec<_> = found.iter().map(|(_, notification)| notification.position).collect();
        seen.retain(|position| *position > after);
        seen.sort_unstable();
        seen.dedup();
        Ok(FoundEvents::collect(&self.query, ReadToken::new(after, seen), found))
    }
}
