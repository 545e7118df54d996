    -- The marker: all positions of this append are above the number that it carries, and it is gone only when the
    -- events can be read.
    IF pg_advisory_xact_lock_shared({table_key}, {position_key}) IS NULL THEN END IF;

    -- The positions as one block. The lock is gone with the inner transaction, before anything has to be waited for; a
    -- sequence keeps what it was set to.
    BEGIN
        IF pg_advisory_xact_lock({sequence_key}, 0) IS NULL THEN END IF;
        first := {last_position} + 1;
        IF setval('"{schema}"."{name}_positions"'::regclass, first + {count} - 1) IS NULL THEN END IF;
        RAISE EXCEPTION SQLSTATE 'ES000';
    EXCEPTION WHEN SQLSTATE 'ES000' THEN
    END;
