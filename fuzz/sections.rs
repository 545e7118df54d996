//! What holds for any text as the ID of a section: an error that has a type, or a section that is not too long.
//!
//! The fuzz target and a normal test of `es-application`, which feeds the corpus, share this function.

use es_application::prelude::*;
use es_persistence::Environment;

pub(crate) fn section_id(text: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime needs nothing");
    runtime.block_on(async {
        let builder = Application::builder("Fuzz").environment(Environment::default());
        let application = builder.open().await.expect("the store is memory");
        let log = application.notification_log().with_section_size(7);
        if let Ok(section) = log.section(text).await {
            assert!(section.items().is_empty());
        }
        application.close().await;
    });
}
