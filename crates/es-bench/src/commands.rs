//! Whole commands: an aggregate of ten events is read, something is decided, and one event is saved.

use std::{sync::Arc, time::Instant};

use es_application::Application;
use es_domain::Id;
use es_persistence::ApplicationRecorder;
use futures_util::future::try_join_all;
use uuid::Uuid;

use crate::{
    AnyError,
    dog::{self, Dog},
    domain::Plain,
    measure::Lap,
};

/// How many events an aggregate has before the command.
const EVENTS: usize = 10;

/// How many dogs are stored by one call.
const LITTER: usize = 100;

/// How many commands a round of `tasks` tasks has: enough for a second, about.
pub(crate) const fn per_round(tasks: usize) -> usize {
    match tasks {
        1 => 1_500,
        8 => 6_000,
        _ => 9_600,
    }
}

/// Stores `len` dogs of ten events each, and returns their IDs.
pub(crate) async fn fresh_dogs(recorder: &dyn ApplicationRecorder, len: usize) -> Result<Vec<Uuid>, AnyError> {
    let mut ids = Vec::with_capacity(len);
    while ids.len() < len {
        let litter = LITTER.min(len - ids.len());
        let dogs = (0..litter).map(|_| dog::rows(EVENTS)).collect::<Result<Vec<_>, _>>()?;
        ids.extend(dogs.iter().filter_map(|dog| dog[0].originator_id.as_uuid()));
        recorder.insert_events(dogs.concat()).await?;
    }
    Ok(ids)
}

/// Times `tasks` tasks that share the work: `command` is run once for each of `dogs`, by the task whose number it gets.
pub(crate) async fn in_tasks<F>(
    dogs: &[Uuid],
    tasks: usize,
    command: impl Fn(usize, Uuid) -> F + Clone + Send + 'static,
) -> Result<Lap, AnyError>
where
    F: Future<Output = Result<(), AnyError>> + Send + 'static,
{
    let shares: Vec<Vec<Uuid>> = dogs.chunks(dogs.len().div_ceil(tasks)).map(<[_]>::to_vec).collect();
    let start = Instant::now();
    let tasks = shares.into_iter().enumerate().map(|(number, share)| {
        let command = command.clone();
        tokio::spawn(async move {
            for id in share {
                command(number, id).await?;
            }
            Ok::<_, AnyError>(())
        })
    });
    for done in try_join_all(tasks).await? {
        done?;
    }
    Ok(Lap::since(start).each(dogs.len()))
}

/// The same by an application.
pub(crate) async fn by_application(app: &Application, dogs: &[Uuid], tasks: usize) -> Result<Lap, AnyError> {
    let app = Arc::new(app.clone());
    let command = move |_task, id| {
        let app = Arc::clone(&app);
        async move {
            let mut dog = app.repository().get(Id::<Dog>::from(id)).await?;
            dog.add_trick("fetch ball");
            Ok(app.save(&mut dog).await.map(drop)?)
        }
    };
    in_tasks(dogs, tasks, command).await
}

/// What a program without the library would do between its two statements: decode the states, and encode one.
pub(crate) fn decide(states: &[&[u8]]) -> Result<Vec<u8>, AnyError> {
    let events: Vec<Plain> = states
        .iter()
        .map(|state| serde_json::from_slice(state))
        .collect::<Result<_, _>>()?;
    let last = events.last().ok_or("the aggregate is not there")?;
    Ok(serde_json::to_vec(last)?)
}
