    -- Taking an array apart costs the more the more arrays there are, also for those of one element or none. In most
    -- groups these four say nothing.
    IF cardinality(texts) = 1 AND cardinality(schema_versions) = 1 AND cardinality(metadatas) = 0
       AND cardinality(hashes) = 0 THEN
        INSERT INTO "{schema}"."{name}_events" (position, originator_version, "timestamp", originator_id, event_id,
                                                schema_version, originator_text, topic, state)
        SELECT first + n.place, n.version, coalesce(n.stamp, timestamps[1]), n.id, n.event_id, schema_versions[1], texts[1],
               coalesce(n.topic, topics[1]), n.state
        FROM (SELECT unnest(places) AS place, unnest(ids) AS id, unnest(versions) AS version, unnest(topics) AS topic,
                     unnest(event_ids) AS event_id, unnest(timestamps) AS stamp, unnest(states) AS state) n;
    ELSE
        INSERT INTO "{schema}"."{name}_events" (position, originator_version, "timestamp", originator_id, event_id,
                                                schema_version, originator_text, topic, state, metadata, hash)
        SELECT first + n.place, n.version, coalesce(n.stamp, timestamps[1]), n.id, n.event_id,
               coalesce(n.schema_version, schema_versions[1]), coalesce(n.txt, texts[1]), coalesce(n.topic, topics[1]),
               n.state, n.metadata, n.hash
        FROM (SELECT unnest(places) AS place, unnest(ids) AS id, unnest(texts) AS txt, unnest(versions) AS version,
                     unnest(topics) AS topic, unnest(event_ids) AS event_id, unnest(timestamps) AS stamp,
                     unnest(schema_versions) AS schema_version, unnest(states) AS state, unnest(metadatas) AS metadata,
                     unnest(hashes) AS hash) n;
    END IF;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> appended THEN
        RAISE EXCEPTION '% events were written instead of %', written, appended;
    END IF;
