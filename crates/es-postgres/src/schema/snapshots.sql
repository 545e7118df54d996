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
