-- A value as JSON. JSON_SCALAR of PostgreSQL 17 looks the type up once a query, to_json
-- once a value; what they write is the same.
DO $$
BEGIN
  EXECUTE format(
    'CREATE FUNCTION json_of(value anyelement) RETURNS json'
    ' LANGUAGE sql STABLE PARALLEL SAFE AS %L',
    CASE WHEN current_setting('server_version_num')::integer >= 170000
      THEN 'SELECT JSON_SCALAR(value)'
      ELSE 'SELECT pg_catalog.to_json(value)'
    END
  );
END
$$;
