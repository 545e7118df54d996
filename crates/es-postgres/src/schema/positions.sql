    -- The marker: all positions of this append are above the number that it carries, and it is gone only when the
    -- events can be read.
    IF pg_catalog.pg_advisory_xact_lock_shared({table_key}, {position_key}) IS NULL THEN END IF;

    -- The positions as one block. The lock is gone with the inner transaction, before anything has to be waited for; a
    -- sequence keeps what it was set to.
    BEGIN
        IF pg_catalog.pg_advisory_xact_lock({sequence_key}, 0) IS NULL THEN END IF;
        first := {last_position} OPERATOR(pg_catalog.+) 1;
        IF pg_catalog.setval('"{schema}"."{name}_positions"', first OPERATOR(pg_catalog.+) ({more})) IS NULL THEN END IF;
        RAISE EXCEPTION SQLSTATE 'ES000';
    EXCEPTION WHEN SQLSTATE 'ES000' THEN
    END;
