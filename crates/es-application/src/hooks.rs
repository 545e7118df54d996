//! What is called after each save.

use std::{fmt, panic::AssertUnwindSafe, sync::Arc};

use crate::Recorded;

type Hook = Arc<dyn Fn(&[Recorded]) + Send + Sync>;

/// Functions that are told of the events of each save.
#[derive(Clone, Default)]
pub(crate) struct Hooks(Vec<Hook>);

impl Hooks {
    pub(crate) fn add(&mut self, hook: impl Fn(&[Recorded]) + Send + Sync + 'static) {
        self.0.push(Arc::new(hook));
    }

    /// Calls each hook. A hook that panics changes nothing: the events are stored.
    pub(crate) fn call(&self, recordings: &[Recorded]) {
        if recordings.is_empty() {
            return;
        }
        for hook in &self.0 {
            if std::panic::catch_unwind(AssertUnwindSafe(|| hook(recordings))).is_err() {
                tracing::error!("a hook of `after_save` has panicked; the events are stored");
            }
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hooks").field(&self.0.len()).finish()
    }
}
