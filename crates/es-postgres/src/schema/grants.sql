GRANT USAGE ON SCHEMA "{schema}" TO "{role}";
GRANT SELECT ON "{schema}"."{name}_events", "{schema}"."{name}_tracking", "{schema}"."{name}_snapshots" TO "{role}";
GRANT EXECUTE ON FUNCTION "{schema}"."{name}_events_append", "{schema}"."{name}_events_append_one",
    "{schema}"."{name}_events_settled", "{schema}"."{name}_track", "{schema}"."{name}_snapshots_add" TO "{role}";
