//! An enum's variant without its name: the topic tells which one it is.
//!
//! The derived implementations of `serde` do the work. On writing, [`FieldsOnly`] takes the place of the format's
//! serializer and lets the fields through without the name; on reading, [`VariantAs`] claims to the enum that the name
//! was there. So a state is decoded straight into the right variant, without a detour over a dynamic value.

mod read;
mod write;

pub(super) use self::{read::VariantSeed, write::VariantFields};
