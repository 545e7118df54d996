//! The bytes that a ciphertext is bound to.
//!
//! Different rows have different bytes: every field has a fixed length or its length before it, and IDs that are UUIDs
//! and IDs that are texts begin differently.

use es_domain::OriginatorId;

use super::{SealContext, header::Header};

/// The associated data: authenticated with the ciphertext, but not part of it.
pub(super) fn associated_data(header: Header, context: &SealContext<'_>) -> Vec<u8> {
    let SealContext {
        application,
        kind,
        originator_id,
        originator_version,
        topic,
        event_id,
        timestamp,
        schema_version,
        has_metadata,
    } = context;
    let mut bytes = Vec::with_capacity(160);
    bytes.extend_from_slice(b"es/aad/v2");
    bytes.extend_from_slice(&header);
    push_text(&mut bytes, application);
    bytes.push(kind.code());
    push_id(&mut bytes, originator_id);
    bytes.extend_from_slice(&originator_version.to_be_bytes());
    push_text(&mut bytes, topic);
    bytes.extend_from_slice(event_id.as_bytes());
    bytes.extend_from_slice(&timestamp.as_micros().to_be_bytes());
    bytes.extend_from_slice(&schema_version.to_be_bytes());
    bytes.push(u8::from(*has_metadata));
    bytes
}

/// The input that the key of an aggregate is derived from, beside the master key.
pub(super) fn key_info(application: &str, originator_id: &OriginatorId) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(b"es/event-key/v1");
    push_text(&mut bytes, application);
    push_id(&mut bytes, originator_id);
    bytes
}

/// What the key of an application's tags is derived by.
pub(super) fn tag_key_info(application: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(48);
    bytes.extend_from_slice(b"es/tag-key/v1");
    push_text(&mut bytes, application);
    bytes
}

fn push_id(bytes: &mut Vec<u8>, id: &OriginatorId) {
    match id {
        OriginatorId::Uuid(uuid) => {
            bytes.push(1);
            bytes.extend_from_slice(uuid.as_bytes());
        }
        OriginatorId::Text(text) => {
            bytes.push(2);
            push_text(bytes, text);
        }
    }
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}
