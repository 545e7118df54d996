-- How far consumers have processed the logs of applications.
--
-- `token` is the number of the statement that has written the row: who has lost the answer knows its own row by it.
CREATE TABLE IF NOT EXISTS "{schema}"."{name}_tracking" (
    position bigint NOT NULL CHECK (position > 0),
    fence bigint NOT NULL DEFAULT 0 CHECK (fence >= 0),
    event_id uuid,
    token uuid NOT NULL,
    consumer text COLLATE "C" NOT NULL,
    upstream text COLLATE "C" NOT NULL,
    CONSTRAINT "{name}_tracking_pkey" PRIMARY KEY (consumer, upstream)
);

-- Moves consumers on to new positions. When one of them is there already or beyond, or has a higher fence, nothing is
-- stored, and `tracked` and `fences` say where they are.
CREATE OR REPLACE FUNCTION "{schema}"."{name}_track_v1"(
    consumers text[], upstreams text[], positions bigint[], event_ids uuid[], new_fences bigint[], new_token uuid,
    OUT tracked bigint[], OUT fences bigint[]
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $es$
DECLARE
    is_later boolean;
    written integer;
BEGIN
    -- In one order, so that two of these never wait for each other.
    PERFORM FROM "{schema}"."{name}_tracking" t
    WHERE (t.consumer, t.upstream) IN (SELECT n.consumer, n.upstream FROM unnest(consumers, upstreams) AS n(consumer, upstream))
    ORDER BY t.consumer, t.upstream FOR UPDATE;
    SELECT array_agg(t.position ORDER BY n.place), array_agg(t.fence ORDER BY n.place),
           coalesce(bool_and(n.position > t.position AND n.fence >= t.fence), true)
    INTO tracked, fences, is_later
    FROM unnest(consumers, upstreams, positions, new_fences)
        WITH ORDINALITY AS n(consumer, upstream, position, fence, place)
    LEFT JOIN "{schema}"."{name}_tracking" t ON t.consumer = n.consumer AND t.upstream = n.upstream;
    IF NOT is_later THEN
        RETURN;
    END IF;
    tracked := NULL;
    fences := NULL;
    INSERT INTO "{schema}"."{name}_tracking" AS t (position, fence, event_id, token, consumer, upstream)
    SELECT n.position, n.fence, n.event_id, new_token, n.consumer, n.upstream
    FROM unnest(consumers, upstreams, positions, event_ids, new_fences) AS n(consumer, upstream, position, event_id, fence)
    ORDER BY n.consumer, n.upstream
    ON CONFLICT (consumer, upstream) DO UPDATE
    SET position = excluded.position, fence = excluded.fence, event_id = excluded.event_id, token = excluded.token
    WHERE t.position < excluded.position AND t.fence <= excluded.fence;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(upstreams) THEN
        -- Another process was the first to track one of them, after it was looked for.
        RAISE EXCEPTION 'a consumer has moved on meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
END
$es$;

REVOKE ALL ON FUNCTION "{schema}"."{name}_track_v1" FROM PUBLIC;
