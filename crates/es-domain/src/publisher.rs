//! Publishing and subscribing inside of a process.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// Hands what is published to all that have subscribed to it, at once and on the same thread.
///
/// It is an object, and whoever publishes has to be given it: there is no registry of the whole process, in which tests
/// would hear each other and a handler would live longer than what it works on. Nothing is stored; for events that must not
/// be missed, subscribe to an application. (It does the work of `publish()` and `subscribe()` in versions 2 to 8 of Python's
/// `eventsourcing`.)
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use es_domain::Publisher;
///
/// let publisher = Publisher::new();
/// let received = Arc::new(Mutex::new(Vec::new()));
/// let handler = {
///     let received = Arc::clone(&received);
///     move |number: &i32| received.lock().unwrap().push(*number)
/// };
/// let subscription = publisher.subscribe_where(|number| *number > 1, handler);
/// publisher.publish(&[1, 2, 3]);
/// drop(subscription);
/// publisher.publish(&[4]);
/// assert_eq!(*received.lock().unwrap(), [2, 3]);
/// ```
pub struct Publisher<T> {
    subscribers: Arc<Mutex<Vec<Arc<Subscriber<T>>>>>,
}

/// Ends when it is dropped.
#[must_use = "a subscription ends when it is dropped"]
pub struct Subscription<T> {
    publisher: Weak<Mutex<Vec<Arc<Subscriber<T>>>>>,
    subscriber: Arc<Subscriber<T>>,
}

type Predicate<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;
type Handler<T> = Box<dyn Fn(&T) + Send + Sync>;

struct Subscriber<T> {
    predicate: Predicate<T>,
    handler: Handler<T>,
}

impl<T> Publisher<T> {
    /// A publisher to which nobody has subscribed.
    #[must_use]
    pub fn new() -> Self {
        Self {
            subscribers: Arc::default(),
        }
    }

    /// Calls `handler` with all that is published from now on.
    pub fn subscribe(&self, handler: impl Fn(&T) + Send + Sync + 'static) -> Subscription<T> {
        self.subscribe_where(|_| true, handler)
    }

    /// Calls `handler` with all that is published from now on and for which `predicate` is true.
    pub fn subscribe_where(
        &self,
        predicate: impl Fn(&T) -> bool + Send + Sync + 'static,
        handler: impl Fn(&T) + Send + Sync + 'static,
    ) -> Subscription<T> {
        let subscriber = Arc::new(Subscriber {
            predicate: Box::new(predicate),
            handler: Box::new(handler),
        });
        lock(&self.subscribers).push(Arc::clone(&subscriber));
        Subscription {
            publisher: Arc::downgrade(&self.subscribers),
            subscriber,
        }
    }

    /// Hands `events` to those who have subscribed, one event after the other, each to all handlers in the order in which
    /// they have subscribed. A handler may subscribe and publish itself; who subscribes during this does not get `events`.
    ///
    /// # Panics
    ///
    /// When a handler does; the handlers after it are not called.
    pub fn publish(&self, events: &[T]) {
        let subscribers = lock(&self.subscribers).clone();
        for event in events {
            for Subscriber { predicate, handler } in subscribers.iter().map(|subscriber| &**subscriber) {
                if predicate(event) {
                    handler(event);
                }
            }
        }
    }

    /// How many have subscribed.
    pub fn subscriptions(&self) -> usize {
        lock(&self.subscribers).len()
    }
}

/// The list is whole at any time, also after a panic.
fn lock<T>(list: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Default for Publisher<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Both publish to the same subscribers.
impl<T> Clone for Publisher<T> {
    fn clone(&self) -> Self {
        let subscribers = Arc::clone(&self.subscribers);
        Self { subscribers }
    }
}

impl<T> Drop for Subscription<T> {
    fn drop(&mut self) {
        if let Some(publisher) = self.publisher.upgrade() {
            lock(&publisher).retain(|subscriber| !Arc::ptr_eq(subscriber, &self.subscriber));
        }
    }
}

impl<T> fmt::Debug for Publisher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher")
            .field("subscriptions", &self.subscriptions())
            .finish()
    }
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}
