//! IDs of new aggregates.

use std::fmt;

use es_domain::{OriginatorId, prelude::*};
use uuid::Uuid;

use crate::replayed;

#[derive(Aggregate, Clone, Debug, Default)]
pub struct Page {
    root: Root<Self>,
    title: String,
}

#[events]
impl Page {
    /// The ID of the page with this title.
    pub fn id_for(title: &str) -> Id<Self> {
        Id::named(Uuid::NAMESPACE_URL, title)
    }

    #[event(Created, id = Self::id_for(title))]
    pub fn create_page(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            ..Self::default()
        }
    }

    #[event(Imported, id = id)]
    pub fn import(id: Id<Self>, title: String) -> Self {
        Self {
            title,
            ..Self::default()
        }
    }

    #[event(Drafted)]
    pub fn draft() -> Self {
        Self::default()
    }
}

#[test]
fn an_id_may_come_from_the_parameters() {
    let page = Page::create_page("/home");
    assert_eq!(page.id(), Page::id_for("/home"));
    assert_eq!(replayed(&page).id(), page.id());
}

#[test]
fn an_id_may_be_a_parameter() {
    let id = Id::new();
    let page = Page::import(id, "old".to_owned());
    assert_eq!((page.id(), page.title.as_str()), (id, "old"));
    assert!(matches!(page.pending_events()[0].body(), PageEvent::Imported { id: stored, .. } if *stored == id));
}

#[test]
fn an_id_is_fresh_when_nothing_is_said() {
    let page = Page::draft();
    assert_eq!(page.id().uuid().get_version_num(), 7);
}

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

    fn to_originator_id(&self) -> OriginatorId {
        OriginatorId::of_text::<Product>(&self.0)
    }

    fn from_originator_id(id: &OriginatorId) -> Option<Self> {
        id.text_of::<Product>().map(|text| Self(text.to_owned()))
    }
}

#[derive(Aggregate, Clone, Debug)]
#[aggregate(id = Sku)]
pub struct Product(Root<Product>, u32);

#[events]
impl Product {
    #[event(Listed, id = sku.clone())]
    pub fn list(sku: Sku, price: u32) -> Result<Self, String> {
        if price == 0 {
            return Err(format!("{sku} costs nothing"));
        }
        Ok(Self(Root::default(), price))
    }

    #[event(Priced)]
    pub fn price(&mut self, price: u32) {
        self.1 = price;
    }
}

#[test]
fn an_aggregate_may_have_an_id_type_of_its_own() {
    let mut product = Product::list(Sku("4711".to_owned()), 3).expect("it costs something");
    product.price(4);
    assert_eq!(product.id().to_originator_id(), "Product:4711".into());
    assert_eq!(product.id(), Sku("4711".to_owned()));
    assert_eq!((replayed(&product).1, replayed(&product).id()), (4, product.id()));
    assert_eq!(
        Product::list(Sku("4711".to_owned()), 0).err(),
        Some("4711 costs nothing".to_owned())
    );
}
