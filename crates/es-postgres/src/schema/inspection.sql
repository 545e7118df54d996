SELECT to_regclass('"{schema}"."{name}_events"')::oid::bigint,
       obj_description(to_regclass('"{schema}"."{name}_events"'), 'pg_class'),
       (SELECT s.seqcache = 1 AND s.seqincrement = 1 AND NOT s.seqcycle FROM pg_sequence s
        WHERE s.seqrelid = to_regclass('"{schema}"."{name}_positions"')),
       current_setting('fsync')::boolean AND current_setting('full_page_writes')::boolean
           AND current_setting('synchronous_commit') <> 'off'
