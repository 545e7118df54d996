//! Makes an example, changes and discards it, and prints what was stored.

#![expect(clippy::print_stdout, reason = "printing is what this program does")]

use std::{error::Error, sync::Arc};

use es_persistence::MemoryRecorder;
use stand_alone::application::ExampleApplication;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut application = ExampleApplication::new(Arc::new(MemoryRecorder::default()));
    application
        .subscribers()
        .subscribe(|event| println!("happened: {:?}", event.what));

    let id = application.create_example("bar").await?;
    application.set_title(id, "baz").await?;
    let example = application.store().get(id).await?;
    println!(
        "found:    {:?}",
        example.as_ref().map(|example| (example.version(), example.title()))
    );
    application.discard(id).await?;
    println!("found:    {:?}", application.store().get(id).await?);

    for row in application.store().rows(id).await? {
        println!(
            "stored:   {} {} {}",
            row.originator_version,
            row.topic,
            String::from_utf8_lossy(&row.state)
        );
    }
    Ok(())
}
