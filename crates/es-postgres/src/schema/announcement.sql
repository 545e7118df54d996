SELECT pg_notify('es_events_' || '"{schema}"."{name}_events"'::regclass::oid, '')
