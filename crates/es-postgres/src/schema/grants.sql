GRANT USAGE ON SCHEMA "{schema}" TO "{role}";
GRANT SELECT ON "{schema}"."{name}_events", "{schema}"."{name}_tracking", "{schema}"."{name}_snapshots",
    "{schema}"."{name}_tags" TO "{role}";
GRANT EXECUTE ON FUNCTION "{schema}"."{name}_append_v1", "{schema}"."{name}_append_one_v1",
    "{schema}"."{name}_settled_v1", "{schema}"."{name}_snap_put_v1", "{schema}"."{name}_snap_delete_v1",
    "{schema}"."{name}_select_tags_v1", "{schema}"."{name}_append_tags_v1" TO "{role}";
