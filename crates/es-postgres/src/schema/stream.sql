-- The last snapshot up to a version, and the events from its version on, as of one moment.
WITH snapshot AS (
    SELECT {snapshot_columns} FROM "{schema}"."{name}_snapshots"
    WHERE originator_id = $1 AND originator_text = $2 AND originator_version <= $3
    ORDER BY originator_version DESC LIMIT 1
)
SELECT {snapshot_columns}, NULL::uuid, NULL::bytea, true FROM snapshot
UNION ALL
(SELECT {event_columns}, false FROM "{schema}"."{name}_events"
 WHERE originator_id = $1 AND originator_text = $2 AND originator_version <= $3
   AND originator_version >= coalesce((SELECT s.originator_version FROM snapshot s), 1)
 ORDER BY originator_version LIMIT $4)
