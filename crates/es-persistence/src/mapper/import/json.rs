//! The JSON of the Python library.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{ImportErrorKind, Transcoding};
use crate::BoxError;

/// Reads a state, with all transcoded values in their own form.
pub(super) fn read(json: &[u8], transcodings: &BTreeMap<String, Transcoding>) -> Result<Value, ImportErrorKind> {
    let value = serde_json::from_slice(json).map_err(ImportErrorKind::Json)?;
    match big_integer(json) {
        None => decode(value, transcodings),
        Some(digits) => Err(ImportErrorKind::BigInteger(digits)),
    }
}

/// Decodes transcoded values, the inner ones first. JSON is not nested so deeply that this could overflow the stack.
fn decode(value: Value, transcodings: &BTreeMap<String, Transcoding>) -> Result<Value, ImportErrorKind> {
    match value {
        Value::Array(items) => items.into_iter().map(|item| decode(item, transcodings)).collect(),
        Value::Object(mut object) => {
            let Some(name) = transcoding_of(&object) else {
                return decode_fields(object, transcodings);
            };
            let transcoding = transcodings.get(&name);
            let data = decode(object.remove("_data_").unwrap_or_default(), transcodings)?;
            match transcoding {
                None => Err(ImportErrorKind::UnknownTranscoding(name)),
                Some(decode) => decode(data).map_err(|source| ImportErrorKind::Transcoding { name, source }),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value),
    }
}

fn decode_fields(
    object: Map<String, Value>,
    transcodings: &BTreeMap<String, Transcoding>,
) -> Result<Value, ImportErrorKind> {
    let decoded = object
        .into_iter()
        .map(|(name, value)| Ok((name, decode(value, transcodings)?)));
    Ok(Value::Object(decoded.collect::<Result<_, _>>()?))
}

/// The name of the transcoding, or `None` when it is an ordinary object: one that has not exactly these two fields.
fn transcoding_of(object: &Map<String, Value>) -> Option<String> {
    match (object.len(), object.get("_type_"), object.contains_key("_data_")) {
        (2, Some(Value::String(name)), true) => Some(name.clone()),
        _ => None,
    }
}

/// An integer that is too large for 64 bits, which Python writes and `serde_json` would round.
fn big_integer(json: &[u8]) -> Option<String> {
    let mut in_text = false;
    let mut rest = json;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\\' if in_text => rest = rest.get(1..).unwrap_or_default(),
            b'"' => in_text = !in_text,
            b'-' | b'0'..=b'9' if !in_text => {
                let len = after.iter().take_while(|byte| is_of_number(**byte)).count();
                let digits = String::from_utf8_lossy(&json[json.len() - after.len() - 1..][..=len]);
                rest = &after[len..];
                if is_big(&digits) {
                    return Some(digits.into_owned());
                }
            }
            _ => {}
        }
    }
    None
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')
}

fn is_big(digits: &str) -> bool {
    let is_integer = !digits.contains(['.', 'e', 'E']);
    is_integer && digits.parse::<i64>().is_err() && digits.parse::<u64>().is_err()
}

/// 32 hexadecimal digits become the usual text of a UUID.
pub(super) fn uuid_hex(data: Value) -> Result<Value, BoxError> {
    let uuid: Uuid = serde_json::from_value(data)?;
    Ok(Value::String(uuid.to_string()))
}

/// A text stays one.
pub(super) fn text(data: Value) -> Result<Value, BoxError> {
    match data {
        Value::String(_) => Ok(data),
        _ => Err("it is no text".into()),
    }
}
