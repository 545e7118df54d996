//! Timestamps as the server keeps them: `timestamptz`, sent as the number of microseconds since 2000.

use es_persistence::Timestamp;
use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef, types::Oid},
};

/// A timestamp in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Timestamp);

/// 2000-01-01T00:00:00Z, in microseconds since 1970.
const SERVER_EPOCH: i64 = 946_684_800_000_000;

/// The numbers of the types `timestamptz` and `timestamptz[]`, which are the same on every server.
const TIMESTAMPTZ: Oid = Oid(1184);
const TIMESTAMPTZ_ARRAY: Oid = Oid(1185);

/// The time is outside of the years 1 to 9999, or infinite.
#[derive(Debug, thiserror::Error)]
#[error("the timestamp is not within the years 1 to 9999")]
struct OutOfRange;

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ)
    }
}

impl PgHasArrayType for Time {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(TIMESTAMPTZ_ARRAY)
    }
}

impl Encode<'_, Postgres> for Time {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <i64 as Encode<Postgres>>::encode(self.0.as_micros() - SERVER_EPOCH, buffer)
    }

    fn size_hint(&self) -> usize {
        size_of::<i64>()
    }
}

impl Decode<'_, Postgres> for Time {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let micros = <i64 as Decode<Postgres>>::decode(value)?.checked_add(SERVER_EPOCH);
        let time = micros.and_then(|micros| Timestamp::from_micros(micros).ok());
        time.map(Self).ok_or_else(|| OutOfRange.into())
    }
}
