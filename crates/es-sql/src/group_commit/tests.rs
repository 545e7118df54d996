//! Saves, and a writer that writes when it is let.

use std::{
    future::{pending, poll_fn},
    pin::pin,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
};

use futures_util::{
    future::join_all,
    task::{ArcWake, waker},
};
use tokio::{
    runtime::Builder,
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::*;

/// Records the batches, and writes each when it is let.
#[derive(Clone)]
struct Recording {
    batches: Arc<Mutex<Vec<Vec<usize>>>>,
    gate: Arc<Semaphore>,
    panics_at: Option<usize>,
}

impl Recording {
    fn new(permits: usize) -> Self {
        Self {
            batches: Arc::default(),
            gate: Arc::new(Semaphore::new(permits)),
            panics_at: None,
        }
    }

    fn closed() -> Self {
        Self::new(0)
    }

    fn batches(&self) -> Vec<Vec<usize>> {
        self.batches.lock().unwrap().clone()
    }
}

/// A save of as many bytes as it says.
impl BatchWriter for Recording {
    type Save = usize;
    type Output = usize;
    type Error = &'static str;

    fn size(save: &usize) -> usize {
        *save
    }

    async fn write(&mut self, saves: &[usize]) -> Vec<Result<usize, &'static str>> {
        self.batches.lock().unwrap().push(saves.to_vec());
        assert!(!saves.iter().any(|save| Some(*save) == self.panics_at), "told to panic");
        self.gate.acquire().await.unwrap().forget();
        let refuse_13 = |save: &usize| if *save == 13 { Err("unlucky") } else { Ok(*save) };
        saves.iter().map(refuse_13).collect()
    }

    async fn close(self) {}
}

const LIMIT: Duration = Duration::from_secs(5);

fn commit(writers: impl IntoIterator<Item = Recording>) -> Arc<GroupCommit<Recording>> {
    Arc::new(GroupCommit::new(Handle::current(), writers, Waits::up_to(LIMIT)))
}

/// Saves `save` in a task of its own.
fn spawn(
    commit: &Arc<GroupCommit<Recording>>,
    save: usize,
) -> tokio::task::JoinHandle<Result<Outcome<Recording>, Refusal>> {
    let commit = Arc::clone(commit);
    tokio::spawn(async move { commit.save(save).await })
}

/// Lets all tasks run until they wait.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_save_alone_is_written_before_its_first_poll_returns() {
    let commit = commit([Recording::new(1)]);
    let mut save = pin!(commit.save(1));
    let first = poll_fn(|context| Poll::Ready(save.as_mut().poll(context))).await;
    assert_eq!(first, Poll::Ready(Ok(Ok(1))));
}

#[tokio::test]
async fn saves_that_come_meanwhile_share_the_next_batch_and_each_gets_its_own_outcome() {
    let writer = Recording::closed();
    let commit = commit([writer.clone()]);
    let saves: Vec<_> = [1, 12, 13, 14].into_iter().map(|save| spawn(&commit, save)).collect();
    settle().await;
    writer.gate.add_permits(2);
    let outcomes: Vec<_> = join_all(saves)
        .await
        .into_iter()
        .map(|saved| saved.unwrap().unwrap())
        .collect();
    assert_eq!(outcomes, [Ok(1), Ok(12), Err("unlucky"), Ok(14)]);
    assert_eq!(writer.batches(), [vec![1], vec![12, 13, 14]]);
}

/// Counts how often it is woken.
struct Count(AtomicUsize);

impl ArcWake for Count {
    fn wake_by_ref(count: &Arc<Self>) {
        count.0.fetch_add(1, SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn a_save_that_waits_is_woken_once_and_only_with_its_outcome() {
    let writer = Recording::closed();
    let commit = commit([writer.clone(), writer.clone()]);
    let first = [spawn(&commit, 1), spawn(&commit, 2)];
    sleep(Duration::from_millis(20)).await;

    let count = Arc::new(Count(AtomicUsize::new(0)));
    let counting = waker(Arc::clone(&count));
    let mut save = pin!(commit.save(3));
    assert!(save.as_mut().poll(&mut Context::from_waker(&counting)).is_pending());
    sleep(Duration::from_secs(3)).await;
    assert_eq!(count.0.load(SeqCst), 0, "it was woken while it waited");
    writer.gate.add_permits(3);
    join_all(first).await;
    settle().await;
    assert_eq!(count.0.load(SeqCst), 1);
    assert_eq!(save.await, Ok(Ok(3)));
}

#[tokio::test]
async fn a_caller_that_is_not_polled_or_is_dropped_delays_nobody() {
    let writer = Recording::closed();
    let commit = commit([writer.clone()]);
    let mut standing = Box::pin(commit.save(1));
    assert!(
        standing
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    {
        let mut dropped = Box::pin(commit.save(2));
        assert!(
            dropped
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    }
    let other = spawn(&commit, 3);
    settle().await;
    writer.gate.add_permits(2);
    assert_eq!(timeout(LIMIT, other).await.unwrap().unwrap(), Ok(Ok(3)));
    assert_eq!(writer.batches(), [vec![1], vec![2, 3]]);
    assert_eq!(standing.await, Ok(Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn an_idle_writer_joins_a_slow_one_for_one_batch() {
    let (slow, quick) = (Recording::closed(), Recording::new(9));
    let commit = commit([quick.clone(), slow.clone()]);
    let first = spawn(&commit, 1);
    settle().await;
    let start = Instant::now();
    assert_eq!(commit.save(2).await, Ok(Ok(2)));
    assert!((Duration::from_millis(1)..Duration::from_millis(20)).contains(&start.elapsed()));
    assert_eq!((slow.batches(), quick.batches()), (vec![vec![1]], vec![vec![2]]));
    slow.gate.add_permits(1);
    assert_eq!(first.await.unwrap(), Ok(Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn without_a_pause_before_joining_a_save_never_waits_for_a_busy_writer() {
    let (slow, quick) = (Recording::closed(), Recording::new(9));
    let waits = Waits {
        limit: LIMIT,
        before_joining: Duration::ZERO,
    };
    let commit = Arc::new(GroupCommit::new(
        Handle::current(),
        [quick.clone(), slow.clone()],
        waits,
    ));
    let _first = spawn(&commit, 1);
    settle().await;
    let start = Instant::now();
    assert_eq!(commit.save(2).await, Ok(Ok(2)));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_save_that_has_waited_for_longer_than_its_time_out_is_refused() {
    let writer = Recording::closed();
    let commit = commit([writer.clone()]);
    let first = spawn(&commit, 1);
    settle().await;
    let start = Instant::now();
    let late = commit.save(2).await.unwrap_err();
    assert!(matches!(late, Refusal::Late { limit: LIMIT, .. }), "{late:?}");
    assert!(
        start.elapsed() < LIMIT * 9 / 8 + Duration::from_millis(10),
        "{:?}",
        start.elapsed()
    );
    writer.gate.add_permits(1);
    assert_eq!(first.await.unwrap(), Ok(Ok(1)));
    assert_eq!(writer.batches(), [vec![1]]);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_takes_saves_when_there_is_room_and_refuses_them_after_the_time_out() {
    let writer = Recording::closed();
    let commit = commit([writer.clone()]);
    let first = spawn(&commit, 40 << 20);
    settle().await;
    let second = spawn(&commit, 30 << 20);
    settle().await;
    writer.gate.add_permits(2);
    assert_eq!(first.await.unwrap(), Ok(Ok(40 << 20)));
    assert_eq!(second.await.unwrap(), Ok(Ok(30 << 20)));

    let first = spawn(&commit, 40 << 20);
    settle().await;
    assert_eq!(commit.save(30 << 20).await, Err(Refusal::Full { limit: LIMIT }));
    writer.gate.add_permits(1);
    assert_eq!(first.await.unwrap(), Ok(Ok(40 << 20)));
    assert_eq!(writer.batches().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_saves_that_wait_is_bounded() {
    let commit = commit([Recording::closed()]);
    let saves: Vec<_> = (0..20_000).map(|_| spawn(&commit, 1)).collect();
    sleep(LIMIT * 9 / 8 + Duration::from_millis(10)).await;
    let (mut late, mut full) = (0, 0);
    for save in saves.into_iter().filter(tokio::task::JoinHandle::is_finished) {
        match save.await.unwrap() {
            Err(Refusal::Late { .. }) => late += 1,
            Err(Refusal::Full { .. }) => full += 1,
            other => panic!("{other:?}"),
        }
    }
    // The first one is being written.
    assert_eq!((late, full), (16_384 - 1, 20_000 - 16_384));
}

#[tokio::test]
async fn a_writer_that_panics_takes_its_own_saves_along_and_no_others() {
    let mut broken = Recording::closed();
    broken.panics_at = Some(1);
    let sound = Recording::new(9);
    let commit = commit([sound.clone(), broken]);
    assert_eq!(spawn(&commit, 1).await.map_err(|panic| panic.is_panic()), Err(true));
    assert_eq!(commit.save(2).await, Ok(Ok(2)));
    assert_eq!(sound.batches(), [vec![2]]);
}

#[tokio::test]
async fn closing_waits_for_what_is_queued_and_refuses_the_rest() {
    let writer = Recording::closed();
    let commit = commit([writer.clone()]);
    let saves = [spawn(&commit, 1), spawn(&commit, 2)];
    settle().await;
    let closing = {
        let commit = Arc::clone(&commit);
        tokio::spawn(async move { commit.close().await })
    };
    settle().await;
    assert_eq!(commit.save(3).await, Err(Refusal::Closed));
    assert!(!closing.is_finished());
    writer.gate.add_permits(2);
    closing.await.unwrap();
    for saved in join_all(saves).await {
        saved.unwrap().unwrap().unwrap();
    }
}

#[test]
fn without_its_runtime_a_save_is_refused_and_nothing_panics() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let writer = Recording::closed();
    let commit = runtime.block_on(async { commit([writer.clone(), writer.clone()]) });
    let waiting = {
        let commit = Arc::clone(&commit);
        let (begun, seen) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let other = Builder::new_current_thread().enable_all().build().unwrap();
            other.block_on(async {
                begun.send(()).unwrap();
                commit.save(1).await
            })
        });
        seen.recv().unwrap();
        thread
    };
    while writer.batches().is_empty() {
        std::thread::yield_now();
    }
    runtime.shutdown_timeout(Duration::from_secs(1));
    assert_eq!(waiting.join().unwrap(), Err(Refusal::Lost));
    let other = Builder::new_current_thread().enable_all().build().unwrap();
    for _ in 0..3 {
        assert_eq!(other.block_on(commit.save(2)), Err(Refusal::Abandoned));
    }
    assert_eq!(writer.batches(), [vec![1]]);
}

#[test]
fn work_that_a_runtime_has_not_finished_ends_with_it() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    drop(runtime);
    let other = Builder::new_current_thread().enable_all().build().unwrap();
    let slow = async { sleep(Duration::from_millis(1)).await };
    assert!(
        other
            .block_on(detached(&handle, slow))
            .is_err_and(|ended| ended.is_cancelled())
    );
    assert!(other.block_on(detached(&handle, pending::<()>())).is_err());
}
