//! Parameters of all sorts, under names that the library uses itself.
#![deny(warnings)]

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use es_domain::prelude::*;

#[derive(Aggregate, Debug, Default)]
pub struct Dog {
    root: Root<Self>,
    name: String,
}

#[events]
impl Dog {
    #[event]
    pub fn named(self_: String, event: u8, root: Option<&str>, state: Option<&[u8]>, aggregate: &str) -> Self {
        let _ = (event, root, state, aggregate);
        Self { name: self_, ..Self::default() }
    }

    #[event]
    pub fn counted(&mut self, kind: u8, id: u8, begun: u8, outcome: u8, aggregate: u8, answer: Option<&u8>, f: u8, serializer: u8, __field0: u8) {}

    #[event]
    pub fn owned(
        &mut self,
        pair: (u8, String),
        array: [u8; 4],
        tree: BTreeMap<String, Vec<u8>>,
        map: &HashMap<u8, u8>,
        text: Cow<'static, str>,
        boxed: Box<str>,
    ) {
    }

    #[event]
    pub fn r#type(&mut self, r#match: u8, r#fn: &str) {
        self.name = format!("{}{}", r#match, r#fn);
    }

    #[event]
    pub fn early(&mut self, mut times: u8) -> Result<(), std::num::ParseIntError> {
        if times == 0 {
            return Ok(());
        }
        times += self.name.parse::<u8>()?;
        self.name = times.to_string();
        Ok(())
    }

    #[event]
    #[cfg(any())]
    pub fn never(&mut self, nothing: Missing) {}
}

fn main() {
    let mut dog = Dog::named("1".to_owned(), 1, None, Some(&[]), "");
    assert_eq!(dog.early(2), Ok(()));
    dog.r#type(1, "x");
    assert!(dog.early(1).is_err());
    dog.counted(1, 2, 3, 4, 5, None, 6, 7, 8);
    dog.owned((1, String::new()), [0; 4], BTreeMap::new(), &HashMap::new(), "".into(), "".into());
    assert_eq!((dog.name.as_str(), dog.version()), ("1x", 5));
}
