//! A module that is as strict as a crate can be.
#![deny(
    warnings,
    unused,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unnameable_types,
    unused_qualifications,
    unused_lifetimes,
    single_use_lifetimes,
    let_underscore_drop,
    elided_lifetimes_in_paths,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason
)]

use std::{result::Result, string::String, vec::Vec};

use es_domain::prelude::*;

/// A thing of which there are many events.
#[derive(Aggregate, Clone, Debug, Default)]
pub struct Thing {
    root: Root<Self>,
    names: Vec<String>,
}

#[events(derive(PartialEq, Eq))]
impl Thing {
    /// Makes a thing.
    #[event]
    pub fn made() -> Self {
        Self::default()
    }

    /// Makes a thing with a name.
    ///
    /// # Errors
    ///
    /// None, see [`Self::made`].
    #[event]
    pub fn name_made(name: String) -> Result<Self, String> {
        Ok(Self {
            names: vec![name],
            ..Self::default()
        })
    }

    /// Adds a name.
    #[event]
    pub fn name_added(&mut self, name: String, _reason: &str) {
        self.names.push(name);
    }

    /// Only looks at what it could take.
    #[event]
    pub fn looked(&mut self, name: String, idx: usize, flags: [bool; 4]) {
        self.names.truncate(name.len());
    }

    /// Changes nothing.
    #[event(discards)]
    fn ended(&mut self) {}

    /// Never fails.
    #[event]
    fn checked(&mut self, text: &str, mut size: u8) -> Result<(), String> {
        size += 1;
        self.names.truncate(size.into());
        Ok(())
    }

    /// Has too many parameters for the taste of clippy.
    #[event]
    #[expect(
        clippy::too_many_arguments,
        clippy::fn_params_excessive_bools,
        reason = "there is so much to say"
    )]
    fn told(&mut self, to: u8, by: u8, at: u8, over: u8, loud: bool, fast: bool, well: bool, long: bool) {
        self.names.clear();
    }

    #[event]
    #[expect(dead_code, reason = "only old events are of this kind")]
    fn forgotten(&mut self) {
        self.names.clear();
    }

    /// Has a body that is not quite clean.
    #[event]
    #[expect(clippy::needless_return, unused_mut, reason = "so it is easier to read")]
    fn counted(&mut self, mut count: usize) {
        self.names.truncate(count);
        return;
    }

    /// Is made in another way now.
    #[event]
    #[deprecated = "use `made`"]
    #[must_use = "it is dear"]
    #[inline]
    #[track_caller]
    pub fn found() -> Self {
        Self::default()
    }

    /// Calls all that is private.
    ///
    /// # Errors
    ///
    /// Never.
    pub fn use_all(&mut self) -> Result<(), String> {
        self.checked("", 1)?;
        self.told(1, 2, 3, 4, true, false, true, false);
        self.counted(0);
        self.ended();
        Ok(())
    }
}

#[test]
fn nothing_that_the_macros_write_is_worth_a_warning() {
    let mut thing = Thing::made();
    thing.name_added("a".to_owned(), "b");
    thing.looked(String::new(), 0, [false; 4]);
    thing.use_all().expect("it never fails");
    assert_eq!(thing.version(), 7);
    #[expect(deprecated, reason = "it is still there")]
    let found = Thing::found();
    assert_eq!(found.version(), 1);
    assert_eq!(
        Thing::name_made("x".to_owned()).map(|thing| thing.names),
        Ok(vec!["x".to_owned()])
    );
}
