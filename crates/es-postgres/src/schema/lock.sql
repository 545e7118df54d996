-- Those who make the tables do so one after another.
SELECT pg_advisory_xact_lock(hashtextextended('es-postgres {schema}.{name}', 0));

DO $es$
BEGIN
    IF to_regnamespace('"{schema}"') IS NULL THEN
        CREATE SCHEMA "{schema}";
    END IF;
END
$es$;
