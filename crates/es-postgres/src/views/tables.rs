//! The tables that the store keeps.

/// Lets those wait for each other that make tables at the same time.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtext('es_postgres views'))";

/// Makes the schema unless it is there, which needs no rights then.
pub(super) const SCHEMA: &str = "
    DO $$ BEGIN
        IF to_regnamespace('{schema}') IS NULL THEN CREATE SCHEMA {schema}; END IF;
    END $$;";

/// Where it says which generation is read.
pub(super) const REGISTRY: &str = "
    CREATE TABLE IF NOT EXISTS {schema}.es_views (
        name text PRIMARY KEY,
        version bigint NOT NULL
    );
    CREATE TABLE IF NOT EXISTS {schema}.es_generations (
        name text NOT NULL,
        version bigint NOT NULL,
        number bigint NOT NULL,
        state text NOT NULL CHECK (state IN ('building', 'live', 'retired')),
        PRIMARY KEY (name, version, number)
    );
    CREATE UNIQUE INDEX IF NOT EXISTS es_live ON {schema}.es_generations (name, version) WHERE state = 'live';";

/// In the schema of each generation.
pub(super) const GENERATION: &str = "
    CREATE TABLE IF NOT EXISTS {schema}.es_view (
        one int PRIMARY KEY CHECK (one = 1),
        is_made boolean NOT NULL DEFAULT false,
        owner uuid,
        fence bigint NOT NULL DEFAULT 0,
        expires_at timestamptz NOT NULL DEFAULT '-infinity',
        error text
    );
    INSERT INTO {schema}.es_view (one) VALUES (1) ON CONFLICT DO NOTHING;
    CREATE TABLE IF NOT EXISTS {schema}.es_tracking (
        consumer text NOT NULL,
        upstream text NOT NULL,
        position bigint NOT NULL,
        event_id uuid,
        fence bigint NOT NULL,
        topics text NOT NULL,
        PRIMARY KEY (consumer, upstream)
    );
    CREATE TABLE IF NOT EXISTS {schema}.es_dead_letters (
        consumer text NOT NULL,
        upstream text NOT NULL,
        position bigint NOT NULL,
        event_id uuid NOT NULL,
        originator_uuid uuid,
        originator_text text,
        topic text NOT NULL,
        error text NOT NULL,
        attempts bigint NOT NULL,
        disposition text NOT NULL CHECK (disposition IN ('set aside', 'retry', 'skipped')),
        PRIMARY KEY (consumer, upstream, position),
        CHECK (num_nonnulls(originator_uuid, originator_text) = 1)
    );";
