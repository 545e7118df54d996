//! Asking how far a consumer has processed a log.

use std::sync::Arc;

use es_persistence::{Tracking, TrackingKey};
use sqlx::{Row as _, postgres::PgRow};

use super::Reading;
use crate::{connection::Connection, error::Failure, rows, schema::Tables};

/// Asks how far a consumer has processed a log.
pub(crate) struct TrackingReading {
    pub(crate) tables: Arc<Tables>,
    pub(crate) key: TrackingKey,
}

impl Reading for TrackingReading {
    type Output = Option<Tracking>;

    async fn read(&self, connection: &mut Connection) -> Result<Option<Tracking>, Failure> {
        let query = self.tables.last_tracking.query();
        let query = query.bind(&*self.key.consumer).bind(&*self.key.upstream);
        let row = query.fetch_optional(&mut connection.driver).await?;
        let tracking = row.map(|row| tracking(&row, &self.key));
        tracking
            .transpose()
            .map_err(|failure| failure.about(format!("the position of {}", self.key)))
    }
}

fn tracking(row: &PgRow, key: &TrackingKey) -> Result<Tracking, Failure> {
    let tracking = Tracking::of(key.clone(), rows::number(row, 0)?).with_fence(rows::number(row, 1)?);
    let event_id = row.try_get(2)?;
    Ok(match event_id {
        Some(event_id) => tracking.with_event_id(event_id),
        None => tracking,
    })
}
