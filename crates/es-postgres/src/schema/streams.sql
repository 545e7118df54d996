-- The events of several aggregates; those of each aggregate come from one index, those of the first one first.
SELECT n.place, e.originator_version, e.topic, e."timestamp", e.schema_version, e.state, e.hash, e.event_id, e.metadata
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
    WITH ORDINALITY AS n(id, txt, lower, upper, len, place)
CROSS JOIN LATERAL (
    SELECT s.originator_version, s.topic, s."timestamp", s.schema_version, s.state, s.hash, s.event_id, s.metadata
    FROM "{schema}"."{name}_events" s
    WHERE s.originator_id = n.id AND s.originator_text = n.txt
        AND s.originator_version > n.lower AND s.originator_version <= n.upper
    ORDER BY s.originator_version LIMIT n.len) e
