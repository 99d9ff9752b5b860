-- A row means that row-level security would not bind this role.
SELECT r.rolname, CASE
    WHEN r.rolsuper THEN 'is a superuser'
    WHEN r.rolbypassrls THEN 'has BYPASSRLS'
    ELSE 'owns tables'
  END
FROM pg_roles r
WHERE r.rolname = current_user
  AND (r.rolsuper OR r.rolbypassrls
       OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind = 'r'))
