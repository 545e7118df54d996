//! An application as one that others follow.

use std::sync::Arc;

use es_persistence::{ReadableLog, RecordedPage, RecorderError, Topics, Upstream};
use futures_core::stream::BoxStream;

use crate::Application;

impl Upstream for Application {
    fn name(&self) -> &Arc<str> {
        self.source().name()
    }

    fn log(&self) -> &Arc<dyn ReadableLog> {
        self.source().log()
    }

    fn pages(
        &self,
        after: u64,
        topics: Topics,
        limit: usize,
    ) -> BoxStream<'static, Result<RecordedPage, RecorderError>> {
        self.source().pages(after, topics, limit)
    }
}
