//! The tables that the store keeps in its files.

/// In the file that says which generation is read.
pub(super) const REGISTRY: &str = "
    CREATE TABLE IF NOT EXISTS es_views (
        name TEXT PRIMARY KEY,
        version INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS es_generations (
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        number INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('building', 'live', 'retired')),
        PRIMARY KEY (name, version, number)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX IF NOT EXISTS es_live ON es_generations (name, version) WHERE state = 'live';";

/// In the file of each generation. Times are seconds since 1970.
pub(super) const GENERATION: &str = "
    CREATE TABLE IF NOT EXISTS es_view (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        is_made INTEGER NOT NULL DEFAULT 0,
        owner BLOB,
        fence INTEGER NOT NULL DEFAULT 0,
        expires_at REAL NOT NULL DEFAULT 0,
        error TEXT
    ) STRICT;
    INSERT OR IGNORE INTO es_view (one) VALUES (1);
    CREATE TABLE IF NOT EXISTS es_tracking (
        consumer TEXT NOT NULL,
        upstream TEXT NOT NULL,
        position INTEGER NOT NULL,
        event_id BLOB,
        fence INTEGER NOT NULL,
        topics TEXT NOT NULL,
        PRIMARY KEY (consumer, upstream)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS es_dead_letters (
        consumer TEXT NOT NULL,
        upstream TEXT NOT NULL,
        position INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        originator ANY NOT NULL,
        topic TEXT NOT NULL,
        error TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        disposition TEXT NOT NULL CHECK (disposition IN ('set aside', 'retry', 'skipped')),
        PRIMARY KEY (consumer, upstream, position)
    ) STRICT, WITHOUT ROWID;";
