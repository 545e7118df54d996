//! Waiting for others, as long as they are quick.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use tokio::{runtime::Handle, time};

/// How long a save waits for the writers at work before an idle one joins them, and tasks drive them.
const PATIENCE: Duration = Duration::from_millis(5);

/// Waits for `future` a little, and returns `None` when it takes longer: what it waits for may be in the hands of somebody
/// who stands still. The clock is that of `runtime`, so that the caller needs none.
pub async fn patiently<F: Future + Unpin>(runtime: &Handle, mut future: F) -> Option<F::Output> {
    let pause = {
        let _inside = runtime.enter();
        time::sleep(PATIENCE)
    };
    let mut pause = pin!(pause);
    poll_fn(|context| match Pin::new(&mut future).poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => pause.as_mut().poll(context).map(|()| None),
    })
    .await
}
