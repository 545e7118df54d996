-- Snapshots are copies: they may be deleted at any time.
CREATE TABLE IF NOT EXISTS "{schema}"."{name}_snapshots" (
    originator_version bigint NOT NULL CHECK (originator_version > 0),
    "timestamp" timestamptz NOT NULL,
    originator_id uuid NOT NULL,
    schema_version smallint NOT NULL CHECK (schema_version > 0),
    originator_text text COLLATE "C" NOT NULL DEFAULT '',
    topic text COLLATE "C" NOT NULL,
    state bytea NOT NULL,
    hash bytea,
    CONSTRAINT "{name}_snapshots_pkey" PRIMARY KEY (originator_id, originator_text, originator_version)
);

-- Stores snapshots, all of them or none; each replaces one of the same aggregate and version. None is there twice.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_snap_put_v1"(
    ids uuid[], texts text[], versions bigint[], topics text[], timestamps timestamptz[], schema_versions smallint[],
    states bytea[], hashes bytea[]
) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    written integer;
BEGIN
    INSERT INTO "{schema}"."{name}_snapshots" (originator_version, "timestamp", originator_id, schema_version,
                                               originator_text, topic, state, hash)
    SELECT n.version, n.stamp, n.id, n.schema_version, n.txt, n.topic, n.state, n.hash
    FROM unnest(ids, texts, versions, topics, timestamps, schema_versions, states, hashes)
        AS n(id, txt, version, topic, stamp, schema_version, state, hash)
    -- In one order, so that two of these never wait for each other.
    ORDER BY n.id, n.txt, n.version
    ON CONFLICT (originator_id, originator_text, originator_version) DO UPDATE
    SET "timestamp" = excluded."timestamp", schema_version = excluded.schema_version, topic = excluded.topic,
        state = excluded.state, hash = excluded.hash;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(versions) THEN
        RAISE EXCEPTION '% snapshots were written instead of %', written, cardinality(versions);
    END IF;
END
$es$;

-- Deletes the snapshots of a topic, or those of an aggregate when the topic is null.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_snap_delete_v1"(doomed_id uuid, doomed_text text, doomed_topic text)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
BEGIN
    IF doomed_topic IS NULL THEN
        DELETE FROM "{schema}"."{name}_snapshots" s WHERE s.originator_id = doomed_id AND s.originator_text = doomed_text;
        RETURN;
    END IF;
    -- In the order in which others write them, so that nobody waits for the other.
    PERFORM FROM "{schema}"."{name}_snapshots" s WHERE s.topic = doomed_topic
    ORDER BY s.originator_id, s.originator_text, s.originator_version FOR UPDATE;
    DELETE FROM "{schema}"."{name}_snapshots" s WHERE s.topic = doomed_topic;
END
$es$;

REVOKE ALL ON FUNCTION "{schema}"."{name}_snap_put_v1" FROM PUBLIC;
REVOKE ALL ON FUNCTION "{schema}"."{name}_snap_delete_v1" FROM PUBLIC;
