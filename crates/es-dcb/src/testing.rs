//! What a user's tests are made of: events that have happened, a decision, and what comes of it.
//!
//! ```
//! use es_dcb::{prelude::*, testing::given};
//! # use serde::{Deserialize, Serialize};
//!
//! #[derive(Tag, Clone, Debug, PartialEq, Serialize, Deserialize)]
//! pub struct UserName(String);
//!
//! #[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
//! pub enum NameEvent { Claimed { #[tag] name: UserName }, Released { #[tag] name: UserName } }
//!
//! #[derive(Clone)]
//! struct Owner { name: UserName, is_taken: bool }
//!
//! impl DecisionModel for Owner {
//!     type Events = NameEvent;
//!
//!     fn tags(&self) -> Tags {
//!         (&self.name).into()
//!     }
//!
//!     fn apply(&mut self, event: &Recorded<NameEvent>) {
//!         self.is_taken = matches!(event.body(), NameEvent::Claimed { .. });
//!     }
//! }
//!
//! #[derive(Debug, PartialEq)]
//! pub struct Taken;
//!
//! pub fn claim(name: &UserName) -> impl Decision<Event = NameEvent, Error = Taken> {
//!     let name = name.clone();
//!     decision(Owner { name: name.clone(), is_taken: false }, move |owner| {
//!         if owner.is_taken { Err(Taken) } else { Ok(NameEvent::Claimed { name: name.clone() }) }
//!     })
//! }
//!
//! let ann = UserName("ann".to_owned());
//! given([NameEvent::Claimed { name: ann.clone() }]).when(claim(&ann)).then_error(Taken);
//! given([NameEvent::Claimed { name: UserName("bob".to_owned()) }])
//!     .when(claim(&ann))
//!     .then([NameEvent::Claimed { name: ann }]);
//! ```

mod given;
mod then;

pub use self::{
    given::{Given, given, given_nothing},
    then::When,
};
