//! A crate that allows nothing.
#![deny(missing_docs, missing_debug_implementations, unreachable_pub, unused, warnings)]
#![deny(unused_qualifications, single_use_lifetimes, let_underscore_drop, unnameable_types)]

pub mod dogs {
    //! Dogs.

    use es_domain::prelude::*;

    /// A dog.
    #[derive(Aggregate, Debug, Default)]
    pub struct Dog {
        root: Root<Self>,
        names: Vec<String>,
    }

    #[events]
    impl Dog {
        #[event(Registered)]
        /// Makes a dog.
        ///
        /// # Errors
        ///
        /// Without a name.
        pub fn register(name: String) -> Result<Self, String> {
            if name.is_empty() {
                return Err("a dog has a name".to_owned());
            }
            Ok(Self { names: vec![name], ..Self::default() })
        }

        #[event(Renamed)]
        /// Gives a dog another name.
        pub fn rename(&mut self, mut name: String, reason: &str) {
            name.push('!');
            self.names.push(name);
        }
    }
}

fn main() -> Result<(), String> {
    use es_domain::Aggregate as _;

    let mut dog = dogs::Dog::register("Rex".to_owned())?;
    dog.rename("Max".to_owned(), "he likes it");
    assert_eq!(dog.version(), 2);
    Ok(())
}
