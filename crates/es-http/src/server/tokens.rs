//! The bearer tokens that are admitted, and what each may read.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use axum::http::{header::AUTHORIZATION, request::Parts};
use es_domain::{Clock, SystemClock};
use es_persistence::{BoxFuture, Timestamp, Topics};
use subtle::{Choice, ConditionallySelectable as _};

use super::{AccessPolicy, Denial, Grant, TokenHash};

/// What the bearer of a token may read, and until when.
///
/// ```
/// use es_http::server::Permission;
///
/// let permission = Permission::to_read("School").families(["Dog", "Trainer"]).until("2027-01-01T00:00:00Z".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    applications: BTreeSet<String>,
    topics: Option<Topics>,
    until: Option<Timestamp>,
}

impl Permission {
    /// Permits to read the whole log of `application`.
    pub fn to_read(application: impl Into<String>) -> Self {
        Self {
            applications: BTreeSet::from([application.into()]),
            topics: None,
            until: None,
        }
    }

    /// Permits to read the log of one more application.
    #[must_use]
    pub fn and_of(mut self, application: impl Into<String>) -> Self {
        self.applications.insert(application.into());
        self
    }

    /// Permits only events of these families, which are usually the topics of aggregates.
    #[must_use]
    pub fn families<T: Into<String>>(self, families: impl IntoIterator<Item = T>) -> Self {
        let topics = self.topics.unwrap_or_default().and_families(families);
        Self {
            topics: Some(topics),
            ..self
        }
    }

    /// Ends the permission at `time`.
    #[must_use]
    pub fn until(self, time: Timestamp) -> Self {
        Self {
            until: Some(time),
            ..self
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    fn grant(&self) -> Grant {
        self.topics.clone().map_or_else(Grant::whole_log, Grant::of_topics)
    }
}

/// The bearer tokens that are admitted. Tokens are known by their hashes, and compared in constant time.
///
/// A clone is the same table: several services share it, and a token that is revoked is refused by all of them at once. Tails
/// and waiting requests of the token end soon afterwards: see [`Limits::recheck`](super::Limits::recheck).
#[derive(Clone)]
pub struct Tokens(Arc<Table>);

struct Table {
    entries: RwLock<Vec<(TokenHash, Arc<Permission>)>>,
    clock: Box<dyn Clock + Send + Sync>,
}

impl Tokens {
    /// Makes an empty table: nobody is admitted.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(SystemClock)
    }

    /// Makes an empty table in which permissions end by the time of `clock`.
    #[must_use]
    pub fn with_clock(clock: impl Clock + Send + Sync + 'static) -> Self {
        Self(Arc::new(Table {
            entries: RwLock::default(),
            clock: Box::new(clock),
        }))
    }

    /// Admits the bearer of the token with this hash. The permission takes the place of the one that the token had before.
    pub fn admit(&self, hash: TokenHash, permission: Permission) {
        let mut entries = self.0.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|(known, _)| *known != hash);
        entries.push((hash, Arc::new(permission)));
    }

    /// Refuses the bearer of the token with this hash from now on. Returns `false` if the token was not admitted.
    pub fn revoke(&self, hash: &TokenHash) -> bool {
        let mut entries = self.0.entries.write().unwrap_or_else(PoisonError::into_inner);
        let before = entries.len();
        entries.retain(|(known, _)| known != hash);
        entries.len() < before
    }

    /// Looks at every entry, so that the time tells nothing about which one it was.
    fn find(&self, presented: &TokenHash) -> Option<Arc<Permission>> {
        let entries = self.0.entries.read().unwrap_or_else(PoisonError::into_inner);
        let (mut found, mut index) = (Choice::from(0), 0_u64);
        for (number, (known, _)) in (0..).zip(entries.iter()) {
            let is_it = known.is(presented);
            index.conditional_assign(&number, is_it);
            found |= is_it;
        }
        let entry = entries.get(usize::try_from(index).ok()?);
        entry
            .filter(|_| found.into())
            .map(|(_, permission)| Arc::clone(permission))
    }

    fn decide(&self, request: &Parts, application: &str) -> Result<Grant, Denial> {
        let presented = bearer(request).ok_or(Denial::Unauthenticated)?;
        let permission = self.find(&TokenHash::of(presented)).ok_or(Denial::Unauthenticated)?;
        if permission.is_over(self.0.clock.now()) {
            return Err(Denial::Unauthenticated);
        }
        if !permission.applications.contains(application) {
            return Err(Denial::Forbidden);
        }
        Ok(permission.grant())
    }
}

/// The token that a request presents, if it presents exactly one.
fn bearer(request: &Parts) -> Option<&str> {
    let mut values = request.headers.get_all(AUTHORIZATION).iter();
    let only = values.next().filter(|_| values.next().is_none())?;
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new()
    }
}

impl AccessPolicy for Tokens {
    fn authorize<'a>(&'a self, request: &'a Parts, application: &'a str) -> BoxFuture<'a, Result<Grant, Denial>> {
        Box::pin(std::future::ready(self.decide(request, application)))
    }
}

/// Prints how many tokens there are.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.entries.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Tokens")
            .field("len", &entries.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::{super::Token, *};

    fn request(headers: &[&str]) -> Parts {
        let builder = headers.iter().fold(Request::builder(), |builder, value| {
            builder.header(AUTHORIZATION, *value)
        });
        builder.body(()).unwrap().into_parts().0
    }

    fn token(letter: &str) -> Token {
        Token::parse(&letter.repeat(43)).unwrap()
    }

    fn ask(tokens: &Tokens, token: &Token, application: &str) -> Result<Grant, Denial> {
        tokens.decide(&request(&[&format!("Bearer {}", token.reveal())]), application)
    }

    #[test]
    fn nobody_is_admitted_by_default_and_each_bearer_has_a_permission_of_their_own() {
        let (tokens, ann, bob) = (Tokens::new(), token("a"), token("b"));
        assert_eq!(ask(&tokens, &ann, "School"), Err(Denial::Unauthenticated));
        tokens.admit(ann.hash(), Permission::to_read("School"));
        tokens.admit(
            bob.hash(),
            Permission::to_read("Shelter").and_of("School").families(["Dog"]),
        );
        assert_eq!(ask(&tokens, &ann, "School"), Ok(Grant::whole_log()));
        assert_eq!(ask(&tokens, &ann, "Shelter"), Err(Denial::Forbidden));
        let dogs = Grant::of_topics(Topics::families(["Dog"]));
        assert_eq!(ask(&tokens, &bob, "School"), Ok(dogs.clone()));
        assert_eq!(ask(&tokens, &bob, "Shelter"), Ok(dogs));
        assert_eq!(ask(&tokens, &token("c"), "School"), Err(Denial::Unauthenticated));
    }

    #[test]
    fn a_token_is_refused_once_it_is_revoked_or_its_time_is_over() {
        let noon: Timestamp = "2026-01-02T12:00:00Z".parse().unwrap();
        let (tokens, ann) = (Tokens::with_clock(noon), token("a"));
        tokens.admit(ann.hash(), Permission::to_read("School").until(noon));
        assert_eq!(ask(&tokens, &ann, "School"), Err(Denial::Unauthenticated));
        let later = Timestamp::from_micros(noon.as_micros() + 1).unwrap();
        tokens.admit(ann.hash(), Permission::to_read("School").until(later));
        assert_eq!(ask(&tokens, &ann, "School"), Ok(Grant::whole_log()));
        assert!(tokens.revoke(&ann.hash()));
        assert_eq!(ask(&tokens, &ann, "School"), Err(Denial::Unauthenticated));
        assert!(!tokens.revoke(&ann.hash()));
    }

    #[test]
    fn a_header_that_is_not_one_bearer_token_is_refused() {
        let (tokens, ann) = (Tokens::new(), token("a"));
        tokens.admit(ann.hash(), Permission::to_read("School"));
        let (right, basic) = (format!("bearer {}", ann.reveal()), format!("Basic {}", ann.reveal()));
        tokens.decide(&request(&[&right]), "School").unwrap();
        let wrong: [&[&str]; 6] = [&[], &[""], &["Bearer"], &[ann.reveal()], &[&basic], &[&right, &right]];
        for headers in wrong {
            assert_eq!(
                tokens.decide(&request(headers), "School"),
                Err(Denial::Unauthenticated),
                "{headers:?}"
            );
        }
        let debug = format!("{tokens:?}");
        assert_eq!(debug, "Tokens { len: 1, .. }");
    }
}
