//! Work that is cut off at each of its awaits.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll},
};

use es_system::prelude::*;

use crate::{
    school::{Counters, count, dog},
    world::{LONG, World, on_every_database, system},
};

on_every_database! { a_step_that_is_cut_off_at_any_await_has_its_effect_once }

/// Polls a future so often at the most. Returns `None` if it was not ready then.
async fn polled<F: Future>(future: F, most: u32) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polls = 0;
    std::future::poll_fn(|context: &mut Context<'_>| {
        polls += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls >= most => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn a_step_that_is_cut_off_at_any_await_has_its_effect_once(world: World) -> Result<(), BoxError> {
    let start = async || {
        let mut system = system();
        let dogs = system.application("DogSchool");
        let counters = system.process(Counters);
        system.pipe([dogs, counters]);
        let runner = SingleThreadedRunner::start(system, world.environment.clone()).await?;
        Ok::<_, BoxError>((runner, dogs, counters))
    };
    let (mut sits, mut cuts) = (0, 0);
    for most in 1.. {
        let (mut school, dogs, _) = start().await?;
        dog(school.application(dogs), "Fido", &["sit"]).await;
        sits += 1;
        // The second step takes the trick.
        school.step().await?;
        let is_ready = polled(school.step(), most).await.transpose()?.is_some();
        cuts += u32::from(!is_ready);
        drop(school);

        let (mut school, _, counters) = start().await?;
        tokio::time::timeout(LONG, school.settle()).await??;
        assert_eq!(
            count(school.application(counters), "sit").await,
            sits,
            "cut off after {most} polls"
        );
        if is_ready {
            break;
        }
    }
    assert!(cuts >= 1, "something was cut off");
    Ok(())
}
