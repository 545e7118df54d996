    -- Every aggregate of `stream_...` must have the version in `stream_lasts` as its last one.
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
