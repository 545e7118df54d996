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
