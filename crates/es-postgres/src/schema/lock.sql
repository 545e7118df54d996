-- Those who make the tables do so one after another.
SELECT pg_advisory_xact_lock(hashtextextended('es-postgres {schema}.{name}', 0));

DO $es$
BEGIN
    IF to_regnamespace('"{schema}"') IS NULL THEN
        CREATE SCHEMA "{schema}";
    END IF;
END
$es$;

-- Those that a later version has made are not made older: its processes may be running.
DO $es$
BEGIN
    IF substring(obj_description(to_regclass('"{schema}"."{name}_events"'), 'pg_class') FROM '^es-postgres ([0-9]{1,9})$')::integer
        > {form} THEN
        RAISE EXCEPTION 'the tables were made by a later version of this library: use that one' USING ERRCODE = 'ES001';
    END IF;
END
$es$;
