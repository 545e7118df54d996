-- Under which keys events are found that were stored with tags: one row for each tag of an event, and for each family of
-- topics that it belongs to. Aggregates that are saved have no rows here.
CREATE TABLE IF NOT EXISTS "{schema}"."{name}_tags" (
    position bigint NOT NULL,
    key text COLLATE "C" NOT NULL,
    CONSTRAINT "{name}_tags_pkey" PRIMARY KEY (key, position)
);

-- Reads the events that match a query, as of one moment: a row for each way in which an event matches.
--
-- `ways` is an array of objects, as JSON. Events match that have the key `first` or belong to the aggregate `id` and `txt`, whichever
-- is there, and all keys of `more`, and a topic that is in `exact` or begins with one of `prefixes`, if there are any. The
-- last `most` of them are read, or all, after the position `after`.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_select_tags_v1"(ways text)
RETURNS TABLE (way integer, event_position bigint, id uuid, txt text, version bigint, event_topic text, stamp timestamptz,
               body_version smallint, body bytea, link bytea, event uuid, info bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    w record;
BEGIN
    FOR w IN {ways} LOOP
        IF w.id IS NOT NULL THEN
            RETURN QUERY SELECT w.way, e.position, e.originator_id, e.originator_text, {e_columns}
            FROM "{schema}"."{name}_events" e
            WHERE e.originator_id = w.id AND e.originator_text = w.txt AND e.position > w.after {event_matches}
            ORDER BY e.originator_version DESC LIMIT w.most;
        ELSIF w.first IS NOT NULL THEN
            RETURN QUERY SELECT w.way, e.position, e.originator_id, e.originator_text, {e_columns}
            FROM "{schema}"."{name}_tags" t JOIN "{schema}"."{name}_events" e ON e.position = t.position
            WHERE t.key = w.first AND t.position > w.after {event_matches}
            ORDER BY t.position DESC LIMIT w.most;
        ELSE
            RETURN QUERY SELECT w.way, e.position, e.originator_id, e.originator_text, {e_columns}
            FROM "{schema}"."{name}_events" e
            WHERE e.position > w.after {event_matches}
            ORDER BY e.position DESC LIMIT w.most;
        END IF;
    END LOOP;
END
$es$;

-- The numbers of the saves whose conditions fail: events are there that match, that are after the position up to which
-- everything was seen, and that are not among those that were seen besides.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_broken_v1"(ways text)
RETURNS integer[] LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    w record;
    r record;
    broken integer[] := '{}';
    last CONSTANT bigint := {last_position};
BEGIN
    FOR w IN {ways} LOOP
        IF w.save = ANY (broken) THEN
            CONTINUE;
        ELSIF w.after > last THEN
            -- What was read is not in this database.
            broken := broken || w.save;
        ELSIF w.id IS NOT NULL THEN
            -- From the last one back: those before the position need not be looked at.
            FOR r IN SELECT s.position, s.topic, s.originator_version FROM "{schema}"."{name}_events" s
                     WHERE s.originator_id = w.id AND s.originator_text = w.txt ORDER BY s.originator_version DESC LOOP
                EXIT WHEN r.position <= w.after;
                IF r.position <> ALL (w.seen) {row_matches} THEN
                    broken := broken || w.save;
                    EXIT;
                END IF;
            END LOOP;
        ELSIF w.first IS NOT NULL THEN
            IF EXISTS (SELECT FROM "{schema}"."{name}_tags" t JOIN "{schema}"."{name}_events" e ON e.position = t.position
                       WHERE t.key = w.first AND t.position > w.after AND t.position <> ALL (w.seen) {event_matches}) THEN
                broken := broken || w.save;
            END IF;
        ELSIF EXISTS (SELECT FROM "{schema}"."{name}_events" e
                      WHERE e.position > w.after AND e.position <> ALL (w.seen) {event_matches}) THEN
            broken := broken || w.save;
        END IF;
    END LOOP;
    RETURN broken;
END
$es$;

-- Appends events with tags, each save of them under its condition; all of it or nothing. When conditions fail, nothing is
-- stored, and `broken` has the numbers of the saves. All else is as for events without tags.
--
-- `locks` are numbers of what the saves are about, in ascending order: those that a condition depends on are locked for
-- others that are about them, so that what is checked stays true until all is stored. Who saves aggregates takes none of
-- these locks. A condition that depends on aggregates (`waits`) waits for the appends without tags that have begun before
-- it has its positions; those that begin later come after it in the log.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_append_tags_v1"(
    locks integer[], are_exclusive boolean[], ways text, waits boolean,
    keys text[], key_places integer[],
    stream_ids uuid[], stream_texts text[], stream_lasts bigint[],
    places integer[], ids uuid[], texts text[], versions bigint[], topics text[], event_ids uuid[],
    timestamps timestamptz[], schema_versions smallint[], states bytea[], metadatas bytea[], hashes bytea[],
    OUT first bigint, OUT lasts bigint[], OUT broken integer[]
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    as_expected boolean;
    appended CONSTANT integer := cardinality(versions);
    written integer;
    patience CONSTANT timestamptz := clock_timestamp() + interval '5 s';
BEGIN
    FOR place IN 1 .. cardinality(locks) LOOP
        IF are_exclusive[place] THEN
            PERFORM pg_advisory_xact_lock({tags_key}, locks[place]);
        ELSE
            PERFORM pg_advisory_xact_lock_shared({tags_key}, locks[place]);
        END IF;
    END LOOP;

    -- In a statement of its own, after the locks: it sees what those have stored who had them before.
    broken := "{schema}"."{name}_broken_v1"(ways);
    IF broken <> '{}' THEN
        RETURN;
    END IF;
{check_versions}
{take_positions}
    IF waits THEN
        WHILE "{schema}"."{name}_is_behind_v1"(first) LOOP
            IF clock_timestamp() > patience THEN
                RAISE EXCEPTION 'an append without tags is open for too long' USING ERRCODE = 'lock_not_available';
            END IF;
            PERFORM pg_sleep(0.0005);
        END LOOP;
        broken := "{schema}"."{name}_broken_v1"(ways);
        IF broken <> '{}' THEN
            first := NULL;
            RETURN;
        END IF;
    END IF;
{insert_events}
    INSERT INTO "{schema}"."{name}_tags" (position, key)
    SELECT first + k.place, k.key FROM (SELECT unnest(key_places) AS place, unnest(keys) AS key) k;
END
$es$;

-- Whether an append without tags that has begun below a position is still open. Those with tags have locks.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_is_behind_v1"(upper bigint)
RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
BEGIN
    RETURN EXISTS (
        WITH held AS MATERIALIZED (
            SELECT l.classid, l.objid, l.virtualtransaction, l.pid FROM pg_locks l
            WHERE l.locktype = 'advisory' AND l.objsubid = 2
              AND l.classid IN ('"{schema}"."{name}_events"'::regclass::oid, '"{schema}"."{name}_tags"'::regclass::oid)
              AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
        SELECT FROM held marker
        WHERE marker.classid = '"{schema}"."{name}_events"'::regclass::oid
          AND marker.pid IS DISTINCT FROM pg_backend_pid()
          -- A marker carries the low half of its number, which is near the position.
          AND ((((marker.objid::bigint - upper) & 4294967295) # 2147483648) - 2147483648) < 0
          AND NOT EXISTS (SELECT FROM held tagged WHERE tagged.classid <> marker.classid
                          AND tagged.virtualtransaction = marker.virtualtransaction));
END
$es$;

REVOKE ALL ON FUNCTION "{schema}"."{name}_select_tags_v1" FROM PUBLIC;
REVOKE ALL ON FUNCTION "{schema}"."{name}_broken_v1" FROM PUBLIC;
REVOKE ALL ON FUNCTION "{schema}"."{name}_append_tags_v1" FROM PUBLIC;
REVOKE ALL ON FUNCTION "{schema}"."{name}_is_behind_v1" FROM PUBLIC;
