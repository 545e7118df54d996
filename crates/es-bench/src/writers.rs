//! Tasks that save at once.

use std::time::Instant;

use es_persistence::StoredEvent;
use futures_util::future::try_join_all;

use crate::{AnyError, dog, measure::Lap};

/// Times `writers` tasks that each save the events of a dog of their own, `saves` of them one by one.
pub(crate) async fn together<F>(
    writers: usize,
    saves: usize,
    save: impl Fn(StoredEvent) -> F + Clone + Send,
) -> Result<Lap, AnyError>
where
    F: Future<Output = Result<(), AnyError>> + Send + 'static,
{
    let dogs: Vec<_> = (0..writers).map(|_| dog::rows(saves)).collect::<Result<_, _>>()?;
    let start = Instant::now();
    let writers = dogs.into_iter().map(|events| {
        let saves: Vec<_> = events.into_iter().map(&save).collect();
        tokio::spawn(async move {
            for save in saves {
                save.await?;
            }
            Ok::<_, AnyError>(())
        })
    });
    for written in try_join_all(writers).await? {
        written?;
    }
    Ok(Lap::since(start))
}
