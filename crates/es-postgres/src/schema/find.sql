-- The positions of events that are stored under the same versions and IDs.
SELECT e.position
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[]) WITH ORDINALITY AS n(id, txt, version, event_id, place)
JOIN "{schema}"."{name}_events" e ON e.originator_id = n.id AND e.originator_text = n.txt
    AND e.originator_version = n.version AND e.event_id = n.event_id
ORDER BY n.place
