//! Tags as they are stored.

use es_domain::OriginatorId;

use super::Mapper;
use crate::StoredTag;

impl Mapper {
    /// Returns the tag with this name and value as it is stored: `course:7`.
    pub fn tag(&self, name: &str, value: &str, originator: Option<OriginatorId>) -> StoredTag {
        let name = name.replace('%', "%25").replace(':', "%3A");
        let text = format!("{name}:{value}");
        match originator {
            None => StoredTag::new(text),
            Some(id) => StoredTag::of_originator(text, id),
        }
    }
}
