-- The events of one application, in the order of their positions.
--
-- An aggregate whose ID is a UUID has an empty text, one whose ID is a text has a UUID of zeros: a UUID and its text are
-- different IDs.
CREATE SEQUENCE IF NOT EXISTS "{schema}"."{name}_positions" AS bigint MINVALUE 1 NO CYCLE CACHE 1;

CREATE TABLE IF NOT EXISTS "{schema}"."{name}_events" (
    position bigint NOT NULL,
    originator_id uuid NOT NULL,
    originator_text text COLLATE "C" NOT NULL DEFAULT '',
    originator_version bigint NOT NULL CHECK (originator_version > 0),
    topic text COLLATE "C" NOT NULL,
    state bytea NOT NULL,
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

-- Appends events, and stores positions of upstreams with them; all of it or nothing.
--
-- Every aggregate of `stream_…` must have the version in `stream_lasts` as its last one, and every upstream must be
-- before its new position. Otherwise nothing is stored, `first` is null, and `lasts` or `tracked` say how things are.
-- Otherwise `first` is the position of the first event.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_events_append"(
    stream_ids uuid[], stream_texts text[], stream_lasts bigint[],
    event_ids uuid[], event_texts text[], event_versions bigint[], event_topics text[], event_states bytea[],
    event_places integer[],
    upstreams text[], upstream_positions bigint[], upstream_event_ids uuid[],
    OUT first bigint, OUT lasts bigint[], OUT tracked bigint[]
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    -- Arrays are taken apart in the list of columns, which is half the work of doing it in the list of tables.
    as_expected boolean;
    appended CONSTANT integer := cardinality(event_versions);
    written integer;
BEGIN
    SELECT bool_and(s.expected = coalesce(
        (SELECT e.originator_version FROM "{schema}"."{name}_events" e
         WHERE e.originator_id = s.id AND e.originator_text = s.txt ORDER BY e.originator_version DESC LIMIT 1), 0))
    INTO as_expected
    FROM (SELECT unnest(stream_ids) AS id, unnest(stream_texts) AS txt, unnest(stream_lasts) AS expected) s;
    IF NOT as_expected THEN
        SELECT array_agg(coalesce(
            (SELECT e.originator_version FROM "{schema}"."{name}_events" e
             WHERE e.originator_id = s.id AND e.originator_text = s.txt ORDER BY e.originator_version DESC LIMIT 1), 0)
            ORDER BY s.place)
        INTO lasts FROM unnest(stream_ids, stream_texts) WITH ORDINALITY AS s(id, txt, place);
        RETURN;
    END IF;

    IF cardinality(upstreams) > 0 THEN
        tracked := "{schema}"."{name}_track"(upstreams, upstream_positions, upstream_event_ids);
        IF tracked IS NOT NULL THEN
            RETURN;
        END IF;
    END IF;
    IF appended = 0 THEN
        first := 0;
        RETURN;
    END IF;

{take_positions}
    INSERT INTO "{schema}"."{name}_events" (position, originator_id, originator_text, originator_version, topic, state)
    SELECT first + n.place, n.id, n.txt, n.version, n.topic, n.state
    FROM (SELECT unnest(event_ids) AS id, unnest(event_texts) AS txt, unnest(event_versions) AS version,
                 unnest(event_topics) AS topic, unnest(event_states) AS state, unnest(event_places) AS place) n;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> appended THEN
        RAISE EXCEPTION '% events were written instead of %', written, appended;
    END IF;
END
$es$;

-- The same for one event alone, as most appends are, with less work.
--
-- To set the path of schemas for each call would be most of it. So each operator and function says where it is from: what a
-- caller has put into a path of its own is not found.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_events_append_one"(
    event_id uuid, event_text text, event_version bigint, event_topic text, event_state bytea,
    OUT first bigint, OUT lasts bigint[], OUT tracked bigint[]
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $es$
DECLARE
    last bigint;
BEGIN
    last := (SELECT e.originator_version FROM "{schema}"."{name}_events" e
             WHERE e.originator_id OPERATOR(pg_catalog.=) event_id AND e.originator_text OPERATOR(pg_catalog.=) event_text
             ORDER BY e.originator_version DESC LIMIT 1);
    IF event_version OPERATOR(pg_catalog.<>) (coalesce(last, 0) OPERATOR(pg_catalog.+) 1) THEN
        lasts := ARRAY[coalesce(last, 0)];
        RETURN;
    END IF;

{take_one_position}
    INSERT INTO "{schema}"."{name}_events" (position, originator_id, originator_text, originator_version, topic, state)
    VALUES (first, event_id, event_text, event_version, event_topic, event_state);
END
$es$;

-- The position up to which everything that will ever be there can be read, by the statements that come after this one,
-- and the last event up to there.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_events_settled"(OUT settled bigint, OUT last_event bigint)
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

REVOKE ALL ON FUNCTION "{schema}"."{name}_events_append"(
    uuid[], text[], bigint[], uuid[], text[], bigint[], text[], bytea[], integer[], text[], bigint[], uuid[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION "{schema}"."{name}_events_append_one"(uuid, text, bigint, text, bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION "{schema}"."{name}_events_settled"() FROM PUBLIC;
