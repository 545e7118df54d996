//! Who wants to know what happens. The library's counterpart: `Publisher`.

use std::fmt;

use crate::event::DomainEvent;

type Handler = Box<dyn FnMut(&DomainEvent) + Send>;

/// Calls all subscribers with each event.
#[derive(Default)]
pub struct Subscribers {
    handlers: Vec<Handler>,
}

impl Subscribers {
    /// Calls `handler` with each event from now on.
    pub fn subscribe(&mut self, handler: impl FnMut(&DomainEvent) + Send + 'static) {
        self.handlers.push(Box::new(handler));
    }

    /// Tells all of them.
    pub fn publish(&mut self, event: &DomainEvent) {
        for handler in &mut self.handlers {
            handler(event);
        }
    }
}

impl fmt::Debug for Subscribers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribers")
            .field("handlers", &self.handlers.len())
            .finish()
    }
}
