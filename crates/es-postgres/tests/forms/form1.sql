BEGIN;
-- Those who make the tables do so one after another.
SELECT pg_advisory_xact_lock(hashtextextended('es-postgres {schema}.{name}', 0));

DO $es$
BEGIN
    IF to_regnamespace('"{schema}"') IS NULL THEN
        CREATE SCHEMA "{schema}";
    END IF;
END
$es$;

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

    -- The marker: all positions of this append are above the number that it carries, and it is gone only when the
    -- events can be read.
    IF pg_advisory_xact_lock_shared(((('"{schema}"."{name}_events"'::regclass::oid::bigint & 4294967295) # 2147483648) - 2147483648)::integer, (((coalesce(pg_sequence_last_value('"{schema}"."{name}_positions"'::regclass), 0) & 4294967295) # 2147483648) - 2147483648)::integer) IS NULL THEN END IF;

    -- The positions as one block. The lock is gone with the inner transaction, before anything has to be waited for; a
    -- sequence keeps what it was set to.
    BEGIN
        IF pg_advisory_xact_lock(((('"{schema}"."{name}_positions"'::regclass::oid::bigint & 4294967295) # 2147483648) - 2147483648)::integer, 0) IS NULL THEN END IF;
        first := coalesce(pg_sequence_last_value('"{schema}"."{name}_positions"'::regclass), 0) + 1;
        IF setval('"{schema}"."{name}_positions"'::regclass, first + appended - 1) IS NULL THEN END IF;
        RAISE EXCEPTION SQLSTATE 'ES000';
    EXCEPTION WHEN SQLSTATE 'ES000' THEN
    END;

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

-- The position up to which everything that will ever be there can be read, by the statements that come after this one,
-- and the last event up to there.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_events_settled"(OUT settled bigint, OUT last_event bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    -- Before the markers are looked at: a marker that comes later is at or above it.
    last CONSTANT bigint := coalesce(pg_sequence_last_value('"{schema}"."{name}_positions"'::regclass), 0);
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
REVOKE ALL ON FUNCTION "{schema}"."{name}_events_settled"() FROM PUBLIC;

-- How far the application has processed the logs of others.
CREATE TABLE IF NOT EXISTS "{schema}"."{name}_tracking" (
    upstream text COLLATE "C" NOT NULL,
    position bigint NOT NULL CHECK (position >= 0),
    event_id uuid,
    CONSTRAINT "{name}_tracking_pkey" PRIMARY KEY (upstream)
);

-- Moves upstreams on to new positions, or returns where they are when one of them is there already or beyond.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_track"(upstreams text[], positions bigint[], event_ids uuid[])
RETURNS bigint[] LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    tracked bigint[];
    is_later boolean;
    written integer;
BEGIN
    -- In one order, so that two of these never wait for each other.
    PERFORM FROM "{schema}"."{name}_tracking" t WHERE t.upstream = ANY (upstreams) ORDER BY t.upstream FOR UPDATE;
    SELECT array_agg(t.position ORDER BY n.place), coalesce(bool_and(n.position > t.position), true)
    INTO tracked, is_later
    FROM unnest(upstreams, positions) WITH ORDINALITY AS n(upstream, position, place)
    LEFT JOIN "{schema}"."{name}_tracking" t ON t.upstream = n.upstream;
    IF NOT is_later THEN
        RETURN tracked;
    END IF;
    INSERT INTO "{schema}"."{name}_tracking" AS t (upstream, position, event_id)
    SELECT n.upstream, n.position, n.event_id
    FROM unnest(upstreams, positions, event_ids) AS n(upstream, position, event_id) ORDER BY n.upstream
    ON CONFLICT (upstream) DO UPDATE SET position = excluded.position, event_id = excluded.event_id
    WHERE t.position < excluded.position;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(upstreams) THEN
        -- Another process was the first to track one of them, after it was looked for.
        RAISE EXCEPTION 'an upstream has moved on meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NULL;
END
$es$;

REVOKE ALL ON FUNCTION "{schema}"."{name}_track"(text[], bigint[], uuid[]) FROM PUBLIC;

-- Snapshots are copies: they may be deleted at any time.
CREATE TABLE IF NOT EXISTS "{schema}"."{name}_snapshots" (
    originator_id uuid NOT NULL,
    originator_text text COLLATE "C" NOT NULL DEFAULT '',
    originator_version bigint NOT NULL CHECK (originator_version > 0),
    topic text COLLATE "C" NOT NULL,
    state bytea NOT NULL,
    CONSTRAINT "{name}_snapshots_pkey" PRIMARY KEY (originator_id, originator_text, originator_version)
);

-- Adds snapshots, all of them or none. When one is there already, `refused` is its place, from 1, and `last` is the last
-- version of its aggregate.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_snapshots_add"(
    ids uuid[], texts text[], versions bigint[], topics text[], states bytea[], OUT refused bigint, OUT last bigint
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    written integer;
BEGIN
    SELECT min(n.place) INTO refused
    FROM unnest(ids, texts, versions) WITH ORDINALITY AS n(id, txt, version, place)
    WHERE EXISTS (SELECT FROM "{schema}"."{name}_snapshots" s
                  WHERE s.originator_id = n.id AND s.originator_text = n.txt AND s.originator_version = n.version)
       OR EXISTS (SELECT FROM unnest(ids, texts, versions) WITH ORDINALITY AS b(id, txt, version, place)
                  WHERE b.id = n.id AND b.txt = n.txt AND b.version = n.version AND b.place < n.place);
    IF refused IS NOT NULL THEN
        SELECT coalesce(max(s.originator_version), 0) INTO last FROM "{schema}"."{name}_snapshots" s
        WHERE s.originator_id = ids[refused] AND s.originator_text = texts[refused];
        RETURN;
    END IF;
    INSERT INTO "{schema}"."{name}_snapshots" (originator_id, originator_text, originator_version, topic, state)
    SELECT n.id, n.txt, n.version, n.topic, n.state
    FROM unnest(ids, texts, versions, topics, states) AS n(id, txt, version, topic, state);
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(versions) THEN
        RAISE EXCEPTION '% snapshots were written instead of %', written, cardinality(versions);
    END IF;
END
$es$;

REVOKE ALL ON FUNCTION "{schema}"."{name}_snapshots_add"(uuid[], text[], bigint[], text[], bytea[]) FROM PUBLIC;

COMMENT ON TABLE "{schema}"."{name}_events" IS 'es-postgres 1';
COMMIT;
