//! An ID that cannot be made from nothing.

use es_domain::prelude::*;

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sku(String);

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AggregateId for Sku {
    type Aggregate = Product;

    fn nil() -> Self {
        Self(String::new())
    }

    fn to_originator_id(&self) -> es_domain::OriginatorId {
        self.0.as_str().into()
    }

    fn from_originator_id(id: &es_domain::OriginatorId) -> Option<Self> {
        id.as_text().map(|text| Self(text.to_owned()))
    }
}

#[derive(Aggregate, Default)]
#[aggregate(id = Sku)]
pub struct Product {
    root: Root<Self>,
}

#[events]
impl Product {
    #[event(Listed)]
    pub fn list(price: u32) -> Self {
        Self::default()
    }
}

fn main() {}
