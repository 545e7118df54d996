-- The events of one application, in the order of their positions.
--
-- An aggregate whose ID is a UUID has an empty text, one whose ID is a text has a UUID of zeros: a UUID and its text are
-- different IDs. Columns of fixed length come first, those of eight bytes before all others, so that rows have no gaps.
CREATE SEQUENCE IF NOT EXISTS "{schema}"."{name}_positions" AS bigint MINVALUE 1 NO CYCLE CACHE 1;

CREATE TABLE IF NOT EXISTS "{schema}"."{name}_events" (
    position bigint NOT NULL,
    originator_version bigint NOT NULL CHECK (originator_version > 0),
    "timestamp" timestamptz NOT NULL,
    originator_id uuid NOT NULL,
    event_id uuid NOT NULL,
    schema_version smallint NOT NULL CHECK (schema_version > 0),
    originator_text text COLLATE "C" NOT NULL DEFAULT '',
    topic text COLLATE "C" NOT NULL,
    state bytea NOT NULL,
    metadata bytea,
    hash bytea,
    CONSTRAINT "{name}_events_pkey" PRIMARY KEY (position),
    CONSTRAINT "{name}_events_stream" UNIQUE (originator_id, originator_text, originator_version)
);

ALTER SEQUENCE "{schema}"."{name}_positions" OWNED BY "{schema}"."{name}_events".position;

-- Refuses every change of what is stored, to the owner too, and in every mode of replication.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_events_stay"() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $es$
BEGIN
    RAISE EXCEPTION 'events are never changed' USING ERRCODE = 'restrict_violation';
END
$es$;

CREATE OR REPLACE TRIGGER stay BEFORE UPDATE OR DELETE OR TRUNCATE ON "{schema}"."{name}_events"
FOR EACH STATEMENT EXECUTE FUNCTION "{schema}"."{name}_events_stay"();

ALTER TABLE "{schema}"."{name}_events" ENABLE ALWAYS TRIGGER stay;

-- Appends events, and stores tracking with them; all of it or nothing.
--
-- Every aggregate of `stream_...` must have the version in `stream_lasts` as its last one, and tracking must move on.
-- Otherwise nothing is stored, `first` is null, and `lasts`, or `tracked` and `fences`, say how things are. When all is
-- stored, `first` is the position of the first event.
--
-- `event_ids`, `ids` and `versions` have an element for each event. So have the other arrays, but those of texts, topics,
-- timestamps and schema versions have only one element when it holds for all events, and those of metadata and hashes have
-- none when no event has any. `places` is where the event is among all, from 0.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_append_v1"(
    stream_ids uuid[], stream_texts text[], stream_lasts bigint[],
    places integer[], ids uuid[], texts text[], versions bigint[], topics text[], event_ids uuid[],
    timestamps timestamptz[], schema_versions smallint[], states bytea[], metadatas bytea[], hashes bytea[],
    consumers text[], upstreams text[], upstream_positions bigint[], upstream_event_ids uuid[], upstream_fences bigint[],
    token uuid,
    OUT first bigint, OUT lasts bigint[], OUT tracked bigint[], OUT fences bigint[]
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    -- Arrays are taken apart in the list of columns, which is half the work of doing it in the list of tables.
    as_expected boolean;
    appended CONSTANT integer := cardinality(versions);
    written integer;
BEGIN
{check_versions}
    IF cardinality(upstreams) > 0 THEN
        SELECT t.tracked, t.fences INTO tracked, fences
        FROM "{schema}"."{name}_track_v1"(
            consumers, upstreams, upstream_positions, upstream_event_ids, upstream_fences, token) t;
        IF tracked IS NOT NULL THEN
            RETURN;
        END IF;
    END IF;
    IF appended = 0 THEN
        first := 0;
        RETURN;
    END IF;

{take_positions}
{insert_events}END
$es$;

-- The same for one event alone, as most appends are, with less work.
--
-- Setting the search path for each call would be most of it. So each operator and function is named with its schema:
-- what a caller has put into a search path of its own is not found.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_append_one_v1"(
    new_id uuid, new_text text, new_version bigint, new_topic text, new_event_id uuid, new_timestamp timestamptz,
    new_schema_version smallint, new_state bytea, new_metadata bytea, new_hash bytea,
    OUT first bigint, OUT lasts bigint[], OUT tracked bigint[], OUT fences bigint[]
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $es$
DECLARE
    last bigint;
BEGIN
    last := (SELECT e.originator_version FROM "{schema}"."{name}_events" e
             WHERE e.originator_id OPERATOR(pg_catalog.=) new_id AND e.originator_text OPERATOR(pg_catalog.=) new_text
             ORDER BY e.originator_version DESC LIMIT 1);
    IF new_version OPERATOR(pg_catalog.<>) (coalesce(last, 0) OPERATOR(pg_catalog.+) 1) THEN
        lasts := ARRAY[coalesce(last, 0)];
        RETURN;
    END IF;

{take_one_position}
    INSERT INTO "{schema}"."{name}_events" (position, originator_version, "timestamp", originator_id, event_id,
                                            schema_version, originator_text, topic, state, metadata, hash)
    VALUES (first, new_version, new_timestamp, new_id, new_event_id, new_schema_version, new_text, new_topic, new_state,
            new_metadata, new_hash);
END
$es$;

-- The position up to which everything that will ever be there can be read, by the statements that come after this one,
-- and the last event up to there.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_settled_v1"(OUT settled bigint, OUT last_event bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    -- Before the markers are looked at: a marker that comes later is at or above it.
    last CONSTANT bigint := {last_position};
    behind bigint;
BEGIN
    -- A marker carries the low half of its number, which is near the last one.
    SELECT min((((l.objid::bigint - last) & 4294967295) # 2147483648) - 2147483648) INTO behind
    FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = '"{schema}"."{name}_events"'::regclass::oid
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
    settled := last + least(coalesce(behind, 0), 0);
    SELECT max(e.position) INTO last_event FROM "{schema}"."{name}_events" e WHERE e.position <= settled;
END
$es$;

REVOKE ALL ON FUNCTION "{schema}"."{name}_append_v1" FROM PUBLIC;
REVOKE ALL ON FUNCTION "{schema}"."{name}_append_one_v1" FROM PUBLIC;
REVOKE ALL ON FUNCTION "{schema}"."{name}_settled_v1" FROM PUBLIC;
